"""When changes happen at a source, and whose turn it is where its budget is too small for everybody's.

An order changes with a hazard that depends on how far it has come (its stage) and on how near its promised day is. Of
all ways to share R requests among orders with hazards h, looking at each in intervals in proportion to 1/√h leaves the
least mean time between a change and the look that finds it: every order weighs √h, or more where the median counts.

Pure: times are handed in, nothing is asked. What is learned starts from a belief and follows what was seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.order import Stage
from bot.model.poll import Kind


@dataclass(frozen=True, slots=True)
class Bent:
    """How far turns are bent towards the orders that are likelier to change."""

    power: float
    """Of the hazard, by which orders weigh: 0.5 makes the mean delay least, more than that the usual one."""
    longest: float
    """Of an even turn of all orders: no order waits longer, however quiet its kind."""


EVENLY = Bent(0.5, 1.25)
"""For requests that come evenly day and night: bent further, quiet orders would wait far longer than in turn."""
BY_THE_DAY = Bent(0.75, 1.6)
"""For a day's requests, spent in its busy hours: these are so many more that the quiet orders still gain."""
LEAST = 0.07
"""Of the busiest hour's pace is kept in the quietest."""

_CHANGES_A_WEEK: Mapping[Stage, float] = {
    Stage.UNKNOWN: 2.0,
    Stage.PLACED: 5.0,
    Stage.CONFIRMED: 1.5,
    Stage.IN_PROGRESS: 1.5,
    Stage.ON_HOLD: 1.0,
    Stage.PARTLY_SHIPPED: 3.0,
    Stage.SHIPPED: 4.0,
    Stage.COMPLETED: 0.05,
    Stage.CANCELLED: 0.05,
}
"""What is believed of an order before anything was seen."""
_NEARNESS = (2.0, 3.0, 2.0, 1.3, 0.8, 0.5, 1.0)
"""Times that, where the promised day is past, today, tomorrow, in 2 to 3 days, in 4 to 7, later, or not known."""
_BELIEF = 8.0
"""Changes seen that weigh as much as what was believed before."""
_BELIEF_HOURS = 200.0
"""The same for the hours of the week."""
_FOLLOWS = (1.0, 0.9, 0.8, 0.6, 0.4, 0.2)
"""How much of an hour's need for looks there still is in the hours after it."""
_WEEK = 7 * 24 * 3600.0


class Rhythm:
    """What one source has taught: changes per kind of order, and per hour of the week. Small, whatever the orders.

    Times of day are those of the source's own zone.
    """

    def __init__(self) -> None:
        self._orders: dict[Kind, int] = {}
        self._counted = 0
        self._changes: dict[Kind, float] = {}
        self._seconds: dict[Kind, float] = {}
        self._hours = [_believed(hour) for hour in range(168)]
        self._paces: list[float] = []
        self._paced_at = -1

    def kind(self, stage: Stage, promised: int | None, today: int) -> Kind:
        """The kind of an order whose delivery is promised for a day; days are counted as `date.toordinal` does."""
        if promised is None:
            return stage, 6
        days = promised - today
        if days <= 1:
            return stage, max(days, -1) + 1
        return stage, 3 if days <= 3 else 4 if days <= 7 else 5

    def count(self, before: Kind | None, after: Kind | None) -> None:
        """An order that was of one kind is of another now; None is not being watched."""
        for kind, step in ((before, -1), (after, 1)):
            if kind is not None:
                self._orders[kind] = self._orders.get(kind, 0) + step
                self._counted += step

    def note(self, kind: Kind, seconds: float, at: datetime, *, changed: bool) -> None:
        """An order of this kind was looked at, `seconds` after the last time."""
        self._seconds[kind] = self._seconds.get(kind, 0.0) + seconds
        if changed:
            self._changes[kind] = self._changes.get(kind, 0.0) + 1
            self._note_when(at, int(min(seconds, 86400.0) // 3600) + 1)

    def hazard(self, kind: Kind) -> float:
        """Changes a second to be expected of an order of this kind, over a whole week."""
        believed = _CHANGES_A_WEEK[kind[0]] * _NEARNESS[kind[1]] / _WEEK
        return (_BELIEF + self._changes.get(kind, 0.0)) / (_BELIEF / believed + self._seconds.get(kind, 0.0))

    @property
    def orders(self) -> int:
        """How many orders are counted."""
        return self._counted

    def turns(self, kind: Kind, bent: Bent = EVENLY) -> float:
        """How many looks the source allows, at an even pace, before it is an order's turn again."""
        weights = {each: (count, self.hazard(each) ** bent.power) for each, count in self._orders.items() if count > 0}
        longest, free = bent.longest * self.orders, 1.0
        while weights:
            total = sum(count * weight for count, weight in weights.values()) / free
            held = [each for each, (_, weight) in weights.items() if total > longest * weight]
            if not held:
                return float(min(total / self.hazard(kind) ** bent.power, longest))
            for each in held:  # who would wait too long takes a fixed share; the others share what is left
                free -= weights.pop(each)[0] / longest
        return max(longest, 1.0)

    def wait(self, even: float, at: datetime) -> float:
        """Seconds until a day's budget has allowed as much as it allows in `even` seconds at an even pace.

        Each day has its whole budget, spent at the pace of its hours. Those after a busy one share its pace for a
        while, so that what happened late is seen in the evening.
        """
        waited, left, hour = 0.0, 3600.0 - (at.minute * 60 + at.second), _hour_of_week(at)
        if hour != self._paced_at:
            self._paces, self._paced_at = _paces(self._hours), hour
        while even > self._paces[hour] * left:
            even -= self._paces[hour] * left
            waited += left
            left, hour = 3600.0, (hour + 1) % 168
        return waited + even / self._paces[hour]

    def _note_when(self, at: datetime, hours: int) -> None:
        """A change happened in the `hours` before `at`: more likely in the busy ones of them."""
        last = _hour_of_week(at)
        slots = [(last - back) % 168 for back in range(hours)]
        total = sum(self._hours[slot] for slot in slots)
        for slot, share in [(slot, self._hours[slot] / total) for slot in slots]:
            self._hours[slot] += share


def _paces(changes: Sequence[float]) -> list[float]:
    """By hour of the week: how it compares with the mean of its day, for `changes` by hour."""
    needs = [sum(changes[hour - back] * part for back, part in enumerate(_FOLLOWS)) for hour in range(168)]
    paces: list[float] = []
    for start in range(0, 168, 24):
        day = needs[start : start + 24]
        day = [max(need, LEAST * max(day)) for need in day]
        paces += [24 * need / sum(day) for need in day]
    return paces


def _hour_of_week(at: datetime) -> int:
    return at.weekday() * 24 + at.hour


def _believed(hour: int) -> float:
    """Of _BELIEF_HOURS changes, how many are believed to come in an hour of the week."""
    busy = hour < 120 and 7 <= hour % 24 < 18
    return _BELIEF_HOURS * (1.0 if busy else 0.06) / (55 + 113 * 0.06)
