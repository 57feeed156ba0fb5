"""`orderwatch backup` and `restore`, beside a program that writes."""

import asyncio
import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bot.cli._exit import Exit
from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage
from tests.cli.conftest import CONFIG, Cli
from tests.storage.making import a_record, an_order, an_update, news


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A config in a folder without a database."""
    (tmp_path / "empty").mkdir()
    path = tmp_path / "empty" / "watchlists.yaml"
    path.write_text(CONFIG)
    return path


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def test_a_copy_holds_everything_and_only_its_owner_reads_it(cli: Cli, filled: Path, tmp_path: Path) -> None:
    ended = cli("backup", str(tmp_path / "copy.db"), "-c", str(filled))
    assert ended.out.startswith(f"{tmp_path / 'copy.db'}: ")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    everything = "select * from notifications"
    assert rows(tmp_path / "copy.db", everything) == rows(tmp_path / "orderwatch.db", everything)


def test_a_copy_never_overwrites_a_file(cli: Cli, filled: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    ended = cli("backup", str(tmp_path / "copy.db"), "-c", str(filled))
    assert (ended.code, (tmp_path / "copy.db").read_text()) == (Exit.FAILED, "precious")
    assert "is there already" in ended.err


def test_a_copy_that_cannot_be_written_leaves_nothing(cli: Cli, filled: Path, tmp_path: Path) -> None:
    ended = cli("backup", str(tmp_path / "no" / "copy.db"), "-c", str(filled))
    assert (ended.code, "No such file or directory" in ended.err) == (Exit.FAILED, True)


async def test_a_copy_made_while_others_write_is_whole(cli: Cli, config: Path, tmp_path: Path) -> None:
    storage = SqliteStorage(config.parent / "orderwatch.db", ManualClock())
    await storage.open()
    writing = asyncio.create_task(keep_writing(storage))
    try:
        for number in range(5):
            ended = await asyncio.to_thread(cli, "backup", str(tmp_path / f"{number}.db"), "-c", str(config))
            assert ended.code == Exit.DONE
            counts = "select (select count(*) from snapshots), (select count(*) from notifications)"
            ((snapshots, messages),) = rows(tmp_path / f"{number}.db", counts)
            assert snapshots == messages
        assert not writing.done()
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await storage.close()


async def keep_writing(storage: SqliteStorage) -> None:
    for number in range(100_000):
        order = an_order(f"o{number}")
        await storage.commit(a_record(an_update(order), tell=[news(f"n{number}")]))


def test_what_was_sent_before_the_copy_is_not_owed_after_the_way_back(
    cli: Cli, filled: Path, empty: Path, tmp_path: Path
) -> None:
    cli("outbox", "retry", "1", "-c", str(filled))
    cli("backup", str(tmp_path / "copy.db"), "-c", str(filled))
    assert json.loads(cli("restore", str(tmp_path / "copy.db"), "--json", "-c", str(empty)).out)["owed"] == 1
    database = empty.parent / "orderwatch.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    # the one still owed may have gone out after the copy was made: it is looked for from its making on
    looked_for = "select id, state, unclear, first_try_at = created_at from notifications where state != 'sent'"
    assert rows(database, looked_for) == [(1, "pending", 1, 1)]


def test_the_way_back_overwrites_nothing(cli: Cli, filled: Path, tmp_path: Path) -> None:
    cli("backup", str(tmp_path / "copy.db"), "-c", str(filled))
    ended = cli("restore", str(tmp_path / "copy.db"), "-c", str(filled))
    assert (ended.code, "is there already" in ended.err) == (Exit.FAILED, True)


@pytest.mark.parametrize("content", [b"", b"this is no database at all" * 100])
def test_a_file_that_is_no_copy_is_refused(cli: Cli, empty: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "copy.db").write_bytes(content)
    assert cli("restore", str(tmp_path / "copy.db"), "-c", str(empty)).code == Exit.FAILED
    assert {file.name for file in empty.parent.iterdir()} == {"watchlists.yaml", "orderwatch.db.lock"}


def test_a_damaged_copy_is_refused_and_nothing_is_restored(cli: Cli, filled: Path, empty: Path, tmp_path: Path) -> None:
    cli("backup", str(tmp_path / "copy.db"), "-c", str(filled))
    damage(tmp_path / "copy.db")
    ended = cli("restore", str(tmp_path / "copy.db"), "-c", str(empty))
    assert (ended.code, (empty.parent / "orderwatch.db").exists()) == (Exit.FAILED, False)


def damage(database: Path) -> None:
    with database.open("r+b") as file:
        size = file.seek(0, 2)
        for place in range(4096 * 2, size, 4096):
            file.seek(place)
            file.write(b"\xff" * 200)
