"""`orderwatch workers`, and what health means where workers share a database."""

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import gethostname

import pytest

from bot.app import open_storage
from bot.cli._fleet import have_workers
from bot.cli.healthcheck import reasons_against_workers
from bot.cli.workers import remarks
from bot.clock import SystemClock
from bot.config.load import load
from bot.core.shards import shards
from bot.model.database import Dsn
from bot.model.lease import Holding, Lease, Standing, Worker
from bot.model.moment import from_instant
from tests.cli.conftest import CONFIG, Cli
from tests.postgres import empty_database

SINCE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HERE = Worker("a", "here", 1, "q", SINCE, silent=2.0)
HELD = Holding("poll 1", "a", SINCE, silent=2.0)
PANELS = next(lease.name for lease in shards(["panels"], ()))


def test_workers_that_hold_everything_are_healthy() -> None:
    assert reasons_against_workers(Standing((HERE,), (HELD,)), "here") == []


def test_a_machine_without_a_worker_is_not_healthy() -> None:
    (reason,) = reasons_against_workers(Standing((HERE,), (HELD,)), "there")
    assert "no worker on this machine gives signs of life" in reason


def test_a_worker_that_is_silent_is_not_healthy() -> None:
    silent = Worker("a", "here", 1, "q", SINCE, silent=75.0)
    (reason,) = reasons_against_workers(Standing((silent,), ()), "here")
    assert "no worker on this machine gives signs of life" in reason


def test_a_worker_that_speaks_makes_up_for_one_beside_it_that_died() -> None:
    dead = Worker("b", "here", 2, "q", SINCE, silent=75.0)
    assert reasons_against_workers(Standing((dead, HERE), (HELD,)), "here") == []


def test_a_lease_that_nobody_takes_is_named() -> None:
    lost = Holding("chat slack", None, SINCE, silent=90.0)
    assert reasons_against_workers(Standing((HERE,), (HELD, lost)), "here") == [
        "nobody has worked on the lease chat slack for 90 s"
    ]


def test_a_lease_of_sources_that_nobody_takes_is_named_with_them() -> None:
    lost = Holding("poll 17", None, SINCE, silent=90.0, sources=("panels", "shop"))
    (reason,) = reasons_against_workers(Standing((HERE,), (HELD, lost)), "here")
    assert reason == "nobody has worked on the lease poll 17 (panels, shop) for 90 s"


def test_a_lease_on_its_way_to_another_worker_is_no_reason() -> None:
    between = Holding("chat slack", None, SINCE, silent=4.0)
    assert reasons_against_workers(Standing((HERE,), (HELD, between)), "here") == []


