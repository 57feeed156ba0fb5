"""One of many workers on one PostgreSQL database: the store they share, and the engine for each config.

Imported only by whoever asked for it: it needs the extra `orderwatch[postgres]`.
"""

import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from bot.core import shards
from bot.crew import Crew
from bot.loops.elsewhere import Elsewhere
from bot.loops.shared import ProcrastinateEngine
from bot.loops.shared import Times as Times
from bot.model.database import Dsn
from bot.model.lease import Standing, Worker
from bot.ports import Askable, Clock
from bot.storage._pg_connections import Connection
from bot.storage.leases import Leases
from bot.storage.postgres import PostgresStorage


class Fleet:
    """What a worker shares with the others. `storage` is open."""

    def __init__(self, storage: PostgresStorage, leases: Leases, worker: Worker, clock: Clock, times: Times) -> None:
        self.storage = storage
        self._leases = leases
        self._worker = worker
        self._clock = clock
        self._times = times

    def elsewhere(self, sources: Iterable[str]) -> dict[str, Askable]:
        """How to ask about sources that other workers may poll."""
        return {name: Elsewhere(name, self._leases, self._clock) for name in sources}

    def engine(self, crew: Crew, sources: Iterable[str], chats: Iterable[str]) -> ProcrastinateEngine:
        """What gives a crew its share of the work."""
        leases = shards.shards(list(sources), list(chats))
        return ProcrastinateEngine(crew, leases, self.storage, self._leases, self._clock, self._worker, self._times)


@asynccontextmanager
async def open_fleet(database: Dsn, clock: Clock, *, name: str | None = None, times: Times) -> AsyncIterator[Fleet]:
    """A worker of this name, by default the machine's and the process's number. Raises StorageError."""
    host, pid = socket.gethostname(), os.getpid()
    worker = Worker(name or f"{host}-{pid}", host, pid, queue=f"leases-{secrets.token_hex(8)}")
    storage = PostgresStorage(database, clock, holder=worker.name, fence=_what_belongs_to_no_lease)
    leases = Leases(database, worker=worker.name)
    try:
        await storage.open()
        await leases.open()
        yield Fleet(storage, leases, worker, clock, times)
    finally:
        await leases.close()
        await storage.close()


async def standing(database: Dsn) -> Standing | None:
    """Who works on this database, and on what; None: no worker ever shared it. Raises StorageError."""
    leases = Leases(database)
    await leases.open()
    try:
        if not await leases.is_shared():
            return None
        return Standing(tuple(await leases.workers()), tuple(await leases.holdings(seconds=Times().stall)))
    finally:
        await leases.close()


async def _what_belongs_to_no_lease(connection: Connection) -> None:
    """Talks carry keys of their own that stop the second of two; whatever belongs to a lease has its fence."""
