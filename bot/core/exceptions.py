"""Which news waits for somebody to take care of it, and what ends it by itself."""

from collections.abc import Iterable

from bot.model.change import Change, Kind

EXCEPTIONS = frozenset(
    {
        Kind.STUCK,
        Kind.OVERDUE,
        Kind.NOT_MOVING,
        Kind.SLIPPED,
        Kind.VANISHED,
        Kind.MOVED_BACKWARDS,
        Kind.UNDISPATCHED,
        Kind.CANCELLED_AFTER_DISPATCH,
    }
)
"""Kinds of news that wait for somebody."""

_WAITING = frozenset({Kind.STUCK, Kind.NOT_MOVING, Kind.MOVED_BACKWARDS})
_OVER = EXCEPTIONS - {Kind.CANCELLED_AFTER_DISPATCH}
_ENDS: dict[Kind, frozenset[Kind]] = {
    Kind.STATUS: _WAITING,
    Kind.MOVED_BACKWARDS: frozenset({Kind.STUCK, Kind.NOT_MOVING, Kind.CANCELLED_AFTER_DISPATCH}),
    Kind.DISPATCHED: frozenset({Kind.UNDISPATCHED}),
    Kind.TRACKING_ADDED: frozenset({Kind.NOT_MOVING}),
    Kind.REAPPEARED: frozenset({Kind.VANISHED}),
    Kind.SLIPPED: frozenset({Kind.OVERDUE}),
    Kind.PROMISE_MOVED: frozenset({Kind.OVERDUE}),
    Kind.COMPLETED: _OVER,
    Kind.CANCELLED: _OVER,
}


def opened_by(changes: Iterable[Change]) -> dict[Kind, Change]:
    """What begins to wait for somebody: the last change of each kind. A reminder begins nothing."""
    return {change.kind: change for change in changes if change.kind in EXCEPTIONS and not change.again}


def ended_by(changes: Iterable[Change]) -> frozenset[Kind]:
    """What is over with these changes, whether or not somebody took care of it."""
    found: set[Kind] = set()
    for change in changes:
        found |= _ENDS.get(change.kind, frozenset())
        if change.kind is Kind.MOVED_EARLIER and not _is_later(change.after, change.first):
            found.add(Kind.SLIPPED)
    return frozenset(found)


def _is_later(after: str | None, first: str | None) -> bool:
    """Whether a promise is still later than it was at first, by the day."""
    return after is not None and first is not None and after[:10] > first[:10]
