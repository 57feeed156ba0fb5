"""The store of one machine: one SQLite file in WAL mode.

Every commit is synced to disk before it returns (`synchronous = FULL`): neither a killed process nor a lost power
supply takes away what was committed, because a notification that was sent and then forgotten would be sent again.
Callers that commit at the same time share one sync.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from bot.digestbook import DigestBook
from bot.errors import StorageError
from bot.model.memory import Memory
from bot.model.moment import Moment, from_instant
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Gathering, Move, Notification, Settlement, State, WithChanges
from bot.model.poll import Health, OrderState, Payload, PollRecord
from bot.model.retention import Retention
from bot.model.sending import Thread
from bot.model.view import ChangeRow, Extent, Found, OrderRow, Owed, Selected, Selection, Told, Waiting
from bot.ports import Clock, Talks
from bot.storage import _lists, _outbox, _readings, _views, _writes
from bot.storage._lock import ProcessLock
from bot.storage._schema import bring_up_to_date, require_current
from bot.storage._threads import Readers, Writer
from bot.storage._trouble import told_for_people
from bot.storage.digestbook import SqliteDigestBook
from bot.storage.talks import SqliteTalks
from bot.storage.timebook import SqliteTimeBook
from bot.timebook import TimeBook

_READERS = 2
_PART = 2000
"""Orders that are read in one go: some milliseconds."""
_BUSY_SECONDS = 5.0
"""How long to wait for somebody who writes with the sqlite3 command line."""
_LOG_BYTES = 64 * 1024 * 1024
"""The write-ahead log is cut back to this after a burst."""

T = TypeVar("T")


class SqliteViews:
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

    async def orders(
        self,
        *,
        source: str | None = None,
        stage: Stage | None = None,
        limit: int = 100,
        offset: int = 0,
        archived: bool = False,
    ) -> Sequence[OrderRow]:
        """Watched orders that have been seen, last changed first."""
        return await self._read(lambda connection: _views.orders(connection, source, stage, limit, offset, archived))

    async def count_orders(
        self, *, source: str | None = None, stage: Stage | None = None, archived: bool = False
    ) -> int:
        """How many watched orders there are, as `orders` shows them."""
        return await self._read(lambda connection: _views.count_orders(connection, source, stage, archived))

    async def find_orders(self, text: str) -> Sequence[Snapshot]:
        """Orders whose number, key, purchase-order number or a tracking number is `text`, ignoring case and blanks."""
        return await self._read(lambda connection: _views.find_orders(connection, text))

    async def seek(self, names: Sequence[str], extents: Sequence[Extent]) -> Sequence[Found]:
        """Orders within `extents` that have one of these names, those of the first name that any has."""
        return await self._read(lambda connection: _lists.seek(connection, names, extents))

    async def select(self, selection: Selection, *, limit: int, offset: int = 0) -> Selected:
        """Orders that are wanted, a page of them."""
        return await self._read(lambda connection: _lists.select(connection, selection, limit, offset))

    async def told(self, source: str, key: str, *, limit: int = 20) -> Sequence[Told]:
        """Notifications about one order, newest first."""
        return await self._read(lambda connection: _lists.told(connection, source, key, limit))

    async def history(self, source: str, key: str, *, limit: int = 200, offset: int = 0) -> Sequence[ChangeRow]:
        """Changes of one order, newest first."""
        return await self._read(lambda connection: _views.history(connection, source, key, limit, offset))

    async def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """The raw payload of one version; None when there was none or retention dropped it."""
        return await self._read(lambda connection: _views.payload(connection, source, key, seq))

    async def notifications(
        self, *, after_id: int = 0, states: Sequence[State] = (), limit: int = 100
    ) -> Sequence[Notification]:
        """Outbox rows by id."""
        return await self._read(lambda connection: _views.notifications(connection, after_id, states, limit))

    async def notification(self, key: str) -> Notification | None:
        """The notification with this key; None if there is none, or not any more."""
        return await self._read(lambda connection: _views.notification(connection, key))

    async def notification_behind(self, destination: str, message_id: str) -> Notification | None:
        """The notification whose message in a destination has this id of the chat's; None if none has."""
        return await self._read(lambda connection: _views.notification_behind(connection, destination, message_id))

    async def counts(self) -> Mapping[str, int]:
        """How many `orders`, `snapshots`, `changes`, and notifications by state there are; a state without any is 0."""
        return await self._read(_views.counts)

    async def healths(self) -> Sequence[Health]:
        """Every source's health."""
        return await self._read(_views.healths)

    async def beats(self) -> Mapping[str, Moment]:
        """Loop name to its last sign of life."""
        return await self._read(_views.beats)

    async def addresses(self) -> Mapping[str, Move]:
        """Destination name to its address as it was and as the chat has it since, where that is another."""
        return await self._read(_views.addresses)

    async def _read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        if self._readers is None:
            raise StorageError(f"{self._path} is not open")
        return await self._readers.read(job)


