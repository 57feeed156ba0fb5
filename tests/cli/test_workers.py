"""`orderwatch workers`, and what health means where workers share a database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.healthcheck import reasons_against_workers
from bot.model.lease import Holding, Standing, Worker
from tests.cli.conftest import CONFIG, Cli
from tests.postgres import empty_database

SINCE = datetime(2026, 1, 5, 9, tzinfo=UTC)
HERE = Worker("a", "here", 1, "q", SINCE, silent=2.0)
HELD = Holding("poll 1", "a", SINCE, silent=2.0)


def test_workers_that_hold_everything_are_healthy() -> None:
    assert reasons_against_workers(Standing((HERE,), (HELD,)), "here") == []


def test_a_machine_without_a_worker_is_not_healthy() -> None:
    (reason,) = reasons_against_workers(Standing((HERE,), (HELD,)), "there")
    assert "no worker runs on this machine" in reason


def test_a_worker_that_is_silent_is_not_healthy() -> None:
    silent = Worker("a", "here", 1, "q", SINCE, silent=75.0)
    assert reasons_against_workers(Standing((silent,), ()), "here") == [
        "the worker on this machine has been silent for 75 s"
    ]


def test_a_lease_that_nobody_takes_is_named() -> None:
    lost = Holding("chat slack", None, SINCE, silent=90.0)
    assert reasons_against_workers(Standing((HERE,), (HELD, lost)), "here") == [
        "nobody has worked on the lease chat slack for 90 s"
    ]


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
