"""A gate in front of a source: who may ask next, when, and how many at once."""

import asyncio
import heapq
import itertools
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from bot.core.pace import Window, wait_for_all
from bot.model.units import RateValue
from bot.ports import Clock


class Gate:
    """Keeps rates and the number in flight for everybody who passes. Urgent ones go first; equals in turn."""

    def __init__(self, clock: Clock, rates: Sequence[RateValue], in_flight: int) -> None:
        self._clock = clock
        self._windows = [Window(rate) for rate in rates]
        self._free = in_flight
        self._closed_until = 0.0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self._usher: asyncio.Task[None] | None = None
        self._slot_freed = asyncio.Event()
        self.passed = 0
        """How many have been let through."""

    def pause(self, seconds: float) -> None:
        """Let nobody through for that long: the source asked for it."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def wait(self) -> float:
        """Seconds until the rates allow one more request, whoever asks."""
        now = self._clock.monotonic()
        return max(self._closed_until - now, wait_for_all(self._windows, now), 0.0)

    def turn(self, *, urgent: bool = False) -> AbstractAsyncContextManager[None]:
        """Wait for one's turn, and hold a place in flight until the end of the block."""
        return _Turn(self, urgent=urgent)

    async def enter(self, *, urgent: bool) -> None:
        """Wait for one's turn and take a place in flight, which `leave` gives back."""
        if not self._waiting and self._free:
            now = self._clock.monotonic()
            if self._closed_until <= now and not wait_for_all(self._windows, now):
                self._admit(now)
                return
        await self._queue(urgent)

    def leave(self) -> None:
        """Give back a place in flight."""
        self._free += 1
        self._slot_freed.set()

    def _admit(self, now: float) -> None:
        for window in self._windows:
            window.spend(now)
        self._free -= 1
        self.passed += 1

    async def _queue(self, urgent: bool) -> None:
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (0 if urgent else 1, next(self._count), admitted))
        if self._usher is None or self._usher.done():
            self._usher = asyncio.create_task(self._admit_in_turn())
        try:
            await admitted
        except asyncio.CancelledError:
            if admitted.done() and not admitted.cancelled():
                self.leave()  # admitted and cancelled in the same turn of the loop: the place goes back
            raise

    async def _admit_in_turn(self) -> None:
        while self._waiting:
            if self._waiting[0][2].cancelled():
                heapq.heappop(self._waiting)
                continue
            if self._free == 0:
                self._slot_freed.clear()
                await self._slot_freed.wait()
                continue
            wait = self.wait()
            if wait > 0:
                await self._clock.sleep(wait)
                continue
            _, _, admitted = heapq.heappop(self._waiting)
            self._admit(self._clock.monotonic())
            admitted.set_result(None)


class _Turn:
    """One passage through a gate. A class and no generator: it is on the way of every request."""

    __slots__ = ("_gate", "_urgent")

    def __init__(self, gate: Gate, *, urgent: bool) -> None:
        self._gate = gate
        self._urgent = urgent

    async def __aenter__(self) -> None:
        await self._gate.enter(urgent=self._urgent)

    async def __aexit__(self, *_: object) -> None:
        self._gate.leave()
