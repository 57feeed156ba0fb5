"""`orderwatch backtest`: what it prints of a small past, and that it only looks."""

import json
from pathlib import Path

import pytest

from bot.storage._lock import ProcessLock
from tests.cli.conftest import SEEN, Cli

WATCHED = """\
sources: {panels: {kind: stateset, token: made-up}}
watchlists: {all panels: {source: panels, orders: all}}
"""


@pytest.fixture
def edited(filled: Path) -> Path:
    """The config that ran, as a copy to edit."""
    path = filled.with_name("edited.yaml")
    path.write_text(filled.read_text() + WATCHED)
    return path


def test_the_same_rules_change_nothing(cli: Cli, edited: Path) -> None:
    ended = cli("backtest", "-c", str(edited))
    assert ended.code == 0
    assert "1 change from" in ended.out
    assert "nothing would have been told otherwise" in ended.out


def test_counts_come_first_and_then_what_is_different(cli: Cli, edited: Path) -> None:
    edited.write_text(edited.read_text().replace("notify: [{to: ops}]", "notify: [{to: desk}]") + "")
    edited.write_text(
        edited.read_text().replace("ops: {chat: console}", "ops: {chat: console}\n  desk: {chat: console}")
    )
    lines = cli("backtest", "-c", str(edited)).out.splitlines()
    assert [line.split() for line in lines[3:5]] == [
        ["desk", "0", "0", "0", "0", "1"],
        ["ops", "1", "0", "0", "0", "1"],
    ]
    assert "moved: elsewhere" in lines[7]
    assert "0045001234" in lines[7]


def test_news_of_a_source_that_left_the_config_is_gone(cli: Cli, filled: Path) -> None:
    found = json.loads(cli("backtest", "-c", str(filled), "--json").out)
    assert [(item["what"], item["before"], item["kinds"]) for item in found["items"]] == [
        ("removed", "ops", ["status"])
    ]
    assert found["destinations"]["ops"]["removed"] == 1


def test_the_result_has_a_name_that_is_the_same_twice(cli: Cli, edited: Path) -> None:
    one, two = (cli("backtest", "-c", str(edited)).out.splitlines()[-1] for _ in range(2))
    assert one == two
    assert one.startswith("result ")


def test_an_answer_that_cannot_be_read_any_more_is_made_up_for_and_counted(cli: Cli, edited: Path) -> None:
    edited.write_text(edited.read_text().replace("notify: [", "notify: [{to: ops, status: shipped}, "))
    ended = cli("backtest", "-c", str(edited))
    assert "1 time the order was judged as it is now" in ended.err
    assert "nothing would have been told otherwise" in ended.out


def test_a_listing_nobody_asked_for_is_named(cli: Cli, edited: Path) -> None:
    edited.write_text(edited.read_text().replace("orders: all", "orders: all, where: {country: FR}"))
    assert "watchlist 'all panels': its listing was never asked for" in cli("backtest", "-c", str(edited)).err


def test_it_works_beside_a_running_bot(cli: Cli, edited: Path) -> None:
    lock = ProcessLock(edited.with_name("orderwatch.db"))
    lock.take(holder="orderwatch", since=SEEN)
    assert cli("backtest", "-c", str(edited)).code == 0
    lock.release()


def test_without_a_database_it_says_where_it_looked(cli: Cli, config: Path) -> None:
    ended = cli("backtest", "-c", str(config))
    assert ended.code == 1
    assert f"there is no database at {config.parent}/orderwatch.db" in ended.err


def test_a_config_that_cannot_be_used_is_refused(cli: Cli, edited: Path) -> None:
    edited.write_text(edited.read_text().replace("notify: [{to: ops}]", "notify: [{to: osp}]"))
    assert cli("backtest", "-c", str(edited)).code == 3
