"""When changes happen at a source, and whose turn it is where its budget is too small for everybody's.

An order changes with a hazard that depends on how far it has come (its stage), times how near its promised day is; how
much each matters is learned from all orders together, so that a stage seldom seen profits from what the others showed.

Pure: times are handed in, nothing is asked. What is learned starts from a belief and follows what was seen.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.core.allot import Allot, Group
from bot.model.order import Stage
from bot.model.poll import Kind, Lessons

LEAST = 0.1
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
_LONG_AGO, _FAR = -8, 14
"""Days until the promised one between which each is a kind of its own."""
_NO_PROMISE = 99
_CHANGES_BELIEVED = 8.0
"""Changes seen that weigh as much as what was believed before."""
_LEARNED_AGAIN = 50
"""Looks after which it is reckoned anew what they teach and how they are shared."""
_HALF_LIFE = 8 * 7 * 24.0
"""Hours after which what was seen counts half."""
_BELIEF_HOURS = 200.0
"""The same, for the hours of the week."""
_FOLLOWS = (1.0, 0.9, 0.8, 0.6, 0.4, 0.2)
"""How much of an hour's need for looks there still is in the hours after it."""
_WEEK = 7 * 24 * 3600.0


class Rhythm:
    """What one source has taught: changes per kind of order, and per hour of the week. Small, whatever the orders.

    Times of day are those of the source's own zone.
    """

    def __init__(self, allot: Allot) -> None:
        """`allot` shares the looks out."""
        self._allot = allot
        self._turns: Mapping[Kind, float] = {}
        self._looks = 0
        self._shared_for = 0, 0
        self._orders: dict[Kind, int] = defaultdict(int)
        self._counted = 0
        self._changes: dict[Kind, float] = defaultdict(float)
        self._seconds: dict[Kind, float] = defaultdict(float)
        self._by_stage = dict(_CHANGES_A_WEEK)
        self._by_day = {day: _believed_near(day) for day in (*range(_LONG_AGO, _FAR + 1), _NO_PROMISE)}
        self._fitted_at = 0
        self._hours = [_believed(hour) for hour in range(168)]
        self._paces: list[float] = []
        self._paced_at = -1

    def kind(self, stage: Stage, promised: int | None, today: int) -> Kind:
        """The kind of an order whose delivery is promised for a day; days are counted as `date.toordinal` does."""
        if promised is None:
            return stage, _NO_PROMISE
        return stage, min(max(promised - today, _LONG_AGO), _FAR)

    def count(self, before: Kind | None, after: Kind | None) -> None:
        """An order that was of one kind is of another now; None is not being watched."""
        for kind, step in ((before, -1), (after, 1)):
            if kind is not None:
                self._orders[kind] += step
                self._counted += step

    def note(self, kind: Kind, seconds: float, at: datetime, *, changed: bool) -> None:
        """An order of this kind was looked at, `seconds` after the last time."""
        self._looks += 1
        self._seconds[kind] += seconds
        if changed:
            self._changes[kind] += 1
            self._note_when(at, int(min(seconds, 86400.0) // 3600) + 1)

    def lessons(self) -> Lessons:
        """What was learned, to be recalled after a restart."""
        return Lessons(dict(self._changes), dict(self._seconds), tuple(self._hours))

    def recall(self, lessons: Lessons) -> None:
        """Go on from what was learned before."""
        self._changes.update(lessons.changes)
        self._seconds.update(lessons.seconds)
        self._hours[:] = lessons.hours
        self._fit()

    def fade(self, hours: float) -> None:
        """So many hours have gone by: what was seen counts less, for suppliers change their ways."""
        left = 0.5 ** (hours / _HALF_LIFE)
        for seen in (self._changes, self._seconds):
            for kind in seen:
                seen[kind] *= left
        self._hours[:] = [left * seen + (1 - left) * _believed(hour) for hour, seen in enumerate(self._hours)]

    def hazard(self, kind: Kind) -> float:
        """Changes a week to be expected of an order of this kind."""
        if self._looks - self._fitted_at >= _LEARNED_AGAIN:
            self._fitted_at = self._looks
            self._fit()
        return self._by_stage[kind[0]] * self._by_day[kind[1]]

    def _fit(self) -> None:
        """What makes the changes that were seen likeliest: the stages' part as the days' part is now, and then theirs.

        Seen changes and weeks of watching are counted on top of some that are believed.
        """
        weeks = {kind: seconds / _WEEK for kind, seconds in self._seconds.items()}
        changes, watched = defaultdict[Stage, float](float), defaultdict[Stage, float](float)
        for (stage, day), spent in weeks.items():
            changes[stage] += self._changes[stage, day]
            watched[stage] += spent * self._by_day[day]
        for stage, believed in _CHANGES_A_WEEK.items():
            self._by_stage[stage] = _follow(believed, changes[stage], watched[stage])
        of_day, on_day = defaultdict[int, float](float), defaultdict[int, float](float)
        for (stage, day), spent in weeks.items():
            of_day[day] += self._changes[stage, day]
            on_day[day] += spent * self._by_stage[stage]
        for day in self._by_day:
            self._by_day[day] = _follow(_believed_near(day), of_day[day], on_day[day])

    @property
    def orders(self) -> int:
        """How many orders are counted."""
        return self._counted

    def turns(self, kind: Kind) -> float:
        """How many looks the source allows, at an even pace, before it is an order's turn again."""
        since = self._counted, self._looks // _LEARNED_AGAIN
        if since != self._shared_for or kind not in self._turns:
            self._shared_for = since
            counts = self._orders | {kind: max(1, self._orders[kind])}
            self._turns = self._allot([Group(each, n, self.hazard(each)) for each, n in counts.items() if n > 0])
        return max(self._turns[kind], 1.0)

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


def _follow(believed: float, changes: float, expected_of_one: float) -> float:
    """A rate, from a belief and from the changes that were seen while a rate of one would have shown so many."""
    return (_CHANGES_BELIEVED + changes) / (_CHANGES_BELIEVED / believed + expected_of_one)


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


def _believed_near(day: int) -> float:
    """How many times the changes of its stage an order is believed to have, so many days before its promised one."""
    if day == _NO_PROMISE:
        return 1.0
    if day > 3:
        return 0.8 if day <= 7 else 0.5
    return 1.3 if day >= 2 else 3.0 if day == 0 else 2.0


def _believed(hour: int) -> float:
    """Of _BELIEF_HOURS changes, how many are believed to come in an hour of the week."""
    busy = hour < 120 and 7 <= hour % 24 < 18
    return _BELIEF_HOURS * (1.0 if busy else 0.06) / (55 + 113 * 0.06)
