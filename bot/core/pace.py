"""How fast requests and messages may go: exact sliding windows.

A token bucket lets up to twice its rate through within some window; suppliers and chats count windows. So the last
`events` moments are remembered, and the next one may come when the oldest has left the window.
"""

from collections import deque
from collections.abc import Iterable

from bot.model.units import RateValue


class Window:
    """One rate, right over every window of its length. Times are monotonic seconds, handed in."""

    __slots__ = ("_spent", "rate")

    def __init__(self, rate: RateValue) -> None:
        self.rate = rate
        self._spent: deque[float] = deque(maxlen=rate.events)

    def wait(self, now: float) -> float:
        """Seconds until one more may go; 0 if it may go now."""
        if len(self._spent) < self.rate.events:
            return 0.0
        return max(0.0, self._spent[0] + self.rate.seconds - now)

    def spend(self, now: float) -> None:
        """Count one that goes now."""
        self._spent.append(now)


def wait_for_all(windows: Iterable[Window], now: float) -> float:
    """Seconds until every window allows one more."""
    longest = 0.0
    for window in windows:
        longest = max(longest, window.wait(now))
    return longest
