"""Several workers on one PostgreSQL database, in one process and with short times: who works on what."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.core.shards import shards
from bot.errors import LeaseLost
from bot.loops.supervisor import Loop
from bot.model.lease import Lease, Worker
from bot.model.moment import Moment
from bot.model.poll import Looked
from bot.ports import Askable, Storage
from tests.postgres import database_for

pytest.importorskip("procrastinate")

from bot.loops.elsewhere import Elsewhere
from bot.loops.shared import ProcrastinateEngine, Times
from bot.storage.leases import Leases
from bot.storage.postgres import PostgresStorage

SOURCES = [f"account {number}" for number in range(8)]
LEASES = shards(SOURCES, ["slack"])
TIMES = Times(lease=1.0, heartbeat=0.1, stall=1.5, look=0.1)
PATIENCE = 15.0
AT = Moment("2026-01-05T09:00:00.000000Z")


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


class Crew:
    """Notes which leases it works on, and with which store."""

    def __init__(self) -> None:
        self.stores: dict[str, Storage] = {}
        self.pollers: dict[str, Askable] = {}
        self.breaks: set[str] = set()

    async def take(self, lease: Lease, storage: Storage) -> Mapping[str, Loop]:
        """One loop that does nothing."""
        if lease.name in self.breaks:
            raise RuntimeError("the loops cannot be made")
        self.stores[lease.name] = storage
        self.pollers |= {source: Source() for source in lease.sources}
        return {"idle": Idle()}

    def leave(self, lease: Lease) -> None:
        """Forget it."""
        self.stores.pop(lease.name, None)
        for source in lease.sources:
            self.pollers.pop(source, None)


class Team:
    """Workers that come and go."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._database = database_for(folder)
        self._stack = stack
        self._stops: dict[str, tuple[asyncio.Event, asyncio.Task[None]]] = {}
        self.tables: dict[str, Leases] = {}

    async def join(self, name: str) -> Crew:
        """One more worker."""
        crew, clock = Crew(), SystemClock()
        storage, table = PostgresStorage(self._database, clock, fence=_open_to_all), Leases(self._database)
        await storage.open()
        self._stack.push_async_callback(storage.close)
        await table.open()
        self._stack.push_async_callback(table.close)
        engine = ProcrastinateEngine(crew, LEASES, storage, table, clock, Worker(name, "here", 1, name), TIMES)
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


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    """Nobody yet."""
    async with AsyncExitStack() as stack:
        yield Team(tmp_path, stack)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.02)


async def test_a_worker_alone_works_on_everything(team: Team) -> None:
    crew = await team.join("a")
    await until(lambda: set(crew.stores) == {lease.name for lease in LEASES})
    assert set(crew.pollers) == set(SOURCES)


async def test_one_that_joins_gets_half_and_nothing_is_worked_on_twice(team: Team) -> None:
    first = await team.join("a")
    await until(lambda: len(first.stores) == len(LEASES))
    second = await team.join("b")
    await until(lambda: len(second.pollers) == len(SOURCES) // 2)
    await until(lambda: set(first.stores) | set(second.stores) == {lease.name for lease in LEASES})
    assert not set(first.stores) & set(second.stores)


async def test_one_that_leaves_hands_its_leases_over_within_two_seconds(team: Team) -> None:
    first, second = await team.join("a"), await team.join("b")
    await until(lambda: len(first.pollers) == len(second.pollers) == len(SOURCES) // 2)
    async with asyncio.timeout(2.0):
        await team.leave("a")
        await until(lambda: len(second.stores) == len(LEASES))


async def test_what_a_lease_lets_write_ends_with_it(team: Team) -> None:
    crew = await team.join("a")
    await until(lambda: len(crew.stores) == len(LEASES))
    store = crew.stores["house"]
    await store.beat(["janitor"], AT)
    await team.leave("a")
    other = await team.join("b")
    await until(lambda: "house" in other.stores)
    with pytest.raises(LeaseLost):
        await store.beat(["janitor"], AT)


async def test_a_lease_that_was_stolen_is_given_up_at_once(team: Team) -> None:
    crew = await team.join("a")
    await until(lambda: "house" in crew.stores)
    store = crew.stores["house"]
    await steal(team.tables["a"], "house")
    await until(lambda: crew.stores.get("house") not in (None, store))
    with pytest.raises(LeaseLost):
        await store.beat(["janitor"], AT)


async def test_leases_whose_loops_cannot_be_made_are_tried_again(team: Team) -> None:
    crew = await team.join("a")
    crew.breaks = {"house"}
    await until(lambda: len(crew.stores) >= len(LEASES) - 1)
    crew.breaks = set()
    await until(lambda: "house" in crew.stores)


async def test_any_worker_can_have_an_order_looked_at(team: Team) -> None:
    first, second = await team.join("a"), await team.join("b")
    await until(lambda: len(first.pollers) == len(second.pollers) == len(SOURCES) // 2)
    theirs = next(iter(second.pollers))
    looked = await Elsewhere(theirs, team.tables["a"], SystemClock()).check("FR/1")
    assert looked == Looked(is_asked=True, is_answered=True, reason="FR/1")


async def test_the_database_s_own_queue_stays_short(team: Team) -> None:
    crew = await team.join("a")
    await until(lambda: len(crew.stores) == len(LEASES))
    async with team.tables["a"].pool.connection() as connection:
        row = await (await connection.execute("select count(*) from procrastinate_jobs")).fetchone()
    assert row == (len(LEASES),)


def test_a_lease_must_end_before_its_worker_is_called_dead() -> None:
    with pytest.raises(ValueError, match="stall"):
        Times(lease=28.0, heartbeat=3.0, stall=30.0)


async def steal(table: Leases, name: str) -> None:
    """As if another worker had been given the lease."""
    async with table.pool.connection() as connection:
        await connection.execute("update leases set token = 'another', worker = 'b' where name = %s", (name,))


async def _open_to_all(_: object) -> None:
    """Anybody may write."""
