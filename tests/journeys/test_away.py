"""PostgreSQL is not there when the program starts, or goes away under it: it waits, says so, and ends when asked to."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model.database import Dsn
from bot.sandbox.server import Sandbox
from tests.journeys.process import done, ended, logged, program, written
from tests.journeys.scene import until
from tests.line import Line
from tests.postgres import database_for, exchange, put_back

pytest.importorskip("procrastinate")

WORKER = ("run", "--engine", "postgres", "-c")
ALONE = ("run", "-c")


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    """The way to a database with nothing in it."""
    async with Line(database_for(tmp_path)) as laid:
        yield laid


def config(folder: Path, sandbox: Sandbox, database: Dsn) -> str:
    """The path of one."""
    return written(folder, {**sandbox.config(one_by_one=True), "database": database.secret})


@pytest.mark.parametrize("arguments", [WORKER, ALONE])
async def test_one_that_starts_before_its_database_waits_for_it(
    tmp_path: Path, line: Line, arguments: tuple[str, ...]
) -> None:
    await line.take_away()
    async with (
        Sandbox(accounts=["stateset"], orders_per_account=2) as sandbox,
        program(*arguments, config(tmp_path, sandbox, line.address)) as process,
    ):
        assert "cannot be reached" in await logged(process, "database_unreachable")
        await line.lay_again()
        await until(lambda: len(sandbox.accepted) == 2)
        process.send_signal(signal.SIGTERM)
        assert (await ended(process))[0] == 0


async def test_one_that_waits_for_its_database_ends_at_once_when_it_is_asked_to(tmp_path: Path, line: Line) -> None:
    line.cut()  # the harder way: it does not even hear that nobody is there
    async with (
        Sandbox(accounts=["stateset"]) as sandbox,
        program(*WORKER, config(tmp_path, sandbox, line.address)) as process,
    ):
        await logged(process, "database_unreachable")
        process.send_signal(signal.SIGTERM)
        code, words = await ended(process)
    assert (code, "Traceback" in words) == (0, False)


async def test_one_that_was_cut_off_is_gone_in_time_when_it_is_asked_to_end(tmp_path: Path, line: Line) -> None:
    async with (
        Sandbox(accounts=["stateset"], orders_per_account=2) as sandbox,
        program(*WORKER, config(tmp_path, sandbox, line.address)) as process,
    ):
        await until(lambda: len(sandbox.accepted) == 2)
        line.cut()
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(12.0):
            code, words = await ended(process)
    assert (code, "Traceback" in words) == (0, False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ((r"/\w+\?", "/no_such_one?"), "there is no such database on the server"),
        ((r"user=\w+", "user=no_such_one"), "it does not accept the user or the password"),
    ],
)
async def test_an_address_that_is_wrong_is_refused(
    tmp_path: Path, line: Line, change: tuple[str, str], says: str
) -> None:
    wrong = Dsn(re.sub(*change, line.address.secret))
    async with (
        Sandbox(accounts=["stateset"]) as sandbox,
        program(*WORKER, config(tmp_path, sandbox, wrong)) as process,
    ):
        code, words = await ended(process)
    assert (code, says in words) == (1, True)


@pytest.mark.parametrize("arguments", [WORKER, ALONE])
async def test_what_an_older_database_has_forgotten_is_told_again(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    database = database_for(tmp_path)
    async with (
        Sandbox(accounts=["stateset"], orders_per_account=2) as sandbox,
        program(*arguments, config(tmp_path, sandbox, database)) as process,
    ):
        await until(lambda: len(sandbox.accepted) == 2)
        older = await asyncio.to_thread(put_back, database, tmp_path)
        sandbox.world.say(sandbox.world.orders("stateset")[0], "Under review")
        await until(lambda: told(sandbox) == 2)
        await asyncio.to_thread(exchange, database, older)
        await until(lambda: told(sandbox) == 4)
        process.send_signal(signal.SIGTERM)
        assert (await ended(process))[0] == 0


async def test_workers_that_were_stopped_leave_no_loops_of_an_earlier_bot_alone(tmp_path: Path) -> None:
    async with Sandbox(accounts=["stateset"]) as sandbox:
        path = config(tmp_path, sandbox, database_for(tmp_path))
        for arguments, how in ((ALONE, signal.SIGKILL), (WORKER, signal.SIGTERM)):
            async with program(*arguments, path) as process:
                await logged(process, "watching")
                process.send_signal(how)
                await ended(process)
        assert await done("healthcheck", "-c", path) == (
            1,
            "no bot runs on this database; start it with `orderwatch run`\n",
        )


def told(sandbox: Sandbox) -> int:
    """How often it was told that the order is under review."""
    return len([one for one in sandbox.accepted if "→ Under review" in one.text])
