"""What was spent of a budget of hours or a day, kept in the store: no restart and no other worker begins anew.

A portion is kept as if it were spent before anybody may spend it. So a process that is killed leaves a portion too much
counted, and never too little.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from bot.budget import Budget
from bot.clock import wait_for
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.units import Spent
from bot.ports import Clock, Storage

EVERY = 30.0
"""Seconds."""
AHEAD = 60.0
"""Seconds by which a portion is kept as spent later than now: by then it is kept again as what came of it."""


class Spending:
    """Keeps what one source is asked. Only for a budget that has a `portion`."""

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
        await self._grant()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep it whenever a portion was used up, every half a minute, and when `stop` is set: then as it is."""
        while not stop.is_set():
            await wait_for(self._budget.used_up, EVERY, self._clock, stop)
            if not stop.is_set():
                await self._grant()
        await self._keep(self._spent())

    async def _grant(self) -> None:
        """Keep a portion more than was spent, and let it be spent."""
        portion, passed = self._budget.portion, self._budget.passed
        later = from_instant(self._clock.now() + timedelta(seconds=AHEAD))
        await self._keep([*self._spent(), (later, portion)])
        self._budget.grant(portion, since=passed)

    async def _keep(self, spent: Sequence[tuple[Moment, int]]) -> None:
        await self._storage.time.keep_spent(self._name, spent)

    def _spent(self) -> list[tuple[Moment, int]]:
        now = self._clock.now()
        return [(from_instant(now - timedelta(seconds=each.ago)), each.requests) for each in self._budget.spent()]
