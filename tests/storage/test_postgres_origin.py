"""A database that went back in time: what it owes may have been sent since, and is sent with care."""

from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.model.database import Dsn
from bot.model.outbox import Notification
from bot.ports import Storage
from bot.storage.doors import storage_of
from tests.postgres import database_for, exchange, put_back, run_tool
from tests.storage.making import TEN, a_record, claimed, news


@pytest.fixture
async def database(tmp_path: Path) -> Dsn:
    """One that owes two messages, one of which was tried at ten."""
    found = database_for(tmp_path)
    await looked_into(found, fill=True)
    return found


async def looked_into(database: Dsn, *, fill: bool = False) -> list[Notification]:
    """What it owes once a bot has started on it."""
    storage: Storage = storage_of(database, ManualClock(), holder="orderwatch")
    await storage.open()
    try:
        if fill:
            await storage.commit(a_record(tell=[news("tried"), news("fresh")]))
            await claimed(storage, "ops", 1, now=TEN)
        return list(await storage.notifications())
    finally:
        await storage.close()


async def test_a_start_on_the_same_database_doubts_nothing(database: Dsn) -> None:
    assert [row.unclear for row in await looked_into(database)] == [False, False]


async def test_a_dump_that_was_put_back_is_noticed_once(database: Dsn, tmp_path: Path) -> None:
    rows = await looked_into(put_back(database, tmp_path))
    assert [(row.unclear, row.first_try_at) for row in rows] == [(True, TEN), (True, rows[1].created_at)]


async def test_one_that_was_put_back_into_the_same_database_is_noticed(database: Dsn, tmp_path: Path) -> None:
    dump = str(tmp_path / "dump")
    run_tool("pg_dump", "-Fc", "-f", dump, database.secret)
    run_tool("psql", "-qc", "drop schema public cascade; create schema public", database.secret)
    run_tool("pg_restore", "-d", database.secret, dump)
    assert [row.unclear for row in await looked_into(database)] == [True, True]


async def test_a_bot_that_runs_notices_that_it_has_another_database_under_it(database: Dsn, tmp_path: Path) -> None:
    storage = storage_of(database, ManualClock(), holder="orderwatch")
    await storage.open()
    restored = put_back(database, tmp_path)
    assert not storage.went_back.is_set()
    exchange(database, restored)
    await storage.commit(a_record(tell=[news("next")]))
    assert storage.went_back.is_set()
    assert [row.unclear for row in await storage.notifications()] == [True, True, False]
    await storage.close()
