"""What people set up by talking to the bot, in the same file as the orders.

The bot writes it through the store's own writer. A command at a terminal may write it beside a running bot, which
looks at it again every few seconds: these tables are touched by nobody who plans on what he read before.
"""

from collections.abc import Mapping, Sequence

from bot.model.access import Grant, Invite
from bot.model.command import Question
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.storage import _talks
from bot.storage.care import SqliteCare


class SqliteTalks(SqliteCare):
    """Implements `ports.Talks`."""

    async def begin(self, entry: AuditEntry) -> bool:
        """Note a question before it is answered. False: that very question was noted before."""
        return await self._write(lambda connection: _talks.begin(connection, entry))

    async def told(self, chat: str, question: str) -> None:
        """Note that nobody waits for the answer to a question any more."""
        await self._write(lambda connection: _talks.over(connection, chat, question))

    async def reopen(self, chat: str, since: Moment) -> Sequence[Question]:
        """The questions noted since then for whose answer somebody waits. Each may begin once more."""
        return await self._write(lambda connection: _talks.reopen(connection, chat, since))

    async def shown_under(self, entry: AuditEntry) -> str | None:
        """What was asked by the last button that was answered under the same message; None if none was."""
        return await self._read(lambda connection: _talks.shown_under(connection, entry))

    async def finish(self, entry: AuditEntry, outcome: str, buttons: Mapping[str, str]) -> None:
        """Note how a question ended, and what the buttons under its answer ask."""
        await self._write(lambda connection: _talks.finish(connection, entry, outcome, buttons))

    async def button(self, key: str) -> str | None:
        """What a button asks; None for one nobody knows any more."""
        return await self._read(lambda connection: _talks.button(connection, key))

    async def watch(self, watch: ChatWatch, timezone: str) -> bool:
        """Follow an order, and remember its place and zone. False: it was followed there already."""
        return await self._write(lambda connection: _talks.watch(connection, watch, timezone))

    async def unwatch(self, source: str, key: str, destination: str) -> bool:
        """Follow it no more. False: it was not followed there."""
        return await self._write(lambda connection: _talks.unwatch(connection, source, key, destination))

    async def watches(self) -> Sequence[ChatWatch]:
        """Everything followed from chat."""
        return await self._read(_talks.watches)

    async def mute(self, mute: Mute) -> None:
        """Mute news, in place of an earlier mute of the same."""
        await self._write(lambda connection: _talks.mute(connection, mute))

    async def unmute(self, about: About) -> bool:
        """End the mute of just that. False: there was none."""
        return await self._write(lambda connection: _talks.unmute(connection, about))

    async def mutes(self, now: Moment) -> Sequence[Mute]:
        """Mutes that have not ended."""
        return await self._read(lambda connection: _talks.mutes(connection, now))

    async def place(self, name: str) -> Destination | None:
        """The destination that a chat watch made."""
        return await self._read(lambda connection: _talks.place(connection, name))

    async def invite(self, invite: Invite) -> None:
        """Keep an invite."""
        await self._write(lambda connection: _talks.invite(connection, invite))

    async def redeem(self, code_hash: str, member: Grant, at: Moment) -> Grant | None:
        """Use an invite, once: the grant it gives. None: there is no such valid invite."""
        return await self._write(lambda connection: _talks.redeem(connection, code_hash, member, at))

    async def members(self) -> Sequence[Grant]:
        """Everybody who came in by an invite."""
        return await self._read(_talks.members)

    async def dismiss(self, chat: str, id_: str) -> bool:
        """Let a person or place that came in by an invite go. False: there is none with that id."""
        return await self._write(lambda connection: _talks.dismiss(connection, chat, id_))
