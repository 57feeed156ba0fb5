"""What was spent of a budget of hours or a day, kept in the store: no restart and no other worker begins anew.

What may be spent until it is kept again is kept as if it were spent. So a process that is killed leaves too much
counted, and never too little.
"""

import asyncio
from datetime import timedelta

from bot.budget import Budget
from bot.clock import sleep_unless
from bot.model.moment import from_instant, instant_of
from bot.model.units import Spent
from bot.ports import Clock, Storage

EVERY = 30.0
"""Seconds."""
AHEAD = 60.0
"""Seconds for which spending is kept ahead: a write may be late."""


class Spending:
    """Keeps what one source is asked. Only for a budget whose `most_within` is not 0."""

    def __init__(self, name: str, budget: Budget, storage: Storage, clock: Clock) -> None:
        self._name = name
        self._budget = budget
        self._storage = storage
        self._clock = clock

    async def recall(self) -> None:
        """Count what was spent already, before anything is asked. Of two counts, the store's is the whole one."""
        now = self._clock.now()
        kept = await self._storage.time.spent(self._name)
        ages = [((now - instant).total_seconds(), many) for at, many in kept if (instant := instant_of(at))]
        self._budget.recall([Spent(max(0.0, ago), many) for ago, many in ages])
        await self._keep(AHEAD)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep it every half a minute, and once more when `stop` is set: then as it is."""
        while not await sleep_unless(stop, EVERY, self._clock):
            await self._keep(AHEAD)
        await self._keep(0.0)

    async def _keep(self, ahead: float) -> None:
        now = self._clock.now()
        spent = [(from_instant(now - timedelta(seconds=each.ago)), each.requests) for each in self._budget.spent()]
        if ahead:
            spent.append((from_instant(now + timedelta(seconds=ahead)), self._budget.most_within(ahead)))
        await self._storage.time.keep_spent(self._name, spent)
