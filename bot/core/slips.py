"""When a promised date that moves is a slip: measured against what was told last, with the first promise in mind.

Every move is one change. It is `slipped` when the date has become later than what was told last by the threshold or
more, `moved_earlier` when it has become earlier than that, else `promise_moved`: a date given for the first time or
taken back, or a move too small to be told to whoever does not ask for it by name. What is told moves the mark against
which the next move is measured, so three days are one slip whether they come at once or one by one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo

from bot.core.diff import promised_dates
from bot.model.alarm import Alarms
from bot.model.change import Change, Kind
from bot.model.moment import Moment, day_of
from bot.model.order import Order
from bot.model.promise import Promised
from bot.model.watch import Watchlist

Promises = Mapping[str, Promised]
"""What is remembered of the dates of an order that have moved, by what they are of: `delivery_promised`,
`line 000010 delivery_promised`, `shipment s1 ship_promised`."""


def threshold_of(watchlists: Iterable[Watchlist], default: Alarms) -> timedelta | None:
    """What counts as a slip of an order: what the most curious of its watchlists says, else `default`.

    None: slips are not told apart from other moves.
    """
    asked = [watchlist.alarms for watchlist in watchlists if watchlist.alarms] or [default]
    return min((alarms.slipped for alarms in asked if alarms.slipped is not None), default=None)


def judged(
    changes: Iterable[Change],
    before: Order,
    after: Order,
    known: Promises,
    threshold: timedelta | None,
    zone: tzinfo,
) -> tuple[tuple[Change, ...], Promises]:
    """The changes between two versions with each move of a promise by its right name, and what to remember.

    Days are those of `zone`. Without a threshold every move stays `promise_moved` and counts as told.
    """
    found = list(changes)
    place = next((index for index, change in enumerate(found) if change.kind is Kind.PROMISE_MOVED), None)
    if place is None:
        return tuple(found), known
    moves, memory = _moves(before, after, known, threshold, zone)
    others = [change for change in found if change.kind is not Kind.PROMISE_MOVED]
    return (*others[:place], *moves, *others[place:]), memory


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one move of one date is."""

    kind: Kind
    before: Moment | None
    memory: Promised | None
    is_minor: bool = False

    @property
    def is_told(self) -> bool:
        """Whether everybody is told who is told of the order at all."""
        return not self.is_minor


def weighed(
    old: Moment | None, new: Moment | None, known: Promised | None, threshold: timedelta | None, zone: tzinfo
) -> Weighed:
    """What a move of a date from `old` to `new` is, and what to remember of it. At least one of both is a date."""
    if new is None:
        return Weighed(Kind.PROMISE_MOVED, old, known or _fresh(old))
    if known is None and old is None:
        return Weighed(Kind.PROMISE_MOVED, None, None)
    mark = known or Promised(first=old or new, told=old or new)
    moved = Promised(first=mark.first, told=new)
    if threshold is None:
        return Weighed(Kind.PROMISE_MOVED, old, moved)
    days = (day_of(new, zone) - day_of(mark.told, zone)).days
    if days >= threshold.days:
        return Weighed(Kind.SLIPPED, mark.told, moved)
    if days < 0:
        return Weighed(Kind.MOVED_EARLIER, mark.told, moved)
    if old is None:
        return Weighed(Kind.PROMISE_MOVED, None, mark)
    if threshold.days == 1:  # a move within the day: whoever hears of every day hears of it too
        return Weighed(Kind.PROMISE_MOVED, old, moved)
    return Weighed(Kind.PROMISE_MOVED, old, mark, is_minor=True)


def _fresh(date: Moment | None) -> Promised | None:
    return Promised(first=date, told=date) if date else None


def _moves(
    before: Order, after: Order, known: Promises, threshold: timedelta | None, zone: tzinfo
) -> tuple[list[Change], Promises]:
    """A date that moved by the same step on the order, its line and its shipment moved once: at the highest level.

    A lower one is told beside it only if it has become a slip, and the higher one has not.
    """
    told: dict[tuple[object, ...], Weighed] = {}
    changes, memory = [], dict(known)
    for date in promised_dates(before, after):
        if date.old == date.new:
            continue
        name = f"{date.of} {date.field}".strip()
        one = weighed(date.old, date.new, known.get(name), threshold, zone)
        step = (date.field, date.old, date.new)
        above = told.get((None, *step)) or told.get((date.line, *step))
        if above is None or (one.is_told and not above.is_told):
            told[(date.line, *step)] = one
            changes.append(_change(date.line, date.field, one, date.new))
        elif above.is_told and one.memory and date.new:
            one = Weighed(one.kind, one.before, Promised(first=one.memory.first, told=date.new))
        if one.memory is not None:
            memory[name] = one.memory
    return changes, memory


def _change(line: str | None, field: str, one: Weighed, new: Moment | None) -> Change:
    first = one.memory.first if one.memory and one.kind is not Kind.PROMISE_MOVED else None
    return Change(kind=one.kind, line=line, field=field, before=one.before, after=new, first=first, minor=one.is_minor)
