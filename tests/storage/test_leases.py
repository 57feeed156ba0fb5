"""Who works on what: a token is handed out while the job is ours, and nothing is written without it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.errors import LeaseLost
from bot.model.lease import Job, Worker
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import Gathering
from bot.model.poll import Looked, PollRecord
from bot.model.retention import Retention
from bot.ports import Storage
from tests.postgres import database_for

pytest.importorskip("procrastinate")

from procrastinate import App, PsycopgConnector

from bot.storage._pg_connections import Connection, connect
from bot.storage.leases import Leases, fence
from bot.storage.postgres import PostgresStorage

AT = Moment("2026-01-05T09:00:00.000000Z")
WAITS = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


class Table:
    """The leases of a database, and jobs in the engine's own table."""

    def __init__(self, folder: Path) -> None:
        self.database = database_for(folder)
        self.leases = Leases(self.database, patience=60.0)
        self.app = App(connector=PsycopgConnector())

    async def open(self) -> "Table":
        await self.leases.open()
        await self.app.open_async(self.leases.pool)
        await self.leases.prepare(self.app.schema_manager.apply_schema_async)
        return self

    async def claimed(self, name: str) -> Job:
        """A job that was offered, and that the engine gave to a worker."""
        await self.app.configure_task("lease", lock=name, queue="leases").defer_async(name=name)
        runner = await self.app.job_manager.register_worker()
        job = await self.app.job_manager.fetch_job(queues=None, worker_id=runner)
        assert job
        assert job.id
        return Job(job.id, job.attempts, runner)

    async def end(self, job: Job) -> None:
        """The engine takes the job away."""
        await self.app.connector.execute_query_async("delete from procrastinate_jobs where id = %(id)s", id=job.job)

    @asynccontextmanager
    async def writing(self, name: str, token: str) -> AsyncIterator[None]:
        """A transaction that has begun to write under a lease, for as long as the block lasts."""
        async with self.leases.pool.connection() as connection, connection.transaction():
            await fence(name, token)(connection)
            yield

    async def until_somebody_waits(self) -> None:
        """For a lock that another transaction has."""
        async with asyncio.timeout(10), self.leases.pool.connection() as connection:
            while not await (await connection.execute(WAITS)).fetchone():
                await connection.execute("select pg_sleep(0.01)")


@pytest.fixture
async def table(tmp_path: Path) -> AsyncIterator[Table]:
    """Tables without any lease."""
    made = await Table(tmp_path).open()
    yield made
    await made.leases.close()


@pytest.fixture
async def storage(table: Table) -> AsyncIterator[PostgresStorage]:
    """The store beside them, that others may write too."""

    async def open_to_all(_: object) -> None:
        """Anybody may write."""

    store = PostgresStorage(table.database, ManualClock(), fence=open_to_all)
    await store.open()
    yield store
    await store.close()


WRITES: dict[str, Callable[[Storage], Awaitable[object]]] = {
    "commit": lambda store: store.commit(PollRecord("panels", AT, words=("new",))),
    "claim": lambda store: store.claim([1], now=AT),
    "settle": lambda store: store.settle([]),
    "gather": lambda store: store.gather(Gathering(leader=None, merged={1: "told"}, at=AT)),
    "beat": lambda store: store.beat(["poller"], AT),
    "tidy": lambda store: store.tidy(AT, Retention(raw=timedelta(1), sent=timedelta(1))),
    "read_stages_again": lambda store: store.read_stages_again("panels", {"Sent": Stage.COMPLETED}),
    "told": lambda store: store.talks.told("slack", "1"),
    "wake": lambda store: store.time.wake("panels", AT),
}


@pytest.mark.parametrize("write", WRITES)
async def test_a_store_whose_lease_was_lost_refuses_every_write(
    table: Table, storage: PostgresStorage, write: str
) -> None:
    job = await table.claimed("poll 1")
    await table.leases.acquire("poll 1", "mine", "a", job)
    mine = storage.fenced(fence("poll 1", "mine"))
    await table.leases.acquire("poll 1", "theirs", "b", job)
    with pytest.raises(LeaseLost, match="poll 1"):
        await WRITES[write](mine)
    assert not await storage.known_words("panels")


async def test_who_holds_the_lease_writes(table: Table, storage: PostgresStorage) -> None:
    await table.leases.acquire("poll 1", "mine", "a", await table.claimed("poll 1"))
    await WRITES["commit"](storage.fenced(fence("poll 1", "mine")))
    assert await storage.known_words("panels") == {"new"}


async def many_rows(frozen: Connection) -> None:
    """Sent in one go; then nothing more comes, and the server's own limit for idle transactions is off."""
    rows = [("panels", "a"), ("panels", "b")]
    await frozen.cursor().executemany("insert into status_words values (%s, %s, '')", rows)


async def half_of_the_rows(frozen: Connection) -> None:
    """The server waits for the rest of them."""
    frozen.pgconn.send_query(b"copy status_words from stdin")
    async with asyncio.timeout(10):
        while frozen.pgconn.is_busy():
            await asyncio.sleep(0.01)
            frozen.pgconn.consume_input()


@pytest.mark.parametrize("sends", [many_rows, half_of_the_rows])
async def test_a_worker_that_is_frozen_while_it_writes_keeps_its_lease_from_nobody(
    table: Table, storage: PostgresStorage, sends: Callable[[Connection], Awaitable[None]]
) -> None:
    job = await table.claimed("poll 1")
    await table.leases.acquire("poll 1", "mine", "a", job)
    frozen, bystander = [await connect(table.database) for _ in range(2)]
    await frozen.execute("begin")
    await fence("poll 1", "mine")(frozen)
    await sends(frozen)
    hasty = Leases(table.database, patience=0.2)
    await hasty.open()
    async with asyncio.timeout(10):
        assert await hasty.acquire("poll 1", "theirs", "b", job)
    assert await storage.known_words("panels") == set()
    await bystander.execute("select 'still there'")
    for each in (frozen, bystander, hasty):
        await each.close()


