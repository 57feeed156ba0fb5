"""Every command says the same of a file and of PostgreSQL, or says what to use instead."""

import asyncio
import re
from pathlib import Path

import click
import pytest

from bot.cli.main import group
from tests.cli.conftest import Cli, Ended, promised_by_line
from tests.postgres import database_for

WATCHED = """
sources:
  panels: {kind: schneider, countries: [FR], client_id: me, client_secret: hush}
watchlists:
  panels: {source: panels, orders: all}
"""
ORDER = "0045001234"
LINES = [
    f"ask status {ORDER}",
    "ask late",
    f"assign {ORDER} ann",
    f"unassign {ORDER}",
    f"ack {ORDER} --note seen",
    "backtest --days 36500",
    "calendar",
    f"explain {ORDER}",
    "healthcheck",
    "members list",
    f"mute {ORDER} --until friday --to ops",
    f"snooze {ORDER} --until 09:00 --to ops",
    "mute --list --to ops",
    f"unmute {ORDER} --to ops",
    f"watch {ORDER} --to ops",
    f"unwatch {ORDER} --to ops",
    "orders list",
    "orders list --archived",
    f"orders show {ORDER}",
    f"orders history {ORDER}",
    "orders export",
    "orders export --what changes --json",
    "orders export --what notifications --source panels",
    "outbox drop 1",
    "outbox list",
    "outbox retry 1",
    "stats",
    "workers",
    "invite --role viewer",
    f"orders purge {ORDER} --yes",
    "orders list --json",
]
"""Typed one after the other."""
INSTEAD = {"backup copy.db": "pg_dump -Fc", "restore copy.db": "pg_restore"}
ELSEWHERE = {"check", "demo", "migrate", "once", "preview", "run", "sandbox", "schema", "send-test"}
"""Read no store, or are tried on both of them by the journeys."""
_MADE_UP = re.compile(r"(Code: +)\S+")


@pytest.fixture
def pair(cli: Cli, filled: Path) -> tuple[Path, Path]:
    """A config of a file with two orders, and one of a copy of it in PostgreSQL."""
    filled.write_text(filled.read_text() + WATCHED)
    asyncio.run(promised_by_line(filled.with_name("orderwatch.db")))
    address = database_for(filled.parent).secret
    assert cli("migrate", "--to", address, "-c", str(filled)).code == 0
    other = filled.with_name("other.yaml")
    other.write_text(f"{filled.read_text()}database: {address}\n")
    return filled, other


def said(ended: Ended) -> tuple[int, str, str]:
    return int(ended.code), _MADE_UP.sub(r"\1...", ended.out), ended.err


def test_what_is_typed_is_answered_alike(cli: Cli, pair: tuple[Path, Path]) -> None:
    file, server = ([said(cli(*line.split(), "-c", str(config))) for line in LINES] for config in pair)
    assert dict(zip(LINES, server, strict=True)) == dict(zip(LINES, file, strict=True))
    assert [(line, *ended) for line, ended in zip(LINES, file, strict=True) if ended[0] in (1, 2)] == []


@pytest.mark.parametrize("line", INSTEAD)
def test_what_is_a_file_s_own_says_what_to_use_instead(cli: Cli, config: Path, line: str) -> None:
    config.write_text(f"{config.read_text()}database: postgresql://db/orders\n")
    ended = cli(*line.split(), "-c", str(config))
    assert (ended.code, "is no file" in ended.err, INSTEAD[line] in ended.err) == (1, True, True)


@pytest.mark.parametrize("line", ["orders list", "outbox list", "stats", "watch 1 --to ops", "workers", "healthcheck"])
def test_a_command_that_finds_no_server_promises_no_other_try(cli: Cli, config: Path, line: str) -> None:
    pytest.importorskip("psycopg")
    config.write_text(f"{config.read_text()}database: postgresql://bot@127.0.0.1:1/orders\n")
    ended = cli(*line.split(), "-c", str(config))
    assert (ended.code, "it cannot be reached" in ended.err, "again" in ended.err) == (1, True, False)


def test_every_command_is_tried() -> None:
    tried = {line.split()[0] for line in (*LINES, *INSTEAD)}
    assert tried | ELSEWHERE == set(group.list_commands(click.Context(group)))
