"""One process alone on one database, or workers and nobody else; with the holder's name for whoever comes second."""

from psycopg import errors

from bot.errors import StorageLocked
from bot.model.database import Dsn
from bot.model.moment import from_instant, said
from bot.storage._pg_connections import Connection

_LOCK = 0x6F7264
"""With the number of the schema, the key of the lock."""
_HOLDER_LEAVES = "2s"
"""How long to wait for a holder that is just ending."""
_HOLDERS = """select application_name, backend_start from pg_stat_activity where pid in (
    select pid from pg_locks where locktype = 'advisory' and granted and mode = any(%s) and classid = %s
        and database = (select oid from pg_database where datname = current_database())
        and objid = (select oid from pg_namespace where nspname = current_schema()))"""
_ALONE, _SHARED = "ExclusiveLock", "ShareLock"
"""What the server calls the two ways to hold it."""


async def be_alone(database: Dsn, connection: Connection) -> None:
    """Take the lock for as long as the connection lives. Raises StorageLocked with its holder, a bot or a worker."""
    await _lock(database, connection, "pg_advisory_lock")


async def be_a_worker(database: Dsn, connection: Connection) -> None:
    """Share the lock with other workers for as long as the connection lives. Raises StorageLocked with who is alone."""
    await _lock(database, connection, "pg_advisory_lock_shared")


async def who_is_alone(connection: Connection) -> str | None:
    """Who has the database alone: the name of its connection. None: nobody, or workers share it."""
    row = await (await connection.execute(_HOLDERS, ([_ALONE], _LOCK))).fetchone()
    return str(row[0]) if row else None


async def _lock(database: Dsn, connection: Connection, function: str) -> None:
    key = "(%s, (select oid::bigint::int from pg_namespace where nspname = current_schema()))"
    await connection.execute(f"set lock_timeout = '{_HOLDER_LEAVES}'")
    try:
        await connection.execute(f"select {function}{key}", (_LOCK,))
    except errors.LockNotAvailable:
        found = await connection.execute(_HOLDERS, ([_ALONE, _SHARED], _LOCK))
        row = await found.fetchone()
        who = f"{row[0]} since {said(from_instant(row[1]))}" if row else "another process"
        raise StorageLocked(
            f"{database} is in use by {who}; stop it first, or give this one its own database"
        ) from None
    await connection.execute("set lock_timeout = 0")
