"""How the chat platforms count: buckets and windows of messages, and whether a wait that was asked for is kept."""

import math
from collections import deque

_PATIENCE = 0.05
"""Seconds: a client that wakes a hair early is not blamed."""


class Bucket:
    """Lets `burst` through at once, and one more each `seconds`."""

    def __init__(self, seconds: float, burst: int) -> None:
        self._seconds = seconds
        self._burst = burst
        self._tokens = float(burst)
        self._at = 0.0

    def take(self, now: float) -> float:
        """0 if one more may pass at `now` (monotonic), which then has; else seconds to wait."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) / self._seconds)
        self._at = now
        if self._tokens < 1 - 1e-9:
            return (1 - self._tokens) * self._seconds
        self._tokens -= 1
        return 0.0


class Window:
    """Lets `events` through in any `seconds`."""

    def __init__(self, events: int, seconds: float) -> None:
        self._seconds = seconds
        self._events = events
        self._passed: deque[float] = deque()

    def take(self, now: float) -> float:
        """0 if one more may pass at `now` (monotonic), which then has; else seconds to wait."""
        while self._passed and now - self._passed[0] >= self._seconds:
            self._passed.popleft()
        if len(self._passed) >= self._events:
            return self._seconds - (now - self._passed[0])
        self._passed.append(now)
        return 0.0


class Holds:
    """Waits that were asked for, and complaints about those who came early."""

    def __init__(self, violations: list[str]) -> None:
        self._until: dict[str, float] = {}
        self._violations = violations

    def ask(self, what: str, seconds: float, now: float) -> int:
        """Ask for a wait before the next `what`. Returns it in whole seconds, at least one."""
        whole = max(1, math.ceil(seconds - 1e-6))
        self._until[what] = max(self._until.get(what, 0.0), now + whole)
        return whole

    def left(self, what: str, now: float) -> float:
        """Seconds of the wait that are left; coming while there are is written down."""
        left = self._until.get(what, 0.0) - now
        if left <= _PATIENCE:
            return 0.0
        self._violations.append(f"{what} came {left:.2f} s before the end of the wait it was told")
        return left