def test_on_one_machine_there_are_no_workers(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(CONFIG, encoding="utf-8")
    ended = cli("workers", "-c", str(tmp_path / "w.yaml"))
    assert ended.code == 4
    assert "no workers share this database" in ended.err


def test_a_file_cannot_be_shared_by_workers(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(CONFIG, encoding="utf-8")
    ended = cli("run", "--engine", "postgres", "-c", str(tmp_path / "w.yaml"))
    assert ended.code == 3
    assert "is a file of one machine" in ended.err


def test_a_database_that_nobody_shared_has_no_workers(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    (tmp_path / "w.yaml").write_text(f"database: {empty_database().secret}\n{CONFIG}", encoding="utf-8")
    assert cli("workers", "-c", str(tmp_path / "w.yaml")).code == 4


def test_a_lease_is_shown_with_the_sources_that_are_in_it(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = written(tmp_path, "panels")
    ended = cli("workers", "-c", str(shared))
    lease, worker, *_, sources = re.split(" {2,}", ended.out.splitlines()[-1])
    assert (lease, worker, sources) == (PANELS, "a", "panels")
    assert json.loads(cli("workers", "--json", "-c", str(shared)).out)["leases"][-1]["sources"] == ["panels"]


def test_a_worker_that_is_silent_is_said_to_be_where_its_leases_are(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = written(tmp_path, "panels", silent=42)
    ended = cli("workers", "-c", str(shared))
    assert re.search(rf"{PANELS} +a, silent for 4\d s  ", ended.out)
    assert re.match(r"silent: a for 4\d s; see whether", ended.err)
    assert json.loads(cli("workers", "--json", "-c", str(shared)).out)["leases"][0]["silent_worker"] == "a"


def test_only_workers_that_speak_are_said_to_be_alive(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = written(tmp_path, "panels", host=gethostname(), dead="wmore")
    ended = cli("healthcheck", "-c", str(shared))
    assert (ended.code, ended.out) == (0, "alive: a\n")
    assert re.match(r"silent: wmore for 9\d s; see whether", ended.err)
    told = json.loads(cli("healthcheck", "--json", "-c", str(shared)).out)
    assert (told["ok"], list(told["alive"]), list(told["silent"])) == (True, ["a"], ["wmore"])


def test_where_every_worker_is_silent_it_is_said_which_were_there(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    ended = cli("healthcheck", "-c", str(written(tmp_path, host=gethostname(), silent=75)))
    assert (ended.code, ended.out) == (1, "")
    assert re.match(r"no worker on this machine gives signs of life; .*\nsilent: a for 7\d s; ", ended.err)


def test_a_source_of_the_config_that_nobody_polls_any_more_is_named(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = written(tmp_path, "panels", host=gethostname(), left="web")
    ended = cli("healthcheck", "-c", str(shared))
    assert ended.code == 1
    assert re.match(r"nobody has worked on the lease poll \d+ \(web\) for 7\d s\n", ended.err)
    assert re.search(r"poll \d+ +nobody +.* +7\d s ago +web\n", cli("workers", "-c", str(shared)).out)


@pytest.mark.parametrize("command", ["healthcheck", "workers"])
def test_a_source_of_the_config_that_nobody_ever_polled_is_named(cli: Cli, tmp_path: Path, command: str) -> None:
    pytest.importorskip("procrastinate")
    shared = written(tmp_path, "panels", host=gethostname())
    shared.write_text(shared.read_text() + line_of("web"))
    ended = cli(command, "-c", str(shared))
    assert (ended.code, ended.err) == (
        1 if command == "healthcheck" else 0,
        "nobody works on the source web; give every worker this config\n",
    )


def test_what_left_the_config_is_missed_by_nobody(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = written(tmp_path, "panels", host=gethostname(), left="web")
    shared.write_text(shared.read_text().replace(line_of("web"), ""))
    assert cli("healthcheck", "-c", str(shared)).code == 0
    assert "web" not in cli("workers", "-c", str(shared)).out


async def test_a_bot_alone_is_healthy_though_a_worker_died_before_it(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = await asyncio.to_thread(written, tmp_path, "panels", silent=75)
    async with open_storage(load(shared, {}), SystemClock()) as storage:
        await storage.beat(["poller panels"], from_instant(datetime.now(UTC)))
        ended = await asyncio.to_thread(cli, "healthcheck", "-c", str(shared))
    assert (ended.code, ended.out, ended.err) == (0, "alive: poller panels\n", "")


async def test_where_a_bot_works_alone_no_lease_is_said_to_be_nobody_s(cli: Cli, tmp_path: Path) -> None:
    pytest.importorskip("procrastinate")
    shared = await asyncio.to_thread(written, tmp_path, "panels", silent=75)
    async with open_storage(load(shared, {}), SystemClock()):
        ended = await asyncio.to_thread(cli, "workers", "-c", str(shared))
    assert (ended.code, ended.out) == (4, "")
    assert re.match(r"orderwatch \(process \d+ on .+ works here alone and does everything", ended.err)


def test_only_those_that_live_are_said_to_have_no_lease() -> None:
    idle, dead = Worker("b", "here", 2, "q", SINCE, silent=2.0), Worker("c", "there", 3, "q", SINCE, silent=42.0)
    assert remarks(Standing((HERE, idle, dead), (HELD,))) == [
        "without any lease: b",
        "silent: c for 42 s; see whether they run and reach the database",
    ]


@pytest.mark.parametrize(("silent", "do_they"), [(0, True), (42, False)])
def test_whether_workers_work_is_known_from_their_signs_of_life(tmp_path: Path, *, silent: int, do_they: bool) -> None:
    pytest.importorskip("procrastinate")
    database = load(written(tmp_path, "panels", silent=silent), {}).database
    assert asyncio.run(have_workers(database)) is do_they


def written(
    folder: Path, *sources: str, host: str = "here", silent: int = 0, dead: str | None = None, left: str | None = None
) -> Path:
    """The config of a database on which the worker `a` does everything, and has been silent for so many seconds.

    Another one, `dead`, has been silent for 90 seconds. The source `left` was given back 75 seconds ago for good.
    """
    database = empty_database()
    workers = [replace(HERE, host=host, silent=silent), *([Worker(dead, host, 2, "q", silent=90.0)] if dead else [])]
    asyncio.run(_held(database, shards(sources, ["console"]), workers, left))
    path = folder / "w.yaml"
    polled = "".join(map(line_of, [*sources, *([left] if left else [])]))
    path.write_text(f"database: {database.secret}\n{CONFIG}sources:\n{polled}", encoding="utf-8")
    return path


def line_of(source: str) -> str:
    """What the config says of a source."""
    return f"  {source}: {{kind: stateset, token: made-up}}\n"


async def _held(database: Dsn, leases: Sequence[Lease], workers: Sequence[Worker], left: str | None) -> None:
    from procrastinate import App, PsycopgConnector

    from bot.storage.leases import Leases

    table, app = Leases(database), App(connector=PsycopgConnector())
    await table.open()
    await app.open_async(table.pool)
    await table.prepare(app.schema_manager.apply_schema_async)
    put = "insert into leases (name, token, worker, sources, renewed_at) values (%s, %s, 'a', %s, now() - %s)"
    async with table.pool.connection() as connection:
        for worker in workers:
            await table.report(worker)
            since = (timedelta(seconds=worker.silent), worker.name)
            await connection.execute("update workers set seen_at = now() - %s where name = %s", since)
        for lease in leases:
            await app.configure_task("lease", lock=lease.name).defer_async(name=lease.name)
            silent = timedelta(seconds=workers[0].silent)
            await connection.execute(put, (lease.name, lease.name, list(lease.sources), silent))
        for lease in shards([left] if left else [], ())[:-1]:
            await connection.execute(put, (lease.name, None, list(lease.sources), timedelta(seconds=75)))
    await table.close()