async def test_one_writer_that_lost_its_lease_takes_no_other_down_with_it(
    table: Table, storage: PostgresStorage
) -> None:
    await table.leases.acquire("poll 1", "mine", "a", await table.claimed("poll 1"))
    outcomes = await gathered(
        WRITES["commit"](storage.fenced(fence("poll 2", "never"))),
        WRITES["commit"](storage.fenced(fence("poll 1", "mine"))),
    )
    assert [type(outcome) for outcome in outcomes] == [LeaseLost, type(None)]


async def test_a_token_is_handed_out_only_while_the_job_is_ours(table: Table) -> None:
    job = await table.claimed("poll 1")
    await table.end(job)
    assert not await table.leases.acquire("poll 1", "late", "a", job)
    assert not await table.leases.acquire("poll 1", "other", "b", Job(job.job, job.attempts, job.runner + 1))


async def test_a_lease_is_renewed_until_its_job_or_its_token_is_another_s(table: Table) -> None:
    first, second = await table.claimed("poll 1"), await table.claimed("poll 2")
    await table.leases.acquire("poll 1", "one", "a", first)
    await table.leases.acquire("poll 2", "two", "a", second)
    held = {"poll 1": ("one", first), "poll 2": ("two", second)}
    assert await table.leases.renew(held) == {"poll 1", "poll 2"}
    await table.end(first)
    await table.leases.acquire("poll 2", "stolen", "b", second)
    assert await table.leases.renew(held) == frozenset()


async def test_a_lease_is_renewed_while_its_worker_writes(table: Table) -> None:
    job = await table.claimed("poll 1")
    await table.leases.acquire("poll 1", "mine", "a", job)
    async with asyncio.timeout(10), table.writing("poll 1", "mine"):
        assert await table.leases.renew({"poll 1": ("mine", job)}) == {"poll 1"}


@pytest.mark.parametrize("token", ["theirs", None])
async def test_a_lease_changes_hands_only_between_two_writes(table: Table, token: str | None) -> None:
    job = await table.claimed("poll 1")
    await table.leases.acquire("poll 1", "mine", "a", job)
    async with table.writing("poll 1", "mine"):
        leases = table.leases
        waits = leases.acquire("poll 1", token, "b", job) if token else leases.release("poll 1", "mine")
        changing = asyncio.create_task(waits)
        await table.until_somebody_waits()
        assert not changing.done()
    async with asyncio.timeout(10):
        await changing


async def test_a_lease_that_was_given_back_is_nobody_s(table: Table, storage: PostgresStorage) -> None:
    await table.leases.acquire("poll 1", "mine", "a", await table.claimed("poll 1"))
    await table.leases.report(Worker("a", "host", 1, "q"))
    assert [each.worker for each in await table.leases.holdings(seconds=30)] == ["a"]
    await table.leases.release("poll 1", "mine")
    assert [(each.worker, each.gone) for each in await table.leases.holdings(seconds=30)] == [(None, None)]
    with pytest.raises(LeaseLost):
        await WRITES["commit"](storage.fenced(fence("poll 1", "mine")))


async def test_a_worker_without_signs_of_life_holds_nothing(table: Table) -> None:
    await table.leases.acquire("poll 1", "mine", "a", await table.claimed("poll 1"))
    assert [(each.worker, each.gone) for each in await table.leases.holdings(seconds=30)] == [(None, "a")]


async def test_a_lease_that_is_not_renewed_is_nobody_s_though_its_worker_lives(table: Table) -> None:
    await table.leases.acquire("poll 1", "mine", "a", await table.claimed("poll 1"))
    await table.leases.report(Worker("a", "host", 1, "q"))
    await table.app.connector.execute_query_async("update leases set renewed_at = now() - interval '31 seconds'")
    assert [(each.worker, each.gone) for each in await table.leases.holdings(seconds=30)] == [(None, "a")]


async def test_a_lease_that_is_in_no_config_any_more_is_not_shown(table: Table) -> None:
    job = await table.claimed("poll 1")
    await table.leases.acquire("poll 1", "mine", "a", job)
    assert [each.lease for each in await table.leases.holdings(seconds=30)] == ["poll 1"]
    await table.end(job)
    assert await table.leases.holdings(seconds=30) == []


async def test_a_lease_that_somebody_wants_is_shown_though_nobody_offers_it(table: Table) -> None:
    job = await table.claimed("poll 1")
    await table.leases.acquire("poll 1", "mine", "a", job)
    await table.leases.release("poll 1", "mine")
    await table.end(job)
    found = await table.leases.holdings(seconds=30, wanted=["poll 1", "poll 2"])
    assert [(each.lease, each.worker) for each in found] == [("poll 1", None)]


async def test_a_question_is_answered_once_by_whoever_polls_the_source(table: Table) -> None:
    question = await table.leases.ask("panels", "FR/1")
    assert await table.leases.answer_to(question) is None
    assert await table.leases.asked(["shop"], after=0) == []
    assert await table.leases.asked(["panels"], after=0) == [(question, "panels", "FR/1")]
    await table.leases.answer(question, Looked(is_asked=True, is_answered=True))
    assert await table.leases.answer_to(question) == Looked(is_asked=True, is_answered=True)
    assert await table.leases.answer_to(question) is None


async def gathered(*writes: Awaitable[object]) -> list[object]:
    """Outcomes of writes that wait for one another's transaction."""
    return list(await asyncio.gather(*writes, return_exceptions=True))
