"""The loop over one source: whatever is due is done, a few jobs at a time, as long as the source answers.

While the source fails, nobody asks until its time to retry has come; then one worker tries, and the others wait for
how that went.
"""

import asyncio
import math
from collections.abc import Callable
from datetime import timedelta

from bot.clock import sleep_unless
from bot.core.phrases import counted, span_words
from bot.errors import SourceError
from bot.loops.catch_up import Job
from bot.loops.rounds import Rounds
from bot.model.moment import Moment, from_instant
from bot.model.poll import Looked
from bot.ports import Clock

PATIENCE = 8.0
"""Seconds that somebody waits for an answer of the source; it is used when it comes later, too."""
LONG_PASS = 20.0
"""Seconds from which on who waits for a single pass wants to know why it takes so long."""
LONGEST_SLEEP = 60.0
"""Seconds. A clock that jumped, or an agenda changed from outside, is noticed at least this often."""


class Poller:
    """Workers that share one source's agenda. `workers` is how many of its orders are looked at side by side."""

    def __init__(self, rounds: Rounds, clock: Clock, *, workers: int) -> None:
        self.rounds = rounds
        self._clock = clock
        self._workers = workers
        self.spent_until: Moment | None = None
        """Until when nothing can be asked, where a pass ended for that with orders left to look at."""
        self._busy = 0
        self._watch = asyncio.Lock()
        """One idle worker watches the agenda; the others wait in line, and cost nothing."""
        self._wakes_at = math.inf
        """When whoever watches looks again by himself, on the monotonic clock; never, while nobody does."""
        self._news = asyncio.Event()
        """Set when an idle worker has reason to look at the agenda again."""
        self._checks: dict[str, asyncio.Task[SourceError | None]] = {}
        rounds.ledger.condition.when_asked(self.try_soon)

    @property
    def has_looked(self) -> bool:
        """Whether everything that was due has been looked at, since the start."""
        due = self.rounds.ledger.agenda.next_due()
        return self.rounds.is_loaded and not self._busy and (due is None or due > self._clock.monotonic())

    async def check(self, key: str) -> Looked:
        """Look at an order now, within the budget and ahead of routine looks. Those who ask at once share it.

        While the source fails it is not asked, and the answer says when it will be.
        """
        health = self.rounds.ledger.health
        if not self.rounds.is_loaded:
            return Looked(reason="it is only being started")
        if self._must_wait:
            return Looked(possible_at=health.retry_at, reason=health.reason)
        if (wait := self.rounds.budget.wait()) > PATIENCE and key not in self._checks:
            at = from_instant(self._clock.now() + timedelta(seconds=wait))
            return Looked(possible_at=at, is_budget_spent=True)
        check = self._checks.get(key)
        if check is None:
            check = self._checks[key] = asyncio.create_task(self.rounds.look_now(key))
            check.add_done_callback(lambda _: self._checks.pop(key, None))
            check.add_done_callback(lambda _: self._news.set())
        patience = asyncio.ensure_future(self._clock.sleep(PATIENCE))
        try:
            await asyncio.wait((check, patience), return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
        if not check.done():
            return Looked(is_asked=True)
        error = check.result()
        return Looked(
            is_asked=True,
            is_answered=error is None,
            reason=str(error) if error else None,
            possible_at=self.rounds.ledger.health.retry_at,
        )

    def looked_at(self, key: str) -> Moment | None:
        """When the source last answered about an order by itself, since this process runs; None: it has not yet."""
        state = self.rounds.ledger.states.get(key)
        if state is None or state.looked_at is None:
            return None
        return from_instant(self._clock.now() - timedelta(seconds=self._clock.monotonic() - state.looked_at))

    def next_look(self, key: str) -> Moment | None:
        """When an order is looked at next by itself, as far as the source may be asked then; None: it is not."""
        due, now = self.rounds.ledger.agenda.due(key), self._clock.monotonic()
        if due is None:
            return None
        wait = max(due - now, self.rounds.budget.wait(), self.rounds.ledger.condition.wait(), 0.0)
        return from_instant(self._clock.now() + timedelta(seconds=wait))

    def wake(self) -> None:
        """The agenda was changed from outside: look at it again."""
        self._news.set()

    def try_soon(self) -> None:
        """Do the next job now, whenever it is due: others want to know whether the source can be reached."""
        self.rounds.ledger.agenda.hasten(self._clock.monotonic())
        self._news.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set; then let what is in flight be: it is asked again after the next start."""
        workers = [asyncio.create_task(self._work()) for _ in range(self._workers)]
        workers += [asyncio.create_task(self._load()), asyncio.create_task(self._note_stalls())]
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([stopped, *workers], return_when=asyncio.FIRST_COMPLETED)
            for worker in workers:
                if worker.done():
                    worker.result()  # raises what ended it
        finally:
            for task in (stopped, *workers):
                task.cancel()
            await asyncio.gather(stopped, *workers, return_exceptions=True)
            for check in self._checks.values():
                check.cancel()

    async def once(self) -> None:
        """One pass: sweep every listing, look at every order followed by name and at all that is due, then return.

        Ends early when the source fails, as its health tells, or when its budget is spent for long.
        """
        await self.rounds.load()
        self.rounds.make_named_due()
        await self.work_off()
        if not self._must_wait and not self.spent_until:
            await self.rounds.note_seen_whole()

    async def tell_of_waiting(self, tell: Callable[[str], None]) -> None:
        """Tell once, in words, what a pass waits for when its budget holds it up for long. Never ends before that."""
        budget = self.rounds.budget
        while True:
            await budget.held_up.wait()
            limit, wait = budget.limit, budget.wait()
            due = self.rounds.ledger.agenda.due_by(self._clock.monotonic())
            orders = self._busy + sum(isinstance(job, str) for job in due)
            if limit:
                wait += max(0, orders - 1) // limit.events * limit.seconds
            if wait >= LONG_PASS and not budget.stalled.is_set():
                why = f"for its budget of {limit}" if limit else "as it asked"
                source, span = self.rounds.ledger.telling.source, span_words(timedelta(seconds=wait))
                tell(f"{source}: waiting {why}, {counted(orders, 'order')} to go, at least {span}")
                return
            await self._clock.sleep(1.0)

    async def work_off(self) -> None:
        """Do everything that is due, and what follows from it, each job once.

        Ends early when the source fails, or when its budget is spent for long.
        """
        done: set[Job] = set()
        working = {asyncio.create_task(self._work_through(done)) for _ in range(self._workers)}
        stalled = asyncio.create_task(self.rounds.budget.stalled.wait())
        try:
            while working and not stalled.done() and not self._must_wait:
                ended, _ = await asyncio.wait({*working, stalled}, return_when=asyncio.FIRST_COMPLETED)
                for worker in working & ended:
                    worker.result()  # raises what ended it
                working -= ended
            if working and not self._must_wait:  # else who still waits for a turn at the source would wait that long
                wait = timedelta(seconds=self.rounds.budget.wait())
                self.spent_until = from_instant(self._clock.now() + wait)
                with self.rounds.budget.shut():
                    await asyncio.wait(working)  # what was asked already is answered, and kept
                for worker in working:
                    if not worker.cancelled():
                        worker.result()
        finally:
            for task in (stalled, *working):
                task.cancel()
            await asyncio.gather(stalled, *working, return_exceptions=True)
        if self.spent_until:
            await self.rounds.ledger.condition.note_spent(self.rounds.budget.limit, self.spent_until)

    async def _load(self) -> None:
        """Remember everything while the first of it is looked at already. Never ends."""
        async for _ in self.rounds.loading():
            self._news.set()
        await asyncio.Event().wait()

    async def _note_stalls(self) -> None:
        """Note whenever the budget is spent for long. Never ends."""
        budget = self.rounds.budget
        while True:
            await budget.stalled.wait()
            until = from_instant(self._clock.now() + timedelta(seconds=budget.wait()))
            await self.rounds.ledger.condition.note_spent(budget.limit, until)
            await self._clock.sleep(max(1.0, budget.wait()))

    async def _work(self) -> None:
        while True:
            async with self._watch:
                while (job := self._next_job()) is None:
                    self._news.clear()
                    idle = self._idle_time()
                    self._wakes_at = self._clock.monotonic() + idle
                    await sleep_unless(self._news, idle, self._clock)
                    self._wakes_at = math.inf
            await self._do(job)

    @property
    def _must_wait(self) -> bool:
        return self.rounds.ledger.condition.wait() > 0

    async def _work_through(self, done: set[Job]) -> None:
        while not self._must_wait:
            job = self._next_job()
            if job is not None:
                if job not in done:
                    done.add(job)
                    await self._do(job)
            elif self._busy:
                self._news.clear()
                await self._news.wait()
            else:
                return

    def _next_job(self) -> Job | None:
        health = self.rounds.ledger.health
        if health.failures and (self._busy or self._must_wait):
            return None
        return self.rounds.ledger.agenda.pop(self._clock.monotonic())

    def _idle_time(self) -> float:
        """Seconds until there may be something to do."""
        ledger = self.rounds.ledger
        due = ledger.agenda.next_due()
        until_due = LONGEST_SLEEP if due is None else due - self._clock.monotonic()
        until_retry = ledger.condition.wait()
        if ledger.health.failures and self._busy:
            until_retry = LONGEST_SLEEP  # the one who tries will wake us
        return min(LONGEST_SLEEP, max(until_due, until_retry, 0.001))

    async def _do(self, job: Job) -> None:
        self._busy += 1
        try:
            await self.rounds.do(job)
            if self.rounds.ledger.health.spent_until and not self.rounds.budget.wait():
                await self.rounds.ledger.condition.note_not_spent()
        finally:
            self._busy -= 1
            if self._wakes_at == math.inf or self._clock.monotonic() + self._idle_time() < self._wakes_at:
                self._news.set()
