"""How late a change is seen when there are fewer requests than one would like: a simulation of weeks, in a minute.

The same orders live the same lives under each way to spend the same requests. Nothing is asked of anybody; the rules
are the product's own (`bot/core/turns.py`).
"""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from statistics import quantiles

from bot.core.allot import Allot, by_the_day, evenly
from bot.core.rhythm import Rhythm
from bot.core.turns import Turns
from bot.model.moment import from_day
from bot.model.order import Stage
from bot.model.poll import Kind, OrderState
from bot.model.units import RateValue
from tests.benchmarks.figure import Figure, at_most, figure
from tests.benchmarks.size import Size

START = datetime(2026, 11, 2, tzinfo=UTC)  # a Monday
WARM_UP = 7
"""Days that are lived but not counted."""
PAGE = 100
ROAD = (Stage.PLACED, Stage.CONFIRMED, Stage.IN_PROGRESS, Stage.SHIPPED, Stage.COMPLETED)
MOVES_ON = {Stage.PLACED: 0.8, Stage.CONFIRMED: 0.4, Stage.IN_PROGRESS: 0.35, Stage.SHIPPED: 0.5}
"""How many of its changes take an order to the next stage; the others move dates and numbers."""
A_WEEK = {Stage.PLACED: 9.0, Stage.CONFIRMED: 0.9, Stage.IN_PROGRESS: 2.2, Stage.SHIPPED: 5.5}


NextLook = Callable[[int, float, bool], float]
Found = tuple[list[float], int]
"""The delay of every change in hours, and the number of requests."""


@dataclass(slots=True)
class Life:
    """What happens to one order: (hour, stage from then on, promised day from then on), by hour."""

    events: list[tuple[float, Stage, int]]
    first: tuple[Stage, int]


