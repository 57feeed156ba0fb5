"""The store of many machines: one PostgreSQL database, reached by psycopg 3. Needs the extra `orderwatch[postgres]`.

Every commit is as safe as the server makes it (leave `synchronous_commit` on). What SQLite does with a lock on a file
is done here in one of two ways. A program that is alone on the database holds an advisory lock on the very connection
it writes with, so that whoever lost the lock cannot write. Programs that share the database give a fence each: it runs
first in every transaction that writes, and refuses by raising.
"""

import asyncio
import copy
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Self, TypeVar

from bot.digestbook import DigestBook
from bot.model.database import Dsn
from bot.model.memory import Memory
from bot.model.moment import Moment, instant_of
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Gathering, Notification, Settlement, WithChanges
from bot.model.poll import Health, OrderState, PollRecord
from bot.model.retention import Retention
from bot.model.sending import Thread
from bot.model.view import Owed, Waiting
from bot.ports import Clock, Talks
from bot.storage import _pg_outbox, _pg_readings, _pg_views, _pg_writes
from bot.storage._pg_beside import Fence, WithWriter
from bot.storage._pg_books import PostgresTalks, PostgresTimeBook
from bot.storage._pg_connections import Bell, Bells, Connection, Job, Writer, connect, process_name
from bot.storage._pg_digests import PostgresDigestBook
from bot.storage._pg_lock import be_alone
from bot.storage._pg_origin import doubt_what_is_owed_if_it_is_another
from bot.storage._pg_schema import bring_up_to_date, make_partitions, require_whole
from bot.timebook import TimeBook

_PART = 2000
"""Orders that are read in one go: some milliseconds."""

T = TypeVar("T")


