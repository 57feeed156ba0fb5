"""How orders live: each goes its own seeded way from placed to delivered, with the accidents of real ones, faster.

Between two events of one order at least `dwell` seconds pass, so that somebody who looks often enough sees every state.
Nothing vanishes by itself and no dispatch is withdrawn: such things are for scripts.
"""

import heapq
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from bot.ports import Clock
from bot.sandbox.orders import WorldOrder
from bot.sandbox.world import World

_HOURS_BETWEEN = (3.0, 36.0)
"""Between two events of one order in real life."""

Choice = tuple[float, Callable[[], object]]


class Life:
    """Lets things happen in a world as time passes."""

    def __init__(
        self, world: World, clock: Clock, *, seed: int = 1, speed: float = 3600.0, dwell: float = 3.0, most: int = 0
    ) -> None:
        """`speed` is how much faster than real life orders live; `most` bounds the events, 0 does not."""
        self._world = world
        self._clock = clock
        self._seed = seed
        self._speed = speed
        self._dwell = dwell
        self._most = most
        self._calm = False
        self._due: list[tuple[datetime, str, str]] = []
        self._chances: dict[tuple[str, str], random.Random] = {}
        self.events = 0
        """How many things have happened."""
        for account in world.accounts:
            for order in world.orders(account):
                self._expect(order, first=True)

    def advance(self) -> int:
        """Let happen what is due by now, at most one thing to each order. Returns how many things happened."""
        now, before = self._clock.now(), self.events
        while self._due and self._due[0][0] <= now and not self._is_over:
            _, account, number = heapq.heappop(self._due)
            order = self._world.order(account, number)
            if order is not None:
                self._live_on(order)
        return self.events - before

    async def live(self, until: datetime | None = None) -> None:
        """Advance as time passes, until that moment, or until calm, or until nothing more can happen."""
        while self._due and not self._is_over and (until is None or self._clock.now() < until):
            self.advance()
            if self._due:
                ahead = (self._due[0][0] - self._clock.now()).total_seconds()
                left = ahead if until is None else (until - self._clock.now()).total_seconds()
                await self._clock.sleep(min(max(ahead, 0.01), max(left, 0.01), 0.5))

    def calm(self) -> datetime:
        """Let nothing happen from now on. Returns now."""
        self._calm = True
        return self._clock.now()

    @property
    def _is_over(self) -> bool:
        return self._calm or 0 < self._most <= self.events

    def _live_on(self, order: WorldOrder) -> None:
        chance = self._chances[order.account, order.number]
        choices = possible(self._world, order, chance)
        if choices:
            _, happen = chance.choices(choices, weights=[weight for weight, _ in choices])[0]
            happen()
            self.events += 1
            self._expect(order)
        elif order.account != "twoservice":
            self._expect(self._world.place(order.account))
            self.events += 1

    def _expect(self, order: WorldOrder, *, first: bool = False) -> None:
        key = (order.account, order.number)
        chance = self._chances.setdefault(key, random.Random(f"{self._seed} {key}"))
        seconds = chance.uniform(*_HOURS_BETWEEN) * 3600 / self._speed
        wait = chance.uniform(0, seconds) if first else max(self._dwell, seconds)
        heapq.heappush(self._due, (self._clock.now() + timedelta(seconds=wait), *key))


def possible(world: World, order: WorldOrder, chance: random.Random) -> list[Choice]:
    """What may happen next to an order, with its weight; empty once its life is over."""
    match order.step:
        case "placed":
            return [(6, lambda: world.confirm(order)), *_corrections(world, order, chance)]
        case "confirmed":
            return [(6, lambda: world.start_production(order)), *_corrections(world, order, chance)]
        case "in_production":
            return [*_departures(world, order), *_corrections(world, order, chance)]
        case "partly_shipped":
            return [*_departures(world, order), *_parcels(world, order)]
        case "shipped":
            return _parcels(world, order) or _arrivals(world, order)
        case "delivered" if order.account != "twoservice" and chance.random() < 0.15:
            return [(1, lambda: world.move_backwards(order))]
        case _:
            return []


def _corrections(world: World, order: WorldOrder, chance: random.Random) -> list[Choice]:
    choices: list[Choice] = [(0.3, lambda: world.cancel(order))]
    if order.account == "twoservice":
        return choices
    kept = [line for line in order.lines if not line.cancelled]
    line = chance.choice(kept)
    day = order.promised + timedelta(days=chance.choice((-3, -1, 2, 5, 9, 16)))
    other_quantity = line.quantity + chance.randint(1, 400)
    choices.append((2, lambda: world.move_promise(order, day)))
    choices.append((1, lambda: world.change_quantity(order, line.number, other_quantity)))
    if len(order.lines) < 5:
        choices.append((1, lambda: world.add_line(order)))
    if len(kept) > 1:
        choices.append((0.7, lambda: world.cancel_line(order, line.number)))
    return choices


def _departures(world: World, order: WorldOrder) -> list[Choice]:
    choices: list[Choice] = []
    if order.here():
        choices.append((4, lambda: world.dispatch(order)))
    if len(order.here()) > 1 and order.account != "stateset":
        choices.append((4, lambda: world.dispatch(order, partial=True)))
    return choices


def _parcels(world: World, order: WorldOrder) -> list[Choice]:
    """Parcels that what has left still lacks."""
    return [
        (5, partial(world.add_tracking, order, shipment))
        for shipment in order.shipments
        if shipment.dispatched_at and not shipment.packages
    ]


def _arrivals(world: World, order: WorldOrder) -> list[Choice]:
    choices: list[Choice] = [(5, lambda: world.deliver(order))]
    if any(shipment.packages for shipment in order.shipments):
        choices.append((1, lambda: world.replace_tracking(order)))
        choices.append((0.5, lambda: world.remove_tracking(order)))
    return choices
