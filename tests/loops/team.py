"""Workers that share a PostgreSQL database, in one process and with short times."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.clock import SharedClock, SystemClock
from bot.core.shards import shards
from bot.loops.shared import ProcrastinateEngine, Times
from bot.loops.supervisor import Loop
from bot.model.database import Dsn
from bot.model.lease import Lease, Worker
from bot.model.poll import Looked
from bot.ports import Askable, Clock, Storage
from bot.storage.leases import Leases
from bot.storage.postgres import PostgresStorage

SOURCES = [f"account {number}" for number in range(8)]
LEASES = shards(SOURCES, ["slack"])
ALL = {lease.name for lease in LEASES}
TIMES = Times(lease=1.0, heartbeat=0.1, stall=1.5, look=0.1)
"""A twentieth of the product's own."""
PATIENCE = 15.0


class Idle:
    """A loop that only waits."""

    async def run(self, stop: asyncio.Event) -> None:
        """Wait."""
        await stop.wait()


class Source:
    """Somebody who polls a source."""

    async def check(self, key: str) -> Looked:
        """An answer."""
        return Looked(is_asked=True, is_answered=True, reason=key)

    def looked_at(self, key: str) -> None:
        """Never."""

    def next_look(self, key: str) -> None:
        """Never."""


@dataclass(slots=True)
class Span:
    """From when to when somebody worked on a lease, on the monotonic clock."""

    lease: str
    began: float
    ended: float = float("inf")


class Crew:
    """Notes which leases it works on, with which store, and when."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.stores: dict[str, Storage] = {}
        self.pollers: dict[str, Askable] = {}
        self.breaks: set[str] = set()

    async def take(self, lease: Lease, storage: Storage) -> Mapping[str, Loop]:
        """One loop that does nothing."""
        if lease.name in self.breaks:
            raise RuntimeError("the loops cannot be made")
        self.stores[lease.name] = storage
        self.spans.append(Span(lease.name, time.monotonic()))
        self.pollers |= {source: Source() for source in lease.sources}
        return {"idle": Idle()}

    async def loops_fail(self, errors: Mapping[str, str]) -> None:
        """Nobody is told."""

    def leave(self, lease: Lease) -> None:
        """Forget it."""
        if self.stores.pop(lease.name, None):
            next(span for span in reversed(self.spans) if span.lease == lease.name).ended = time.monotonic()
        for source in lease.sources:
            self.pollers.pop(source, None)


class Team:
    """Workers that come and go."""

    def __init__(self, database: Dsn, stack: AsyncExitStack) -> None:
        self._database = database
        self._stack = stack
        self._stops: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}
        self.tables: dict[str, Leases] = {}

    async def join(
        self,
        name: str,
        *,
        database: Dsn | None = None,
        clock: Clock | None = None,
        leases: Sequence[Lease] = tuple(LEASES),
    ) -> Crew:
        """One more worker, which reaches the database by this address, goes by this clock, and knows these leases."""
        crew, clock, database = Crew(), SharedClock(clock or SystemClock()), database or self._database
        storage, table = PostgresStorage(database, clock, fence=_open_to_all), Leases(database)
        await storage.open()
        self._stack.push_async_callback(storage.close)
        await table.open()
        self._stack.push_async_callback(table.close)
        engine = ProcrastinateEngine(crew, leases, storage, table, clock, Worker(name, "here", 1, name), TIMES)
        stop = asyncio.Event()
        self._stops[name] = (stop, asyncio.create_task(engine.run(stop, {})))
        self.tables[name] = table
        self._stack.push_async_callback(self.leave, name)
        return crew

    async def leave(self, name: str) -> None:
        """A worker ends in peace."""
        stop, task = self._stops[name]
        stop.set()
        await task


def overlaps(first: Sequence[Span], second: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Where two workers worked on one lease at the same time."""
    pairs = ((one, other) for one in first for other in second if one.lease == other.lease)
    return [(one, other) for one, other in pairs if one.began < other.ended and other.began < one.ended]


async def until(is_so: Callable[[], bool], *, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(patience):
        while not is_so():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.02)


async def _open_to_all(_: object) -> None:
    """Anybody may write."""
