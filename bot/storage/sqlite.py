"""The store of one machine: one SQLite file in WAL mode.

Every commit is synced to disk before it returns (`synchronous = FULL`): neither a killed process nor a lost power
supply takes away what was committed, because a notification that was sent and then forgotten would be sent again.
Callers that commit at the same time share one sync.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from bot.errors import StorageError
from bot.model.moment import from_instant
from bot.model.poll import OrderState
from bot.ports import Clock
from bot.storage._connection import Connection, Job
from bot.storage._lock import ProcessLock
from bot.storage._rows import STATE_COLUMNS, order_states
from bot.storage._schema import bring_up_to_date, require_current
from bot.storage._sqlite_words import SqliteConnection, run_here
from bot.storage._stored import Stored, StoredViews, Writing
from bot.storage._threads import Readers, Writer
from bot.storage._trouble import told_for_people

_READERS = 2
_PART = 1000
"""Orders that are read in one go: some milliseconds."""
_BUSY_SECONDS = 5.0
"""How long to wait for somebody who writes with the sqlite3 command line."""
_LOG_BYTES = 64 * 1024 * 1024
"""The write-ahead log is cut back to this after a burst."""

T = TypeVar("T")


class SqliteViews(StoredViews):
    """Implements `ports.Views`: reads a database, also while another process writes it. Never makes or changes one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readers: Readers | None = None

    async def open(self) -> None:
        """Be ready to read. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""
        self._readers = await asyncio.to_thread(_open_readers, self._path)

    async def close(self) -> None:
        """Finish what is being read. Idempotent."""
        readers, self._readers = self._readers, None
        if readers is not None:
            await readers.close()

    async def _read(self, job: Job[T]) -> T:
        if self._readers is None:
            raise StorageError(f"{self._path} is not open")
        return await self._readers.read(partial(run_here, job))


class _SqliteWriting(SqliteViews, Writing):
    """Reads, and writes by one writer, which whoever extends it opens."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._writer: Writer | None = None

    async def close(self) -> None:
        """Finish what was started. Idempotent."""
        writer, self._writer = self._writer, None
        await super().close()
        if writer is not None:
            await writer.close()

    async def _write(self, job: Job[T]) -> T:
        if self._writer is None:
            raise StorageError(f"{self._path} is not open")
        return await self._writer.write(partial(run_here, job))


class SqliteBeside(_SqliteWriting):
    """Reads a database, and writes what people set up by talking, also while a bot works on it."""

    async def open(self) -> None:
        """Be ready. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""
        await super().open()
        with told_for_people(self._path):
            self._writer = Writer(self._path, await asyncio.to_thread(_connect, self._path, "rw"))

    async def write(self, job: Job[T]) -> T:
        """Run a job that writes to the outbox; whoever works on it looks at it every half minute."""
        return await self._write(job)


class SqliteStorage(_SqliteWriting, Stored):
    """Implements `ports.Storage`. `holder` is who is named to a second process that wants the same file."""

    def __init__(self, path: Path, clock: Clock, *, holder: str = "") -> None:
        super().__init__(path)
        self._clock = clock
        self._holder = holder
        self._lock = ProcessLock(path)
        self._outbox_changed = asyncio.Event()
        self.went_back = asyncio.Event()
        """A file that is open never does."""

    @property
    def outbox_changed(self) -> asyncio.Event:
        """Set whenever a commit or a settlement added notifications. Whoever waits on it clears it."""
        return self._outbox_changed

    async def open(self) -> None:
        """Take the lock, make or migrate the file, and be ready. Raises StorageLocked, SchemaTooNew, StorageError."""
        with told_for_people(self._path):
            self._lock.take(holder=self._holder, since=from_instant(self._clock.now()))
        try:
            connection = await asyncio.to_thread(_open_for_writing, self._path)
            self._writer = Writer(self._path, connection)
            await super().open()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Finish what was started and let go of the lock. Idempotent."""
        try:
            await super().close()
        finally:
            self._lock.release()

    async def load_in_parts(self, source: str) -> AsyncGenerator[Sequence[OrderState]]:
        """The state of every order of a source, a part at a time."""
        before, last = -1, 0
        while last > before:
            before = last
            part, last = await self._read(partial(load_part, source=source, after=before, rows=_PART))
            if part:
                yield part

    async def _add(self, job: Job[bool]) -> None:
        if await self._write(job):
            self._outbox_changed.set()


async def load_part(connection: Connection, source: str, after: int, rows: int) -> tuple[list[OrderState], int]:
    """The next orders of a source, and where to go on; nothing when there are no more. Starts after row 0.

    Once, at start: from end to end the table is read twice as fast as along its index.
    """
    found = await connection.row(
        "select max(rowid) from (select rowid from orders where rowid > ? order by rowid limit ?)", (after, rows)
    )
    if found is None or found[0] is None:
        return [], after
    sql = f"select {STATE_COLUMNS} from orders not indexed where rowid > ? and rowid <= ? and source = ?"  # noqa: S608
    return order_states(await connection.rows(sql, (after, found[0], source))), found[0]


@asynccontextmanager
async def one_view(path: Path) -> AsyncIterator[SqliteConnection]:
    """A connection on which nothing changes for the whole block. Raises StorageError, and SchemaTooNew."""
    _require_a_file(path)
    with told_for_people(path), closing(_connect(path, "ro")) as connection:
        require_current(path, connection)
        connection.execute("begin")
        yield SqliteConnection(connection)


def _open_for_writing(path: Path) -> sqlite3.Connection:
    with told_for_people(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite's own files beside it take over its mode
        connection = _connect(path, "rw")
        try:
            bring_up_to_date(path, connection)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute(f"pragma journal_size_limit = {_LOG_BYTES}")
        except BaseException:
            connection.close()
            raise
        return connection


def _open_readers(path: Path) -> Readers:
    _require_a_file(path)
    connections: list[sqlite3.Connection] = []
    try:
        with told_for_people(path):
            connections.extend(_connect(path, "ro") for _ in range(_READERS))
            require_current(path, connections[0])
    except BaseException:
        for connection in connections:
            connection.close()
        raise
    return Readers(path, connections)


def _require_a_file(path: Path) -> None:
    if not path.exists():
        raise StorageError(f"there is no database at {path}; `orderwatch run` makes it, or choose another path")
    if path.is_dir():
        raise StorageError(f"{path} is a folder; name a file in it under `database`")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that leaves transactions to the caller and may be used by one thread after another."""
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
