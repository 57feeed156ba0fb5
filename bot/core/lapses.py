"""What is wrong about an order that ended: completed without tracking, cancelled after it was dispatched."""

from collections.abc import Iterable

from bot.model.change import Change, Kind
from bot.model.order import Order, Stage

_SENT_OFF = frozenset({Stage.PARTLY_SHIPPED, Stage.SHIPPED, Stage.COMPLETED})


def with_lapses(changes: Iterable[Change], before: Order, after: Order) -> tuple[Change, ...]:
    """The changes between two versions, each followed by what is wrong about it.

    Where no shipment is known, as in a row of a listing, nothing can be said of tracking.
    """
    told = []
    for change in changes:
        told.append(change)
        if change.kind is Kind.CANCELLED and _is_on_its_way(before, after):
            told.append(Change(kind=Kind.CANCELLED_AFTER_DISPATCH, before=change.before, after=change.after))
        elif change.kind is Kind.LINE_CANCELLED and _line_is_on_its_way(change.line, before, after):
            told.append(Change(kind=Kind.CANCELLED_AFTER_DISPATCH, line=change.line))
        elif change.kind is Kind.COMPLETED and after.shipments and not (_has_tracking(before) or _has_tracking(after)):
            told.append(Change(kind=Kind.NO_TRACKING))
    return tuple(told)


def _is_on_its_way(before: Order, after: Order) -> bool:
    is_dispatched = any(shipment.dispatched for each in (before, after) for shipment in each.shipments)
    return is_dispatched or before.status.stage in _SENT_OFF


def _line_is_on_its_way(name: str | None, before: Order, after: Order) -> bool:
    if after.status.stage is Stage.CANCELLED:
        return False  # that is said of the whole order
    return any(
        shipment.dispatched
        for each in (before, after)
        for line in each.lines
        if name in (line.number, line.key)
        for shipment in each.shipments
        if shipment.line == line.key
    )


def _has_tracking(order: Order) -> bool:
    return any(package.tracking_number for shipment in order.shipments for package in shipment.packages)