def measure(size: Size) -> Iterator[Figure]:
    """Delays of each way, for a limit a minute and for a daily quota."""
    orders, days = size.scheduled, size.days
    lives = live(orders, days)
    a_minute = RateValue(max(1, orders * 60 // 5000), 60.0)
    # 100 a minute and 10,000 a day are a published plan of StateSet's; here for 1,000 orders
    plan = RateValue(max(1, orders // 10), 60.0), RateValue(orders * 10, 86400.0)
    for limit, quota in ((a_minute, None), plan):
        words = f"{limit.events} a minute" if quota is None else f"{quota.events:,} a day"
        ways = Ways(lives, days, limit, quota)
        results = {
            "in turn": ways.turn_by_turn(),
            "orderwatch": ways.learning(),
            "knowing the true hazard": ways.knowing(),
        }
        yield from _figures(orders, words, results, limit_is_daily=quota is not None)
    pages = -(-orders // PAGE)
    sweep = max(1.0, pages / a_minute.events)
    yield figure(f"{orders:,} orders, a listing of {pages} pages at {a_minute.events} a minute: p95", "min", [sweep])


def _figures(orders: int, words: str, results: dict[str, Found], *, limit_is_daily: bool) -> Iterator[Figure]:
    found: dict[str, tuple[float, float]] = {}
    for name, (delays, asked) in results.items():
        cuts = quantiles(delays, n=20)
        found[name] = cuts[9] * 60, cuts[18] * 60
        yield figure(f"{orders:,} orders, {words}, {name}: p50", "min", [found[name][0]])
        yield figure(f"{orders:,} orders, {words}, {name}: p95", "min", [found[name][1]])
        yield figure(f"{orders:,} orders, {words}, {name}: requests a change", "", [asked / len(delays)])
    aims = (at_most(0.35), at_most(0.6)) if limit_is_daily else (at_most(0.65), at_most(1))
    for place, part in enumerate(("p50", "p95")):
        ours, even, best = (found[name][place] for name in ("orderwatch", "in turn", "knowing the true hazard"))
        yield figure(f"orderwatch against in turn, {words}: {part}", "×", [ours / even], aim=aims[place])
        if part == "p50":
            yield figure(f"orderwatch against the true hazard, {words}: {part}", "×", [ours / best], aim=at_most(1.05))


# The orders


def hazard(stage: Stage, days_left: int, hour: int) -> float:
    """Changes an hour of an order, truly. `hour` counts from a Monday's midnight."""
    return A_WEEK[stage] / 168 * _near(days_left) * _activity(hour)


def _near(days_left: int) -> float:
    return 0.5 + 2.5 * exp(-abs(days_left) / 1.5)


def _activity(hour: int) -> float:
    day, of_day = hour // 24 % 7, hour % 24
    if day >= 5:
        return 0.08
    return 2.6 if 8 <= of_day < 17 else 1.2 if of_day in (7, 17) else 0.12


def live(orders: int, days: int) -> list[Life]:
    """Orders somewhere on their way; each that is completed makes room for a new one in the same place."""
    chance = random.Random(1)
    return [_life(chance, days) for _ in range(orders)]


def _life(chance: random.Random, days: int) -> Life:
    stage, promised = chance.choice(ROAD[:4]), chance.randrange(-1, 15)
    life = Life([], (stage, promised))
    for hour in range(days * 24):
        if chance.random() < hazard(stage, promised - hour // 24, hour):
            if chance.random() < MOVES_ON[stage]:
                stage = ROAD[ROAD.index(stage) + 1]
                if stage is Stage.COMPLETED:
                    stage, promised = Stage.PLACED, hour // 24 + chance.randrange(5, 21)
            else:
                promised += chance.choice((-1, 1, 1, 2, 5))
            life.events.append((hour + chance.random(), stage, promised))
    return life


# The ways to spend the same requests


class Ways:
    """Each runs the same lives and returns the delay of every change in hours, and how many requests it made."""

    def __init__(self, lives: list[Life], days: int, a_minute: RateValue, a_day: RateValue | None) -> None:
        self._lives = lives
        self._hours = days * 24.0
        self._gap = a_minute.seconds / a_minute.events / 3600
        self.a_day = a_day
        self.rates = [rate for rate in (a_minute, a_day) if rate]
        rate = a_day or a_minute
        self._allot = by_the_day if a_day else evenly
        self.an_hour = rate.events / rate.seconds * 3600
        self.seen: list[tuple[Stage, int]] = [life.first for life in lives]
        """Stage and promised day of every order, as its last look showed."""

    def turn_by_turn(self) -> Found:
        """Everybody in turn, evenly through day and night."""
        self.seen = [life.first for life in self._lives]
        return self._run(lambda place, now, changed: len(self._lives) / self.an_hour)

    def learning(self) -> Found:
        """The product: what it knows of an order is what its last look showed."""
        return self._run_with(Rhythm(self._allot))

    def knowing(self) -> Found:
        """The same rule for one who knows the true hazard of every kind of order, and the true hours."""
        return self._run_with(Truth(self._allot))

    def _run_with(self, rhythm: Rhythm) -> Found:
        self.seen = [life.first for life in self._lives]
        return self._run(Looker(rhythm, self).next_look)

    def _run(self, next_look: NextLook) -> Found:
        """Look whenever the next order is due and the limits allow it; `next_look` says in how many hours again."""
        chance = random.Random(2)
        turn = len(self._lives) / self.an_hour
        due = [(chance.random() * turn, place) for place in range(len(self._lives))]
        heapq.heapify(due)
        told = [0] * len(self._lives)
        delays: list[float] = []
        now, asked, spent, midnight = 0.0, 0, 0, 24.0
        while (now := max(now + self._gap, due[0][0])) < self._hours:
            if now >= midnight or (self.a_day and spent >= self.a_day.events):
                now, spent, midnight = max(now, midnight), 0, midnight + 24.0
                continue
            place = due[0][1]
            spent += 1
            asked += now >= WARM_UP * 24
            changed = self._look(place, now, told, delays)
            heapq.heapreplace(due, (now + next_look(place, now, changed), place))
        return delays, asked

    def _look(self, place: int, now: float, told: list[int], delays: list[float]) -> bool:
        """See what has happened to an order until now; whether there was anything."""
        before, events = told[place], self._lives[place].events
        while told[place] < len(events) and events[told[place]][0] <= now:
            happened, stage, promised = events[told[place]]
            told[place] += 1
            self.seen[place] = stage, promised
            if happened >= WARM_UP * 24:
                delays.append(now - happened)
        return told[place] > before


class Looker:
    """Says when an order is looked at next, through the product's own Turns."""

    def __init__(self, rhythm: Rhythm, ways: Ways) -> None:
        self._ways = ways
        self._turns = Turns(ways.rates, UTC, rhythm)
        self._states = [OrderState(str(place), seq=1) for place in range(len(ways.seen))]
        for place, state in enumerate(self._states):
            self._see(place)
            self._turns.watch(state, START)

    def next_look(self, place: int, now: float, changed: bool) -> float:
        """Hours until the next look."""
        at = START + timedelta(hours=now)
        self._see(place)
        self._turns.looked(self._states[place], now * 3600, at, changed=changed)
        return self._turns.rest(self._states[place], 0.0, at) / 3600

    def _see(self, place: int) -> None:
        stage, promised = self._ways.seen[place]
        self._states[place].stage = stage
        self._states[place].due = from_day(START + timedelta(days=promised))


class Truth(Rhythm):
    """A Rhythm that need not learn."""

    def __init__(self, allot: Allot) -> None:
        super().__init__(allot)
        self._hours = [_activity(hour) for hour in range(168)]

    def kind(self, stage: Stage, promised: int | None, today: int) -> Kind:
        """Every day nearer is a kind of its own."""
        return stage, (promised or today) - today

    def hazard(self, kind: Kind) -> float:
        """What is true."""
        return A_WEEK[kind[0]] * _near(kind[1])
