"""A gate in front of a source: who may ask next, when, and how many at once."""

import asyncio
import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from enum import IntEnum

from bot.budget import Budget
from bot.core.pace import Window, wait_for_all
from bot.model.units import RateValue, Spent
from bot.ports import Clock

_ON_THE_WAY = 1.0
"""Seconds by which one request may take longer than a later one to reach the source, which counts them there."""
LONG_WAIT = 300.0
"""Seconds. Many requests wait for minutes of a budget; this is a day's that is spent."""


class Lane(IntEnum):
    """Where one waits. The first lane goes before all; the others take turns, so that neither holds up the other."""

    URGENT = 0
    """Somebody waits for the answer."""
    LISTING = 1
    """A page tells of many orders."""
    ROUTINE = 2


class Gate:
    """Keeps rates and the number in flight for everybody who passes. Equals go in turn."""

    def __init__(self, clock: Clock, rates: Sequence[RateValue], in_flight: int) -> None:
        self._clock = clock
        self._windows = [Window(rate, margin=min(_ON_THE_WAY, rate.seconds / 50)) for rate in rates]
        self._free = in_flight
        self._granted = math.inf
        self._may_go_on = asyncio.Event()
        self.used_up = asyncio.Event()
        """Set once what was granted is."""
        self._closed_until = 0.0
        self._is_shut = False
        self._resting_until = 0.0
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}
        self._last = Lane.ROUTINE
        self._usher: asyncio.Task[None] | None = None
        self._slot_freed = asyncio.Event()
        self.passed = 0
        """How many have been let through."""
        self.held_up = asyncio.Event()
        """Set while somebody has to wait, but for a source that failed."""
        self.stalled = asyncio.Event()
        """Set while that takes longer than LONG_WAIT."""
        self.limit: RateValue | None = None
        """The rate that lets somebody wait, or did last; None: nobody had to, or the source itself allows no more."""

    def pause(self, seconds: float) -> None:
        """Let nobody through for that long: the source asked for it, and failed."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def rest(self, seconds: float) -> None:
        """The same where no failure tells of it: a good answer said that it was the last one for now."""
        self.pause(seconds)
        self._resting_until = max(self._resting_until, self._clock.monotonic() + seconds)

    def wait(self) -> float:
        """Seconds until the rates allow one more request, whoever asks."""
        now = self._clock.monotonic()
        return max(self._closed_until - now, wait_for_all(self._windows, now), 0.0)

    def spent(self) -> Sequence[Spent]:
        """What counts against the longest rate, if that is of an hour or more; oldest first."""
        longest = self._longest()
        return longest.spent(self._clock.monotonic()) if longest else ()

    def recall(self, spent: Sequence[Spent]) -> None:
        """Count this and nothing else as spent of every rate of an hour or more."""
        for window in self._windows:
            if window.is_long:
                window.recall(spent, self._clock.monotonic())

    def follow(self, earlier: Budget) -> None:
        """Count what was spent of an earlier gate of the same source, and keep the wait that was asked for there."""
        if isinstance(earlier, Gate):
            self._closed_until = max(self._closed_until, earlier._closed_until)
            self._resting_until = max(self._resting_until, earlier._resting_until)
            for mine in self._windows:
                for theirs in earlier._windows:
                    if theirs.rate.seconds == mine.rate.seconds:
                        mine.follow(theirs)

    @property
    def portion(self) -> int:
        """A hundredth of the longest rate, if that is of an hour or more, but at least one; else 0."""
        longest = self._longest()
        return max(1, longest.rate.events // 100) if longest else 0

    def grant(self, requests: int, *, since: int) -> None:
        """Let so many pass from when `passed` was `since`, and then nobody until more is granted."""
        self._granted = requests - (self.passed - since)
        if self._granted > 0:
            self.used_up.clear()
            self._may_go_on.set()

    def _longest(self) -> Window | None:
        return max((each for each in self._windows if each.is_long), key=lambda each: each.rate.seconds, default=None)

    def turn(self, lane: Lane = Lane.ROUTINE) -> AbstractAsyncContextManager[None]:
        """Wait for one's turn, and hold a place in flight until the end of the block."""
        return _Turn(self, lane)

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Until the end of the block, cancel whoever waits or comes. What has been let through goes on."""
        self._is_shut = True
        for waiting in self._waiting.values():
            for admitted in waiting:
                admitted.cancel()
        try:
            yield
        finally:
            self._is_shut = False

    async def enter(self, lane: Lane) -> None:
        """Wait for one's turn and take a place in flight, which `leave` gives back."""
        if self._is_shut:
            raise asyncio.CancelledError
        if self._free and self._granted > 0 and not any(self._waiting.values()):
            now = self._clock.monotonic()
            if self._closed_until <= now and not wait_for_all(self._windows, now):
                self._admit(now)
                return
        await self._queue(lane)

    def leave(self) -> None:
        """Give back a place in flight."""
        self._free += 1
        self._slot_freed.set()

    def _admit(self, now: float) -> None:
        for window in self._windows:
            window.spend(now)
        self._free -= 1
        self.passed += 1
        self._granted -= 1
        if self._granted <= 0:
            self.used_up.set()

    async def _queue(self, lane: Lane) -> None:
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(admitted)
        if self._usher is None or self._usher.done():
            self._usher = asyncio.create_task(self._admit_in_turn())
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                self.leave()  # admitted and cancelled in the same turn of the loop: the place goes back
            raise

    async def _admit_in_turn(self) -> None:
        while (lane := self._next_lane()) is not None:
            if self._free == 0:
                self._slot_freed.clear()
                await self._slot_freed.wait()
                continue
            if self._granted <= 0:
                self._may_go_on.clear()
                await self._may_go_on.wait()
                continue
            wait = self.wait()
            if wait > 0:
                self._note_wait()
                await self._clock.sleep(wait)
                self.held_up.clear()
                self.stalled.clear()
                continue
            admitted = self._waiting[lane].popleft()
            self._last = lane
            self._admit(self._clock.monotonic())
            admitted.set_result(None)

    def _note_wait(self) -> None:
        """Note that somebody waits, and for what; not where a failure tells of it."""
        now = self._clock.monotonic()
        waits = [(window.wait(now), window.rate) for window in self._windows]
        wait, limit = max([(self._resting_until - now, None), *waits], key=lambda each: each[0])
        if wait > 0:
            self.limit = limit
            self.held_up.set()
            if wait > LONG_WAIT:
                self.stalled.set()

    def _next_lane(self) -> Lane | None:
        """Whose turn it is; None if nobody waits any more."""
        for waiting in self._waiting.values():
            while waiting and waiting[0].cancelled():
                waiting.popleft()
        if self._waiting[Lane.URGENT]:
            return Lane.URGENT
        others = (Lane.ROUTINE, Lane.LISTING) if self._last is Lane.LISTING else (Lane.LISTING, Lane.ROUTINE)
        return next((lane for lane in others if self._waiting[lane]), None)


class _Turn:
    """One passage through a gate. A class and no generator: it is on the way of every request."""

    __slots__ = ("_gate", "_lane")

    def __init__(self, gate: Gate, lane: Lane) -> None:
        self._gate = gate
        self._lane = lane

    async def __aenter__(self) -> None:
        await self._gate.enter(self._lane)

    async def __aexit__(self, *_: object) -> None:
        self._gate.leave()
