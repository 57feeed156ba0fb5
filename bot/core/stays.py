"""How long orders of a source stay in a status, learned from when they entered and left it.

An order that is still there tells that it takes at least so long (the product-limit estimate): without it, a young
history would know only the quick ones, and everything would look slow.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from bot.core.calendar import is_working_day
from bot.model.change import Basis, Kind
from bot.model.moment import instant_of
from bot.model.order import normal_word
from bot.model.stay import Move, Stay

ENOUGH = 30
"""Orders that have left a status before its habit is believed."""
USUAL_SHARE = 0.95
_MOST_SHARE = 0.9
"""The share from which the tail is drawn on: further out, orders that are truly stuck would bend it."""
_SPREAD_OF_MOST = 1.2816
"""Standard deviations up to which that share of a bell curve lies."""
_TOO_FAR = 3.5
"""Standard deviations beyond which a stay is no habit: one in four thousand."""
_LEAST_SPREAD = 0.2
_LEAST_LEAD = 1
"""Working days, at least, between what is usual and what is too long."""


class WorkingTime:
    """Working days as a number that runs on with the clock, but not on days off. Quick: each day is looked up once."""

    def __init__(self, zone: tzinfo, country: str | None = None) -> None:
        self._zone = zone
        self._country = country
        self._days: dict[date, tuple[int, bool]] = {}
        self._first: date | None = None
        self._last = date.min

    def between(self, start: datetime, end: datetime) -> float:
        """Working days from one moment to another, with fractions."""
        return self._at(end) - self._at(start)

    def _at(self, moment: datetime) -> float:
        local = moment.astimezone(self._zone)
        count, is_working = self._of(local.date())
        return count + (local.hour * 3600 + local.minute * 60 + local.second) / 86400 if is_working else count

    def _of(self, day: date) -> tuple[int, bool]:
        """Working days before a day since the first one asked for, and whether it is one itself."""
        if self._first is None:
            self._first = day - timedelta(days=800)
            self._last = self._first
            self._days[self._first] = (0, is_working_day(self._first, self._country))
        while self._last < day:
            count, is_working = self._days[self._last]
            self._last += timedelta(days=1)
            self._days[self._last] = (count + is_working, is_working_day(self._last, self._country))
        return self._days.get(day) or (0, False)


def learned(moves: Iterable[Move], time: WorkingTime, now: datetime) -> dict[str, Stay]:
    """What is known of each status, by its word, from moves of many orders, those of one order oldest first."""
    ended: defaultdict[str, list[float]] = defaultdict(list)
    lasting: defaultdict[str, list[float]] = defaultdict(list)
    last: dict[str, Move] = {}
    for move in moves:
        before = last.get(move.key)
        if before is not None:
            _add(ended, before, time, instant_of(move.at))
        last[move.key] = move
    for move in last.values():
        if move.kind not in (Kind.COMPLETED, Kind.CANCELLED):
            _add(lasting, move, time, now)
    found = ((word, stay_of(stays, lasting.get(word, []))) for word, stays in ended.items())
    return {word: stay for word, stay in found if stay is not None}


def stay_of(ended: Sequence[float], lasting: Sequence[float] = ()) -> Stay | None:
    """The habit of a status that orders left after so many working days, or are in; None while too little is known."""
    if len(ended) < ENOUGH:
        return None
    middle, most, usual = quantiles(ended, lasting, (0.5, _MOST_SHARE, USUAL_SHARE))
    if middle is None or most is None or usual is None:
        return None
    spread = max(_LEAST_SPREAD, math.log(max(most, 0.05) / max(middle, 0.05)) / _SPREAD_OF_MOST)
    within = max(1, math.ceil(usual))
    limit = max(within + _LEAST_LEAD, math.ceil(max(middle, 0.05) * math.exp(_TOO_FAR * spread)))
    return Stay(within=within, limit=limit, basis=Basis.LEARNED, orders=len(ended) + len(lasting))


def quantiles(ended: Sequence[float], lasting: Sequence[float], shares: Sequence[float]) -> list[float | None]:
    """The times by which these shares have left, ascending; None where too few ever did. Kaplan and Meier, 1958."""
    still = sorted(lasting)
    times = sorted(ended)
    left, found, wanted = 1.0, list[float | None](), list(shares)
    for number, time in enumerate(times):
        at_risk = len(times) - number + len(still) - bisect_left(still, time)
        left *= 1 - 1 / at_risk
        while wanted and 1 - left >= wanted[0] - 1e-9:
            found.append(time)
            wanted.pop(0)
    return found + [None] * len(wanted)


def _add(stays: defaultdict[str, list[float]], entered: Move, time: WorkingTime, until: datetime | None) -> None:
    since = instant_of(entered.at)
    if since is not None and until is not None:
        stays[normal_word(entered.status)].append(time.between(since, until))
