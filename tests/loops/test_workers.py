"""Several workers on one PostgreSQL database, in one process and with short times: who works on what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import LeaseLost
from bot.model.moment import Moment
from bot.model.poll import Looked
from tests.postgres import database_for

pytest.importorskip("procrastinate")

from bot.loops.elsewhere import Elsewhere
from bot.loops.shared import Times
from bot.storage.leases import Leases
from tests.loops.team import ALL, LEASES, SOURCES, Team, until

AT = Moment("2026-01-05T09:00:00.000000Z")


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator[Team]:
    """Nobody yet."""
    async with AsyncExitStack() as stack:
        yield Team(database_for(tmp_path), stack)


async def test_a_worker_alone_works_on_everything(team: Team) -> None:
    crew = await team.join("a")
    await until(lambda: set(crew.stores) == ALL)
    assert set(crew.pollers) == set(SOURCES)


async def test_one_that_joins_gets_half_and_nothing_is_worked_on_twice(team: Team) -> None:
    first = await team.join("a")
    await until(lambda: len(first.stores) == len(LEASES))
    second = await team.join("b")
    await until(lambda: len(second.pollers) == len(SOURCES) // 2)
    await until(lambda: set(first.stores) | set(second.stores) == ALL)
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


async def test_it_stays_as_short_while_workers_come_and_go_and_leases_are_given_out_anew(team: Team) -> None:
    longest, names = 0, ["a", "b", "c"]
    for before, name in zip([None, *names], names, strict=False):
        crew = await team.join(name)
        if before:
            await team.leave(before)
        await until(lambda crew=crew: len(crew.stores) == len(LEASES))  # type: ignore[misc]
        for _ in range(10):  # a lease long
            async with team.tables[name].pool.connection() as connection:
                row = await (await connection.execute("select count(*) from procrastinate_jobs")).fetchone()
                longest = max(longest, row[0] if row else 0)
                await connection.execute("select pg_sleep(0.1)")
    assert len(LEASES) <= longest <= 2 * len(LEASES)


def test_a_lease_must_end_before_its_worker_is_called_dead() -> None:
    with pytest.raises(ValueError, match="stall"):
        Times(lease=28.0, heartbeat=3.0, stall=30.0)


async def steal(table: Leases, name: str) -> None:
    """As if another worker had been given the lease."""
    async with table.pool.connection() as connection:
        await connection.execute("update leases set token = 'another', worker = 'b' where name = %s", (name,))
