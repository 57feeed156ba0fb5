"""Waits that a platform asked for, kept by everything in this process that sends with the same token.

Alerts and answers are sent by different hands; a platform that asked one of them to wait does not want to hear from
the other either.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.errors import ChatBusy
from bot.ports import Clock

_T = TypeVar("_T")


class Holds:
    """What has to wait, and until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[str, tuple[float, ChatBusy]] = {}

    async def keep(self, what: str, send: Callable[[], Awaitable[_T]]) -> _T:
        """Send, and remember if a wait is asked for. Raises ChatBusy without sending while one lasts."""
        now = self._clock.monotonic()
        self._held = {name: held for name, held in self._held.items() if held[0] > now}
        if what in self._held:
            until, asked = self._held[what]
            raise ChatBusy(asked.chat, asked.came, until - now, whole_chat=asked.whole_chat)
        try:
            return await send()
        except ChatBusy as error:
            self._held[what] = (self._clock.monotonic() + error.retry_after, error)
            raise
