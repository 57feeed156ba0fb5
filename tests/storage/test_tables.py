"""What people find who open the file with the sqlite-utils command line or Datasette."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from bot.clock import ManualClock
from bot.model.outbox import Settlement, State
from bot.model.retention import Retention
from bot.storage.sqlite import SqliteStorage
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update, claimed, news, sent


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStorage]:
    """A storage with one order and one message being sent."""
    storage = SqliteStorage(tmp_path / "o.db", ManualClock())
    await storage.open()
    await storage.commit(a_record(an_update(an_order(tracking=["é1"])), tell=[news("k", order="FR/1")]))
    await claimed(storage, "ops", 1, now=NINE)
    yield storage
    await storage.close()


@pytest.fixture
def db(store: SqliteStorage, tmp_path: Path) -> Database:
    """The same file, opened beside the storage."""
    return Database(tmp_path / "o.db", execute_plugins=False)


def test_an_order_is_a_readable_row(db: Database) -> None:
    (row,) = db.query("select * from orders")
    assert (row["source"], row["key"], row["number"], row["status"]) == (
        "panels",
        "FR/1",
        "No FR/1",
        "As the source says",
    )
    assert (row["stage"], row["delivery_promised"], row["changed_at"]) == ("placed", "2026-02-01", NINE)
    assert json.loads(row["snapshot"])["status"]["code"] == "X1"
    assert row["tracking"] == '["é1"]'
    db.close()


def test_a_change_is_a_readable_row(db: Database) -> None:
    (row,) = db.query("select * from changes")
    assert (row["kind"], row["before"], row["after"], row["seen_at"]) == ("status", "open", "shipped", NINE)
    db.close()


async def test_the_ids_of_all_parts_of_a_message_are_kept_in_order(store: SqliteStorage, db: Database) -> None:
    first = Settlement(id=1, state=State.SENDING, attempts=0, parts_sent=1, at=NINE, message_ids=("m1",))
    rest = Settlement(id=1, state=State.SENT, attempts=1, parts_sent=3, at=TEN, message_ids=("m2", "m3"))
    await store.settle([first])
    await store.settle([rest])
    rows = list(db.query("select part, destination, message_id, sent_at from messages order by part"))
    assert [tuple(row.values()) for row in rows] == [
        (1, "ops", "m1", NINE),
        (2, "ops", "m2", TEN),
        (3, "ops", "m3", TEN),
    ]
    db.close()


async def test_ids_of_messages_go_with_their_notification(store: SqliteStorage, db: Database) -> None:
    await store.settle([sent(1, "m1")])
    await store.tidy(ELEVEN, Retention(raw=timedelta(), sent=timedelta()))
    assert db["messages"].count == db["notifications"].count == 0
    db.close()
