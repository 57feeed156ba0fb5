"""The store that a database needs: a file is SQLite's, an address PostgreSQL's, whose driver is only loaded for one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Protocol, TypeVar

from bot.errors import StorageError
from bot.model.database import Database, Dsn
from bot.model.moment import Moment
from bot.model.view import Found
from bot.ports import Clock, Storage, Talks, Views
from bot.storage import exports, promises, redrive
from bot.storage import purge as purge_file
from bot.storage.redrive import Chosen
from bot.storage.sqlite import SqliteBeside, SqliteStorage, SqliteViews

_T = TypeVar("_T")


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

    talks: Talks


def storage_of(database: Database, clock: Clock, *, holder: str) -> Storage:
    """The store of a bot that is alone on its database, not yet open."""
    if isinstance(database, Path):
        return SqliteStorage(database, clock, holder=holder)
    storage: Storage = _postgres(database).storage_of(database, clock, holder)
    return storage


def views_of(database: Database) -> OpenViews:
    """What reads it, also beside a running bot."""
    if isinstance(database, Path):
        return SqliteViews(database)
    views: OpenViews = _postgres(database).views_of(database)
    return views


def beside_of(database: Database) -> Beside:
    """What reads it, and writes what people set up, beside a running bot."""
    if isinstance(database, Path):
        return SqliteBeside(database)
    beside: Beside = _postgres(database).beside_of(database)
    return beside


def retry(database: Database, chosen: Chosen) -> Sequence[int]:
    """Put dead notifications back, and let waiting ones be tried at once. See `redrive.retry`."""
    if isinstance(database, Path):
        return redrive.retry(database, chosen)
    return _write(database, lambda tending: tending.retry(chosen))


def drop(database: Database, chosen: Chosen, at: Moment) -> Sequence[int]:
    """End waiting and dead notifications. See `redrive.drop`."""
    if isinstance(database, Path):
        return redrive.drop(database, chosen, at)
    return _write(database, lambda tending: tending.drop(chosen, at))


def doubt(database: Database, chosen: Chosen) -> Sequence[int]:
    """Say that what is owed may have been sent. See `redrive.doubt`."""
    if isinstance(database, Path):
        return redrive.doubt(database, chosen)
    return _write(database, lambda tending: tending.doubt(chosen))


def purge(database: Database, source: str, key: str, *, holder: str, at: Moment) -> Mapping[str, int]:
    """Erase an order, while no bot works. See `purge.purge`."""
    if isinstance(database, Path):
        return purge_file.purge(database, source, key, holder=holder, at=at)
    gone: Mapping[str, int] = asyncio.run(_postgres(database).purge(database, source, key, holder, at))
    return gone


def promised(database: Database, asked: promises.Asked) -> Sequence[Found]:
    """What is promised for when. See `promises.promised`."""
    if isinstance(database, Path):
        return promises.promised(database, asked)
    found: Sequence[Found] = asyncio.run(_postgres(database).promised(database, asked))
    return found


def export(
    database: Database, what: exports.What, *, source: str | None = None, since: Moment | None = None
) -> Iterator[exports.Row]:
    """Everything there is of something, row by row. See `exports.export`."""
    instead = "copy it with `orderwatch migrate --to copy.db`, and give a config that names the copy"
    return exports.export(file_of(database, instead), what, source=source, since=since)


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


def _write(database: Dsn, job: Callable[[ModuleType], Callable[..., Awaitable[_T]]]) -> _T:
    tending = _postgres(database)
    done: _T = asyncio.run(tending.write_beside(database, job(tending)))
    return done


def _postgres(database: Dsn) -> ModuleType:
    try:
        from bot.storage import _pg_tending
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "bot":
            raise
        raise StorageError(f"{database} needs a driver; pip install 'orderwatch[postgres]'") from None
    return _pg_tending
