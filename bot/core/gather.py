"""When what is owed to one destination is sent, and in what company.

Each notification stands for what one poll of one order means there. Which of them goes next, alone or together with
others, is decided here and nowhere else, from the open ones and the time:

- One that a send was begun of keeps its identity and its place: it goes, or is waited for.
- What is held, to be confirmed or because somebody wants it later, stays until `not_before`. When it goes, all that is
  held of the order for the same reason goes with it, and so does what an answer at once has overtaken. Urgent news
  takes along what was snoozed of its order: afterwards it would be told in the wrong order.
- Urgent news waits for nothing else. Other news waits for more news of its order (`gather_until`), for the group
  interval of its destination and for the end of quiet hours.
- News of one order that may go is one message; what waited for quiet hours or an interval is one digest; news of more
  orders than the storm cap is one summary, whether it waited or not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.calendar import quiet_until
from bot.core.telling import SNOOZED
from bot.model.change import Severity
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.outbox import Destination, Shape
from bot.model.view import Waiting


@dataclass(frozen=True, slots=True)
class Send:
    """Send this one as it is."""

    id: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Make one of these, then decide again."""

    shape: Shape
    ids: tuple[int, ...]
    """At least two, by id."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be sent before."""

    until: datetime


Step = Send | Gather | Wait

FEW, MANY = 500, 5000
"""How much of a queue is looked at: what the next message may be about, and what one summary may tell."""


def next_step(waiting: Sequence[Waiting], destination: Destination, now: datetime) -> Step | None:
    """What to do next about the open notifications of a destination, given by id; None where there are none."""
    if not waiting:
        return None
    if step := _begun(waiting, now):
        return step
    waiting = _as_overtaken([_made_by(now, row, destination) for row in waiting])
    due = _Due(waiting, destination, now)
    releases = {row.id: due.of(row) for row in waiting}
    ready = [_freed(rows, now) for rows in _by_order(waiting).values() if any(releases[row.id] <= now for row in rows)]
    if not ready:
        return Wait(min(releases.values()))
    if urgent := [rows for rows in ready if any(_is_urgent(row) for row in rows)]:
        return _first_or_summary(urgent, destination)
    if any(due.waited_for_company(row) for rows in ready for row in rows):
        return _together(Shape.STORM if _is_storm(ready, destination) else Shape.DIGEST, ready)
    return _first_or_summary(ready, destination)


def is_all_needed(step: Step | None) -> bool:
    """Whether a step has to be decided again from more of a long queue: all of it comes together."""
    return isinstance(step, Gather) and step.shape is not Shape.ORDER


def _begun(waiting: Sequence[Waiting], now: datetime) -> Step | None:
    """One that was tried keeps its place, also while it waits to be tried again: its trouble is the destination's."""
    for row in waiting:
        if row.is_tried:
            again_at = _instant(row.not_before)
            return Wait(again_at) if again_at and again_at > now else Send(row.id)
    return next((Send(row.id) for row in waiting if row.is_gathered), None)


def _made_by(now: datetime, row: Waiting, destination: Destination) -> Waiting:
    """A row that is not of the future. One that was, from before the clock was set back, has waited for long enough.

    Else what is found from now on would overtake it.
    """
    if _created_at(row) <= now:
        return row
    return replace(row, created_at=from_instant(now - destination.group_interval), gather_until=None)


def _as_overtaken(waiting: Sequence[Waiting]) -> Sequence[Waiting]:
    """What is confirmed together comes to what was found last: an urgent step that was overtaken is urgent no more."""
    last = {_confirmed(row): row.severity for row in waiting if row.held_for}
    return [
        replace(row, severity=last[_confirmed(row)]) if row.held_for and _is_urgent(row) else row for row in waiting
    ]


def _confirmed(row: Waiting) -> tuple[str | None, str | None, str | None]:
    return row.source, row.order, row.held_for


class _Due:
    """When each of the open notifications of a destination may go."""

    def __init__(self, waiting: Sequence[Waiting], destination: Destination, now: datetime) -> None:
        self._destination = destination
        self._now = now
        ordinary = [_held_until(row) for row in waiting if not _is_urgent(row)]
        self._interval_ends = min(ordinary) + destination.group_interval if ordinary else now

    def of(self, row: Waiting) -> datetime:
        """The moment from which it may go."""
        at = _held_until(row)
        if _is_urgent(row):
            return at
        at = max(at, _instant(row.gather_until) or at)
        if self._destination.group_interval:
            at = max(at, self._interval_ends)
        return quiet_until(self._destination.quiet, max(at, self._now)) or at

    def waited_for_company(self, row: Waiting) -> bool:
        """Whether it waited for news of other orders too."""
        if self._destination.group_interval:
            return True
        return quiet_until(self._destination.quiet, _held_until(row)) is not None


def _by_order(waiting: Iterable[Waiting]) -> Mapping[int, list[Waiting]]:
    """Rows of one order together, under the id of the first; what is not about an order stands alone."""
    leads: dict[tuple[str | None, str], int] = {}
    groups: dict[int, list[Waiting]] = {}
    for row in waiting:
        lead = row.id if row.order is None else leads.setdefault((row.source, row.order), row.id)
        groups.setdefault(lead, []).append(row)
    return groups


def _freed(rows: Sequence[Waiting], now: datetime) -> list[Waiting]:
    """Those of one order that are held no more, and those held for the same."""
    free = [row for row in rows if _held_until(row) <= now]
    reasons = {row.held_for for row in free if row.held_for}
    if any(map(_is_urgent, free)):
        reasons.add(SNOOZED)  # what comes later cannot be told after it
    return [row for row in rows if row in free or row.held_for in reasons]


def _held_until(row: Waiting) -> datetime:
    created_at = _created_at(row)
    return max(created_at, _instant(row.not_before) or created_at)


def _created_at(row: Waiting) -> datetime:
    created_at = _instant(row.created_at)
    assert created_at is not None, "rows are made at an instant"
    return created_at


def _is_urgent(row: Waiting) -> bool:
    return row.severity is Severity.URGENT


def _first_or_summary(groups: Sequence[Sequence[Waiting]], destination: Destination) -> Step:
    if _is_storm(groups, destination):
        return _together(Shape.STORM, groups)
    first = groups[0]
    waits = any(row.not_before or row.gather_until for row in first)
    is_mixed = len({_is_urgent(row) for row in first}) > 1  # what urgent news takes along is told within it
    return _together(Shape.ORDER, [first]) if waits or is_mixed else Send(first[0].id)


def _together(shape: Shape, groups: Sequence[Sequence[Waiting]]) -> Step:
    ids = tuple(sorted(row.id for rows in groups for row in rows))
    if len(ids) == 1:
        return Send(ids[0])
    return Gather(shape if len(groups) > 1 else Shape.ORDER, ids)


def _is_storm(groups: Sequence[Sequence[Waiting]], destination: Destination) -> bool:
    return destination.storm is not None and len(groups) > destination.storm


def _instant(moment: Moment | None) -> datetime | None:
    return instant_of(moment) if moment else None
