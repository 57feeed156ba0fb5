"""An order and its changes in the words of a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.cli._times import shown
from bot.model.moment import Moment
from bot.model.order import LineItem, Order, Package, Shipment


def order_words(order: Order, zone: str) -> Iterator[str]:
    """Lines that tell everything about an order: status, dates, items, parcels."""
    yield f"{order.number} at {order.source}: {order.status.word} ({_spoken(order.status.stage)})"
    facts = {
        "reference": order.reference,
        "status code": order.status.code if order.status.code != order.status.word else None,
        "ordered": shown(order.ordered_at, zone),
        "ships": shown(order.ship_promised, zone),
        "delivery": shown(order.delivery_promised, zone),
        "cancelled because": order.cancel_reason,
        "amount": f"{order.amount} {order.currency or ''}".strip() if order.amount else None,
        **order.fields,
    }
    for name, fact in facts.items():
        if fact:
            yield f"  {name}: {fact}"
    for line in order.lines:
        yield f"  line {_line(line, zone)}"
    for shipment in order.shipments:
        yield f"  shipment {_shipment(shipment, order, zone)}"
        for package in shipment.packages:
            yield f"    parcel {_package(package)}"


def change_words(change: Mapping[str, Any]) -> str:
    """`line 000010: promise moved (delivery promised), 2026-11-24 → 2026-11-27`."""
    words = _spoken(str(change.get("kind", "")))
    if field := change.get("field"):
        words += f" ({_spoken(str(field))})"
    if line := change.get("line"):
        words = f"line {line}: {words}"
    elif (shipment := change.get("shipment")) and shipment != "order":
        words = f"shipment {shipment}: {words}"
    values = [str(change[name]) for name in ("before", "after") if change.get(name) is not None]
    if not values and change.get("package"):
        values = [_package(Package.model_validate(change["package"]))]
    return f"{words}, {' → '.join(values)}" if values else words


def _line(line: LineItem, zone: str) -> str:
    parts = [line.number or line.key, f"{line.quantity} ×" if line.quantity else "", line.product, line.description]
    text = " ".join(filter(None, parts))
    return text + _state(line.status.word if line.status else None, line.delivery_promised, zone)


def _shipment(shipment: Shipment, order: Order, zone: str) -> str:
    text = shipment.number or shipment.key
    if shipment.line is not None:
        numbers = {line.key: line.number or line.key for line in order.lines}
        text += f" of line {numbers.get(shipment.line, shipment.line)}"
    if shipment.quantity:
        text += f", {shipment.quantity} pieces"
    if shipment.dispatched_at:
        text += f", dispatched {shown(shipment.dispatched_at, zone)}"
    elif shipment.dispatched is not None:
        text += ", dispatched" if shipment.dispatched else ", not dispatched"
    return text + _state(shipment.status.word if shipment.status else None, shipment.delivery_promised, zone)


def _state(word: str | None, delivery: Moment | None, zone: str) -> str:
    return (f", {word}" if word else "") + (f", delivery {shown(delivery, zone)}" if delivery else "")


def _package(package: Package) -> str:
    parts = (package.tracking_number or package.key, package.carrier and f"({package.carrier})", package.tracking_url)
    return " ".join(filter(None, parts))


def _spoken(word: str) -> str:
    return word.replace("_", " ")
