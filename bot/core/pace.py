"""How fast requests and messages may go: exact sliding windows.

A token bucket lets up to twice its rate through within some window; suppliers and chats count windows. So the last
`events` moments are remembered, and the next one may come when the oldest has left the window.
"""

from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from bot.model.units import RateValue, Spent

LONG = 3600.0
"""Seconds from which on a window is remembered over a restart."""
PARTS = 96
"""Of a window, in which what was spent is remembered: a quarter of an hour of a day."""


class Window:
    """One rate, right over every window of its length. Times are monotonic seconds, handed in."""

    __slots__ = ("_length", "_spent", "rate")

    def __init__(self, rate: RateValue, *, margin: float = 0.0) -> None:
        """`margin`: seconds by which the window is longer than whoever counts would have it."""
        self.rate = rate
        self._length = rate.seconds + margin
        self._spent: deque[float] = deque(maxlen=rate.events)

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0 if it may go now."""
        if len(self._spent) < self.rate.events:
            return 0.0
        return max(0.0, self._spent[0] + self._length - now)

    @property
    def is_long(self) -> bool:
        """Whether what was spent still counts after a restart that takes a while."""
        return self.rate.seconds >= LONG

    def spent(self, now: float) -> list[Spent]:
        """What still counts, oldest first. What came close together is one, as old as its youngest."""
        found: list[Spent] = []
        since = float("-inf")
        for moment in self._spent:
            if moment + self._length <= now:
                continue
            if moment - since > self.rate.seconds / PARTS:
                since = moment
                found.append(Spent(now - moment, 1))
            else:
                found[-1] = Spent(now - moment, found[-1].requests + 1)
        return found

    def recall(self, spent: Iterable[Spent], now: float) -> None:
        """Count this and nothing else as spent; oldest first."""
        self._spent = deque((now - each.ago for each in spent for _ in range(each.requests)), maxlen=self.rate.events)

    def follow(self, earlier: "Window") -> None:
        """Count what another window has counted, too."""
        self._spent = deque(sorted((*earlier._spent, *self._spent)), maxlen=self.rate.events)

    def spend(self, now: float) -> None:
        """Count one that goes now."""
        self._spent.append(now)

    def postpone(self, then: float, now: float) -> None:
        """Count one that was spent `then` as going now."""
        with suppress(ValueError):  # so many went since that it had left
            self._spent.remove(then)
        self._spent.append(now)


def wait_for_all(windows: Iterable[Window], now: float) -> float:
    """Seconds until every window allows one more."""
    longest = 0.0
    for window in windows:
        longest = max(longest, window.wait(now))
    return longest
