"""What people set up by talking, and what time needs: `ports.Talks` and `ports.TimeBook` on PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar

from bot.model.access import Grant, Invite
from bot.model.command import Question
from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.stay import Move, Stay
from bot.model.talk import About, AuditEntry, ChatWatch, Mute
from bot.storage import _pg_alarms, _pg_exceptions, _pg_talks
from bot.storage._pg_connections import Connection

T = TypeVar("T")


class Run(Protocol):
    """Runs a job with a connection, in a transaction, and returns its result."""

    def __call__(self, job: Callable[[Connection], Awaitable[T]], /) -> Awaitable[T]:
        """Run it."""
        ...


class _Care:
    """Implements `care.Care`."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def exceptions(self, source: str, key: str) -> Sequence[OrderException]:
        """What waits for somebody of an order, and what was acknowledged and is still so."""
        return await self._read(partial(_pg_exceptions.exceptions, source=source, key=key))

    async def acknowledge(
        self, source: str, key: str, person: str, note: str | None, at: Moment
    ) -> Sequence[OrderException]:
        """Acknowledge all that waits of an order. Returns what waited."""
        return await self._write(
            partial(_pg_exceptions.acknowledge, source=source, key=key, person=person, note=note, at=at)
        )

    async def assign(self, assignment: Assignment) -> None:
        """Let somebody take care of an order, in place of whoever did."""
        await self._write(partial(_pg_exceptions.assign, wanted=assignment))

    async def unassign(self, source: str, key: str) -> bool:
        """Let nobody take care of an order. False: nobody did."""
        return await self._write(partial(_pg_exceptions.unassign, source=source, key=key))

    async def assignments(self) -> Sequence[Assignment]:
        """Who takes care of which order."""
        return await self._read(_pg_exceptions.assignments)

    async def due_exceptions(self, source: str, now: Moment, *, limit: int) -> Sequence[OrderException]:
        """What waits unacknowledged and is to be looked at now."""
        return await self._read(partial(_pg_exceptions.due, source=source, now=now, limit=limit))


class PostgresTalks(_Care):
    """Implements `ports.Talks`."""

    async def begin(self, entry: AuditEntry) -> bool:
        """Note a question before it is answered. False: that very question was noted before."""
        return await self._write(partial(_pg_talks.begin, entry=entry))

    async def told(self, chat: str, question: str) -> None:
        """Note that nobody waits for the answer to a question any more."""
        await self._write(partial(_pg_talks.over, chat=chat, question=question))

    async def reopen(self, chat: str, since: Moment) -> Sequence[Question]:
        """Questions noted since then for whose answer somebody waits. Each may begin once more."""
        return await self._write(partial(_pg_talks.reopen, chat=chat, since=since))

    async def shown_under(self, entry: AuditEntry) -> str | None:
        """What was asked by the last button that was answered under the same message; None if none was."""
        return await self._read(partial(_pg_talks.shown_under, entry=entry))

    async def finish(self, entry: AuditEntry, outcome: str, buttons: Mapping[str, str]) -> None:
        """Note how a question ended, and what the buttons under its answer ask."""
        await self._write(partial(_pg_talks.finish, entry=entry, outcome=outcome, buttons=buttons))

    async def button(self, key: str) -> str | None:
        """What a button asks; None for one nobody knows any more."""
        return await self._read(partial(_pg_talks.button, key=key))

    async def watch(self, watch: ChatWatch, timezone: str) -> bool:
        """Follow an order, and remember its place and zone. False: it was followed there already."""
        return await self._write(partial(_pg_talks.watch, wanted=watch, timezone=timezone))

    async def unwatch(self, source: str, key: str, destination: str) -> bool:
        """Follow it no more. False: it was not followed there."""
        return await self._write(partial(_pg_talks.unwatch, source=source, key=key, destination=destination))

    async def watches(self) -> Sequence[ChatWatch]:
        """Everything followed from chat."""
        return await self._read(_pg_talks.watches)

    async def mute(self, mute: Mute) -> None:
        """Mute news, in place of an earlier mute of the same."""
        await self._write(partial(_pg_talks.mute, wanted=mute))

    async def unmute(self, about: About) -> bool:
        """End the mute of just that. False: there was none."""
        return await self._write(partial(_pg_talks.unmute, about=about))

    async def mutes(self, now: Moment) -> Sequence[Mute]:
        """Mutes that have not ended."""
        return await self._read(partial(_pg_talks.mutes, now=now))

    async def place(self, name: str) -> Destination | None:
        """The destination that a chat watch made."""
        return await self._read(partial(_pg_talks.place, name=name))

    async def invite(self, invite: Invite) -> None:
        """Keep an invite."""
        await self._write(partial(_pg_talks.invite, wanted=invite))

    async def redeem(self, code_hash: str, member: Grant, at: Moment) -> Grant | None:
        """Use an invite, once: the grant it gives. None: there is no such valid invite."""
        return await self._write(partial(_pg_talks.redeem, code_hash=code_hash, member=member, at=at))

    async def members(self) -> Sequence[Grant]:
        """Everybody who came in by an invite."""
        return await self._read(_pg_talks.members)

    async def dismiss(self, chat: str, id_: str) -> bool:
        """Let a person or place that came in by an invite go. False: there is none with that id."""
        return await self._write(partial(_pg_talks.dismiss, chat=chat, id_=id_))


class PostgresTimeBook:
    """Implements `ports.TimeBook`."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def due(self, source: str, now: Moment, *, limit: int) -> Sequence[str]:
        """Keys of the orders whose alarm is due, the longest due first."""
        return await self._read(partial(_pg_alarms.due, source=source, now=now, limit=limit))

    async def postpone(self, source: str, keys: Sequence[str], until: Moment) -> None:
        """Let the alarms of these orders be due then."""
        await self._write(partial(_pg_alarms.postpone, source=source, keys=keys, until=until))

    async def wake(self, source: str, at: Moment) -> None:
        """Let every alarm of a source that comes later be due at `at`; other writes come in between."""
        while await self._write(partial(_pg_alarms.wake, source=source, at=at)):
            pass

    async def is_set_by(self, source: str, settings: str) -> bool:
        """Whether the alarms of a source were set by these settings."""
        return await self._read(partial(_pg_alarms.settings, source=source)) == settings

    async def note_settings(self, source: str, settings: str) -> None:
        """Remember by which settings they are set from now on."""
        await self._write(partial(_pg_alarms.note_settings, source=source, written=settings))

    async def moves(self, source: str, *, limit: int) -> Sequence[Move]:
        """The last moves of orders of a source into a status, oldest first."""
        return await self._read(partial(_pg_alarms.moves, source=source, limit=limit))

    async def stays(self, source: str) -> Mapping[str, Stay]:
        """What was learned of a source, by status."""
        return await self._read(partial(_pg_alarms.stays, source=source))

    async def keep_stays(self, source: str, stays: Mapping[str, Stay], at: Moment) -> None:
        """Remember what was learned of a source, in place of what was known."""
        await self._write(partial(_pg_alarms.keep_stays, source=source, learned=stays, at=at))
