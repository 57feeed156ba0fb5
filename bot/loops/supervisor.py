"""The loop over the loops: starts them, restarts one that fails, says that they live, and ends them in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
STEADY = 30.0
"""Seconds for which a loop that has failed must run before it counts as alive again."""
TOLD_AFTER = 60.0
"""Seconds for which a loop fails again and again before operators hear of it."""
LONG_AGO = 300.0
"""Seconds for which a loop ran without a failure after which the failures before are another story."""


class Loop(Protocol):
    """Something that runs until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then end within DRAIN seconds."""
        ...


class Pulse(Protocol):
    """Where signs of life go; the store is one."""

    async def beat(self, alive: Sequence[str], at: Moment, silent: Sequence[str] = ()) -> None:
        """Note which loops give a sign of life, and which there are that give none. Raises StorageError."""
        ...


Cry = Callable[[Mapping[str, str]], Awaitable[None]]
"""Tells operators which loops have failed for a while, each with its error. Raises StorageError."""


class Supervisor:
    """Runs loops by name."""

    def __init__(
        self, loops: Mapping[str, Loop], pulse: Pulse, clock: Clock, cry: Cry, *, drain: float = DRAIN
    ) -> None:
        self._loops = loops
        self._pulse = pulse
        self._clock = clock
        self._cry = cry
        self._drain = drain
        self._steady_at: dict[str, float] = {}
        """Loop that runs to the monotonic seconds from which it counts as alive."""
        self._untold: dict[str, str] = {}
        """Loop that failed for a while to its error, until operators are told."""

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
        failures, fails_since, is_told = 0, 0.0, False
        while not stop.is_set():
            started = self._clock.monotonic()
            self._steady_at[name] = started + (STEADY if failures else 0.0)
            try:
                await loop.run(stop)
            except Exception as error:  # whatever it is, the other loops go on and this one comes back
                self._steady_at.pop(name, None)
                now, words = self._clock.monotonic(), f"{type(error).__name__}: {error}"
                if now - started > LONG_AGO:
                    failures = 0
                if not failures:
                    fails_since, is_told = now, False
                failures += 1
                if now - fails_since >= TOLD_AFTER and not is_told:
                    self._untold[name], is_told = words, True
                event(log, "loop_failed", level=logging.ERROR, loop=name, error=words)
                log.debug("traceback", exc_info=error)
                await sleep_unless(stop, backoff(failures, base=1.0, cap=60.0, seed=name), self._clock)

    async def _beat(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                now = self._clock.monotonic()
                alive = sorted(name for name, steady_at in self._steady_at.items() if steady_at <= now)
                silent = sorted(self._loops.keys() - set(alive))
                await self._pulse.beat(alive, from_instant(self._clock.now()), silent)
                if untold := dict(self._untold):
                    await self._cry(untold)
                    self._untold = {name: error for name, error in self._untold.items() if name not in untold}
            except StorageError as error:  # it may pass, and then whoever watches us must see that we live
                event(log, "beat_failed", level=logging.ERROR, error=error)
            await sleep_unless(stop, BEAT_EVERY, self._clock)
