"""What reads PostgreSQL, also beside a running bot, and writes what people set up by talking."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from psycopg import IsolationLevel

from bot.model.database import Dsn
from bot.storage import _pg_connections
from bot.storage._connection import Job
from bot.storage._pg_connections import Readers, Writer, connect, not_open, process_name
from bot.storage._pg_schema import require_current
from bot.storage._pg_trouble import told_for_people
from bot.storage._pg_words import PostgresConnection
from bot.storage._stored import StoredViews, Writing

T = TypeVar("T")
Fence = Callable[[_pg_connections.Connection], Awaitable[None]]
"""Runs first in every transaction that writes. Raises, a StorageError, when this process may not write any more."""


class PostgresViews(StoredViews):
    """Implements `ports.Views`: reads a database, also while others write it. Never makes or changes one."""

    def __init__(self, database: Dsn) -> None:
        self._database = database
        self._readers: Readers | None = None
        self._is_reached = False

    async def open(self) -> None:
        """Be ready to read. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""
        readers = Readers(self._database)
        try:
            await readers.open(is_reached=self._is_reached)
            await readers.read(partial(require_current, self._database))
        except BaseException:
            await readers.close()
            raise
        self._readers = readers

    async def close(self) -> None:
        """Finish what is being read. Idempotent."""
        readers, self._readers = self._readers, None
        if readers is not None:
            await readers.close()

    async def _read(self, job: Job[T]) -> T:
        if self._readers is None:
            raise not_open(self._database)
        return await self._readers.read(_on_words(job))


class WithWriter(PostgresViews, Writing):
    """Reads, and writes by one writer, which whoever extends it opens."""

    def __init__(self, database: Dsn, fence: Fence | None = None) -> None:
        super().__init__(database)
        self._fence = fence
        self._writer: Writer | None = None

    async def close(self) -> None:
        """Finish what was started. Idempotent."""
        writer, self._writer = self._writer, None
        await super().close()
        if writer is not None:
            await writer.close()

    async def _write(self, job: Job[T], *, rings: bool = False) -> T:
        return await self._write_as_driver(_on_words(job), rings=rings)

    async def _write_as_driver(self, job: _pg_connections.Job[T], *, rings: bool = False) -> T:
        if self._writer is None:
            raise not_open(self._database)
        return await self._writer.write(job if self._fence is None else _behind(self._fence, job), rings=rings)


class PostgresBeside(WithWriter):
    """Reads a database, and writes what people set up by talking, also while a bot works on it."""

    async def open(self) -> None:
        """Be ready. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""
        await super().open()
        self._writer = Writer(self._database, partial(connect, self._database, name=process_name("")))

    async def write(self, job: Job[T]) -> T:
        """Run a job that writes to the outbox, and let whoever works on it know."""
        return await self._write(job, rings=True)


@asynccontextmanager
async def one_view(database: Dsn) -> AsyncIterator[PostgresConnection]:
    """A connection on which nothing changes for the whole block. Raises StorageError, and SchemaTooNew."""
    with told_for_people(database):
        connection = await connect(database, name=process_name(""))
        try:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(True)
            async with connection.transaction():
                await require_current(database, connection)
                yield PostgresConnection(connection)
        finally:
            await connection.close()


def _on_words(job: Job[T]) -> _pg_connections.Job[T]:
    """A job as the driver's own connection runs it."""
    return lambda connection: job(PostgresConnection(connection))


def _behind(fence: Fence, job: _pg_connections.Job[T]) -> _pg_connections.Job[T]:
    async def run(connection: _pg_connections.Connection) -> T:
        await fence(connection)
        return await job(connection)

    return run
