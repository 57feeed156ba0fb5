"""The store that a database needs: a file is SQLite's, an address PostgreSQL's, whose driver is only loaded for one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypeVar

from bot.errors import StorageError
from bot.model.database import Database, Dsn
from bot.model.moment import Moment
from bot.model.view import DatesAsked, Found, Table, TableRow
from bot.past import Past
from bot.ports import Clock, Storage, Talks, Views
from bot.storage import redrive, sqlite
from bot.storage._connection import Job
from bot.storage.past import StoredPast
from bot.storage.purge import purge_file

_T = TypeVar("_T")
_Opens = TypeVar("_Opens", bound="OpenViews")


class Moved(Protocol):
    """A table that is the same in both stores now."""

    @property
    def table(self) -> str:
        """Its name."""
        ...

    @property
    def rows(self) -> int:
        """How many it has."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 of all its rows, by key."""
        ...


class OpenViews(Views, Protocol):
    """Views that are opened and closed by whoever asks."""

    async def open(self) -> None:
        """Be ready to read. Raises StorageError when there is no such database or an older one, and SchemaTooNew."""

    async def close(self) -> None:
        """Finish what is being read. Idempotent."""


class Beside(OpenViews, Protocol):
    """Reads a database, and writes what people set up by talking, also while a bot works on it."""

    @property
    def talks(self) -> Talks:
        """What people set up by talking."""

    async def write(self, job: Job[_T]) -> _T:
        """Run a job that writes to the outbox, and let whoever works on it know."""
        ...


def storage_of(database: Database, clock: Clock, *, holder: str) -> Storage:
    """The store of a bot that is alone on its database, not yet open."""
    if isinstance(database, Path):
        return sqlite.SqliteStorage(database, clock, holder=holder)
    storage: Storage = _postgres(database).storage_of(database, clock, holder)
    return storage


def views_of(database: Database) -> OpenViews:
    """What reads it, also beside a running bot."""
    if isinstance(database, Path):
        return sqlite.SqliteViews(database)
    views: OpenViews = _postgres(database).views_of(database)
    return views


def beside_of(database: Database) -> Beside:
    """What reads it, and writes what people set up, beside a running bot."""
    if isinstance(database, Path):
        return sqlite.SqliteBeside(database)
    beside: Beside = _postgres(database).beside_of(database)
    return beside


def retry(database: Database, chosen: redrive.Chosen) -> Sequence[int]:
    """Put dead notifications back, and let waiting ones be tried at once. See `redrive.retry`."""
    return asyncio.run(_write_beside(database, partial(redrive.retry, chosen=chosen)))


def drop(database: Database, chosen: redrive.Chosen, at: Moment) -> Sequence[int]:
    """End waiting and dead notifications. See `redrive.drop`."""
    return asyncio.run(_write_beside(database, partial(redrive.drop, chosen=chosen, at=at)))


def doubt(database: Database, chosen: redrive.Chosen) -> Sequence[int]:
    """Say that what is owed may have been sent. See `redrive.doubt`."""
    return asyncio.run(_write_beside(database, partial(redrive.doubt, chosen=chosen)))


def purge(database: Database, source: str, key: str, *, holder: str, at: Moment) -> Mapping[str, int]:
    """Erase an order, while no bot works. See `purge.erase`. Raises StorageLocked, StorageError."""
    if isinstance(database, Path):
        return purge_file(database, source, key, holder=holder, at=at)
    gone: Mapping[str, int] = asyncio.run(_postgres(database).purge(database, source, key, holder, at))
    return gone


def promised(database: Database, asked: DatesAsked) -> Sequence[Found]:
    """What is promised for when. See `past.Tables.promised`."""

    async def ask() -> Sequence[Found]:
        async with _opened(views_of(database)) as views:
            return await views.promised(asked)

    return asyncio.run(ask())


def export(
    database: Database, table: Table, *, source: str | None = None, since: Moment | None = None
) -> Iterator[TableRow]:
    """Every row of a table, some hundred at a time: nothing stays open in between, however slowly they are taken.

    See `past.Tables.table`. Raises StorageError, and SchemaTooNew.
    """
    with asyncio.Runner() as runner:
        views = views_of(database)
        runner.run(views.open())
        try:
            behind = None
            while rows := runner.run(views.table(table, behind=behind, source=source, since=since)):
                yield from rows
                behind = rows[-1]
        finally:
            runner.run(views.close())


@asynccontextmanager
async def past_of(database: Database) -> AsyncIterator[Past]:
    """What happened, as one view of the database for the whole block. Raises StorageError, and SchemaTooNew."""
    view = sqlite.one_view(database) if isinstance(database, Path) else _postgres(database).one_view(database)
    async with view as connection:
        yield StoredPast(connection)


def move(
    source: Database, target: Database, now: datetime, progress: Callable[[str, int, int], None]
) -> Sequence[Moved]:
    """Copy a whole store into another kind of database. See `_pg_moving.move`."""
    address = source if isinstance(source, Dsn) else target
    if not isinstance(address, Dsn):
        raise StorageError(f"{source} and {target} are both files; `orderwatch backup` copies one")
    moved: Sequence[Moved] = asyncio.run(_postgres(address).move(source, target, now, progress))
    return moved


def file_of(database: Database, instead: str) -> Path:
    """The file of a SQLite store. Raises StorageError that says what to do `instead` on PostgreSQL."""
    if isinstance(database, Dsn):
        raise StorageError(f"{database} is no file; {instead}")
    return database


async def _write_beside(database: Database, job: Job[_T]) -> _T:
    async with _opened(beside_of(database)) as beside:
        return await beside.write(job)


@asynccontextmanager
async def _opened(views: _Opens) -> AsyncIterator[_Opens]:
    await views.open()
    try:
        yield views
    finally:
        await views.close()


def _postgres(database: Dsn) -> ModuleType:
    try:
        from bot.storage import _pg_tending
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "bot":
            raise
        raise StorageError(f"{database} needs a driver; pip install 'orderwatch[postgres]'") from None
    return _pg_tending
