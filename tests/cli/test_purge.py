import asyncio
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli._exit import Exit
from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage
from tests.cli.conftest import Cli
from tests.cli.test_main import in_a_shell

NUMBER = "0045001234"


def purge(cli: Cli, config: Path, *arguments: str) -> tuple[int, str]:
    ended = cli("orders", "purge", *arguments, "--yes", "-c", str(config))
    return ended.code, ended.out + ended.err


def everything(config: Path) -> bytes:
    return b"".join(file.read_bytes() for file in config.parent.glob("orderwatch.db*"))


def test_nothing_of_an_erased_order_is_left_in_the_file(cli: Cli, filled: Path) -> None:
    assert NUMBER.encode() in everything(filled)
    code, said = purge(cli, filled, NUMBER)
    assert (code, "is erased: 1 of orders" in said) == (Exit.DONE, True)
    for trace in (NUMBER, "PO-77", "1Z999", "the chat refused the token"):
        assert trace.encode() not in everything(filled)


def test_the_outbox_still_adds_up_and_owes_nothing_about_it(cli: Cli, filled: Path) -> None:
    cli("outbox", "retry", "1", "-c", str(filled))
    purge(cli, filled, NUMBER)
    with closing(sqlite3.connect(filled.parent / "orderwatch.db")) as connection:
        rows = connection.execute("select state, reason, order_key from notifications order by id").fetchall()
    assert rows == [("dead", "erased by operator", None), ("sent", "erased by operator", None)]


def test_a_number_nobody_has_erases_nothing(cli: Cli, filled: Path) -> None:
    assert purge(cli, filled, "4711") == (Exit.NOTHING, "no order has the number 4711\n")
    assert purge(cli, filled, NUMBER, "--source", "shop")[0] == Exit.NOTHING
    assert NUMBER.encode() in everything(filled)


def test_it_asks_first(cli: Cli, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert cli("orders", "purge", NUMBER, "-c", str(filled)).code == Exit.INTERRUPTED
    assert NUMBER.encode() in everything(filled)


def test_where_nobody_can_answer_it_says_that_nothing_was_erased(filled: Path) -> None:
    ended = in_a_shell(f"orderwatch orders purge {NUMBER} < /dev/null", filled.parent)
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
        Exit.INTERRUPTED,
        "nothing was erased; --yes erases without asking",
    )
    assert NUMBER.encode() in everything(filled)


async def test_not_while_the_bot_runs(cli: Cli, filled: Path) -> None:
    storage = SqliteStorage(filled.parent / "orderwatch.db", ManualClock(), holder="orderwatch run")
    await storage.open()
    try:
        code, said = await asyncio.to_thread(purge, cli, filled, NUMBER)
    finally:
        await storage.close()
    assert (code, "in use by orderwatch run" in said) == (Exit.FAILED, True)


@pytest.mark.parametrize("name", ["PO-77", "1z 999"])
def test_it_is_found_by_whatever_name_it_has(cli: Cli, filled: Path, name: str) -> None:
    assert purge(cli, filled, name)[0] == Exit.DONE
