"""What operators do to PostgreSQL from outside: send again what was given up, end what is owed, erase an order."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from bot.model.database import Dsn
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.view import Found
from bot.ports import Clock
from bot.storage import _pg_lists
from bot.storage._pg_beside import PostgresBeside, PostgresViews
from bot.storage._pg_connections import Connection, Job, Writer, connect, process_name
from bot.storage._pg_lock import be_alone
from bot.storage._pg_moving import move
from bot.storage._pg_schema import require_current
from bot.storage._pg_views import rows_of
from bot.storage.postgres import PostgresStorage
from bot.storage.promises import Asked
from bot.storage.purge import PURGED, TABLES, TELLING, nothing
from bot.storage.redrive import DOUBT, DROPPED, Chosen

# Names of tables and conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

__all__ = ["beside_of", "doubt", "drop", "move", "promised", "purge", "retry", "storage_of", "views_of", "write_beside"]

T = TypeVar("T")


def storage_of(database: Dsn, clock: Clock, holder: str) -> PostgresStorage:
    """The store of a bot that is alone on the database."""
    return PostgresStorage(database, clock, holder=holder)


def views_of(database: Dsn) -> PostgresViews:
    """What reads it."""
    return PostgresViews(database)


def beside_of(database: Dsn) -> PostgresBeside:
    """What reads it, and writes what people set up."""
    return PostgresBeside(database)


async def write_beside(database: Dsn, job: Job[T]) -> T:
    """Run a job in a transaction beside a running bot, which hears of it."""
    beside = PostgresBeside(database)
    await beside.open()
    try:
        return await beside.write(job)
    finally:
        await beside.close()


def retry(chosen: Chosen) -> Job[Sequence[int]]:
    """Put dead notifications back, and let waiting ones be tried at once; their ids. See `redrive.retry`."""
    condition, values = _condition(chosen)
    return _ids(
        f"""update notifications set state = 'pending', reason = null, attempts = 0, not_before = null,
            settled_at = null, first_try_at = case when unclear then first_try_at end
        where (state = 'dead' or state = 'pending' and attempts > 0) and {condition} returning id""",
        values,
    )


def drop(chosen: Chosen, at: Moment) -> Job[Sequence[int]]:
    """End waiting and dead notifications; their ids. See `redrive.drop`."""
    condition, values = _condition(chosen)
    return _ids(
        f"""update notifications set state = 'dead', reason = %(reason)s, settled_at = %(at)s, not_before = null
        where state in ('dead', 'pending') and reason is distinct from %(reason)s and {condition} returning id""",
        {**values, "reason": DROPPED, "at": at},
    )


def doubt(chosen: Chosen) -> Job[Sequence[int]]:
    """Say that what is owed may have been sent; the ids. See `redrive.doubt`."""
    condition, values = _condition(chosen)
    return _ids(f"{DOUBT} and {condition} returning id", values)


async def purge(database: Dsn, source: str, key: str, holder: str, at: Moment) -> Mapping[str, int]:
    """Erase an order. See `purge.purge`. Raises StorageLocked while a bot works on the database, and StorageError."""

    async def alone() -> Connection:
        connection = await connect(database, name=process_name(holder))
        try:
            await be_alone(database, connection)
            await require_current(database, connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    writer = Writer(database, alone)
    try:
        return await writer.write(partial(_erase, source=source, key=key, at=at))
    finally:
        await writer.close()


async def promised(database: Dsn, asked: Asked) -> Sequence[Found]:
    """Open orders by the next delivery promised, then cancelled and completed ones. See `promises.promised`."""

    async def read(connection: Connection) -> list[Found]:
        found = await _pg_lists.promised(connection, asked.extents, asked.start, asked.end, asked.limit)
        for stage in (Stage.CANCELLED, Stage.COMPLETED):
            found += await _pg_lists.finished(connection, asked.extents, stage, asked.since, asked.limit)
        return found

    beside = PostgresBeside(database)
    await beside.open()
    try:
        return await beside.read(read)
    finally:
        await beside.close()


async def _erase(connection: Connection, source: str, key: str, at: Moment) -> Mapping[str, int]:
    names = await rows_of(connection, "select name from order_names where source = %s and key = %s", (source, key))
    gone = {
        table: (await connection.execute(f"delete from {table} where source = %s and key = %s", (source, key))).rowcount
        for table in TABLES
    }
    emptied = await connection.execute(
        """update notifications set order_key = null, message = %(message)s, reason = %(reason)s, not_before = null,
            settled_at = coalesce(settled_at, %(at)s),
            state = case when state in ('pending', 'sending') then 'dead' else state end
        where source = %(source)s and order_key = %(key)s""",
        {"message": nothing(), "reason": PURGED, "at": at, "source": source, "key": key},
    )
    gone["notifications"], gone["audit"] = emptied.rowcount, 0
    for name in [key, *(name for (name,) in names)]:
        if len(name) >= TELLING:
            told = await connection.execute(
                "update audit set text = %s, waiting = null where position(lower(%s) in lower(text)) > 0",
                (PURGED, name),
            )
            gone["audit"] += told.rowcount
    return gone


def _condition(chosen: Chosen) -> tuple[str, dict[str, object]]:
    if chosen.ids:
        return "id = any(%(ids)s)", {"ids": list(chosen.ids)}
    if chosen.destination is not None:
        return "destination = %(destination)s", {"destination": chosen.destination}
    return "true", {}


def _ids(sql: str, values: Mapping[str, object]) -> Callable[[Connection], Awaitable[Sequence[int]]]:
    async def run(connection: Connection) -> Sequence[int]:
        return sorted(row[0] for row in await rows_of(connection, sql, dict(values)))

    return run
