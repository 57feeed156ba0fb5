"""Trouble that is met again at every try: the log has it when it begins, and then now and then."""

import logging

from bot.errors import OrderwatchError
from bot.log import event
from bot.ports import Clock

log = logging.getLogger(__name__)

TOLD_EVERY = 60.0
"""Seconds between two lines about the same trouble."""


class Recurring:
    """Trouble of one kind. `name` is the event's."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._told_at: float | None = None

    def tell(self, error: BaseException, *, next_try_in: float) -> None:
        """Log it, unless that was done a moment ago. The next try comes after so many seconds."""
        now = self._clock.monotonic()
        if self._told_at is not None and now - self._told_at < TOLD_EVERY:
            return
        self._told_at = now
        words = error if isinstance(error, OrderwatchError) else f"{type(error).__name__}: {error}"
        event(log, self._name, level=logging.ERROR, error=words, next_try_in=f"{next_try_in:.0f}s")

    def end(self) -> bool:
        """It is over, and the next is another one. Returns whether there was any."""
        was_told, self._told_at = self._told_at is not None, None
        return was_told
