"""A year of simulated orders: are those that are truly stuck found early, and the others left in peace?

Each order takes its own time in each status, spread as real work is (log-normal, in working hours), and a few are
planted that stay. What is learned week by week decides; a fixed limit for all statuses is what it is held against.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.calendar import add_working_days
from bot.core.stays import WorkingTime, learned
from bot.model.change import Kind
from bot.model.moment import from_instant
from bot.model.order import normal_word
from bot.model.stay import Move, Stay
from tests.benchmarks.figure import Figure, at_least, figure, under
from tests.benchmarks.size import Size

ZONE = ZoneInfo("Europe/Paris")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
STATUSES = (("Order received", 0.6, 0.5), ("Confirmed", 2.5, 0.5), ("In production", 6.0, 0.4), ("Shipped", 2.0, 0.4))
"""Word, middle in working days, and spread."""
PLANTED = 0.03
"""Share of the orders that stay in one status for good."""
FIXED = 23
"""Working days of one rule for all statuses: the least that leaves the slowest of them as much in peace as ours."""
LEARNING = timedelta(days=30)
"""Nothing is judged before: whoever has just begun is told by what is usual."""


@dataclass(frozen=True, slots=True)
class Case:
    """One stay of one order."""

    status: str
    entered: datetime
    left: datetime | None
    """None: it is planted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a year of alarms came to."""

    alerts: int
    false: int
    stays: int
    found: int
    planted: int
    days_before: tuple[float, ...]
    """For each planted one that was found: days before the fixed rule."""

    @property
    def false_share(self) -> float:
        """Of the alerts, how many were about orders that only took their time."""
        return self.false / max(1, self.alerts)


def live(orders: int, seed: int) -> tuple[list[Case], list[Move]]:
    """The stays of a year, and the moves a bot would have seen."""
    chance = random.Random(f"stuck {seed}")
    cases: list[Case] = []
    moves: list[Move] = []
    for number in range(orders):
        at = START + timedelta(days=chance.uniform(0, 350))
        planted = chance.randrange(len(STATUSES)) if chance.random() < PLANTED else None
        for place, (word, middle, spread) in enumerate(STATUSES):
            moves.append(Move(str(number), from_instant(at), Kind.STATUS if place else Kind.APPEARED, word))
            left = None if place == planted else _later(at, middle * chance.lognormvariate(0, spread))
            cases.append(Case(word, at, left))
            if left is None:
                break
            at = left
        else:
            moves.append(Move(str(number), from_instant(at), Kind.COMPLETED, "Delivered"))
    return cases, sorted(moves, key=lambda move: move.at)


def judged(cases: Sequence[Case], moves: Sequence[Move]) -> Outcome:
    """Raise the alarms of a year by what was known each week."""
    alerts = false = stays = found = planted = 0
    before: list[float] = []
    weeks = list(_weeks(moves))
    for case in sorted(cases, key=lambda one: one.entered):
        if case.entered < START + LEARNING:
            continue
        stay = next((known for at, known in reversed(weeks) if at <= case.entered), {}).get(normal_word(case.status))
        if stay is None:
            continue
        alarm = add_working_days(case.entered, stay.limit, ZONE)
        stays += case.left is not None
        planted += case.left is None
        if case.left is None or alarm < case.left:
            alerts += 1
            false += case.left is not None
            found += case.left is None
        if case.left is None:
            before.append((add_working_days(case.entered, FIXED, ZONE) - alarm).total_seconds() / 86400)
    return Outcome(alerts, false, stays, found, planted, tuple(before))


def measure(size: Size) -> Iterator[Figure]:
    """The figures of several seeds."""
    outcomes = [judged(*live(_orders(size), seed)) for seed in range(3)]
    yield figure("alerts that were false", "share", [one.false_share for one in outcomes], aim=under(0.05))
    yield figure("stays that were wrongly told", "share", [one.false / one.stays for one in outcomes])
    yield figure("planted orders found", "share", [one.found / one.planted for one in outcomes], aim=at_least(1))
    days = [sum(one.days_before) / len(one.days_before) for one in outcomes]
    yield figure(f"found before a fixed limit of {FIXED} working days, mean", "days", days)


def _orders(size: Size) -> int:
    return size.scheduled


def _later(at: datetime, working_days: float) -> datetime:
    whole = int(working_days)
    first, second = add_working_days(at, whole, ZONE), add_working_days(at, whole + 1, ZONE)
    return first + (second - first) * (working_days - whole)


def _weeks(moves: Sequence[Move]) -> Iterator[tuple[datetime, dict[str, Stay]]]:
    """What is known at the end of each week, from the moves seen until then, at most as many as the product reads."""
    for week in range(1, 52):
        at = START + timedelta(weeks=week)
        seen = [move for move in moves if move.at <= from_instant(at)][-5000:]
        yield at, learned(seen, WorkingTime(ZONE), at)
