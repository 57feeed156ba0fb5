"""The two clocks: the machine's, and one that moves only when told."""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime, timedelta

from bot.ports import Clock

_NEAR = 0.5
"""Seconds by which clocks may differ."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present, aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Really wait."""
        await asyncio.sleep(max(0.0, seconds))


class SharedClock:
    """The time of everybody who follows the same one, whatever the clock of his machine says."""

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._at_zero: datetime | None = None
        """The shared time when the monotonic clock stood at 0; None: not asked for yet."""

    def now(self) -> datetime:
        """The shared time, aware, UTC."""
        if self._at_zero is None:
            return self._own.now()
        return self._at_zero + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return self._own.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._own.sleep(seconds)

    def follow(self, answer: datetime, *, asked_at: float) -> float:
        """Follow the answer to a question for the time, asked then. Returns by how many seconds that moved the time.

        What may only be the way of the answer moves nothing.
        """
        answered_at = self.monotonic()
        middle = (asked_at + answered_at) / 2
        moves = (answer - (self.now() - timedelta(seconds=answered_at - middle))).total_seconds()
        if self._at_zero is not None and abs(moves) <= _NEAR + (answered_at - asked_at) / 2:
            return 0.0
        self._at_zero = answer - timedelta(seconds=middle)
        return moves


class ManualClock:
    """A clock for tests and simulations: time stands still until `advance` moves it.

    Sleepers wake in the order of their due times, and what they start runs before the next one wakes.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> datetime:
        """The moment the clock stands at."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds advanced so far."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced this far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._count), future))
        await future

    async def advance(self, seconds: float, *, settle: int = 50) -> None:
        """Move on by `seconds`, waking sleepers on the way. `settle` is how often others may run after each."""
        target = self._elapsed + seconds
        await self._settle(settle)
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, due)
            if not future.done():
                future.set_result(None)
            await self._settle(settle)
        self._elapsed = target
        await self._settle(settle)

    async def _settle(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)


async def sleep_unless(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Sleep, unless or until `event` is set. Returns whether it is set."""
    if event.is_set() or seconds <= 0:
        await asyncio.sleep(0)
        return event.is_set()
    sleeper = asyncio.ensure_future(clock.sleep(seconds))
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait((sleeper, waiter), return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeper.cancel()
        waiter.cancel()
    return event.is_set()


async def wait_for(event: asyncio.Event, seconds: float, clock: Clock, stop: asyncio.Event) -> None:
    """Wait until `event` or `stop` is set, at most that long."""
    waiters = [asyncio.ensure_future(each) for each in (clock.sleep(seconds), event.wait(), stop.wait())]
    try:
        await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
