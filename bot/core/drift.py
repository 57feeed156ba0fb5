"""Schema drift: a member that goes missing from nearly all orders of a source at once is the source's news, not theirs.

A field that is renamed, or left out for a day, looks like hundreds of orders that lost their tracking number. So a loss
is not believed at first sight. It is believed at a later look once other orders have shown that the member still
exists, or after one whole rhythm in which fewer than ORDERS_TO_TELL lost it. Where at least that many, and nine in ten
of those looked at, lost it, operators are told once; what was known stays as it is, and all other news of these
orders goes on, until the source tells it again.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from bot.core.words import phrase
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Depth, LineItem, Order, Package, Shipment

ORDERS_TO_TELL = 5
"""Orders that must have lost a member before it is the source's."""
SHARE_TO_TELL = 0.9
"""Of the orders looked at that had it."""

_MARK = "lost "
_PROMISES = ("delivery_promised", "ship_promised")

_Part = TypeVar("_Part", LineItem, Shipment)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an answer is taken for."""

    order: Order
    """To be compared and stored: with the losses that are believed, without those that are not."""
    cautious: Order
    """The same without any loss: what else may have gone back on what was known shows here."""
    doubt: str | None = None
    """To be stored with the order: which losses are not believed."""
    drifted: tuple[tuple[str, Moment], ...] = ()
    """Members that just proved to be missing everywhere, and since when."""
    returned: tuple[tuple[str, Moment], ...] = ()
    """Members that were missing everywhere and are told again."""


@dataclass(slots=True)
class _Suspicion:
    since: Moment
    lost: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    is_drift: bool = False

    @property
    def share(self) -> float:
        return len(self.lost) / max(1, len(self.lost) + len(self.kept))


class DriftWatch:
    """Remembers, for one source, which orders lost what and which did not. Lives on after a restart by `recall`."""

    def __init__(self) -> None:
        self._suspicions: dict[str, _Suspicion] = {}

    @property
    def is_suspicious(self) -> bool:
        """Whether orders that have not changed are worth counting too."""
        return bool(self._suspicions)

    def recall(self, key: str, doubt: str | None) -> None:
        """Take up what was stored as an order's doubt before the program ended."""
        for member, since in _marked(doubt).items():
            suspicion = self._suspicions.setdefault(member, _Suspicion(since))
            suspicion.since = min(suspicion.since, since)
            suspicion.lost.add(key)
            suspicion.is_drift = len(suspicion.lost) >= ORDERS_TO_TELL

    def is_drifting(self, doubt: str | None) -> bool:
        """Whether every loss in an order's doubt is the source's: no reason to look at the order more often."""
        marked = _marked(doubt)
        return bool(marked) and all(
            member in self._suspicions and self._suspicions[member].is_drift for member in marked
        )

    def unchanged(self, key: str, order: Order) -> None:
        """An order was looked at and is as it was."""
        for member, suspicion in self._suspicions.items():
            if key not in suspicion.lost and _has(order, member):
                suspicion.kept.add(key)

    def weigh(self, before: Order, after: Order, now: datetime, rhythm: timedelta) -> Weighed:
        """Judge what an order lost. `rhythm` is the time in which every order of the source is looked at once."""
        key, missing = after.key, lost(before, after)
        returned = self._note_kept(key, before, after, missing)
        doubted: dict[str, Moment] = {}
        drifted: list[tuple[str, Moment]] = []
        for member in missing:
            suspicion = self._suspicions.setdefault(member, _Suspicion(from_instant(now)))
            seen_before = key in suspicion.lost
            suspicion.lost.add(key)
            if not suspicion.is_drift and len(suspicion.lost) >= ORDERS_TO_TELL and suspicion.share >= SHARE_TO_TELL:
                suspicion.is_drift = True
                drifted.append((member, suspicion.since))
            if seen_before and _is_single(suspicion, now, rhythm):
                self._forget(member, key)
            else:
                doubted[member] = suspicion.since
        return Weighed(
            order=carry(before, after, doubted),
            cautious=carry(before, after, missing),
            doubt=_MARK + json.dumps(doubted) if doubted else None,
            drifted=tuple(drifted),
            returned=returned,
        )

    def _note_kept(
        self, key: str, before: Order, after: Order, missing: Iterable[str]
    ) -> tuple[tuple[str, Moment], ...]:
        returned = []
        for member, suspicion in list(self._suspicions.items()):
            if member in missing or not _has(after, member) or not _has(before, member):
                continue
            suspicion.kept.add(key)
            was_drift = suspicion.is_drift
            self._forget(member, key)
            if was_drift and suspicion.share < SHARE_TO_TELL:
                # Whoever still lacks it gets a new second look: servers may not all tell it again yet.
                self._suspicions.pop(member, None)
                returned.append((member, suspicion.since))
        return tuple(returned)

    def _forget(self, member: str, key: str) -> None:
        suspicion = self._suspicions[member]
        suspicion.lost.discard(key)
        if not suspicion.lost and not suspicion.is_drift:
            del self._suspicions[member]


