"""What a poller does for one job: look at an order, or sweep a listing.

The way of one order: fetched → same bytes? done → parsed → planned against its last snapshot → committed.
Jobs run several at once for different orders; KeyLock keeps each order to one at a time.
"""

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator, Sequence, Set
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import plan
from bot.core.backoff import jitter
from bot.core.drift import Weighed
from bot.core.schedule import rest, retry_rest, second_look_rest
from bot.core.turns import Turns
from bot.errors import AnswerUnreadable, OrderNotFound, OrderwatchError, SourceError
from bot.log import event
from bot.loops.catch_up import CatchUp, Job
from bot.loops.first_looks import is_new, note_first_looks
from bot.loops.hints import Hints
from bot.loops.keylock import KeyLock
from bot.loops.ledger import Ledger
from bot.loops.listings import Listings, Sweep
from bot.model.moment import Moment, from_instant
from bot.model.order import Order, Stage
from bot.model.poll import Listed, Listing, OrderState, Payload, PollRecord, Scope
from bot.model.watch import Watchlist
from bot.ports import Clock, Source

log = logging.getLogger(__name__)

LET_OTHERS_RUN_EVERY = 20
"""Rows of a listing that are weighed in one go: some milliseconds."""
FAILURES_TO_TELL = 3
"""Unusable answers in a row about one order before operators hear of it."""
_AT_ONCE = 500
"""Orders that are noted before others run: a few milliseconds."""


