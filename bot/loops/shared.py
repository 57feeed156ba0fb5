"""Many workers on one PostgreSQL database: procrastinate hands out leases, and what a worker holds it works on.

A job is a lease and lasts for as long as its worker renews it; a job for each poll would cost the database thirty times
as much. A worker that cannot renew stops by its own clock before anybody else may begin. One that was frozen meanwhile
finds that its token is gone, and writes nothing. Needs the extra `orderwatch[postgres]`.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector, jobs
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.manager import JobManager

from bot.clock import SharedClock, sleep_unless
from bot.core.shards import fingerprints
from bot.core.shares import to_hand_over
from bot.errors import LeaseLost, StorageError
from bot.log import event
from bot.loops.differences import Differences
from bot.loops.elsewhere import Answering
from bot.loops.engine import Crew
from bot.loops.recurring import Recurring
from bot.loops.supervisor import Loop, Supervisor
from bot.model.lease import STALL, Job, Lease, Worker
from bot.model.moment import Moment
from bot.storage._pg_connections import Connection
from bot.storage._pg_trouble import told_for_people
from bot.storage.leases import Leases, fence
from bot.storage.postgres import PostgresStorage

log = logging.getLogger(__name__)

_ANYBODY = "leases"
"""The queue of leases that any worker may take."""
_TASK = "lease"
_DRAIN = 6.0
"""Seconds that the loops of a lease have to end in peace when it is handed over."""
_UNKNOWN = "it is not in the config of this worker; if it is in that of no other, nobody works on it any more"
_AGAIN_AFTER = 1.0
"""Seconds until procrastinate is begun again that failed."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds. A worker that is cut off must stop before it is called dead: lease < stall - heartbeat."""

    lease: float = 20.0
    """A worker that could not renew for so long stops."""
    heartbeat: float = 3.0
    """Between two signs of life; leases are renewed as often."""
    stall: float = STALL
    """See there."""
    look: float = 0.5
    """Between two looks for leases that are free, beside being told of them."""

    def __post_init__(self) -> None:
        if self.lease >= self.stall - self.heartbeat:
            raise ValueError("a lease must end before its worker is called dead: lease < stall - heartbeat")


@dataclass(slots=True)
class _Held:
    """A lease while we work on it."""

    token: str
    job: Job
    deadline: float
    """On our monotonic clock."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set to end its loops in peace."""
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it may be another's: its loops end at once."""
    next_queue: str = _ANYBODY
    """Who is to have it next."""


