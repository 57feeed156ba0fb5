"""Whether this is the database that it was, or one that went back in time and may have forgotten what was sent.

A standby that takes over knows nothing of the last moments, a copy that was put back nothing of what came after it. In
both, something about the database is another: the server, its timeline, the database's own number or the table's.
"""

import logging
from contextlib import suppress

from psycopg import Error

from bot.log import event
from bot.storage._pg_connections import Connection
from bot.storage._pg_words import PostgresConnection
from bot.storage.redrive import DOUBT

log = logging.getLogger(__name__)

_KNOWN = "select origin from orderwatch_origin"
_NUMBERS = """select concat_ws(' ', (select oid from pg_database where datname = current_database()),
    'notifications'::regclass::oid)"""
_TIMELINE = """select concat_ws(' ', (select system_identifier from pg_control_system()),
    left(pg_walfile_name(pg_current_wal_lsn()), 8))"""
"""Not every provider lets one ask for it. The name of a file of the log begins with the timeline."""


async def look_at_origin(connection: Connection) -> str:
    """Which database this is. Once for each time that it went back, what it owes is doubted.

    It is looked for in the chat then, or sent as a possible repeat.
    """
    found = await _origin(connection)
    async with connection.transaction():
        if await PostgresConnection(connection).row(_KNOWN) != (found,):
            await connection.execute("lock table orderwatch_origin in exclusive mode")  # of several workers one does it
            await _doubt_if_another(connection, found)
    return found


async def _doubt_if_another(connection: Connection, found: str) -> None:
    known = await PostgresConnection(connection).row(_KNOWN)
    if known == (found,):
        return
    await connection.execute("delete from orderwatch_origin")
    await connection.execute("insert into orderwatch_origin values (%s)", (found,))
    if known is not None:
        owed = (await connection.execute(DOUBT)).rowcount
        event(log, "database_went_back", level=logging.WARNING, owed=owed)


async def _origin(connection: Connection) -> str:
    asked, timeline = PostgresConnection(connection), None
    numbers = await asked.row(_NUMBERS)
    with suppress(Error):
        async with connection.transaction():
            timeline = await asked.row(_TIMELINE)
    return " ".join(str(row[0]) for row in (numbers, timeline) if row)