class Rounds:
    """The work at one source. `ledger` remembers what is known and owed; the agenda in it says what is due."""

    def __init__(self, source: Source, clock: Clock, ledger: Ledger, turns: Turns | None = None) -> None:
        """`turns` spends a budget that is too small for what people ask; without it everybody rests as asked for."""
        self.ledger = ledger
        self.budget = source.budget
        self.turns = turns
        self._source = source
        self._clock = clock
        self._listings = Listings(source, clock)
        self.hints = Hints(source, ledger, self._listings, turns)
        self.locks = KeyLock()
        """Whoever writes of an order holds its key."""
        self._catch_up = CatchUp(ledger, clock)
        self.is_loaded = False

    async def load(self) -> None:
        """Remember what the store knows, and note what is due: every listing, and each order when its time has come."""
        async for _ in self.loading():
            pass

    async def loading(self) -> AsyncGenerator[None]:
        """The same in parts: whenever it yields, more orders can be looked at. Listings come last: they need all."""
        present = self._clock.now()
        is_scarce = self.budget.portion > 0  # spent on the first orders, it would leave nothing for the others
        waiting: list[OrderState] = []
        gc.disable()  # all that is made here stays: looking through it again and again would only hold everybody up
        try:
            async with aclosing(self.ledger.load()) as parts:
                async for part in parts:
                    await _let_others_run()  # what grows by the million moves to more room at once: one thing at a time
                    expected = self._expected(part, present)
                    if is_scarce:
                        waiting += expected
                    else:
                        note_first_looks(self.ledger, expected, present, self._clock.monotonic())
                        yield
                    await _let_others_run()
            if waiting:
                waiting = [state for state in waiting if self.ledger.book.follows(state)]  # still
                turn = self.turns.longest(present) if self.turns else 0.0
                for start in range(0, len(waiting), _AT_ONCE):
                    part = waiting[start : start + _AT_ONCE]
                    note_first_looks(self.ledger, part, present, self._clock.monotonic(), turn=turn)
                    await _let_others_run()
        finally:
            gc.freeze()
            gc.enable()
        for scope in (*self.ledger.book.scopes.values(), *((self.hints.scope,) if self.hints.are_wanted else ())):
            self.ledger.agenda.put_first(scope, self._clock.monotonic())
        self.is_loaded = True
        yield

    async def follow(self, key: str, watchlist: Watchlist) -> None:
        """Follow one order for somebody in chat, from now on."""
        self.ledger.book.follow(key, watchlist)
        if self.is_loaded and key not in self.ledger.states:
            await self.ledger.recall(key)
            self.ledger.agenda.put(key, self._clock.monotonic())

    def unfollow(self, key: str, name: str) -> None:
        """Follow it no more under that name; an order that nobody follows is not looked at again."""
        self.ledger.book.unfollow(key, name)
        state = self.ledger.states.get(key)
        if state is not None and not self.ledger.book.follows(state):
            self.ledger.agenda.drop(key)
            if self.turns:
                self.turns.drop(state)

    def make_named_due(self) -> None:
        """Let every order that is followed by its name be due now, whatever its time."""
        now, at = self._clock.monotonic(), self._clock.now()
        rested = self.ledger.book.named.keys() - self.ledger.agenda.due_by(now)
        for key in sorted(rested, key=lambda key: jitter(f"{key}/{at}")):
            self.ledger.agenda.put(key, now)

    async def look_now(self, key: str) -> SourceError | None:
        """Look at one order for somebody who asks, also if nobody follows it. Returns and raises as `do` does."""
        ledger = self.ledger
        if key not in ledger.states:
            await ledger.recall(key)
        try:
            return await self.do(key, urgent=True)
        finally:
            if not ledger.book.follows(ledger.states[key]):
                ledger.agenda.drop(key)

    async def do(self, job: Job, *, urgent: bool = False) -> SourceError | None:
        """Do one job and note when it is due again. A failure of the source is noted, and told when it is news.

        Returns that failure. Raises StorageError. An urgent look goes ahead of waiting routine requests.
        """
        self._catch_up.at_work.add(job)
        try:
            if isinstance(job, str):
                await self._look(self.ledger.states[job], urgent=urgent)
            elif job.id in self.ledger.book.scopes:
                await self._sweep(job)
            else:
                self.ledger.agenda.put_first(job, self._clock.monotonic() + await self.hints.glance())
        except Exception as error:
            if isinstance(error, OrderwatchError) and not isinstance(error, SourceError):
                raise
            failure = error if isinstance(error, SourceError) else _stumbled(self._source, job, error)
            await self._note_failed(job, failure)
            self._catch_up.failed(job)
            return failure
        finally:
            self._catch_up.at_work.discard(job)
        await self._catch_up.answered(job)
        return None

    async def note_seen_whole(self) -> None:
        """Everything that was due has been done, as far as the source answered."""
        await self._catch_up.seen_whole()

    # One order

    async def _look(self, state: OrderState, *, urgent: bool) -> None:
        try:
            payload = await self._source.fetch(state.key, known=state.raw_digest, urgent=urgent)
        except OrderNotFound:
            async with self.locks.hold((state.key,)):
                await self._note_not_found(state)
            return
        digest, seq = payload.digest, state.seq
        is_new = digest != state.raw_digest or state.key in self.ledger.moved
        if is_new or state.missing or state.vanished or state.doubt:
            order = self._source.parse(state.key, payload)
            async with self.locks.hold((state.key,)):
                await self._take(state, order, payload, digest)
        elif self.ledger.drift.is_suspicious and (previous := await self.ledger.last_snapshot(state)):
            self.ledger.drift.unchanged(state.key, previous.order)
        state.failures = 0
        if self.turns:
            changed = 0 < seq < state.seq
            self.turns.looked(state, self._clock.monotonic(), self._clock.now(), changed=changed)
            self.turns.spent(self._source.budget.passed)
        pause = self._rest(state, state.stage)
        if state.doubt is not None and not self.ledger.drift.is_drifting(state.doubt):
            pause = second_look_rest(self.ledger.book.look_every(state))
        self._look_again(state, pause)

    async def _take(self, state: OrderState, order: Order, payload: Payload, digest: bytes) -> None:
        ledger = self.ledger
        previous = await ledger.last_snapshot(state)
        if plan.is_older(order, previous):
            await ledger.condition.note_stale_answer()
            return
        row_digest, now = ledger.moved.get(state.key), self._clock.now()
        weighed = Weighed(order, order)
        if previous is not None:
            weighed = ledger.drift.weigh(previous.order, order, now, ledger.book.look_every(state))
        sight = plan.Sight(
            state=state,
            previous=previous,
            order=weighed.order,
            payload=payload,
            watchlists=ledger.book.following(state.key, state.scopes),
            is_news=ledger.first_sight_is_news(state),
            raw_digest=digest,
            list_digest=row_digest,
            scopes=state.scopes,
            next_poll_at=_moment_in(self._clock, self._rest(state, order.status.stage)),
            memory=None if previous is None else await ledger.memory(state.key),
            doubt=weighed.doubt,
        )
        cautious = replace(sight, order=weighed.cautious)
        was_so_before = plan.is_doubtful(cautious) and await ledger.was_so_before(cautious.order)
        is_back = plan.needs_second_look(cautious, was_so_before=was_so_before)
        if is_back or (plan.may_be_mixed(cautious) and not await _says_it_again(self._source, state.key, digest)):
            record = plan.second_look_needed(cautious, ledger.telling, now)
            await ledger.commit(plan.with_drift(record, weighed, ledger.telling, now))
            return
        record = plan.order_seen(sight, ledger.telling, ledger.known_words, now)
        await ledger.commit(plan.with_drift(record, weighed, ledger.telling, now))
        if ledger.moved.get(state.key) == row_digest:  # else it moved again while we looked
            ledger.moved.pop(state.key, None)
        await ledger.note_looked_at(state.key)

    async def _note_not_found(self, state: OrderState) -> None:
        ledger, is_known = self.ledger, state.seq > 0 and not state.vanished
        pause = self._rest(state, state.stage, found=is_known)
        if ledger.health.is_blind:  # a source in trouble denies much
            self._look_again(state, second_look_rest(ledger.book.look_every(state)))
            return
        record = plan.order_not_found(
            state,
            await ledger.last_snapshot(state),
            ledger.book.following(state.key, state.scopes),
            ledger.telling,
            self._clock.now(),
            _moment_in(self._clock, pause),
            listing_counts=self._source.listing is Listing.COMPLETE and bool(state.scopes),
        )
        await ledger.commit(record)
        state.failures = 0
        ledger.moved.pop(state.key, None)
        self._look_again(state, pause)
        await ledger.note_looked_at(state.key)

    # A listing

    async def _sweep(self, scope: Scope) -> None:
        ledger = self.ledger
        sweep = self._listings.begin(scope, ledger.book.details_every(scope.id))
        is_first = scope.id not in ledger.swept
        unseen = set(ledger.members.get(scope.id, ()))
        async with aclosing(sweep.pages()) as pages:
            async for page in pages:
                if page.listed is not None:
                    rows = {row.key: row for row in page.listed}  # the last word on an order that comes twice
                    async with self.locks.hold(rows.keys()):
                        await self._take_rows(scope, sweep, tuple(rows.values()), is_first=is_first)
                keys = tuple(ledger.states[key].key for key in page.keys)  # the very texts, so that none is kept twice
                unseen.difference_update(keys)
                sweep.done(page, keys)
                if is_first:
                    gc.freeze()  # what a first sweep makes stays, too
        self._listings.end(scope, sweep)
        if sweep.is_whole and self._source.listing is Listing.COMPLETE:
            await self._note_missed(unseen)
        seen = len(ledger.members.get(scope.id, ())) - len(unseen)
        if is_first and seen:  # an empty answer is never a baseline: what came next would all be new
            await ledger.note_first_sweep(scope, seen)
        ledger.agenda.put_first(scope, self._clock.monotonic() + ledger.book.sweep_every(scope.id).total_seconds())

    async def _note_missed(self, keys: Set[str]) -> None:
        if self.ledger.health.is_blind:
            return  # what a source leaves out while it is in trouble means nothing
        missed = [key for key in keys if plan.can_vanish(self.ledger.states[key])]
        async with self.locks.hold(missed):  # a look in flight may be finding out the same
            for state in await self.ledger.note_missed(missed):
                self.ledger.agenda.put_urgent(state.key)

    async def _take_rows(self, scope: Scope, sweep: Sweep, rows: Sequence[Listed], *, is_first: bool) -> None:
        ledger = self.ledger
        fresh = {row.key for row in rows if ledger.states.get(row.key) is None or not ledger.states[row.key].seq}
        records: list[PollRecord] = []
        for place, row in enumerate(rows):
            record = ledger.row_record(scope, row, is_first=is_first)
            if record:
                records.append(record)
            if place % LET_OTHERS_RUN_EVERY == 0:
                await asyncio.sleep(0)
        await ledger.commit_together(records)
        moved: list[Listed] = []
        for row in rows:
            state = ledger.states[row.key]
            if state.list_digest != row.digest or state.vanished:
                if state.list_digest and ledger.moved.get(row.key) != row.digest:
                    moved.append(row)
                ledger.moved[row.key] = row.digest
                ledger.agenda.put_urgent(row.key)
            elif row.key in fresh:
                self._look_again(state, 0.0)
        self._listings.judge(scope, sweep, moved)

    # When again

    async def _note_failed(self, job: Job, error: SourceError) -> None:
        ledger = self.ledger
        wait = await ledger.condition.note_failed(error)
        if isinstance(job, Scope):
            ledger.agenda.put_first(job, self._clock.monotonic() + wait)
            return
        state = ledger.states[job]
        state.failures += 1
        is_source = ledger.health.told or ledger.health.failures >= FAILURES_TO_TELL
        if state.failures == FAILURES_TO_TELL and not is_source:
            await ledger.commit(plan.order_unreadable(state, error, ledger.telling, self._clock.now()))
        pause = retry_rest(state.failures, ledger.book.look_every(state), seed=job)
        self._look_again(state, max(wait, pause))

    def _rest(self, state: OrderState, stage: Stage, *, found: bool = True) -> float:
        pause = rest(stage, self.ledger.book.look_every(state), found=found, seed=f"{state.key}/{state.seq}")
        if self.turns is None or not found or stage.is_final:
            return pause
        return self.turns.rest(state, pause, self._clock.now())

    def _expected(self, states: Sequence[OrderState], present: datetime) -> list[OrderState]:
        """Those of `states` that are looked at by themselves from now on."""
        named = self.ledger.book.named
        expected = [
            state
            for state in states
            if (is_new(state) or state.next_poll_at or state.key in named) and self._wants_a_look(state)
        ]
        if self.turns:
            for state in expected:
                self.turns.watch(state, present)
        return expected

    def _look_again(self, state: OrderState, pause: float) -> None:
        """Note the next look `pause` seconds from now, unless the listing will tell when one is needed."""
        if self._wants_a_look(state) and not self.ledger.agenda.is_urgent(state.key):
            self.ledger.agenda.put(state.key, self._clock.monotonic() + pause)

    def _wants_a_look(self, state: OrderState) -> bool:
        if not (state.vanished or state.stage.is_final) or state.failures or state.doubt:
            return True
        return self._source.listing is not Listing.COMPLETE or state.key in self.ledger.book.named


async def _let_others_run() -> None:
    """Twice: what has come in meanwhile stands in line only once we stand there again."""
    for _ in range(2):
        await asyncio.sleep(0)


async def _says_it_again(source: Source, key: str, digest: bytes) -> bool:
    """Whether the source, asked at once again, gives the same answer."""
    try:
        return (await source.fetch(key, known=digest, urgent=True)).digest == digest
    except OrderNotFound:
        return False


def _stumbled(source: Source, job: Job, defect: Exception) -> AnswerUnreadable:
    """A defect of ours that one odd answer brought up: everything else goes on, and operators hear of it."""
    asked = f"for {job}" if isinstance(job, str) else "for its listing"
    event(log, "stumbled", level=logging.ERROR, source=source.name, asked=asked, error=repr(defect))
    log.debug("traceback", exc_info=defect)
    came = f"came what orderwatch itself stumbles over ({type(defect).__name__}); please report it"
    return AnswerUnreadable(source.name, asked, came)


def _moment_in(clock: Clock, seconds: float) -> Moment:
    return from_instant(clock.now() + timedelta(seconds=seconds))
