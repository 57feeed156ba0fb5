"""From two snapshots of one order to typed changes.

Collections are compared by key, never by position. What the earlier snapshot could not know (a header from a listing
knows no lines) is no change. One real-world move is one change: a date that moved on the order, its line and the
shipment of that line by the same step is told once, at the highest level.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bot.model.change import Change, Kind
from bot.model.moment import Moment
from bot.model.order import Depth, LineItem, Order, Package, Shipment, Stage, Status

_DATES = ("delivery_promised", "ship_promised")


def diff(before: Order, after: Order) -> tuple[Change, ...]:
    """The changes from `before` to `after`, in the order they are told: parts first, then the order as a whole."""
    changes: list[Change] = []
    if before.depth is Depth.FULL and after.depth is Depth.FULL:
        changes += _lines(before, after)
        changes += _dispatches(before, after)
        changes += _tracking(before, after)
    changes += _promises(before, after)
    changes += _order_status(before, after)
    changes += _asked_fields(before, after)
    return tuple(changes)


def _lines(before: Order, after: Order) -> Iterator[Change]:
    old = {line.key: line for line in before.lines}
    new = {line.key: line for line in after.lines}
    for key, line in new.items():
        if key in old:
            yield from _line(old[key], line)
        else:
            yield Change(kind=Kind.LINE_ADDED, line=_name(line), after=_what(line))
    for key, line in old.items():
        if key not in new:
            yield Change(kind=Kind.LINE_CANCELLED, line=_name(line), before=_what(line))


def _line(before: LineItem, after: LineItem) -> Iterator[Change]:
    name = _name(after)
    if before.quantity != after.quantity:
        yield Change(kind=Kind.QUANTITY, line=name, before=before.quantity, after=after.quantity)
    if before.product != after.product:
        yield Change(kind=Kind.LINE_CHANGED, line=name, field="product", before=before.product, after=after.product)
    if before.status and after.status and not before.status.says_the_same(after.status):
        cancelled = after.status.stage is Stage.CANCELLED and before.status.stage is not Stage.CANCELLED
        yield Change(
            kind=Kind.LINE_CANCELLED if cancelled else Kind.LINE_CHANGED,
            line=name,
            field="status",
            before=before.status.word,
            after=after.status.word,
        )


def _name(line: LineItem) -> str:
    return line.number or line.key


def _what(line: LineItem) -> str | None:
    name = _name(line)
    words = [word for word in (line.product, line.description) if word and word not in name]
    if line.quantity:
        words.insert(0, f"{line.quantity} ×")
    return " ".join(words) or None


def _dispatches(before: Order, after: Order) -> Iterator[Change]:
    old = {shipment.key: shipment for shipment in before.shipments}
    new = {shipment.key: shipment for shipment in after.shipments}
    gone = [shipment for key, shipment in old.items() if key not in new and shipment.dispatched]
    for key, shipment in new.items():
        earlier = old.get(key) or _under_another_key(shipment, gone)
        if shipment.dispatched and not (earlier and earlier.dispatched):
            yield _dispatch(Kind.DISPATCHED, shipment, after)
        elif earlier and earlier.dispatched and shipment.dispatched is False:
            yield _dispatch(Kind.UNDISPATCHED, shipment, after)
    for shipment in gone:
        yield _dispatch(Kind.UNDISPATCHED, shipment, before)


def _under_another_key(shipment: Shipment, gone: list[Shipment]) -> Shipment | None:
    """The dispatched shipment that this one continues although its key changed; taken out of `gone`."""
    parcels = {package.key for package in shipment.packages}
    for other in gone:
        shares_parcel = bool(parcels & {package.key for package in other.packages})
        same_moment = other.dispatched_at is not None and other.dispatched_at == shipment.dispatched_at
        if other.line == shipment.line and (shares_parcel or same_moment):
            gone.remove(other)
            return other
    return None


def _dispatch(kind: Kind, shipment: Shipment, order: Order) -> Change:
    return Change(
        kind=kind,
        line=_line_name(shipment, order),
        shipment=shipment.number or shipment.key,
        after=shipment.quantity if kind is Kind.DISPATCHED else None,
        at=shipment.dispatched_at,
    )


def _line_name(shipment: Shipment, order: Order) -> str | None:
    for line in order.lines:
        if line.key == shipment.line:
            return _name(line)
    return shipment.line


_Place = tuple[Shipment, Package]


def _tracking(before: Order, after: Order) -> Iterator[Change]:
    old, new = _parcels(before), _parcels(after)
    removed = [place for key, place in old.items() if key not in new]
    added = [place for key, place in new.items() if key not in old]
    for shipment, package in added:
        replaced = next((place for place in removed if _same_place(place[0], shipment)), None)
        if replaced:
            removed.remove(replaced)
        yield Change(
            kind=Kind.TRACKING_REPLACED if replaced else Kind.TRACKING_ADDED,
            line=_line_name(shipment, after),
            shipment=shipment.number or shipment.key,
            before=replaced[1].tracking_number if replaced else None,
            after=package.tracking_number,
            package=package,
        )
    for shipment, package in removed:
        yield Change(
            kind=Kind.TRACKING_REMOVED,
            line=_line_name(shipment, before),
            shipment=shipment.number or shipment.key,
            before=package.tracking_number,
        )


def _parcels(order: Order) -> dict[str, _Place]:
    """Every parcel with a number, once, wherever it is: one that moves between shipments is no news."""
    return {
        package.key: (shipment, package)
        for shipment in order.shipments
        for package in shipment.packages
        if package.tracking_number
    }


def _same_place(one: Shipment, other: Shipment) -> bool:
    return one.key == other.key or (one.line is not None and one.line == other.line)


def _promises(before: Order, after: Order) -> Iterator[Change]:
    if after.status.stage.is_final:
        return  # a promise that was kept, or that nobody waits for any more, does not move
    told: set[tuple[str | None, str, str | None, str | None]] = set()
    for _, line, field, old, new in promised_dates(before, after):
        move = (field, old, new)
        if old == new or (None, *move) in told or (line, *move) in told:
            continue
        told.add((line, *move))
        yield Change(kind=Kind.PROMISE_MOVED, line=line, field=field, before=old, after=new)


class PromisedDate(NamedTuple):
    """One date as two snapshots have it."""

    of: str
    """`line 000010`, `shipment s1`, by their keys; empty for the order."""
    line: str | None
    """Name of the line it belongs to."""
    field: str
    old: Moment | None
    new: Moment | None


def promised_dates(before: Order, after: Order) -> Iterator[PromisedDate]:
    """Every promised date that both snapshots can speak of, from the order down."""
    knows_all = before.depth is Depth.FULL
    for field in _DATES:
        old, new = getattr(before, field), getattr(after, field)
        if knows_all or (old is not None and new is not None):
            yield PromisedDate("", None, field, old, new)
    if not knows_all:
        return
    earlier_lines = {line.key: line for line in before.lines}
    for line in after.lines:
        if earlier_line := earlier_lines.get(line.key):
            dates = earlier_line.delivery_promised, line.delivery_promised
            yield PromisedDate(f"line {line.key}", _name(line), "delivery_promised", *dates)
    earlier = {shipment.key: shipment for shipment in before.shipments}
    for shipment in after.shipments:
        if shipment.key not in earlier:
            continue
        for field in _DATES:
            old, new = getattr(earlier[shipment.key], field), getattr(shipment, field)
            if not (shipment.dispatched and new is None):  # kept, not withdrawn
                yield PromisedDate(f"shipment {shipment.key}", _line_name(shipment, after), field, old, new)


def _order_status(before: Order, after: Order) -> Iterator[Change]:
    old, new = before.status, after.status
    if old.says_the_same(new) or (before.depth is Depth.HEADER and not _has_word(old)):
        return
    yield Change(kind=_status_kind(old, new), before=old.word, after=new.word, field=None)


def _has_word(status: Status) -> bool:
    return bool(status.code or status.text)


def _status_kind(before: Status, after: Status) -> Kind:
    """One move of the status is one kind."""
    if after.stage is Stage.CANCELLED and before.stage is not Stage.CANCELLED:
        return Kind.CANCELLED
    if after.stage is Stage.COMPLETED and before.stage is not Stage.COMPLETED:
        return Kind.COMPLETED
    old, new = before.stage.rank, after.stage.rank
    if old is not None and new is not None and new < old:
        return Kind.MOVED_BACKWARDS
    if before.stage is Stage.CANCELLED and new is not None:
        return Kind.MOVED_BACKWARDS
    return Kind.STATUS


def _asked_fields(before: Order, after: Order) -> Iterator[Change]:
    for path, new in sorted(after.fields.items()):
        old = before.fields.get(path)
        if old is not None and old != new:
            yield Change(kind=Kind.OTHER, field=path, before=old or None, after=new or None)
