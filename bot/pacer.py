"""Pacing of sends: every limit that a platform sets, kept before the platform has to say so."""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence

from bot.clock import sleep_unless
from bot.core.pace import Window, wait_for_all
from bot.model.sending import Limit
from bot.ports import Clock

_GIVE_WAY = 0.05
"""Seconds after which somebody looks again who lets others go ahead."""


class Pacer:
    """Windows by limit key, shared by all who send. A 429 closes a key until the wait is over."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[Limit, Window] = {}
        self._closed_until: dict[str, float] = {}
        self._ahead: Counter[str] = Counter()
        """Limit key to how many who go ahead wait for it."""

    async def turn(
        self,
        limits: Sequence[Limit],
        stop: asyncio.Event | None = None,
        *,
        ahead: bool = False,
        patience: float = math.inf,
    ) -> bool:
        """Wait until every limit allows one more send, and count it.

        False, and nothing counted, once `stop` is set, or where it takes more than `patience` seconds.
        `ahead`: before everybody else who waits for the same place, which is what the limits after the first are about.
        """
        stop = stop or asyncio.Event()
        ends = self._clock.monotonic() + patience
        windows = [self._windows.setdefault(limit, Window(limit.rate)) for limit in limits]
        place = [limit.key for limit in limits[1:]]
        self._ahead.update(place if ahead else ())
        try:
            while not stop.is_set():
                wait = self._wait(limits, windows)
                if not wait and not ahead and any(self._ahead[key] for key in place):
                    wait = _GIVE_WAY
                if not wait:
                    now = self._clock.monotonic()
                    for window in windows:
                        window.spend(now)
                    return True
                if self._clock.monotonic() + wait > ends:
                    return False
                await sleep_unless(stop, wait, self._clock)
            return False
        finally:
            self._ahead -= Counter(place if ahead else ())

    def close(self, key: str, seconds: float) -> None:
        """Let nobody send under this limit key for that long."""
        until = self._clock.monotonic() + seconds
        self._closed_until[key] = max(until, self._closed_until.get(key, 0.0))

    def _wait(self, limits: Sequence[Limit], windows: Sequence[Window]) -> float:
        now = self._clock.monotonic()
        closed = max((self._closed_until.get(limit.key, 0.0) - now for limit in limits), default=0.0)
        return max(0.0, closed, wait_for_all(windows, now))
