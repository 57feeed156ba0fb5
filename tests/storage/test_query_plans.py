"""No question reads a whole table of the file: SQLite explains every statement that the store sends."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage._schema import bring_up_to_date
from bot.storage._sqlite_words import run_here
from bot.storage.sqlite import load_part
from tests.storage.calls import CALLS, WALKS_ALL, Call, speakers

_LARGE = "orders|order_names|snapshots|changes|notifications|messages|audit|buttons|threads"
_WHOLE = {
    "views.orders": r"SCAN orders USING INDEX orders_by_change",
    "views.orders archived": r"SCAN orders USING INDEX orders_by_change",
    "lists.select": r"SCAN orders USING (COVERING )?INDEX orders_(by_(change|due|age)|stuck)",
    "views.counts": rf"SCAN ({_LARGE}) USING COVERING INDEX \w+",
    "outbox.owed": r"SCAN notifications USING (COVERING )?INDEX notifications_open",
    "purge.erase": r"SCAN (audit|order_names|threads)",
    **dict.fromkeys(WALKS_ALL, r"(SCAN|SEARCH) .*"),
}
"""A list walks an index until it is long enough, counting walks it to the end, and what is open has its own index; an
order is erased once in a while, and what is looked back at is all that there was."""
_SORTED = {"lists.select what waits"}
"""These are few."""
_CALLS: dict[str, Call] = {**CALLS, "sqlite.load_part": lambda c: load_part(c, "panels", 0, 10)}


@pytest.fixture(scope="module")
def explained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """By function: the steps of the plans of everything it sends, and the statements they are of."""
    path: Path = tmp_path_factory.mktemp("plans") / "o.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(path, connection)
        yield {name: list(steps(connection, call)) for name, call in _CALLS.items()}


def steps(connection: sqlite3.Connection, call: Call) -> Iterator[str]:
    """The steps SQLite would take for each statement the call sends, with the values it sends."""
    sent_by_call: list[str] = []
    connection.set_trace_callback(sent_by_call.append)
    run_here(call, connection)  # type: ignore[arg-type]
    connection.set_trace_callback(None)
    for statement in sent_by_call:
        for _, _, _, step in connection.execute(f"explain query plan {statement}"):
            yield step


def test_every_function_is_explained() -> None:
    assert speakers() == {name.partition(" ")[0] for name in CALLS}


@pytest.mark.parametrize("name", _CALLS)
def test_no_large_table_is_read_from_end_to_end(explained: dict[str, list[str]], name: str) -> None:
    allowed = _WHOLE.get(name, "nothing")
    scans = [step for step in explained[name] if re.match(rf"SCAN ({_LARGE})\b", step)]
    assert [step for step in scans if not re.fullmatch(allowed, step)] == []


@pytest.mark.parametrize("name", sorted(_CALLS.keys() - _SORTED))
def test_nothing_is_sorted_that_an_index_could_give_in_order(explained: dict[str, list[str]], name: str) -> None:
    assert [step for step in explained[name] if "TEMP B-TREE" in step] == []


def test_the_plans_speak_of_the_tables_we_mean(explained: dict[str, list[str]]) -> None:
    assert any("orders_by_stage" in step for step in explained["views.orders"])
    assert any("notifications_open" in step for step in explained["outbox.waiting"])
    assert any("notifications_urgent" in step for step in explained["outbox.waiting"])
