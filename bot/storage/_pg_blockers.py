"""Ending the transactions of others in PostgreSQL that somebody waits for and that do not come to their end."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from psycopg import Error

from bot.errors import StorageError
from bot.log import event
from bot.model.database import Dsn
from bot.storage._pg_connections import Connection, connect

log = logging.getLogger(__name__)

_END = """select application_name, pg_terminate_backend(pid) from pg_stat_activity
    where pid = any(pg_blocking_pids(%s)) and usename = current_user"""
"""What is selected is done only to the rows that are found; a condition may be tried on any."""


@asynccontextmanager
async def unblocked(database: Dsn, connection: Connection, *, lease: str, after: float) -> AsyncIterator[None]:
    """Whatever this connection waits for in the block is ended after so many seconds. For a lease that is ours by now.

    Whoever is frozen in a transaction keeps its locks until he wakes: the server's own limits end neither one that is
    frozen while it sends rows, nor one that has sent many in one go (a Flush after the Sync of a pipeline puts
    `idle_in_transaction_session_timeout` off for ever).
    """
    found = await connection.execute("select pg_backend_pid()")
    ending = asyncio.create_task(_end_blockers(database, await found.fetchone(), lease, after))
    try:
        yield
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def _end_blockers(database: Dsn, who_waits: Any, lease: str, after: float) -> None:
    while True:
        await asyncio.sleep(after)
        with suppress(Error, OSError, StorageError):  # what cannot be reached now may be in a moment
            async with await connect(database) as connection:  # those who wait may have every one of a pool
                for holder, _ in await (await connection.execute(_END, who_waits)).fetchall():
                    event(log, "write_broken_off", level=logging.WARNING, lease=lease, holder=holder)
