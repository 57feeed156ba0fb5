"""The loop that keeps the store small: what retention no longer wants goes, a little at a time."""

import asyncio
import logging

from bot.clock import sleep_unless
from bot.log import event
from bot.model.moment import from_instant
from bot.model.retention import Retention
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two rounds; the first comes one interval after the start, when the first polls are done."""


class Janitor:
    """Applies retention."""

    def __init__(self, storage: Storage, clock: Clock, retention: Retention) -> None:
        self._storage = storage
        self._clock = clock
        self._retention = retention

    async def run(self, stop: asyncio.Event) -> None:
        """Tidy up each hour until `stop` is set."""
        while not await sleep_unless(stop, EVERY, self._clock):
            dropped = await self._storage.tidy(from_instant(self._clock.now()), self._retention)
            if any(dropped.values()):
                event(log, "tidied", **dropped)
