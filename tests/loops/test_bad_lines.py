"""Workers whose way to the database is cut without a word, is slow, or whose clock is wrong: who works on what."""

import asyncio
import gc
import logging
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.core.shards import shards
from bot.errors import LeaseLost
from bot.model.database import Dsn
from bot.model.moment import Moment
from tests.line import Line
from tests.postgres import database_for

pytest.importorskip("procrastinate")

from tests.chaos.child import WrongClock
from tests.loops.team import ALL, SOURCES, TIMES, Team, overlaps, until

AT = Moment("2026-01-05T09:00:00.000000Z")


@pytest.fixture
def database(tmp_path: Path) -> Dsn:
    """The one they share."""
    return database_for(tmp_path)


@pytest.fixture
async def line(database: Dsn) -> AsyncIterator[Line]:
    """The way of one of them to it."""
    async with Line(database) as laid:
        yield laid


@pytest.fixture
async def team(database: Dsn, line: Line) -> AsyncIterator[Team]:
    """Nobody yet."""
    async with AsyncExitStack() as stack:
        yield Team(database, stack)
        line.heal()


async def test_one_that_is_cut_off_stops_before_others_begin_and_gets_its_share_back(team: Team, line: Line) -> None:
    cut_off = await team.join("a", database=line.address)
    await until(lambda: set(cut_off.stores) == ALL)
    line.cut()
    other = await team.join("b")
    await until(lambda: set(other.stores) == ALL)
    assert not overlaps(cut_off.spans, other.spans)
    line.heal()
    await until(lambda: len(cut_off.pollers) == len(other.pollers) == len(SOURCES) // 2)


async def test_what_only_one_that_is_cut_off_knew_is_said_to_be_nobody_s(
    team: Team, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    cut_off = await team.join("a", database=line.address)
    await until(lambda: set(cut_off.stores) == ALL)
    other = await team.join("b", leases=shards(SOURCES[1:], ["slack"]))
    line.cut()
    await until(lambda: set(other.pollers) == set(SOURCES[1:]))
    facts = [vars(record)["facts"] for record in caplog.records if record.message == "lease_unknown"]
    assert [each["sources"] for each in facts] == [SOURCES[0]]


async def test_one_that_was_cut_off_writes_nothing_of_what_it_had(team: Team, line: Line) -> None:
    crew = await team.join("a", database=line.address)
    await until(lambda: "house" in crew.stores)
    store = crew.stores["house"]
    line.cut()
    writing = asyncio.create_task(store.beat(["janitor"], AT))
    other = await team.join("b")
    await until(lambda: "house" in other.stores)
    line.heal()
    with pytest.raises(LeaseLost):
        await writing


async def test_one_that_comes_back_logs_no_traceback_about_what_it_lost(
    team: Team, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    cut_off = await team.join("a", database=line.address)
    await until(lambda: set(cut_off.stores) == ALL)
    line.cut()
    other = await team.join("b")
    await until(lambda: set(other.stores) == ALL)
    line.heal()
    await until(lambda: bool(cut_off.pollers))
    gc.collect()  # a task whose failure nobody heard of is told when it is thrown away
    assert [record for record in caplog.records if record.name == "asyncio" or record.exc_info] == []


async def test_an_outage_is_told_when_it_begins_and_when_it_is_over(
    team: Team, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    crew = await team.join("a", database=line.address)
    await until(lambda: set(crew.stores) == ALL)
    await line.take_away()
    await until(lambda: "lease_table_unreachable" in caplog.messages)
    await line.lay_again()
    await until(lambda: "lease_table_reached" in caplog.messages)
    told = [message for message in caplog.messages if message.startswith("lease_table")]
    assert told == ["lease_table_unreachable", "lease_table_reached"]


async def test_an_engine_that_fails_says_so_in_one_line_of_the_driver_s(
    team: Team, database: Dsn, caplog: pytest.LogCaptureFixture
) -> None:
    crew = await team.join("a")
    await until(lambda: set(crew.stores) == ALL)
    async with team.tables["a"].pool.connection() as connection:
        await connection.execute("alter table procrastinate_jobs rename to gone")
        await until(lambda: "engine_failed" in caplog.messages)
        await connection.execute("alter table gone rename to procrastinate_jobs")
    (error,) = [vars(record)["facts"]["error"] for record in caplog.records if record.message == "engine_failed"]
    assert re.fullmatch(rf"{re.escape(str(database))}: the database refused this, .* \(.*not exist\)", str(error))


async def test_over_a_slow_line_no_lease_is_lost(team: Team, line: Line) -> None:
    line.slow_down(0.01, 0.04)  # a second for each answer with the product's own times
    slow = await team.join("a", database=line.address)
    await until(lambda: set(slow.stores) == ALL)
    await asyncio.sleep(3 * TIMES.stall)
    assert len(slow.spans) == len(ALL)


@pytest.mark.parametrize("ahead", [60.0, -60.0])
async def test_one_whose_clock_is_wrong_takes_over_no_later_than_any_other_and_no_sooner(
    team: Team, line: Line, ahead: float
) -> None:
    gone = await team.join("a", database=line.address)
    wrong = await team.join("b", clock=WrongClock(ahead))
    await until(lambda: len(gone.pollers) == len(wrong.pollers) == len(SOURCES) // 2)
    line.cut()
    async with asyncio.timeout(TIMES.stall + 5.0):
        await until(lambda: set(wrong.stores) == ALL)
    assert not overlaps(gone.spans, wrong.spans)