class _SqliteWithWriter(SqliteViews):
    """Reads, and writes by one writer, which whoever extends it opens and closes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._writer: Writer | None = None

    async def _write(self, job: Callable[[sqlite3.Connection], T]) -> T:
        if self._writer is None:
            raise StorageError(f"{self._path} is not open")
        return await self._writer.write(job)


class _SqliteOutbox(_SqliteWithWriter):
    """Implements `outbox.Outbox`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._outbox_changed = asyncio.Event()

    @property
    def outbox_changed(self) -> asyncio.Event:
        """Set whenever a commit or a settlement added notifications. Whoever waits on it clears it."""
        return self._outbox_changed

    async def owed(self) -> Sequence[Owed]:
        """Destinations with open notifications, by name."""
        return await self._read(_outbox.owed)

    async def waiting(self, destination: str, *, limit: int) -> Sequence[Waiting]:
        """The first open notifications of a destination, by id; and the urgent ones, with what is open beside them."""
        return await self._read(lambda connection: _outbox.waiting(connection, destination, limit))

    async def news(self, ids: Sequence[int]) -> Sequence[WithChanges]:
        """These notifications, by id, each with the changes it tells."""
        return await self._read(lambda connection: _outbox.news(connection, ids))

    async def gather(self, gathering: Gathering) -> bool:
        """Make several notifications one, or none. False, and nothing is written, when one of them was touched."""
        return await self._write(lambda connection: _outbox.gather(connection, gathering))

    async def claim(self, ids: Sequence[int], *, now: Moment) -> Sequence[Notification]:
        """Those of `ids` that are open, by id, marked SENDING."""
        return await self._write(lambda connection: _outbox.claim(connection, ids, now))

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write what became of claimed notifications, all or none. Raises StorageError if one does not exist."""
        if await self._write(lambda connection: _outbox.settle(connection, settlements)):
            self._outbox_changed.set()

    async def thread(self, destination: str, source: str, order: str) -> Thread | None:
        """Where the next message about an order goes there, if anything was told that hangs together."""
        return await self._read(lambda connection: _outbox.thread(connection, destination, source, order))


class SqliteBeside(_SqliteWithWriter):
    """Reads a database, and writes what people set up by talking, also while a bot works on it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.talks: Talks = SqliteTalks(self._read, self._write)

    async def open(self) -> None:
        """Be ready. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""
        await super().open()
        with told_for_people(self._path):
            self._writer = Writer(self._path, await asyncio.to_thread(_connect, self._path, "rw"))

    async def close(self) -> None:
        """Finish what was started. Idempotent."""
        writer, self._writer = self._writer, None
        await super().close()
        if writer is not None:
            await writer.close()


class SqliteStorage(_SqliteOutbox):
    """Implements `ports.Storage`. `holder` is who is named to a second process that wants the same file."""

    def __init__(self, path: Path, clock: Clock, *, holder: str = "") -> None:
        super().__init__(path)
        self._clock = clock
        self._holder = holder
        self._lock = ProcessLock(path)
        self._talks = SqliteTalks(self._read, self._write)
        self._time = SqliteTimeBook(self._read, self._write)
        self._digests = SqliteDigestBook(self._read, self._write, self._outbox_changed)

    @property
    def talks(self) -> Talks:
        """What people set up by talking to the bot."""
        return self._talks

    @property
    def digests(self) -> DigestBook:
        """What digests need."""
        return self._digests

    @property
    def time(self) -> TimeBook:
        """What time needs to make news."""
        return self._time

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
        writer, self._writer = self._writer, None
        try:
            await super().close()
            if writer is not None:
                await writer.close()
        finally:
            self._lock.release()

    async def load(self, source: str, *, key: str | None = None) -> Sequence[OrderState]:
        """The state of every order of a source ever seen, or only of that one."""
        if key is not None:
            return await self._read(lambda connection: _views.load(connection, source, key))
        return [state async for part in self.load_in_parts(source) for state in part]

    async def load_in_parts(self, source: str) -> AsyncGenerator[Sequence[OrderState]]:
        """The same of every order, a part at a time."""
        before, last = -1, 0
        while last > before:
            before = last
            part, last = await self._read(partial(_views.load_part, source=source, after=before, rows=_PART))
            if part:
                yield part

    async def snapshots(self, source: str, keys: Sequence[str]) -> Mapping[str, Snapshot]:
        """The last snapshot of those of `keys` that have one."""
        return await self._read(lambda connection: _views.snapshots(connection, source, keys))

    async def memories(self, source: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What is remembered of those of `keys` of which anything is."""
        return await self._read(lambda connection: _views.memories(connection, source, keys))

    async def had_version(self, source: str, key: str, digest: str) -> bool:
        """Whether an order has had a version with this digest, the last one or an earlier one."""
        return await self._read(lambda connection: _views.had_version(connection, source, key, digest))

    async def read_stages_again(self, source: str, statuses: Mapping[str, Stage]) -> int:
        """Give stored orders the stages that the operator's table says. Returns how many of them became others."""
        if await self._read(lambda connection: _readings.is_applied(connection, source, statuses)):
            return 0
        changed, after = 0, ""
        while True:
            step = partial(_readings.read_again, source=source, statuses=statuses, after=after)
            count, last = await self._write(step)
            changed += count
            if last is None:
                await self._write(lambda connection: _readings.note_applied(connection, source, statuses))
                return changed
            after = last

    async def commit(self, record: PollRecord) -> None:
        """Write a record whole, or not at all. Raises StaleRecord."""
        if record.is_empty:
            return
        if await self._write(lambda connection: _writes.commit_record(connection, record)):
            self._outbox_changed.set()

    async def health(self, source: str) -> Health:
        """The stored health of a source; a fresh one if there is none."""
        return await self._read(lambda connection: _views.health(connection, source))

    async def known_words(self, source: str) -> frozenset[str]:
        """Status words of this source that operators have been told of."""
        return await self._read(lambda connection: _views.known_words(connection, source))

    async def swept_scopes(self, source: str) -> frozenset[str]:
        """Ids of the scopes that have had a complete sweep."""
        return await self._read(lambda connection: _views.swept_scopes(connection, source))

    async def baselines(self) -> Mapping[str, int]:
        """Watchlist to the number of orders its summary spoke of."""
        return await self._read(_views.baselines)

    async def beat(self, loops: Sequence[str], at: Moment) -> None:
        """Note that a loop is alive."""
        await self._write(lambda connection: _writes.beat(connection, loops, at))

    async def tidy(self, now: Moment, retention: Retention) -> Mapping[str, int]:
        """Drop raw `payloads` and settled `notifications` that are too old; other writes come in between."""
        dropped: dict[str, int] = {}
        for name, step in _writes.tidying(now, retention).items():
            dropped[name] = batch = await self._write(step)
            while not _writes.is_last_batch(batch):
                batch = await self._write(step)
                dropped[name] += batch
        return dropped


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
    if not path.exists():
        raise StorageError(f"there is no database at {path}; `orderwatch run` makes it, or choose another path")
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


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection that leaves transactions to the caller and may be used by one thread after another."""
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
