"""The books of a store: what people set up by talking, what time needs, and digests, on any database.

A command at a terminal may write what people set up beside a running bot, which looks at it again every few seconds:
those tables are touched by nobody who plans on what he read before.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.model.access import Grant, Invite
from bot.model.command import Question
from bot.model.digest import Digested
from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import Destination, NewNotification
from bot.model.poll import Lessons
from bot.model.stay import Move, Stay
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.model.view import Extent
from bot.storage import _alarms, _digests, _exceptions, _talks
from bot.storage._connection import Job, Run


class _Care:
    """Implements `care.Care`."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def exceptions(self, source: str, key: str) -> Sequence[OrderException]:
        """What waits for somebody of an order, and what was acknowledged and is still so."""
        return await self._read(lambda connection: _exceptions.exceptions(connection, source, key))

    async def acknowledge(
        self, source: str, key: str, person: str, note: str | None, at: Moment
    ) -> Sequence[OrderException]:
        """Acknowledge all that waits of an order. Returns what waited."""
        return await self._write(lambda connection: _exceptions.acknowledge(connection, source, key, person, note, at))

    async def assign(self, assignment: Assignment) -> None:
        """Let somebody take care of an order, in place of whoever did."""
        await self._write(lambda connection: _exceptions.assign(connection, assignment))

    async def unassign(self, source: str, key: str) -> bool:
        """Let nobody take care of an order. False: nobody did."""
        return await self._write(lambda connection: _exceptions.unassign(connection, source, key))

    async def assignments(self) -> Sequence[Assignment]:
        """Who takes care of which order."""
        return await self._read(_exceptions.assignments)

    async def due_exceptions(self, source: str, now: Moment, *, limit: int) -> Sequence[OrderException]:
        """What waits unacknowledged and is to be looked at now."""
        return await self._read(lambda connection: _exceptions.due_exceptions(connection, source, now, limit))


class StoredTalks(_Care):
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


class StoredTimeBook:
    """Implements `timebook.TimeBook`."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def due(self, source: str, now: Moment, *, limit: int) -> Sequence[str]:
        """Keys of the orders whose alarm is due, the longest due first."""
        return await self._read(lambda connection: _alarms.due(connection, source, now, limit))

    async def calling(self, sources: Sequence[str], now: Moment) -> frozenset[str]:
        """Those of these sources of which an alarm is due, or what waits for somebody."""
        return await self._read(lambda connection: _alarms.calling(connection, sources, now))

    async def postpone(self, source: str, keys: Sequence[str], until: Moment) -> None:
        """Let the alarms of these orders be due then."""
        await self._write(lambda connection: _alarms.postpone(connection, source, keys, until))

    async def wake(self, source: str, at: Moment) -> None:
        """Let every alarm of a source that comes later be due at `at`; other writes come in between."""
        while await self._write(lambda connection: _alarms.wake(connection, source, at)):
            pass

    async def is_set_by(self, source: str, settings: str) -> bool:
        """Whether the alarms of a source were set by these settings."""
        return await self._read(lambda connection: _alarms.settings(connection, source)) == settings

    async def note_settings(self, source: str, settings: str) -> None:
        """Remember by which settings they are set from now on."""
        await self._write(lambda connection: _alarms.note_settings(connection, source, settings))

    async def moves(self, source: str, *, limit: int) -> Sequence[Move]:
        """The last moves of orders of a source into a status, oldest first."""
        return await self._read(lambda connection: _alarms.moves(connection, source, limit))

    async def spent(self, source: str) -> Sequence[tuple[Moment, int]]:
        """How many requests count as spent of a source's budget of hours or a day, and when the last of them was."""
        return await self._read(lambda connection: _alarms.spent(connection, source))

    async def keep_spent(self, source: str, spent: Sequence[tuple[Moment, int]]) -> None:
        """Remember it, in place of what was known."""
        await self._write(lambda connection: _alarms.keep_spent(connection, source, spent))

    async def lessons(self, source: str) -> Lessons | None:
        """What a source has shown of when its orders change."""
        return await self._read(lambda connection: _alarms.lessons(connection, source))

    async def keep_lessons(self, source: str, lessons: Lessons) -> None:
        """Remember it, in place of what was known."""
        await self._write(lambda connection: _alarms.keep_lessons(connection, source, lessons))

    async def stays(self, source: str) -> Mapping[str, Stay]:
        """What was learned of a source, by status."""
        return await self._read(lambda connection: _alarms.stays(connection, source))

    async def keep_stays(self, source: str, stays: Mapping[str, Stay], at: Moment) -> None:
        """Remember what was learned of a source, in place of what was known."""
        await self._write(lambda connection: _alarms.keep_stays(connection, source, stays, at))


class StoredDigestBook:
    """Implements `digestbook.DigestBook`. `add` writes, and tells whoever sends if there is something new."""

    def __init__(self, read: Run, add: Callable[[Job[bool]], Awaitable[None]]) -> None:
        self._read = read
        self._add = add

    async def last(self, name: str, destination: str) -> Digested | None:
        """When a digest was made last for a destination."""
        return await self._read(lambda connection: _digests.last(connection, name, destination))

    async def note(self, digested: Digested, notification: NewNotification | None) -> None:
        """Remember that one was made, and owe it if there is one, in one transaction."""
        await self._add(lambda connection: _digests.note(connection, digested, notification))

    async def open_ages(self, extents: Sequence[Extent], edges: Sequence[Moment]) -> Mapping[Stage, tuple[int, ...]]:
        """Open orders by stage: how many changed since the first edge, between it and the next, and so on."""
        return await self._read(lambda connection: _digests.open_ages(connection, extents, edges))
