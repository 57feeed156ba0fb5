"""PostgreSQL beyond what every store promises: who may write, what is cheap, and what happens when it goes away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.clock import ManualClock
from bot.errors import StorageError, StorageLocked
from bot.model.database import Dsn
from bot.model.memory import Memory
from bot.model.poll import OrderUpdate
from bot.storage import doors
from bot.storage.redrive import Chosen
from tests.postgres import database_for
from tests.storage.making import NINE, TEN, a_record, an_order, an_update, news

if TYPE_CHECKING:
    from bot.storage.postgres import PostgresStorage


@pytest.fixture
def database(tmp_path: Path) -> Dsn:
    """A database with tables and nothing in them."""
    return database_for(tmp_path)


@pytest.fixture
async def store(database: Dsn) -> "AsyncIterator[PostgresStorage]":
    """A bot that is alone on it."""
    from bot.storage.postgres import PostgresStorage

    storage = PostgresStorage(database, ManualClock(), holder="orderwatch run")
    await storage.open()
    yield storage
    await storage.close()


async def asked(database: Dsn, sql: str) -> Any:
    """The first value that a statement gives somebody else."""
    import psycopg

    async with await psycopg.AsyncConnection.connect(database.secret, autocommit=True) as connection:
        row = await (await connection.execute(sql)).fetchone()  # type: ignore[arg-type,unused-ignore]
        return row and row[0]


async def test_a_second_bot_is_told_who_holds_it(store: "PostgresStorage", database: Dsn) -> None:
    second = doors.storage_of(database, ManualClock(), holder="orderwatch")
    with pytest.raises(StorageLocked, match=r"in use by orderwatch run \(process \d+ on .* since 20.*; stop it first"):
        await second.open()
    await store.commit(a_record(an_update(an_order())))


async def test_a_bot_alone_and_workers_keep_each_other_out_by_name(database: Dsn) -> None:
    from bot.storage.postgres import PostgresStorage

    async def allowed(connection: Any) -> None:
        """Every write."""

    a, b = (PostgresStorage(database, ManualClock(), holder=name, fence=allowed) for name in "ab")
    alone = doors.storage_of(database, ManualClock(), holder="orderwatch run")
    for worker in (a, b):
        await worker.open()
    with pytest.raises(StorageLocked, match=r"in use by [ab] \(process \d+ on .*; stop it first"):
        await alone.open()
    for worker in (a, b):
        await worker.close()
    await alone.open()
    with pytest.raises(StorageLocked, match=r"in use by orderwatch run \(process"):
        await a.open()
    await alone.close()


async def test_a_connection_that_broke_is_made_again_with_its_lock(store: "PostgresStorage", database: Dsn) -> None:
    await asked(database, "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid()")
    await store.commit(a_record(an_update(an_order())))
    assert await asked(database, "select count(*) from pg_locks where locktype = 'advisory'") == 1


async def test_a_fence_that_refuses_lets_nothing_be_written(store: "PostgresStorage") -> None:
    async def refuse(_: object) -> None:
        raise StorageError("the lease is over")

    with pytest.raises(StorageError, match="the lease is over"):
        await store.fenced(refuse).commit(a_record(an_update(an_order()), tell=[news("k")]))
    with pytest.raises(StorageError, match="the lease is over"):
        await store.fenced(refuse).time.postpone("panels", ["FR/1"], TEN)
    assert await store.load("panels") == []


async def test_what_somebody_does_to_the_outbox_is_heard_at_once(store: "PostgresStorage", database: Dsn) -> None:
    await store.commit(a_record(tell=[news("k")]))
    await asyncio.to_thread(doors.drop, database, Chosen(ids=(1,)), TEN)
    store.outbox_changed.clear()
    assert list(await asyncio.to_thread(doors.retry, database, Chosen(ids=(1,)))) == [1]
    async with asyncio.timeout(4):
        await store.outbox_changed.wait()


_ROUTINE = OrderUpdate("FR/1", 1, raw_digest=b"new", list_digest=b"new", scopes=("*",), next_poll_at=TEN)


@pytest.mark.parametrize(("update", "hot"), [(_ROUTINE, 1), (replace(_ROUTINE, memory=Memory(), alarm_at=TEN), 0)])
async def test_a_routine_poll_touches_no_index(
    store: "PostgresStorage", database: Dsn, update: OrderUpdate, hot: int
) -> None:
    from bot.storage._pg_connections import connect
    from bot.storage._pg_words import PostgresConnection
    from bot.storage._writes import commit_record

    await store.commit(a_record(*(an_update(an_order(f"FR/{number}")) for number in range(50))))
    connection = await connect(database)
    async with connection.transaction():
        await commit_record(PostgresConnection(connection), a_record(update))
        counted = await connection.execute(
            """select pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid)
                from pg_class where oid = 'orders'::regclass"""
        )
        assert await counted.fetchone() == (1, hot)
    await connection.close()


async def test_the_partition_of_a_month_takes_what_came_before_it_was_made(
    store: "PostgresStorage", database: Dsn
) -> None:
    from bot.storage._pg_connections import connect
    from bot.storage._pg_schema import make_partitions

    late = replace(an_update(an_order(), at=NINE), changes=an_update(an_order()).changes)
    assert late.snapshot is not None
    later = late.snapshot.model_copy(update={"seen_at": NINE.replace("2026", "2031")})
    await store.commit(a_record(replace(late, snapshot=later)))
    connection = await connect(database)
    await make_partitions(connection, datetime(2031, 1, 1, tzinfo=UTC))
    await connection.close()
    assert await asked(database, "select tableoid::regclass::text from changes") == "changes_2031_01"
    assert len(await store.history("panels", "FR/1")) == 1


@pytest.mark.parametrize("statements", ["prepare a as select 1; prepare a as select 1", "deallocate unknown"])
async def test_a_pooler_that_takes_the_session_away_is_named(database: Dsn, statements: str) -> None:
    from bot.storage._pg_connections import connect
    from bot.storage._pg_trouble import told_for_people

    connection = await connect(database)
    with pytest.raises(StorageError, match="a pooler in between"), told_for_people(database):
        await connection.execute(statements)
    await connection.close()


async def test_a_password_is_in_no_error(database: Dsn) -> None:
    wrong = Dsn("postgresql://bot:s3cr%40t@127.0.0.1:1/orders?sslpassword=hush&connect_timeout=1")
    with pytest.raises(StorageError, match=r"^postgresql://bot@127.0.0.1:1/orders: it cannot be reached") as refusal:
        await doors.views_of(wrong).open()
    assert not [secret for secret in wrong.secrets if secret in f"{refusal.value}{wrong!r}"]
    assert wrong.secrets == {"s3cr%40t", "s3cr@t", "hush"}
