"""One of many workers on one PostgreSQL database: the store they share, and the engine for each config.

Imported only by whoever asked for it: it needs the extra `orderwatch[postgres]`.
"""

import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.clock import SharedClock
from bot.core import shards
from bot.crew import Crew
from bot.errors import StorageLocked
from bot.log import event
from bot.loops.elsewhere import Elsewhere
from bot.loops.shared import ProcrastinateEngine
from bot.loops.shared import Times as Times
from bot.model.database import Dsn
from bot.model.lease import STALL, Standing, Worker
from bot.ports import Askable, Clock
from bot.storage._pg_connections import Connection
from bot.storage.leases import Leases, claim_name
from bot.storage.postgres import PostgresStorage

log = logging.getLogger(__name__)

WRONG_BY = 5.0
"""Seconds. A machine whose clock differs by more from the database's is told of: one of the two is wrong."""


class Fleet:
    """What a worker shares with the others. `storage` is open; `clock` is the time of all of them."""

    def __init__(
        self, storage: PostgresStorage, leases: Leases, worker: Worker, clock: SharedClock, times: Times
    ) -> None:
        self.storage = storage
        self.clock = clock
        self._leases = leases
        self._worker = worker
        self._times = times

    def elsewhere(self, sources: Iterable[str]) -> dict[str, Askable]:
        """How to ask about sources that other workers may poll."""
        return {name: Elsewhere(name, self._leases, self.clock) for name in sources}

    def engine(self, crew: Crew, sources: Iterable[str], chats: Iterable[str]) -> ProcrastinateEngine:
        """What gives a crew its share of the work."""
        leases = shards.shards(list(sources), list(chats))
        return ProcrastinateEngine(crew, leases, self.storage, self._leases, self.clock, self._worker, self._times)


@asynccontextmanager
async def open_fleet(database: Dsn, clock: Clock, *, name: str | None = None, times: Times) -> AsyncIterator[Fleet]:
    """A worker of this name, by default the machine's and the process's number.

    Raises StorageError, also when another worker of that name is alive.
    """
    host, pid = socket.gethostname(), os.getpid()
    worker = Worker(name or f"{host}-{pid}", host, pid, queue=f"leases-{secrets.token_hex(8)}")
    shared = SharedClock(clock)
    storage = PostgresStorage(database, shared, holder=worker.name, fence=_what_belongs_to_no_lease)
    leases = Leases(database, worker=worker.name)
    try:
        await storage.open()
        await leases.open()
        asked_at = clock.monotonic()
        if abs(ahead := -shared.follow(await leases.now(), asked_at=asked_at)) > WRONG_BY:
            event(log, "clock_is_wrong", level=logging.WARNING, worker=worker.name, ahead=f"{ahead:.0f}s")
        await _take_name(worker, leases, clock, times)
        yield Fleet(storage, leases, worker, shared, times)
    finally:
        await leases.close()
        await storage.close()


async def _take_name(worker: Worker, leases: Leases, clock: Clock, times: Times) -> None:
    """Let nobody else have our name. One that was killed had it until a moment ago, but gives no more signs of life.

    Raises StorageLocked with whoever has it and is alive.
    """
    if not await leases.is_shared():
        return  # nobody ever worked here
    until_heard = 2 * times.heartbeat
    if await claim_name(leases, worker, silent=until_heard):
        return
    event(log, "worker_name_taken", worker=worker.name, next_try_in=f"{until_heard:.0f}s")
    await clock.sleep(until_heard)
    if not await claim_name(leases, worker, silent=until_heard):
        raise StorageLocked(await _who_is_called(worker.name, leases))


async def _who_is_called(name: str, leases: Leases) -> str:
    others = [each for each in await leases.workers() if each.name == name]
    where = "".join(f" (process {each.pid} on {each.host})" for each in others)
    return f"another worker is called {name}{where} and alive; give this one another --worker NAME, or stop that one"


async def standing(database: Dsn, *, wanted: Collection[str] = ()) -> Standing | None:
    """Who works on this database, and on what; None: no worker ever shared it. Raises StorageError.

    `wanted` are names of leases that are shown also where no worker offers them any more.
    """
    leases = Leases(database)
    await leases.open()
    try:
        if not await leases.is_shared():
            return None
        holdings, sources = await leases.holdings(seconds=STALL, wanted=wanted), await leases.sources()
        named = tuple(replace(held, sources=sources.get(held.lease, ())) for held in holdings)
        return Standing(tuple(await leases.workers()), named, await leases.alone())
    finally:
        await leases.close()


async def _what_belongs_to_no_lease(connection: Connection) -> None:
    """Talks carry keys of their own that stop the second of two; whatever belongs to a lease has its fence."""
