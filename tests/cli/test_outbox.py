"""`orderwatch outbox retry`, `drop` and `doubt`. The filled database holds notification 1, dead, and 2, sent."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli._exit import Exit
from bot.clock import ManualClock
from bot.model.moment import Moment
from bot.model.outbox import Notification, Settlement, State
from bot.storage.sqlite import SqliteStorage
from tests.cli.conftest import SEEN, Cli
from tests.storage.making import claimed

LATER = Moment("2026-01-05T10:00:00Z")


def row(config: Path, id_: int = 1) -> Notification:
    async def read() -> Notification:
        storage = SqliteStorage(config.parent / "orderwatch.db", ManualClock())
        await storage.open()
        try:
            return next(one for one in await storage.notifications() if one.id == id_)
        finally:
            await storage.close()

    return asyncio.run(read())


def test_a_retried_message_is_owed_again_as_if_it_had_never_been_tried(cli: Cli, filled: Path) -> None:
    assert cli("outbox", "retry", "1", "-c", str(filled)).out == "1 will be sent again\n"
    again = row(filled)
    assert (again.state, again.attempts, again.reason, again.first_try_at) == (State.PENDING, 0, None, None)
    assert again.parts_sent == 1  # what arrived is not sent again


def test_what_was_sent_is_never_sent_again(cli: Cli, filled: Path) -> None:
    ended = cli("outbox", "retry", "2", "-c", str(filled))
    assert (ended.code, row(filled, 2).state) == (Exit.NOTHING, State.SENT)
    assert "notification 2 is left as it is" in ended.err


def test_retry_all_takes_all_that_are_dead(cli: Cli, filled: Path) -> None:
    assert json.loads(cli("outbox", "retry", "--all", "--json", "-c", str(filled)).out) == {"ids": [1]}


@pytest.mark.parametrize(("name", "ids"), [("ops", [1]), ("sales", [])])
def test_only_those_of_a_destination_are_taken(cli: Cli, filled: Path, name: str, ids: list[int]) -> None:
    ended = cli("outbox", "retry", "--destination", name, "--json", "-c", str(filled))
    assert json.loads(ended.out) == {"ids": ids}


def test_a_dropped_message_says_who_did_it_and_is_dropped_once(cli: Cli, filled: Path) -> None:
    cli("outbox", "retry", "1", "-c", str(filled))
    assert cli("outbox", "drop", "1", "-c", str(filled)).code == Exit.DONE
    assert (row(filled).state, row(filled).reason) == (State.DEAD, "dropped by operator")
    assert cli("outbox", "drop", "1", "-c", str(filled)).code == Exit.NOTHING


def test_what_is_owed_after_going_back_to_an_older_disk_is_looked_for_before_it_is_sent(cli: Cli, filled: Path) -> None:
    cli("outbox", "retry", "1", "-c", str(filled))
    ended = cli("outbox", "doubt", "--all", "-c", str(filled))
    assert ended.out == "1 will be looked for, or sent as a possible repeat\n"
    assert (row(filled).unclear, row(filled).first_try_at) == (True, row(filled).created_at)
    assert not row(filled, 2).unclear


@pytest.mark.parametrize("arguments", [(), ("1", "--all"), ("--all", "--destination", "ops")])
def test_a_choice_that_is_none_is_a_usage_error(cli: Cli, filled: Path, arguments: tuple[str, ...]) -> None:
    assert cli("outbox", "drop", *arguments, "-c", str(filled)).code == Exit.USAGE


def test_a_database_that_is_not_there_is_not_made(cli: Cli, config: Path) -> None:
    ended = cli("outbox", "retry", "--all", "-c", str(config))
    assert ended.code == Exit.FAILED
    assert "there is no database" in ended.err
    assert not (config.parent / "orderwatch.db").exists()


async def test_beside_a_running_program_only_what_it_is_not_sending_is_touched(filled: Path, cli: Cli) -> None:
    storage = SqliteStorage(filled.parent / "orderwatch.db", ManualClock())
    await storage.open()
    try:
        await asyncio.to_thread(cli, "outbox", "retry", "1", "-c", str(filled))
        (found,) = await claimed(storage, "ops", 5, now=LATER)
        dropped = await asyncio.to_thread(cli, "outbox", "drop", "--all", "-c", str(filled))
        assert (found.id, dropped.code) == (1, Exit.NOTHING)
        await storage.settle([Settlement(id=1, state=State.SENT, attempts=1, parts_sent=1, at=SEEN)])
    finally:
        await storage.close()


def test_a_list_that_does_not_end_says_how_to_go_on(cli: Cli, filled: Path) -> None:
    asked = ("outbox", "list", "--state", "dead", "--state", "sent", "--limit", "1", "-c", str(filled))
    assert cli(*asked).err == "1 of 2 notifications; for the next: --after 1\n"
    assert cli(*asked, "--after", "1").err == ""


def test_what_waits_says_for_what_and_until_when(cli: Cli, filled: Path) -> None:
    cli("outbox", "retry", "1", "-c", str(filled))
    with closing(sqlite3.connect(filled.parent / "orderwatch.db")) as connection, connection:
        connection.execute(
            "update notifications set parts_sent = 0, not_before = '2999-01-05T10:00:00Z', held_for = 'status'"
        )
    listed = json.loads(cli("outbox", "list", "--json", "-c", str(filled)).out)
    assert (listed["waits_for"], listed["waits_until"]) == ("held to be confirmed", "2999-01-05T10:00:00Z")
    assert {"severity", "gather_until", "not_before", "held_for", "merged_into"} <= listed.keys()
    assert "held to be confirmed until 2999-01-05" in cli("outbox", "list", "-c", str(filled)).out


def test_an_order_is_called_by_its_number_as_everywhere_else(cli: Cli, filled: Path) -> None:
    out = cli("outbox", "list", "-c", str(filled)).out
    assert ("0045001234 at panels" in out, "FR/" in out) == (True, False)
