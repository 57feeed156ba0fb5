"""Who works on what in a PostgreSQL database that many workers share: leases, the workers themselves, and questions.

A lease is a row with a random token. The token is handed out only while the engine's own row says that the job of this
lease is the worker's, in one statement; every write of the worker looks whether it is still there. Random and not
counted: after a failover to a standby that had not heard of a number, the same number would be given out again.
Moments are those of the server, so that no worker's clock matters. Needs the extra `orderwatch[postgres]`.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from bot.errors import LeaseLost
from bot.model.database import Dsn
from bot.model.lease import Holding, Job, Worker
from bot.model.poll import Looked
from bot.storage._pg_blockers import unblocked
from bot.storage._pg_connections import Connection, Pool, address_of, connect, prepare_session
from bot.storage._pg_lock import who_is_alone
from bot.storage._pg_trouble import told_for_people

_KEY = 0x6C656173
"""Of the lock under which the tables are made."""
_TABLES = (
    """create table if not exists leases (
        name text primary key, token text, worker text not null, sources text[] not null,
        since timestamptz not null default now(), renewed_at timestamptz not null default now()
    ) with (fillfactor = 50)""",
    "create unique index if not exists leases_token on leases (token)",
    """create table if not exists workers (
        name text primary key, host text not null, pid integer not null, queue text not null, leases jsonb not null,
        started_at timestamptz not null default now(), seen_at timestamptz not null default now()
    ) with (fillfactor = 50)""",
    """create unlogged table if not exists checks (
        id bigint generated always as identity primary key, source text not null, key text not null,
        asked_at timestamptz not null default now(), answer text
    )""",
)
_IS_OURS = "id = %(job)s and status = 'doing' and attempts = %(attempts)s and worker_id = %(runner)s"
"""What the engine's own table says of a job that is ours. Its columns are no public interface: pinned and tested."""
_ACQUIRE = f"""
    with ours as (select 1 from procrastinate_jobs where {_IS_OURS} for share)
    insert into leases (name, token, worker, sources) select %(name)s, %(token)s, %(worker)s, %(sources)s from ours
    on conflict (name) do update set token = excluded.token, worker = excluded.worker, sources = excluded.sources,
        since = now(), renewed_at = now()
    returning name"""  # noqa: S608  a constant of this file
_CONNECTIONS = 6
_FORGOTTEN_AFTER = "1 hour"
"""A worker that was silent, or a lease that nobody had for so long, is not shown any more."""


