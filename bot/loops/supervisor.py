"""The loop over the loops: starts them, restarts one that fails, says that they live, and ends them in time."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.clock import sleep_unless
from bot.core.backoff import backoff
from bot.errors import StorageError
from bot.log import event
from bot.model.moment import Moment, from_instant
from bot.ports import Clock

log = logging.getLogger(__name__)

DRAIN = 8.0
"""Seconds that loops have to end by themselves; container platforms kill after ten."""
BEAT_EVERY = 15.0
"""Seconds between signs of life."""


class Loop(Protocol):
    """Something that runs until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then end within DRAIN seconds."""
        ...


class Pulse(Protocol):
    """Where signs of life go; the store is one."""

    async def beat(self, loops: Sequence[str], at: Moment) -> None:
        """Note which loops are alive: these, and no others any more. Raises StorageError."""
        ...


class Supervisor:
    """Runs loops by name."""

    def __init__(self, loops: Mapping[str, Loop], pulse: Pulse, clock: Clock, *, drain: float = DRAIN) -> None:
        self._loops = loops
        self._pulse = pulse
        self._clock = clock
        self._drain = drain
        self._alive: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Run all loops until `stop` is set; then give them `drain` seconds, and cancel what is left.

        Who cancels this cancels them all, at once.
        """
        tasks = [asyncio.create_task(self._keep(name, loop, stop), name=name) for name, loop in self._loops.items()]
        beat = asyncio.create_task(self._beat(stop))
        late: set[asyncio.Task[None]] = set()
        try:
            await stop.wait()
            _, late = await asyncio.wait(tasks, timeout=self._drain)
        finally:
            for task in (*tasks, beat):
                task.cancel()
            await asyncio.gather(*tasks, beat, return_exceptions=True)
        if late:
            event(log, "cut_short", level=logging.WARNING, loops=", ".join(sorted(task.get_name() for task in late)))

    async def _keep(self, name: str, loop: Loop, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            started = self._clock.monotonic()
            self._alive.add(name)
            try:
                await loop.run(stop)
            except Exception as error:  # whatever it is, the other loops go on and this one comes back
                self._alive.discard(name)
                failures = 1 if self._clock.monotonic() - started > 300 else failures + 1
                event(log, "loop_failed", level=logging.ERROR, loop=name, error=f"{type(error).__name__}: {error}")
                log.debug("traceback", exc_info=error)
                await sleep_unless(stop, backoff(failures, base=1.0, cap=60.0, seed=name), self._clock)

    async def _beat(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._pulse.beat(sorted(self._alive), from_instant(self._clock.now()))
            except StorageError as error:  # it may pass, and then whoever watches us must see that we live
                event(log, "beat_failed", level=logging.ERROR, error=error)
            await sleep_unless(stop, BEAT_EVERY, self._clock)
