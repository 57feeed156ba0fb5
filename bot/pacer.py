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


class Turn:
    """`with turn:` around what is sent in it.

    On a slow line a message may reach the platform, which counts then, at any moment until the block ends. So it is
    counted as of the end: the next one cannot come too early.
    """

    def __init__(self, clock: Clock, windows: Sequence[Window] = (), at: float | None = None) -> None:
        self._clock = clock
        self._windows = windows
        self._at = at

    @property
    def has_come(self) -> bool:
        """False where there was none."""
        return self._at is not None

    def __enter__(self) -> None:
        """Nothing is different yet."""

    def __exit__(self, *_: object) -> None:
        if self._at is not None:
            then, self._at = self._at, self._clock.monotonic()
            for window in self._windows:
                window.postpone(then, self._at)


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
    ) -> "Turn":
        """Wait until every limit allows one more send, and count it. What is sent belongs into the turn's block.

        It has not come, and nothing is counted, once `stop` is set, or where it takes more than `patience` seconds.
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
                    return Turn(self._clock, windows, now)
                if self._clock.monotonic() + wait > ends:
                    return Turn(self._clock)
                await sleep_unless(stop, wait, self._clock)
            return Turn(self._clock)
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
