"""Orders, changes and notifications as files for a spreadsheet or a program."""

import asyncio
import csv
import io
import json
import re
from pathlib import Path

import pytest

from bot.model.view import Table
from bot.storage.tables import COLUMNS
from tests.cli.conftest import Cli, more_orders, more_versions, promised_by_line

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def table(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written, newline="")))


def test_orders_come_as_a_table_with_a_line_of_names(cli: Cli, filled: Path) -> None:
    ended = cli("orders", "export", "-c", str(filled))
    (row,) = table(ended.out)
    assert (ended.code, tuple(row)) == (0, COLUMNS[Table.ORDERS])
    assert (row["number"], row["reference"], row["delivery_promised"]) == ("0045001234", "PO-77", "2026-02-01")
    assert (row["tracking"], row["lines"], row["vanished"]) == ("1Z999", "1", "no")


def test_the_promise_of_an_order_is_that_of_its_last_line_now_and_at_first(cli: Cli, config: Path) -> None:
    asyncio.run(promised_by_line(config.parent / "orderwatch.db"))
    (row,) = table(cli("orders", "export", "-c", str(config)).out)
    assert (row["delivery_promised"], row["promised"], row["first_promised"]) == ("", "2026-02-09", "2026-02-05")


def test_no_order_steers_the_terminal_through_a_table(cli: Cli, filled: Path) -> None:
    out = cli("orders", "export", "-c", str(filled)).out
    assert table(out)[0]["status"] == "Shipped\ufffd[2J"


def test_changes_come_with_what_was_and_what_is(cli: Cli, filled: Path) -> None:
    (row,) = table(cli("orders", "export", "--what", "changes", "-c", str(filled)).out)
    assert (row["id"], row["kind"], row["number"], row["version"]) == ("1", "status", "0045001234", "2")
    assert (row["before"], row["after"]) == ("In production", "Shipped\ufffd[2J")


def test_notifications_come_with_what_became_of_them(cli: Cli, filled: Path) -> None:
    rows = table(cli("orders", "export", "--what", "notifications", "-c", str(filled)).out)
    assert [(row["state"], row["reason"]) for row in rows] == [("dead", "the chat refused the token"), ("sent", "")]
    assert [row["headline"] for row in rows] == ["the chat refused the token", "later"]


@pytest.mark.parametrize("what", Table)
def test_as_json_every_row_is_an_object_in_the_same_order(cli: Cli, filled: Path, what: Table) -> None:
    out = cli("orders", "export", "--what", what.value, "--json", "-c", str(filled)).out
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows
    assert {tuple(row) for row in rows} == {COLUMNS[what]}


def test_json_keeps_types_and_every_character(cli: Cli, filled: Path) -> None:
    out = cli("orders", "export", "--json", "-c", str(filled)).out
    row = json.loads(out)
    assert (row["tracking"], row["vanished"], row["version"]) == (["1Z999"], False, 2)
    assert (row["status"], "\x1b" in out) == ("Shipped\x1b[2J", False)


def test_more_than_a_page_comes_whole_and_once(cli: Cli, filled: Path) -> None:
    asyncio.run(more_orders(filled.parent / "orderwatch.db", 1203))
    asyncio.run(more_versions(filled.parent / "orderwatch.db", 1203))
    keys = [row["key"] for row in table(cli("orders", "export", "-c", str(filled)).out)]
    assert (len(keys), keys) == (1204, sorted(set(keys)))
    ids = [int(row["id"]) for row in table(cli("orders", "export", "--what", "changes", "-c", str(filled)).out)]
    assert ids == list(range(1, 1205))


@pytest.mark.parametrize("what", Table)
def test_what_came_about_before_some_days_can_be_left_out(cli: Cli, filled: Path, what: Table) -> None:
    assert cli("orders", "export", "--what", what.value, "--days", "36500", "-c", str(filled)).code == 0
    assert cli("orders", "export", "--what", what.value, "--days", "1", "-c", str(filled)).code == 4


def test_it_can_be_narrowed_to_a_source(cli: Cli, filled: Path) -> None:
    assert cli("orders", "export", "--source", "panels", "-c", str(filled)).code == 0
    ended = cli("orders", "export", "--source", "shop", "-c", str(filled))
    assert (ended.code, ended.out.count("\n")) == (4, 1)


def test_a_file_is_complete_or_stays_as_it_was(cli: Cli, filled: Path) -> None:
    target = filled.parent / "orders.csv"
    target.write_text("yesterday's")
    (filled.parent / "none.yaml").write_text(filled.read_text() + "database: none.db\n")
    assert cli("orders", "export", "-o", str(target), "-c", str(filled.parent / "none.yaml")).code == 1
    assert (target.read_text(), list(filled.parent.glob("*.part"))) == ("yesterday's", [])
    ended = cli("orders", "export", "-o", str(target), "--bom", "-c", str(filled))
    assert (ended.out, ended.err) == ("", f"1 order written to {target}\n")
    assert target.read_bytes().startswith(b'\xef\xbb\xbf"source","number"')
    assert target.stat().st_mode & 0o077 == 0


def test_a_file_that_cannot_be_written_is_told_in_one_line(cli: Cli, filled: Path) -> None:
    ended = cli("orders", "export", "-o", "/proc/nowhere/x.csv", "-c", str(filled))
    assert ended.code == 1
    assert ended.err.startswith("cannot write /proc/nowhere/x.csv: ")


@pytest.mark.parametrize("what", Table)
def test_every_column_is_in_the_readme(what: Table) -> None:
    row = re.search(rf"^\| `{what}` \| (.*) \|$", README, re.MULTILINE)
    assert row
    assert tuple(re.findall(r"`(\w+)`", row[1])) == COLUMNS[what]