class Leases:
    """The tables, through a few connections of their own. Methods raise StorageError."""

    def __init__(self, database: Dsn, *, worker: str = "orderwatch", patience: float = 1.0) -> None:
        """`worker` is what the server's own lists show.

        `patience`: seconds that a write may go on under a lease that is somebody else's by now.
        """
        self.database = database
        self._patience = patience
        self.pool = Pool(
            address_of(database, worker),
            min_size=2,
            max_size=_CONNECTIONS,
            timeout=5.0,
            configure=prepare_session,
            check=Pool.check_connection,
            open=False,
        )
        """Also the engine's."""

    async def open(self) -> None:
        """Connect. The tables need not be there."""
        with told_for_people(self.database):
            await (await connect(self.database)).close()  # it says at once what is wrong; the pool tries on
            await self.pool.open(wait=True, timeout=10.0)

    async def close(self) -> None:
        """Let go of the connections."""
        await self.pool.close()

    async def prepare(self, make_engine_tables: Callable[[], Awaitable[None]]) -> None:
        """Make the tables that are missing, the engine's by `make_engine_tables`; one process at a time."""
        with told_for_people(self.database):
            async with self.pool.connection() as connection, connection.transaction():
                await connection.execute("select pg_advisory_xact_lock(%s)", (_KEY,))
                for statement in _TABLES:
                    await connection.execute(statement)
                found = await connection.execute("select to_regclass('procrastinate_jobs')")
                if await found.fetchone() == (None,):
                    await make_engine_tables()

    # One worker's own

    async def acquire(self, name: str, token: str, worker: str, job: Job, sources: Sequence[str] = ()) -> bool:
        """Hand out the token, if the job is this worker's. Whoever held the lease cannot write any more.

        `sources` are those in the lease by the worker's config.

        False also when the answer to the engine's claim arrived so late that somebody else has the job by now.
        A write under the lease that does not come to its end is broken off.
        """
        ours = {"name": name, "token": token, "worker": worker, "sources": list(sources), **asdict(job)}
        with told_for_people(self.database):
            async with (
                self.pool.connection() as connection,
                unblocked(self.database, connection, lease=name, after=self._patience),
            ):
                return bool(await (await connection.execute(_ACQUIRE, ours)).fetchall())

    async def renew(self, held: Mapping[str, tuple[str, Job]]) -> frozenset[str]:
        """Those of these leases (by name, with token and job) that are still ours, and are so for another while."""
        if not held:
            return frozenset()
        jobs = [job for _, job in held.values()]
        rows = await self._run(
            """update leases set renewed_at = now()
                from unnest(%(names)s::text[], %(tokens)s::text[], %(jobs)s::bigint[], %(attempts)s::int[],
                        %(runners)s::bigint[]) as mine (name, token, job, attempts, runner)
                    join procrastinate_jobs on procrastinate_jobs.id = mine.job and status = 'doing'
                        and procrastinate_jobs.attempts = mine.attempts and worker_id = mine.runner
                where leases.name = mine.name and leases.token = mine.token
                returning leases.name""",
            {
                "names": list(held),
                "tokens": [token for token, _ in held.values()],
                "jobs": [job.job for job in jobs],
                "attempts": [job.attempts for job in jobs],
                "runners": [job.runner for job in jobs],
            },
        )
        return frozenset(name for (name,) in rows)

    async def release(self, name: str, token: str) -> None:
        """The work on a lease has ended: nothing more is written under this token."""
        await self._run("update leases set token = null where name = %s and token = %s returning 1", (name, token))

    async def report(self, worker: Worker) -> datetime:
        """A worker is alive. Returns the time of the server, that of all workers."""
        ((now,),) = await self._run(
            f"""with gone as (delete from workers where seen_at < now() - interval '{_FORGOTTEN_AFTER}'),
                    old as (delete from checks where asked_at < now() - interval '1 minute'),
                    ended as (delete from leases where renewed_at < now() - interval '{_FORGOTTEN_AFTER}')
                insert into workers (name, host, pid, queue, leases) values (%s, %s, %s, %s, %s)
                on conflict (name) do update set seen_at = now(), host = excluded.host, pid = excluded.pid,
                    queue = excluded.queue, leases = excluded.leases
                returning clock_timestamp()""",  # noqa: S608
            (worker.name, worker.host, worker.pid, worker.queue, json.dumps(dict(worker.leases))),
        )
        return _utc(now)

    async def now(self) -> datetime:
        """The time of the server."""
        ((now,),) = await self._run("select clock_timestamp()", ())
        return _utc(now)

    async def leave(self, name: str) -> None:
        """A worker has ended in peace."""
        await self._run("delete from workers where name = %s returning 1", (name,))

    # All of them

    async def holdings(self, *, seconds: float, wanted: Collection[str] = ()) -> Sequence[Holding]:
        """Every lease that is held or offered, by name; of those `wanted` also what was held in the last hour.

        It is nobody's if it was not renewed for longer than `seconds`, or its worker gave no sign of life for so long.
        Workers offer what is in their config: a lease without a job was of a source that left it.
        """
        rows = await self._run(
            """select leases.name, case when token is not null then worker end, since,
                    extract(epoch from now() - renewed_at)::float8, renewed_at >= now() - %(patience)s
                        and seen_at >= now() - %(patience)s
                from leases left join workers on workers.name = worker
                where leases.name = any(%(wanted)s)
                    or exists (select 1 from procrastinate_jobs where lock = leases.name)
                order by leases.name""",
            {"patience": timedelta(seconds=seconds), "wanted": list(wanted)},
        )
        return [
            Holding(name, holder if lives else None, since, silent, gone=None if lives else holder)
            for name, holder, since, silent, lives in rows
        ]

    async def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The sources in each lease, by the config of whoever has it or had it last."""
        return {name: tuple(sources) for name, sources in await self._run("select name, sources from leases", ())}

    async def workers(self) -> Sequence[Worker]:
        """Every worker that was alive in the last hour and did not end in peace, by name."""
        rows = await self._run(
            """select name, host, pid, queue, started_at, extract(epoch from now() - seen_at)::float8, leases
                from workers order by name""",
            (),
        )
        return [Worker(*row) for row in rows]

    async def is_shared(self) -> bool:
        """Whether workers ever shared this database."""
        return await self._run("select to_regclass('leases') is not null", ()) == [(True,)]

    async def alone(self) -> str | None:
        """Who has the database alone just now, so that no worker works on it; None: nobody has."""
        with told_for_people(self.database):
            async with self.pool.connection() as connection:
                return await who_is_alone(connection)

    # Questions to whoever polls a source

    async def ask(self, source: str, key: str) -> int:
        """Ask for a look at an order; the id of the question."""
        ((id_,),) = await self._run("insert into checks (source, key) values (%s, %s) returning id", (source, key))
        return int(id_)

    async def answer_to(self, question: int) -> Looked | None:
        """What came of it, once; None: nothing yet."""
        rows = await self._run("delete from checks where id = %s and answer is not null returning answer", (question,))
        return Looked(**json.loads(rows[0][0])) if rows else None

    async def asked(self, sources: Collection[str], *, after: int) -> Sequence[tuple[int, str, str]]:
        """Young questions about these sources that nobody answered: id, source and key."""
        return await self._run(
            """select id, source, key from checks where answer is null and id > %s and source = any(%s)
                and asked_at > now() - interval '10 seconds' order by id""",
            (after, list(sources)),
        )

    async def answer(self, question: int, looked: Looked) -> None:
        """Say what came of a question."""
        await self._run(
            "update checks set answer = %s where id = %s returning 1", (json.dumps(asdict(looked)), question)
        )

    async def _run(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        with told_for_people(self.database):
            async with self.pool.connection() as connection:
                found = await connection.execute(statement, parameters)
                return await found.fetchall()


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


async def _require(connection: Connection, name: str, token: str) -> None:
    """Keep a lease from being handed to anybody else until the transaction ends. Raises LeaseLost.

    The lock is of the row's keys, of which the token is one by its unique index. So it stops whoever would hand out
    another token, and not those who renew: a transaction that writes under many leases holds up no renewal.
    """
    found = await connection.execute("select 1 from leases where name = %s and token = %s for key share", (name, token))
    if await found.fetchone() is None:
        raise LeaseLost(f"the lease {name} is another worker's by now; nothing was written")


def fence(name: str, token: str) -> Callable[[Connection], Awaitable[None]]:
    """What runs first in every transaction that writes under a lease."""
    return partial(_require, name=name, token=token)


async def claim_name(leases: Leases, worker: Worker, *, silent: float) -> bool:
    """Let a worker have its name, unless another of that name gave a sign of life in the last `silent` seconds.

    The tables must be there. Raises StorageError.
    """
    with told_for_people(leases.database):
        async with leases.pool.connection() as connection:
            found = await connection.execute(
                """insert into workers (name, host, pid, queue, leases) values (%s, %s, %s, %s, '{}')
                    on conflict (name) do update set host = excluded.host, pid = excluded.pid,
                        queue = excluded.queue, leases = excluded.leases, started_at = now(), seen_at = now()
                        where workers.seen_at < now() - %s
                    returning 1""",
                (worker.name, worker.host, worker.pid, worker.queue, timedelta(seconds=silent)),
            )
            return bool(await found.fetchall())
