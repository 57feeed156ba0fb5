"""Changes lie in partitions by month, made ahead; and routine polls rewrite an order where it lies, for months."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.model.database import Dsn
from bot.model.moment import Moment, from_instant
from bot.model.poll import OrderUpdate
from bot.model.retention import Retention
from bot.ports import Storage
from bot.storage.doors import storage_of
from tests.postgres import database_for
from tests.storage.making import NINE, a_record, an_order, an_update

KEPT = Retention(raw=timedelta(days=30), sent=timedelta(days=30))
LAST_MINUTE = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Dsn:
    """A database with tables and nothing in them."""
    return database_for(tmp_path)


async def found(store: Storage, key: str, at: datetime) -> None:
    """Let a change be found of a new order."""
    moment = from_instant(at)
    await store.commit(a_record(an_update(an_order(key), at=moment), at=moment))


async def lie(database: Dsn) -> list[str]:
    """The partitions in which changes lie, in the order in which they were found."""
    import psycopg

    async with await psycopg.AsyncConnection.connect(database.secret) as connection:
        rows = await connection.execute("select tableoid::regclass::text from changes order by id")
        return [name for (name,) in await rows.fetchall()]


async def test_a_change_after_the_end_of_a_month_lies_in_the_next_one(database: Dsn) -> None:
    store = storage_of(database, ManualClock(LAST_MINUTE), holder="")
    await store.open()
    for seconds in (0, 59, 60, 61):
        await found(store, f"FR/{seconds}", LAST_MINUTE + timedelta(seconds=seconds))
    assert await lie(database) == ["changes_2026_12", "changes_2026_12", "changes_2027_01", "changes_2027_01"]
    await store.close()


async def test_a_bot_that_runs_for_a_year_always_has_the_next_month_made(database: Dsn) -> None:
    store = storage_of(database, ManualClock(datetime(2026, 1, 20, tzinfo=UTC)), holder="")
    await store.open()
    for days in range(0, 365, 30):
        now = datetime(2026, 1, 20, tzinfo=UTC) + timedelta(days=days)
        await store.tidy(from_instant(now), KEPT)
        await found(store, f"FR/{days}", now + timedelta(days=30))
    assert not [name for name in await lie(database) if name == "changes_other"]
    await store.close()


async def test_what_lay_where_no_month_was_made_moves_into_it_without_a_gap(database: Dsn) -> None:
    clock = ManualClock(datetime(2026, 1, 20, tzinfo=UTC))
    store = storage_of(database, clock, holder="")
    await store.open()
    late = datetime(2026, 9, 1, tzinfo=UTC)
    await found(store, "FR/1", late)
    assert await lie(database) == ["changes_other"]
    await store.tidy(Moment("2026-08-31T23:00:00Z"), KEPT)
    await found(store, "FR/2", late)
    assert await lie(database) == ["changes_2026_09"] * 2
    assert [change.key for change in await store.history("panels", "FR/1")] == ["FR/1"]
    await store.close()


async def test_routine_polls_find_room_where_the_order_lies_poll_after_poll(database: Dsn) -> None:
    store = storage_of(database, ManualClock(), holder="")
    await store.open()
    keys = [f"FR/{number}" for number in range(300)]
    await store.commit(a_record(*(an_update(an_order(key)) for key in keys)))
    routine = OrderUpdate("", 1, raw_digest=b"new", list_digest=b"new", scopes=("*",), next_poll_at=NINE)
    for turn in range(20):
        polled = keys[turn % 10 :: 10]  # as polls come: a few of the orders of a page at a time
        await store.commit(a_record(*(replace(routine, key=key) for key in polled)))
    await store.close()
    import psycopg

    async with await psycopg.AsyncConnection.connect(database.secret, autocommit=True) as connection:
        counted = "select n_tup_upd, n_tup_hot_upd from pg_stat_user_tables where relname = 'orders'"
        while (row := await (await connection.execute(counted)).fetchone()) is None or row[0] < 600:
            await connection.execute("select pg_stat_clear_snapshot(), pg_sleep(0.05)")  # a session tells as it ends
        updated, hot = row
    assert (updated, hot / updated > 0.95) == (600, True)
