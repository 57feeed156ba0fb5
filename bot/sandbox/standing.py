"""How orders stood at a moment, and whether what a message claims by time alone was true then.

Nothing happens when an order becomes overdue, so no fact says it; but the world knows what was promised, and since
when nothing has happened.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.sandbox.orders import WorldOrder

_ANY_ZONE = timedelta(hours=14)
"""The day of a reader begins and ends somewhere within it."""
_ON_ITS_WAY = timedelta(days=1)
"""What was true when it was decided may be told so much later."""
_CLAIMS = {
    "overdue": re.compile(r"^\W*Overdue · |\bWas promised for "),
    "due_today": re.compile(r"^\W*Due today · |\bPromised for today: "),
    "stuck": re.compile(r"^\W*Stuck · |\bIn '(?P<word>.*)' for (?P<days>\d+) working days?\b"),
    "not_moving": re.compile(r"^\W*Not moving · |\bDispatched (?P<days>\d+) working days? ago, and nothing since\b"),
    "closed": re.compile(r"^\W*Archived · |\bClosed: "),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stood until something happened to it, or stands now."""

    word: str
    is_over: bool
    has_left: bool
    days: frozenset[date]
    """Days for which something of it that is still to come is promised."""
    since: datetime
    """When something had happened to it last."""
    until: datetime | None = None
    """None: it still stands so."""


def standing_of(order: WorldOrder, until: datetime | None = None) -> Standing:
    """How an order stands."""
    off = {line.number for line in order.lines if line.cancelled}
    return Standing(
        word=order.word,
        is_over=order.step in ("delivered", "cancelled"),
        has_left=order.step == "shipped" or not order.here(),
        days=frozenset({order.promised, *(line.promised for line in order.lines if line.number not in off)}),
        since=order.updated_at,
        until=until,
    )


def claims(text: str) -> list[tuple[str, str]]:
    """What a message claims by time alone: kind and line. A headline that has a line of its own counts with it."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        for kind, phrase in _CLAIMS.items():
            if phrase.search(line):
                found[kind] = line.strip()
    return list(found.items())


def is_true(kind: str, line: str, standings: Sequence[Standing], at: datetime) -> bool:
    """Whether a claim was true of an order that stood so, one after the other, when a message came, or just before."""
    recent = [one for one in standings if one.until is None or one.until >= at - _ON_ITS_WAY]
    match = _CLAIMS[kind].search(line)
    days = int(match["days"] or 0) if match and "days" in _CLAIMS[kind].groupindex else 0
    for number, one in enumerate(standings):
        if one in recent and one.since <= at:
            if kind == "stuck":
                word = match["word"] if match else None
                since = _entered(standings[: number + 1])
                if not one.is_over and word in (None, one.word) and at - since >= timedelta(days=days - 1):
                    return True
            elif _holds(kind, one, at, days):
                return True
    return False


def _holds(kind: str, one: Standing, at: datetime, days: int) -> bool:
    match kind:
        case "closed":
            return one.is_over
        case "not_moving":
            return not one.is_over and one.has_left and at - one.since >= timedelta(days=days - 1)
        case "overdue":
            return not one.is_over and any(at >= _noon(day) + timedelta(hours=12) - _ANY_ZONE for day in one.days)
        case _:
            return not one.is_over and any(abs(at - _noon(day)) <= timedelta(hours=12) + _ANY_ZONE for day in one.days)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _entered(standings: Sequence[Standing]) -> datetime:
    """Since when the last of them has had its word."""
    *earlier, last = standings
    since = last.since
    for one in reversed(earlier):
        if one.word != last.word:
            break
        since = one.since
    return since


def by_name(past: Iterable[tuple[WorldOrder, Standing]], orders: Iterable[WorldOrder]) -> dict[str, list[Standing]]:
    """For each name of an order how it stood, oldest first, and how it stands now."""
    found: dict[str, list[Standing]] = {}
    for order, standing in (*past, *_now(orders)):
        for name in order.names:
            found.setdefault(name, []).append(standing)
    return found


def _now(orders: Iterable[WorldOrder]) -> Iterator[tuple[WorldOrder, Standing]]:
    for order in orders:
        yield order, standing_of(order)
