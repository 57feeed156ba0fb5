"""What reads PostgreSQL, also beside a running bot, and writes what people set up by talking."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from bot.model.database import Dsn
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Move, Notification, State
from bot.model.poll import Health, Payload
from bot.model.view import ChangeRow, Extent, Found, OrderRow, Selected, Selection, Told
from bot.ports import Talks
from bot.storage import _pg_lists, _pg_views
from bot.storage._pg_books import PostgresTalks
from bot.storage._pg_connections import Connection, Job, Readers, Writer, connect, not_open, process_name
from bot.storage._pg_schema import require_current

T = TypeVar("T")
Fence = Callable[[Connection], Awaitable[None]]
"""Runs first in every transaction that writes. Raises, a StorageError, when this process may not write any more."""


class PostgresViews:
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

    async def orders(
        self,
        *,
        source: str | None = None,
        stage: Stage | None = None,
        limit: int = 100,
        offset: int = 0,
        archived: bool = False,
    ) -> Sequence[OrderRow]:
        """Watched orders that have been seen, last changed first; or those that are on no list any more."""
        return await self._read(
            partial(_pg_views.orders, source=source, stage=stage, limit=limit, offset=offset, archived=archived)
        )

    async def count_orders(
        self, *, source: str | None = None, stage: Stage | None = None, archived: bool = False
    ) -> int:
        """How many watched orders there are, as `orders` shows them."""
        return await self._read(partial(_pg_views.count_orders, source=source, stage=stage, archived=archived))

    async def find_orders(self, text: str) -> Sequence[Snapshot]:
        """Orders whose number, key, purchase-order number or a tracking number is `text`, ignoring case and blanks."""
        return await self._read(partial(_pg_views.find_orders, text=text))

    async def seek(self, names: Sequence[str], extents: Sequence[Extent]) -> Sequence[Found]:
        """Orders within `extents` that have one of these names, those of the first name that any has."""
        return await self._read(partial(_pg_lists.seek, names=names, extents=extents))

    async def select(self, selection: Selection, *, limit: int, offset: int = 0) -> Selected:
        """Orders that are wanted, a page of them."""
        return await self._read(partial(_pg_lists.select, selection=selection, limit=limit, offset=offset))

    async def told(self, source: str, key: str, *, limit: int = 20) -> Sequence[Told]:
        """Notifications about one order, newest first."""
        return await self._read(partial(_pg_lists.told, source=source, key=key, limit=limit))

    async def history(self, source: str, key: str, *, limit: int = 200, offset: int = 0) -> Sequence[ChangeRow]:
        """Changes of one order, newest first."""
        return await self._read(partial(_pg_views.history, source=source, key=key, limit=limit, offset=offset))

    async def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """The raw payload of one version; None when there was none or retention dropped it."""
        return await self._read(partial(_pg_views.payload, source=source, key=key, seq=seq))

    async def notifications(
        self, *, after_id: int = 0, states: Sequence[State] = (), limit: int = 100
    ) -> Sequence[Notification]:
        """Outbox rows by id."""
        return await self._read(partial(_pg_views.notifications, after_id=after_id, states=states, limit=limit))

    async def notification(self, key: str) -> Notification | None:
        """The notification with this key; None if there is none, or not any more."""
        return await self._read(partial(_pg_views.notification, key=key))

    async def notification_behind(self, destination: str, message_id: str) -> Notification | None:
        """The notification whose message in a destination has this id of the chat's; None if none has."""
        return await self._read(partial(_pg_views.notification_behind, destination=destination, message_id=message_id))

    async def counts(self) -> Mapping[str, int]:
        """How many `orders`, `snapshots`, `changes`, and notifications by state there are; a state without any is 0."""
        return await self._read(_pg_views.counts)

    async def healths(self) -> Sequence[Health]:
        """Every source's health."""
        return await self._read(_pg_views.healths)

    async def beats(self) -> Mapping[str, Moment]:
        """Loop name to its last sign of life."""
        return await self._read(_pg_views.beats)

    async def addresses(self) -> Mapping[str, Move]:
        """Destination name to its address as it was and as the chat has it since, where that is another."""
        return await self._read(_pg_views.addresses)

    async def _read(self, job: Job[T]) -> T:
        if self._readers is None:
            raise not_open(self._database)
        return await self._readers.read(job)


class WithWriter(PostgresViews):
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
        if self._writer is None:
            raise not_open(self._database)
        return await self._writer.write(job if self._fence is None else _behind(self._fence, job), rings=rings)


class PostgresBeside(WithWriter):
    """Reads a database, and writes what people set up by talking, also while a bot works on it."""

    def __init__(self, database: Dsn) -> None:
        super().__init__(database)
        self.talks: Talks = PostgresTalks(self._read, self._write)

    async def open(self) -> None:
        """Be ready. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""
        await super().open()
        self._writer = Writer(self._database, partial(connect, self._database, name=process_name("")))

    async def read(self, job: Job[T]) -> T:
        """Run a job that reads, on one view of the database."""
        return await self._read(job)

    async def write(self, job: Job[T]) -> T:
        """Run a job that writes to the outbox, and let whoever works on it know."""
        return await self._write(job, rings=True)


def _behind(fence: Fence, job: Job[T]) -> Job[T]:
    async def run(connection: Connection) -> T:
        await fence(connection)
        return await job(connection)

    return run
