"""What the past tells of sources: how long orders take, how long they stay where, and whether dates were kept.

One pass over rows as an export gives them. An order counts for a lead time once it is completed, and for a status once
it has left it; what began before anybody watched has no beginning, and is left out. Days run by the calendar: 24 hours.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bot.core.promise import days_late
from bot.model.change import PROMISE_KINDS, Kind
from bot.model.moment import Moment, day_of, instant_of, is_day
from bot.model.order import Stage
from bot.model.stay import STATUS_KINDS

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spread:
    """How something is spread over orders, in days: half of them are within `p50`, nine of ten within `p90`."""

    orders: int
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Kept:
    """Completed orders with a promise, and how many of them came by it."""

    orders: int
    by_last: int
    """By the day promised last."""
    by_first: int
    """By the day promised first, as far as is known."""


@dataclass(frozen=True, slots=True)
class Slips:
    """Promises that moved to a later day within one month."""

    moves: int
    orders: int
    days: float
    """Half of the moves were by no more than this."""


@dataclass(slots=True)
class Stats:
    """By source; then by status as the source words it, and by month (`2026-03`)."""

    lead: dict[str, Spread] = field(default_factory=dict)
    """From the order to its completion."""
    stays: dict[tuple[str, str], Spread] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    slips: dict[tuple[str, str], Slips] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be told yet."""
        return not (self.lead or self.stays or self.kept or self.slips)


@dataclass(slots=True)
class _Past:
    """What is known of one order's past."""

    began: datetime | None = None
    entered: tuple[datetime, str] | None = None
    completed: datetime | None = None


def statistics(orders: Iterable[Row], changes: Iterable[Row], zone: tzinfo) -> Stats:
    """All there is to tell. `changes` are in the order in which they were found; days begin in `zone`."""
    pasts: defaultdict[tuple[str, str], _Past] = defaultdict(_Past)
    stays: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    slips: defaultdict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    for row in changes:
        past = pasts[row["source"], row["key"]]
        if row["kind"] in STATUS_KINDS:
            _move(row, past, stays, zone)
        elif row["kind"] in PROMISE_KINDS and row["before"] and row["after"] and not row["minor"]:
            by = _days_between(Moment(row["before"]), Moment(row["after"]), zone)
            if by > 0:
                month = day_of(Moment(row["seen_at"]), zone).strftime("%Y-%m")
                slips[row["source"], month].append((row["key"], by))
    found = Stats(
        stays={name: _spread(days) for name, days in sorted(stays.items())},
        slips={name: _slips(moves) for name, moves in sorted(slips.items())},
    )
    _judge(orders, pasts, found, zone)
    return found


def quantile(days: Sequence[float], share: float) -> float:
    """The smallest of the values within which that share of them lies (nearest rank)."""
    ranked = sorted(days)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)]


def _move(row: Row, past: _Past, stays: defaultdict[tuple[str, str], list[float]], zone: tzinfo) -> None:
    """An order entered a status, and left the one before."""
    at = _instant(row["happened_at"] or row["seen_at"], zone)
    if row["kind"] == Kind.APPEARED:
        past.began = at
    if past.entered is not None:
        since, status = past.entered
        stays[row["source"], status].append(_days(at - since))
    past.entered = (at, str(row["after"])) if row["after"] else None
    past.completed = at if row["kind"] == Kind.COMPLETED else None


def _judge(orders: Iterable[Row], pasts: Mapping[tuple[str, str], _Past], found: Stats, zone: tzinfo) -> None:
    leads: defaultdict[str, list[float]] = defaultdict(list)
    kept: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for row in orders:
        past = pasts.get((row["source"], row["key"]))
        if row["stage"] != Stage.COMPLETED or past is None or past.completed is None:
            continue
        began = _instant(row["ordered_at"], zone) if row["ordered_at"] else past.began
        if began is not None and began <= past.completed:
            leads[row["source"]].append(_days(past.completed - began))
        if last := row["promised"]:
            day = past.completed.astimezone(zone).date()
            first = row["first_promised"] or last
            kept[row["source"]].append((not days_late(last, day, zone), not days_late(first, day, zone)))
    found.lead = {source: _spread(days) for source, days in sorted(leads.items())}
    found.kept = {
        source: Kept(len(each), sum(last for last, _ in each), sum(first for _, first in each))
        for source, each in sorted(kept.items())
    }


def _spread(days: Sequence[float]) -> Spread:
    return Spread(len(days), quantile(days, 0.5), quantile(days, 0.9))


def _slips(moves: Sequence[tuple[str, float]]) -> Slips:
    return Slips(len(moves), len({key for key, _ in moves}), quantile([days for _, days in moves], 0.5))


def _days_between(before: Moment, after: Moment, zone: tzinfo) -> float:
    return float((day_of(after, zone) - day_of(before, zone)).days)


def _days(span: timedelta) -> float:
    return round(span.total_seconds() / 86400, 2)


def _instant(moment: str, zone: tzinfo) -> datetime:
    """The instant of a moment; of a day its beginning."""
    if is_day(Moment(moment)):
        return datetime.fromisoformat(moment).replace(tzinfo=zone)
    found = instant_of(Moment(moment))
    assert found is not None, "what is no day is an instant"
    return found
