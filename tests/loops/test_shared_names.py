"""Two workers of one name: the second is refused while the first is alive, and not when that was killed."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import StorageLocked
from bot.model.database import Dsn
from bot.model.lease import Worker
from tests.postgres import database_for

pytest.importorskip("procrastinate")

from bot.fleet import Times, open_fleet
from tests.loops.team import Team, until

TIMES = Times(lease=5.0, heartbeat=0.5, stall=8.0)
"""Much slower than the team, so that it gives many signs of life while somebody waits for one."""


@pytest.fixture
def database(tmp_path: Path) -> Dsn:
    """The one they share."""
    return database_for(tmp_path)


@pytest.fixture
async def team(database: Dsn) -> AsyncIterator[Team]:
    """A worker `a`."""
    async with AsyncExitStack() as stack:
        team = Team(database, stack)
        crew = await team.join("a")
        await until(lambda: bool(crew.stores))
        yield team


async def test_the_second_of_a_name_is_refused_and_told_who_has_it(team: Team, database: Dsn) -> None:
    with pytest.raises(StorageLocked, match=r"is called a \(process 1 on here\) and alive; .*--worker NAME"):
        async with open_fleet(database, SystemClock(), name="a", times=TIMES):
            pass
    (left,) = await team.tables["a"].workers()
    assert left.host == "here"


async def test_one_that_was_killed_gets_its_name_back(team: Team, database: Dsn) -> None:
    await team.leave("a")
    await team.tables["a"].report(Worker("a", "here", 1, "killed a moment ago"))
    async with open_fleet(database, SystemClock(), name="a", times=TIMES):
        (now,) = await team.tables["a"].workers()
    assert now.pid == os.getpid()


async def test_others_of_another_name_wait_for_nobody(
    team: Team, database: Dsn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with open_fleet(database, SystemClock(), name="b", times=TIMES):
        names = [worker.name for worker in await team.tables["a"].workers()]
    assert names == ["a", "b"]
    assert "worker_name_taken" not in caplog.messages
