"""How much one person may ask: enough for any person, too little for a script."""

from collections import OrderedDict

from bot.core.pace import Window
from bot.model.units import RateValue
from bot.ports import Clock

_MOST_PEOPLE = 10_000
"""Whoever asked longest ago is forgotten first; their limit has run out by then."""


class Turnstile:
    """One rate for each person."""

    def __init__(self, clock: Clock, rate: RateValue) -> None:
        self._clock = clock
        self._rate = rate
        self._windows: OrderedDict[tuple[str, str], Window] = OrderedDict()
        self._told_until: dict[tuple[str, str], float] = {}

    def admit(self, who: tuple[str, str]) -> float | None:
        """Count one question. 0: go on. More: too many, wait that many seconds. None: and they were told so already."""
        now = self._clock.monotonic()
        window = self._windows.setdefault(who, Window(self._rate))
        self._windows.move_to_end(who)
        if len(self._windows) > _MOST_PEOPLE:
            forgotten, _ = self._windows.popitem(last=False)
            self._told_until.pop(forgotten, None)
        wait = window.wait(now)
        if wait <= 0:
            window.spend(now)
            self._told_until.pop(who, None)
            return 0.0
        if self._told_until.get(who, 0.0) > now:
            return None
        self._told_until[who] = now + wait
        return wait
