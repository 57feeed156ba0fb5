"""What several changes of one order come to: from where to where, with the steps in between.

Whoever was not told of each move is told of the whole: five moves of a status are one, a date that moved and came
back is nothing. Moves of different things stay apart.
"""

from collections.abc import Iterable, Sequence

from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.order import normal_word

_Thing = tuple[object, ...]
"""What moved: changes of one thing are told as one."""

_STATUS = frozenset({Kind.STATUS, Kind.COMPLETED, Kind.CANCELLED, Kind.MOVED_BACKWARDS})
_LATEST = frozenset(
    {
        Kind.STUCK, Kind.DUE_TODAY, Kind.OVERDUE, Kind.NOT_MOVING, Kind.NO_TRACKING, Kind.CANCELLED_AFTER_DISPATCH,
        Kind.CLOSED, Kind.REOPENED,
    }
)  # fmt: skip
"""Of these the last one says all."""
_WAITING = frozenset({Kind.STUCK, Kind.NOT_MOVING})
"""True only until the status moves."""
_PROMISED = frozenset({Kind.DUE_TODAY, Kind.OVERDUE})
"""True only until the order is over."""
_OPPOSITES = {
    Kind.DISPATCHED: Kind.UNDISPATCHED,
    Kind.UNDISPATCHED: Kind.DISPATCHED,
    Kind.VANISHED: Kind.REAPPEARED,
    Kind.REAPPEARED: Kind.VANISHED,
    Kind.LINE_ADDED: Kind.LINE_CANCELLED,
    Kind.LINE_CANCELLED: Kind.LINE_ADDED,
}
_FAMILIES = {
    **dict.fromkeys(_STATUS, "status"),
    **dict.fromkeys(PROMISE_KINDS, "promise"),
    **dict.fromkeys((Kind.DISPATCHED, Kind.UNDISPATCHED), "dispatch"),
    **dict.fromkeys((Kind.VANISHED, Kind.REAPPEARED), "listed"),
    **dict.fromkeys((Kind.LINE_ADDED, Kind.LINE_CANCELLED), "line"),
    **dict.fromkeys((Kind.TRACKING_ADDED, Kind.TRACKING_REPLACED, Kind.TRACKING_REMOVED), "tracking"),
    **dict.fromkeys((Kind.DUE_TODAY, Kind.OVERDUE), "due"),
    **dict.fromkeys((Kind.CLOSED, Kind.REOPENED), "closed"),
}


def net(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that are left of `changes`, oldest first, of one order; none if it is back where it began."""
    left: dict[_Thing, list[Change]] = {}
    for change in changes:
        thing = _thing(change)
        left[thing] = _joined(left.get(thing, []), change)
        for over in [thing for thing, known in left.items() if _is_over(known, change)]:
            del left[over]
    return tuple(change for joined in left.values() for change in joined)


def _is_over(known: Sequence[Change], change: Change) -> bool:
    """Whether what was to be told is true no more, now that this has happened."""
    ended = _WAITING if change.kind in _STATUS else frozenset()
    if change.kind in (Kind.COMPLETED, Kind.CANCELLED):
        ended |= _PROMISED
    return any(each.kind in ended for each in known)


def _thing(change: Change) -> _Thing:
    family = _FAMILIES.get(change.kind, change.kind.value)
    if family == "line" and change.field == "status":
        family = Kind.LINE_CHANGED.value  # a line whose status became cancelled; others left the order
    return family, change.line, None if family == "tracking" else change.shipment, change.field


def _joined(known: Sequence[Change], change: Change) -> list[Change]:
    """What is known to have happened to one thing, and one more change of it."""
    family = _FAMILIES.get(change.kind)
    if family == "tracking":
        return _tracking(known, change)
    if not known or change.kind in _LATEST:
        return [change]
    last = known[-1]
    if change.field != "status" and change.kind in _OPPOSITES:
        if last.kind is _OPPOSITES[change.kind]:
            return [*known[:-1]]
        return [*known, change]
    if change.kind is Kind.APPEARED:
        return [*known, change]
    return _moved(last, change)


def _moved(first: Change, then: Change) -> list[Change]:
    """Two moves of one value as one."""
    if _same(first.before, then.after):
        return []
    steps = (*(first.steps or ()), *((first.after,) if first.after is not None else ()))
    kind = then.kind
    if kind is Kind.STATUS and first.kind is Kind.MOVED_BACKWARDS:
        kind = first.kind  # it has been further on, and may still not be there again
    if kind in PROMISE_KINDS:
        kind = _promise_kind(first, then)
        steps = tuple(step for step in steps if step not in (first.before, then.after))
    return [then.model_copy(update={"kind": kind, "before": first.before, "steps": steps or None})]


def _promise_kind(first: Change, then: Change) -> Kind:
    """What two moves of a date come to: later or earlier as a whole, if either was worth that word."""
    if {first.kind, then.kind} == {Kind.PROMISE_MOVED} or first.before is None or then.after is None:
        return then.kind if then.after is not None else Kind.PROMISE_MOVED
    return Kind.SLIPPED if then.after > first.before else Kind.MOVED_EARLIER


def _same(one: str | None, other: str | None) -> bool:
    return one == other or (one is not None and other is not None and normal_word(one) == normal_word(other))


def _tracking(known: Sequence[Change], change: Change) -> list[Change]:
    """Parcels by their number: one that was replaced twice, or came and went, is followed through."""
    for place, earlier in enumerate(known):
        others = [*known[:place], *known[place + 1 :]]
        if change.before is not None and earlier.after == change.before:
            return [*others, *_followed(earlier, change)]
        if earlier.kind is Kind.TRACKING_REMOVED and earlier.before == change.after:
            return others
    return [*known, change]


def _followed(earlier: Change, change: Change) -> list[Change]:
    if _same(earlier.before, change.after):
        return []
    kinds = {
        (False, True): Kind.TRACKING_ADDED,
        (True, True): Kind.TRACKING_REPLACED,
        (True, False): Kind.TRACKING_REMOVED,
    }
    kind = kinds[earlier.before is not None, change.after is not None]
    return [change.model_copy(update={"kind": kind, "before": earlier.before})]