class _Outbox(WithWriter):
    """Implements `outbox.Outbox`."""

    def __init__(self, database: Dsn, fence: Fence | None = None) -> None:
        super().__init__(database, fence)
        self._bells = Bells()
        self._outbox_changed = self._bells.one_more()

    @property
    def outbox_changed(self) -> asyncio.Event:
        """Set whenever a commit or a settlement, of any process, added notifications. Whoever waits on it clears it."""
        return self._outbox_changed

    async def owed(self) -> Sequence[Owed]:
        """Destinations with open notifications, by name."""
        return await self._read(_pg_outbox.owed)

    async def waiting(self, destination: str, *, limit: int) -> Sequence[Waiting]:
        """The first open notifications of a destination, by id; and the urgent ones, with what is open beside them."""
        return await self._read(partial(_pg_outbox.waiting, destination=destination, limit=limit))

    async def news(self, ids: Sequence[int]) -> Sequence[WithChanges]:
        """These notifications, by id, each with the changes it tells."""
        return await self._read(partial(_pg_outbox.news, ids=ids))

    async def gather(self, gathering: Gathering) -> bool:
        """Make several notifications one, or none. False, and nothing is written, when one of them was touched."""
        return await self._write(partial(_pg_outbox.gather, gathering=gathering))

    async def claim(self, ids: Sequence[int], *, now: Moment) -> Sequence[Notification]:
        """Those of `ids` that are open, by id, marked SENDING."""
        return await self._write(partial(_pg_outbox.claim, ids=ids, now=now))

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write what became of claimed notifications, all or none. Raises StorageError if one does not exist."""
        await self._add(partial(_pg_outbox.settle, settlements=settlements))

    async def thread(self, destination: str, source: str, order: str) -> Thread | None:
        """Where the next message about an order goes there, if anything was told that hangs together."""
        return await self._read(partial(_pg_outbox.thread, destination=destination, source=source, order=order))

    @property
    def digests(self) -> DigestBook:
        """What digests need."""
        return PostgresDigestBook(self._read, self._add)

    async def _add(self, job: Job[bool]) -> None:
        if await self._write(job, rings=self._fence is not None):
            self._bells.ring()


class _Books(_Outbox):
    """Gives what keeps a book of its own in the same database."""

    @property
    def talks(self) -> Talks:
        """What people set up by talking to the bot."""
        return PostgresTalks(self._read, self._write)

    @property
    def time(self) -> TimeBook:
        """What time needs to make news."""
        return PostgresTimeBook(self._read, self._write)


class PostgresStorage(_Books):
    """Implements `ports.Storage`. `holder` is who is named to a second process that wants to be alone here.

    With a `fence`, it is not alone: others may write too, and hear of it when this one adds notifications.
    """

    def __init__(self, database: Dsn, clock: Clock, *, holder: str = "", fence: Fence | None = None) -> None:
        super().__init__(database, fence)
        self._clock = clock
        self._holder = holder
        self._bell = Bell(database, self._bells)

    def fenced(self, fence: Fence) -> Self:
        """The same open store, each of whose writes this fence allows or not. It closes with this one."""
        other = copy.copy(self)
        other._fence = fence
        other._outbox_changed = self._bells.one_more()  # each has somebody else who clears it
        return other

    async def open(self) -> None:
        """Take the lock, make or migrate the tables, and be ready. Raises StorageLocked, SchemaTooNew, StorageError."""
        try:
            self._writer = Writer(self._database, self._connect)
            await self._writer.open()
            self._is_reached = True
            await self._writer.write(partial(_prepare, database=self._database, now=self._clock.now()))
            await super().open()
        except BaseException:
            await self.close()
            raise
        self._bell.start()

    async def close(self) -> None:
        """Finish what was started and let go of the lock. Idempotent."""
        await self._bell.close()
        await super().close()

    async def load(self, source: str, *, key: str | None = None) -> Sequence[OrderState]:
        """The state of every order of a source ever seen, or only of that one."""
        if key is not None:
            return await self._read(partial(_pg_views.load, source=source, key=key))
        return [state async for part in self.load_in_parts(source) for state in part]

    async def load_in_parts(self, source: str) -> AsyncGenerator[Sequence[OrderState]]:
        """The same of every order, a part at a time."""
        last = ""
        while part := await self._read(partial(_pg_views.load_part, source=source, after=last, rows=_PART)):
            last = part[-1].key
            yield part

    async def snapshots(self, source: str, keys: Sequence[str]) -> Mapping[str, Snapshot]:
        """The last snapshot of those of `keys` that have one."""
        return await self._read(partial(_pg_views.snapshots, source=source, keys=keys))

    async def memories(self, source: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What is remembered of those of `keys` of which anything is."""
        return await self._read(partial(_pg_views.memories, source=source, keys=keys))

    async def had_version(self, source: str, key: str, digest: str) -> bool:
        """Whether an order has had a version with this digest, the last one or an earlier one."""
        return await self._read(partial(_pg_views.had_version, source=source, key=key, digest=digest))

    async def read_stages_again(self, source: str, statuses: Mapping[str, Stage]) -> int:
        """Give stored orders the stages that the operator's table says. Returns how many of them became others."""
        if await self._read(partial(_pg_readings.is_applied, source=source, statuses=statuses)):
            return 0
        changed, after = 0, ""
        while True:
            count, last = await self._write(
                partial(_pg_readings.read_again, source=source, statuses=statuses, after=after)
            )
            changed += count
            if last is None:
                await self._write(partial(_pg_readings.note_applied, source=source, statuses=statuses))
                return changed
            after = last

    async def commit(self, record: PollRecord) -> None:
        """Write a record whole, or not at all. Raises StaleRecord."""
        if not record.is_empty:
            await self._add(partial(_pg_writes.commit_record, record=record))

    async def health(self, source: str) -> Health:
        """The stored health of a source; a fresh one if there is none."""
        return await self._read(partial(_pg_views.health, source=source))

    async def known_words(self, source: str) -> frozenset[str]:
        """Status words of this source that operators have been told of."""
        return await self._read(partial(_pg_views.known_words, source=source))

    async def swept_scopes(self, source: str) -> frozenset[str]:
        """Ids of the scopes that have had a complete sweep."""
        return await self._read(partial(_pg_views.swept_scopes, source=source))

    async def baselines(self) -> Mapping[str, int]:
        """Watchlist to the number of orders its summary spoke of."""
        return await self._read(_pg_views.baselines)

    async def beat(self, loops: Sequence[str], at: Moment) -> None:
        """Note that a loop is alive."""
        await self._write(partial(_pg_writes.beat, loops=loops, at=at))

    async def tidy(self, now: Moment, retention: Retention) -> Mapping[str, int]:
        """Drop raw `payloads` and settled `notifications` that are too old; other writes come in between.

        Makes the partitions of the months ahead, too.
        """
        present = instant_of(now)
        assert present is not None, "now is an instant"
        await self._write(partial(make_partitions, now=present))
        dropped: dict[str, int] = {}
        for name, step in _pg_writes.tidying(now, retention).items():
            dropped[name] = batch = await self._write(step)
            while not _pg_writes.is_last_batch(batch):
                batch = await self._write(step)
                dropped[name] += batch
        return dropped

    async def _connect(self) -> Connection:
        connection = await connect(self._database, name=process_name(self._holder))
        try:
            if self._fence is None:
                await be_alone(self._database, connection)
            if self._is_reached:  # made anew, maybe to another server
                await doubt_what_is_owed_if_it_is_another(connection)
        except BaseException:
            await connection.close()
            raise
        return connection


async def _prepare(connection: Connection, database: Dsn, now: datetime) -> None:
    await require_whole(database, connection)
    await bring_up_to_date(database, connection, now)
    await doubt_what_is_owed_if_it_is_another(connection)
