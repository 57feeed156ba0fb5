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
from typing import Self

from bot.model.database import Dsn
from bot.model.moment import Moment, instant_of
from bot.model.poll import OrderState
from bot.model.retention import Retention
from bot.ports import Clock
from bot.storage import _views
from bot.storage._connection import Job
from bot.storage._pg_beside import Fence, WithWriter
from bot.storage._pg_connections import Bell, Bells, Connection, Writer, connect, process_name
from bot.storage._pg_lock import be_a_worker, be_alone
from bot.storage._pg_origin import look_at_origin
from bot.storage._pg_schema import bring_up_to_date, make_partitions, require_whole
from bot.storage._stored import Stored

_PART = 2000
"""Orders that are read in one go: some milliseconds."""


class PostgresStorage(WithWriter, Stored):
    """Implements `ports.Storage`. `holder` is who is named to a second process that wants to be alone here.

    With a `fence`, it is not alone: other workers may write too, and hear of it when this one adds notifications.
    """

    def __init__(self, database: Dsn, clock: Clock, *, holder: str = "", fence: Fence | None = None) -> None:
        super().__init__(database, fence)
        self._clock = clock
        self._holder = holder
        self._bells = Bells()
        self._bell = Bell(database, self._bells, self._look_whether_it_went_back)
        self._outbox_changed = self._bells.one_more()
        self._origin: str | None = None
        self.went_back = asyncio.Event()

    @property
    def outbox_changed(self) -> asyncio.Event:
        """Set whenever a commit or a settlement, of any process, added notifications. Whoever waits on it clears it."""
        return self._outbox_changed

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
            self._origin = await self._writer.write(partial(_prepare, database=self._database, now=self._clock.now()))
            await super().open()
        except BaseException:
            await self.close()
            raise
        self._bell.start()

    async def close(self) -> None:
        """Finish what was started and let go of the lock. Idempotent."""
        await self._bell.close()
        await super().close()

    async def load_in_parts(self, source: str) -> AsyncGenerator[Sequence[OrderState]]:
        """The state of every order of a source, a part at a time."""
        last = ""
        while part := await self._read(partial(_views.load_part, source=source, after=last, rows=_PART)):
            last = part[-1].key
            yield part

    async def tidy(self, now: Moment, retention: Retention) -> Mapping[str, int]:
        """Drop what retention no longer wants; and make the partitions of the months ahead."""
        present = instant_of(now)
        assert present is not None, "now is an instant"
        await self._write_as_driver(partial(make_partitions, now=present))
        return await super().tidy(now, retention)

    async def _add(self, job: Job[bool]) -> None:
        if await self._write(job, rings=self._fence is not None):
            self._bells.ring()

    async def _connect(self) -> Connection:
        connection = await connect(self._database, name=process_name(self._holder))
        try:
            await (be_alone if self._fence is None else be_a_worker)(self._database, connection)
            await self._look_whether_it_went_back(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _look_whether_it_went_back(self, connection: Connection) -> None:
        """At each new connection, because it may be to another server. The first one makes the tables."""
        if self._origin is not None:
            found = await look_at_origin(connection)
            if found != self._origin:
                self._origin = found
                self.went_back.set()


async def _prepare(connection: Connection, database: Dsn, now: datetime) -> str:
    await require_whole(database, connection)
    await bring_up_to_date(database, connection, now)
    return await look_at_origin(connection)
