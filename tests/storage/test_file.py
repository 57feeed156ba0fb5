"""The file on the disk: who may hold it, who may read it, and what people are told when it cannot be used."""

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.errors import StorageError, StorageLocked
from bot.storage.sqlite import SqliteStorage, SqliteViews, _open_for_writing
from tests.storage.making import a_record, an_order, an_update, news


def names(folder: Path) -> set[str]:
    """Names of the files in a folder."""
    return {file.name for file in folder.iterdir()}


async def test_a_second_process_is_told_who_holds_the_database_and_since_when(tmp_path: Path) -> None:
    first = SqliteStorage(tmp_path / "o.db", ManualClock(), holder="orderwatch run")
    await first.open()
    with pytest.raises(
        StorageLocked, match=r"in use by orderwatch run .*since 2026-01-05 09:00 UTC; stop it"
    ) as refusal:
        await SqliteStorage(tmp_path / "o.db", ManualClock()).open()
    assert f"process {os.getpid()} on " in str(refusal.value)
    await first.close()


async def test_the_one_who_was_refused_takes_nothing_from_the_holder(tmp_path: Path) -> None:
    first, second = (SqliteStorage(tmp_path / "o.db", ManualClock()) for _ in range(2))
    await first.open()
    with pytest.raises(StorageLocked):
        await second.open()
    await second.close()
    with pytest.raises(StorageLocked):
        await second.open()
    await first.commit(a_record(an_update(an_order())))
    await first.close()


async def test_the_lock_is_free_after_the_end(tmp_path: Path) -> None:
    for _ in range(2):
        storage = SqliteStorage(tmp_path / "o.db", ManualClock())
        await storage.open()
        await storage.close()
    assert (tmp_path / "o.db.lock").read_bytes() == b""


async def test_what_a_killed_process_wrote_into_the_lock_does_not_keep_anybody_out(tmp_path: Path) -> None:
    (tmp_path / "o.db.lock").write_text(
        json.dumps({"pid": 1, "host": "here", "since": "x", "command": "y"}) + "x" * 500
    )
    storage = SqliteStorage(tmp_path / "o.db", ManualClock())
    await storage.open()
    assert json.loads((tmp_path / "o.db.lock").read_bytes())["pid"] == os.getpid()
    await storage.close()


async def test_every_file_is_for_its_owner_only(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "o.db", ManualClock())
    await storage.open()
    await storage.commit(a_record(an_update(an_order())))
    assert names(tmp_path) == {"o.db", "o.db-wal", "o.db-shm", "o.db.lock"}
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in names(tmp_path)} == {0o600}
    await storage.close()


def test_every_commit_is_synced_to_disk(tmp_path: Path) -> None:
    with closing(_open_for_writing(tmp_path / "o.db")) as connection:
        assert connection.execute("pragma synchronous").fetchone() == (2,)  # FULL: sqlite.org/pragma.html


async def test_a_path_with_odd_characters_is_a_path(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "a?b#c%20 é.db", ManualClock())
    await storage.open()
    await storage.commit(a_record(an_update(an_order())))
    await storage.close()
    assert names(tmp_path) == {"a?b#c%20 é.db", "a?b#c%20 é.db.lock"}


async def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    path.write_bytes(b"watchlists: {}\n" * 100)
    with pytest.raises(StorageError, match=r"o\.db: this is not a database; choose another path"):
        await SqliteStorage(path, ManualClock()).open()
    assert path.read_bytes() == b"watchlists: {}\n" * 100


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere/o\.db: No such file or directory; check the folder"):
        await SqliteStorage(tmp_path / "nowhere" / "o.db", ManualClock()).open()


async def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"Is a directory"):
        await SqliteStorage(tmp_path, ManualClock()).open()
    tmp_path.with_name(f"{tmp_path.name}.lock").unlink()


async def test_a_damaged_file_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    storage = SqliteStorage(path, ManualClock())
    await storage.open()
    await storage.commit(a_record(*(an_update(an_order(f"FR/{number}")) for number in range(200))))
    await storage.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    views = SqliteViews(path)
    with pytest.raises(StorageError, match="the file is damaged; keep a copy of it and go back to a backup"):
        await views.open()


async def test_after_a_refusal_the_lock_is_free(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StorageError):
        await SqliteStorage(path, ManualClock()).open()
    path.unlink()
    storage = SqliteStorage(path, ManualClock())
    await storage.open()
    await storage.close()


async def test_views_of_a_database_that_is_not_there_make_none(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no database at"):
        await SqliteViews(tmp_path / "o.db").open()
    assert names(tmp_path) == set()


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder; name a file in it"):
        await SqliteViews(tmp_path).open()


async def test_views_see_what_another_holder_of_the_file_commits(tmp_path: Path) -> None:
    storage, views = SqliteStorage(tmp_path / "o.db", ManualClock()), SqliteViews(tmp_path / "o.db")
    await storage.open()
    await views.open()
    await storage.commit(a_record(an_update(an_order()), tell=[news("k")]))
    assert [row.key for row in await views.orders()] == ["FR/1"]
    await views.close()
    await storage.close()


async def test_reading_goes_on_while_somebody_writes(tmp_path: Path) -> None:
    storage = SqliteStorage(tmp_path / "o.db", ManualClock())
    await storage.open()
    await storage.commit(a_record(an_update(an_order())))
    other = sqlite3.connect(tmp_path / "o.db", isolation_level=None)
    other.execute("begin immediate")
    other.execute("delete from orders")
    assert [row.key for row in await storage.orders()] == ["FR/1"]
    other.execute("rollback")
    other.close()
    await storage.close()


async def test_views_work_when_nobody_holds_the_file(tmp_path: Path) -> None:
    storage, views = SqliteStorage(tmp_path / "o.db", ManualClock()), SqliteViews(tmp_path / "o.db")
    await storage.open()
    await storage.commit(a_record(an_update(an_order())))
    await storage.close()
    await views.open()
    assert (await views.counts())["orders"] == 1
    await views.close()