class ProcrastinateEngine:
    """Takes leases as they come, works on them, and hands them over."""

    def __init__(
        self,
        crew: Crew,
        leases: Sequence[Lease],
        storage: PostgresStorage,
        table: Leases,
        clock: SharedClock,
        worker: Worker,
        times: Times,
    ) -> None:
        """`leases` are all there are; `storage` and `table` are open."""
        self._crew = crew
        self._leases = {lease.name: lease for lease in leases}
        self._storage = storage
        self._table = table
        self._clock = clock
        self._worker = replace(worker, leases=fingerprints(leases))
        self._times = times
        self._held: dict[str, _Held] = {}
        self._leaving = False
        self._unreachable = Recurring("lease_table_unreachable", clock)
        self._failing = Recurring("engine_failed", clock)
        self._differences = Differences(self._leases)
        self._answering = Answering(crew.pollers, table, clock)
        self._app = App(connector=PsycopgConnector())
        self._app.job_manager = _Jobs(self._app.connector)
        self._app.task(name=_TASK, pass_context=True)(self._work)

    async def run(self, stop: asyncio.Event, beside: Mapping[str, Loop]) -> None:
        """Work on whatever leases are to be had until `stop` is set, then hand them over."""
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # what fails is told here, in one line
        await self._app.open_async(self._table.pool)
        await self._table.prepare(self._make_engine_tables)
        own = {"taker": self._take, "keeper": self._keep, "giver": self._give, "comparer": self._compare}
        loops: dict[str, Loop] = {name: _Until(run) for name, run in own.items()}
        loops["answering"] = self._answering
        guard = asyncio.create_task(self._guard())
        try:
            await Supervisor({**loops, **beside}, _Unheard(), self._clock, self._crew.loops_fail).run(stop)
        finally:
            guard.cancel()
            with suppress(StorageError):
                await self._table.leave(self._worker.name)

    async def _make_engine_tables(self) -> None:
        with _said_by_the_driver():
            await self._app.schema_manager.apply_schema_async()

    # Taking leases

    async def _take(self, stop: asyncio.Event) -> None:
        """Let procrastinate give us leases; it ends when it loses the database, and is begun again."""
        stopped = asyncio.create_task(stop.wait())
        taking: asyncio.Task[Any] = stopped
        try:
            while not stop.is_set():
                taking = asyncio.create_task(self._run_procrastinate())
                await asyncio.wait({taking, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    await self._hand_all_over(taking)
                elif error := taking.exception():
                    self._failing.tell(error, next_try_in=_AGAIN_AFTER)
                    await sleep_unless(stop, _AGAIN_AFTER, self._clock)
        finally:
            stopped.cancel()
            taking.cancel()

    async def _run_procrastinate(self) -> None:
        times = self._times
        with told_for_people(self._table.database), _said_by_the_driver():
            await self._app.run_worker_async(
                queues=[_ANYBODY, self._worker.queue],
                name=self._worker.name,
                concurrency=len(self._leases) + 1,
                fetch_job_polling_interval=times.look,
                shutdown_graceful_timeout=min(_DRAIN, times.lease) + 1.0,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=times.heartbeat,
                stalled_worker_timeout=times.stall,
            )

    async def _hand_all_over(self, taking: asyncio.Task[Any]) -> None:
        taking.cancel()
        await asyncio.sleep(0)  # it takes no more from here on, and waits for those it has
        self._leaving = True
        for held in self._held.values():
            held.stop.set()
        await asyncio.gather(taking, return_exceptions=True)

    async def _work(self, context: JobContext, name: str) -> None:
        """Hold a lease until it is lost, or wanted by others."""
        lease, job = self._leases.get(name), context.job
        if lease is None or job.id is None or job.worker_id is None:
            return  # a worker with another config knows what it is
        row, token, asked = Job(job.id, job.attempts, job.worker_id), secrets.token_hex(16), self._clock.monotonic()
        if not await self._table.acquire(name, token, self._worker.name, row, lease.sources):
            return
        held = _Held(token, row, asked + self._times.lease)
        if self._leaving:
            held.stop.set()
        self._held[name] = held
        event(log, "lease_taken", lease=name)
        try:
            await self._run_loops(lease, held)
        finally:
            del self._held[name]
            self._crew.leave(lease)
        event(log, "lease_lost" if held.lost.is_set() else "lease_given", lease=name)
        if not held.lost.is_set():
            await self._table.release(name, token)
            await self._offer(name, held.next_queue)

    async def _run_loops(self, lease: Lease, held: _Held) -> None:
        running = asyncio.create_task(self._loops_of(lease, held))
        lost = asyncio.create_task(held.lost.wait())
        try:
            await asyncio.wait({running, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost.cancel()
            running.cancel()
            (outcome,) = await asyncio.gather(running, return_exceptions=True)
        if isinstance(outcome, Exception):  # whatever it is, others may do better, and so may we a little later
            error = f"{type(outcome).__name__}: {outcome}"
            event(log, "lease_failed", level=logging.ERROR, lease=lease.name, error=error)
            await sleep_unless(held.stop, self._times.heartbeat, self._clock)

    async def _loops_of(self, lease: Lease, held: _Held) -> None:
        storage = self._storage.fenced(partial(self._require, lease.name, held))
        loops = await self._crew.take(lease, storage)
        drain, cry = min(_DRAIN, self._times.lease), self._crew.loops_fail
        await Supervisor(loops, _Unheard(), self._clock, cry, drain=drain).run(held.stop)

    async def _require(self, name: str, held: _Held, connection: Connection) -> None:
        """The fence: nothing is written after the deadline, nor under a token that is gone. Raises LeaseLost."""
        try:
            if self._clock.monotonic() >= held.deadline:
                raise LeaseLost(f"the lease {name} is over and could not be renewed; nothing was written")
            await fence(name, held.token)(connection)
        except LeaseLost:
            held.lost.set()
            raise

    async def _offer(self, name: str, queue: str = _ANYBODY) -> None:
        """Let a lease be taken, once."""
        lease_task = self._app.configure_task(_TASK, lock=name, queueing_lock=name, queue=queue)
        with suppress(AlreadyEnqueued):
            await lease_task.defer_async(name=name)

    # Keeping them, and giving them away

    async def _guard(self) -> None:
        """End by our own clock what could not be renewed."""
        while True:
            await self._clock.sleep(self._times.heartbeat / 10)
            now = self._clock.monotonic()
            for held in self._held.values():
                if now >= held.deadline:
                    held.lost.set()

    async def _keep(self, stop: asyncio.Event) -> None:
        """Renew what we hold. A loop of its own: over a slow network all the rest would take longer than a lease."""
        while not stop.is_set():
            with self._told():
                await self._renew()
                asked_at = self._clock.monotonic()
                self._clock.follow(await self._table.report(self._worker), asked_at=asked_at)
                if self._unreachable.end():
                    event(log, "lease_table_reached")
            await sleep_unless(stop, self._times.heartbeat, self._clock)

    async def _give(self, stop: asyncio.Event) -> None:
        """Give away what is too much, and bring back what nobody has."""
        while not stop.is_set():
            with self._told():
                await self._share()
                await self._bring_back()
            await sleep_unless(stop, self._times.heartbeat, self._clock)

    async def _compare(self, stop: asyncio.Event) -> None:
        """Compare our config with those of the others."""
        while not await sleep_unless(stop, self._times.stall, self._clock):
            with self._told():
                holdings = await self._table.holdings(seconds=self._times.stall)
                sources = await self._table.sources()
                self._differences.compare({each.lease: sources.get(each.lease, ()) for each in holdings if each.worker})

    async def _renew(self) -> None:
        asked, holding = self._clock.monotonic(), dict(self._held)
        renewed = await self._table.renew({name: (held.token, held.job) for name, held in holding.items()})
        for name, held in holding.items():
            if name in renewed:
                held.deadline = asked + self._times.lease
            else:
                held.lost.set()

    async def _share(self) -> None:
        """Give leases to workers that have less.

        Each only to those that know it as its holder does: another would not take it, or take it with other sources
        in it, and it would come and go for ever.
        """
        workers = {each.name: each for each in await self._table.workers() if each.silent < self._times.stall}
        holdings = await self._table.holdings(seconds=self._times.stall)
        holders = {each.lease: each.worker for each in holdings if each.worker in workers}
        as_held = {(lease, workers[holder].leases.get(lease)) for lease, holder in holders.items()}
        may_have = {name: {lease for lease, _ in as_held & each.leases.items()} for name, each in workers.items()}
        for name, worker in to_hand_over(holders, may_have, self._worker.name).items():
            if held := self._held.get(name):
                held.next_queue = workers[worker].queue
                held.stop.set()

    async def _bring_back(self) -> None:
        """Let leases be taken whose worker died, and those that nobody offers.

        A dead worker's job is ended and another made, so that no number of a job is ever two workers'.
        """
        manager, stall = self._app.job_manager, self._times.stall
        for dead in await manager.get_stalled_jobs(task_name=_TASK, seconds_since_heartbeat=stall):
            event(log, "lease_of_the_dead", level=logging.WARNING, lease=dead.lock)
            if dead.lock not in self._leases:
                sources = ", ".join((await self._table.sources()).get(dead.lock or "", ())) or None
                event(log, "lease_unknown", level=logging.WARNING, lease=dead.lock, sources=sources, advice=_UNKNOWN)
            await self._end(dead)
        queues = {_ANYBODY, *(worker.queue for worker in await self._table.workers() if worker.silent < stall)}
        offered = set()
        for job in await manager.list_jobs_async(task=_TASK):
            if job.status == "todo" and job.queue not in queues:
                await self._end(job)  # meant for a worker that is no more
            else:
                offered.add(job.lock)
        for name in self._leases.keys() - offered:
            await self._offer(name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell of what the database makes impossible inside the block, which is tried again."""
        try:
            with told_for_people(self._table.database), _said_by_the_driver():
                yield
        except StorageError as error:
            self._unreachable.tell(error, next_try_in=self._times.heartbeat)

    async def _end(self, job: jobs.Job) -> None:
        with suppress(ConnectorException):  # another worker was faster
            await self._app.job_manager.finish_job_by_id_async(job.id or 0, status=jobs.Status.FAILED, delete_job=True)


@contextmanager
def _said_by_the_driver() -> Iterator[None]:
    """Let what the engine makes of an error of the driver be that again."""
    try:
        yield
    except ConnectorException as error:
        raise error.__cause__ or error from None


class _Jobs(JobManager):  # type: ignore[misc,unused-ignore]  # the engine may be absent when types are checked
    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        """As inherited. One that others ended while we were away needs no end: that its lease is lost was told."""
        with suppress(ConnectorException):
            await super().finish_job(job, status, delete_job)


class _Until:
    """A method that runs until it is told to stop, as a loop."""

    def __init__(self, method: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._method = method

    async def run(self, stop: asyncio.Event) -> None:
        """Run it."""
        await self._method(stop)


class _Unheard:
    """Signs of life of loops that nobody asks for: here it is the leases that must be renewed."""

    async def beat(self, alive: Sequence[str], at: Moment, silent: Sequence[str] = ()) -> None:
        """Nothing."""