def _is_single(suspicion: _Suspicion, now: datetime, rhythm: timedelta) -> bool:
    """Whether a loss, seen for at least the second time, is that of an order and not of the source."""
    if suspicion.is_drift:
        return False
    if suspicion.kept and suspicion.share < SHARE_TO_TELL:
        return True
    since = instant_of(suspicion.since)
    if since is None or len(suspicion.lost) >= ORDERS_TO_TELL:
        return False
    return abs(now - since) >= rhythm  # one from the future is from before the clock was set back


def lost(before: Order, after: Order) -> tuple[str, ...]:
    """The members that an order had and has no more, nowhere."""
    if Depth.HEADER in (before.depth, after.depth):
        return ()  # not known is not lost
    fields = (f"fields.{path}" for path in before.fields if path in after.fields)
    promises_are_over = after.status.stage.is_final or any(shipment.dispatched for shipment in after.shipments)
    return tuple(
        member
        for member in (*_MEMBERS, *fields)
        if _has(before, member)
        and not _still(before, after, member)
        and not (promises_are_over and member in _PROMISES)  # nobody promises what has left
    )


def carry(before: Order, after: Order, members: Iterable[str]) -> Order:
    """`after` with those members as they were in `before`."""
    for member in members:
        if member.startswith("fields."):
            path = member.removeprefix("fields.")
            after = after.model_copy(update={"fields": {**after.fields, path: before.fields[path]}})
        else:
            after = _MEMBERS[member].carried(before, after)
    return after


def spoken(member: str) -> str:
    """A member in the words of people."""
    return _MEMBERS[member].name if member in _MEMBERS else f"the field {member.removeprefix('fields.')}"


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    present: Callable[[Order], bool]
    carried: Callable[[Order, Order], Order]


def _has(order: Order, member: str) -> bool:
    if member.startswith("fields."):
        return bool(order.fields.get(member.removeprefix("fields.")))
    return _MEMBERS[member].present(order)


def _still(before: Order, after: Order, member: str) -> bool:
    """Whether a member is there; lines and shipments whose keys are all others are not those that were."""
    if member in ("lines", "shipments"):
        return bool({each.key for each in getattr(before, member)} & {each.key for each in getattr(after, member)})
    return _has(after, member)


def _whole(name: str) -> Callable[[Order, Order], Order]:
    return lambda before, after: after.model_copy(update={name: getattr(before, name)})


def _of_lines(*names: str) -> Callable[[Order, Order], Order]:
    def carried(before: Order, after: Order) -> Order:
        earlier = {line.key: line for line in before.lines}
        lines = tuple(_with(line, earlier.get(line.key), names) for line in after.lines)
        return after.model_copy(update={"lines": lines})

    return carried


def _of_shipments(*names: str) -> Callable[[Order, Order], Order]:
    def carried(before: Order, after: Order) -> Order:
        earlier = {shipment.key: shipment for shipment in before.shipments}
        shipments = tuple(_with(shipment, earlier.get(shipment.key), names) for shipment in after.shipments)
        return after.model_copy(update={"shipments": shipments})

    return carried


def _everywhere(name: str) -> Callable[[Order, Order], Order]:
    """A date of the order, of its lines where they have it, and of its shipments."""

    def carried(before: Order, after: Order) -> Order:
        if name in LineItem.model_fields:
            after = _of_lines(name)(before, after)
        return _whole(name)(before, _of_shipments(name)(before, after))

    return carried


def _with(part: _Part, earlier: _Part | None, names: Iterable[str]) -> _Part:
    return part if earlier is None else part.model_copy(update={name: getattr(earlier, name) for name in names})


def _packages(order: Order) -> Iterable[Package]:
    return (package for shipment in order.shipments for package in shipment.packages)


def _marked(doubt: str | None) -> Mapping[str, Moment]:
    marked: dict[str, Moment] = json.loads(doubt.removeprefix(_MARK)) if doubt and doubt.startswith(_MARK) else {}
    return marked


def _any_date(order: Order, name: str) -> bool:
    parts = (order, *order.lines, *order.shipments)
    return any(getattr(part, name, None) is not None for part in parts)


_MEMBERS: Mapping[str, _Member] = {
    "status": _Member(
        phrase("order status"), lambda order: bool(order.status.code or order.status.text), _whole("status")
    ),
    "lines": _Member(phrase("order lines"), lambda order: bool(order.lines), _whole("lines")),
    "shipments": _Member(phrase("shipments"), lambda order: bool(order.shipments), _whole("shipments")),
    "quantity": _Member(
        phrase("quantities"), lambda order: any(line.quantity for line in order.lines), _of_lines("quantity")
    ),
    "product": _Member(
        phrase("products"), lambda order: any(line.product for line in order.lines), _of_lines("product")
    ),
    "tracking": _Member(
        phrase("tracking numbers"),
        lambda order: any(package.tracking_number for package in _packages(order)),
        _of_shipments("packages"),
    ),
    "dispatched": _Member(
        phrase("dispatch of shipments"),
        lambda order: any(shipment.dispatched for shipment in order.shipments),
        _of_shipments("dispatched", "dispatched_at"),
    ),
    "delivery_promised": _Member(
        phrase("promised delivery dates"),
        lambda order: _any_date(order, "delivery_promised"),
        _everywhere("delivery_promised"),
    ),
    "ship_promised": _Member(
        phrase("promised shipping dates"), lambda order: _any_date(order, "ship_promised"), _everywhere("ship_promised")
    ),
}
