"""What the doors of this package open on PostgreSQL: loaded only where a database has an address."""

from collections.abc import Mapping

from bot.model.database import Dsn
from bot.model.moment import Moment
from bot.ports import Clock
from bot.storage._pg_beside import PostgresBeside, PostgresViews, one_view
from bot.storage._pg_connections import Connection, Writer, connect, process_name
from bot.storage._pg_lock import be_alone
from bot.storage._pg_moving import move
from bot.storage._pg_schema import require_current
from bot.storage._pg_words import PostgresConnection
from bot.storage.postgres import PostgresStorage
from bot.storage.purge import erase

__all__ = ["beside_of", "move", "one_view", "purge", "storage_of", "views_of"]


def storage_of(database: Dsn, clock: Clock, holder: str) -> PostgresStorage:
    """The store of a bot that is alone on the database."""
    return PostgresStorage(database, clock, holder=holder)


def views_of(database: Dsn) -> PostgresViews:
    """What reads it."""
    return PostgresViews(database)


def beside_of(database: Dsn) -> PostgresBeside:
    """What reads it, and writes what people set up."""
    return PostgresBeside(database)


async def purge(database: Dsn, source: str, key: str, holder: str, at: Moment) -> Mapping[str, int]:
    """Erase an order. See `purge.erase`. Raises StorageLocked while a bot works on the database, and StorageError."""

    async def alone() -> Connection:
        connection = await connect(database, name=process_name(holder))
        try:
            await be_alone(database, connection)
            await require_current(database, connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def erasing(connection: Connection) -> Mapping[str, int]:
        return await erase(PostgresConnection(connection), source, key, at)

    writer = Writer(database, alone)
    try:
        return await writer.write(erasing)
    finally:
        await writer.close()
