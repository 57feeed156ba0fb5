"""The digest of a normalised order: equal means that nothing a person could care about has changed."""

import json
from hashlib import blake2b
from typing import Any

from bot.model.order import LineItem, Order, Package, Shipment, Status, normal_word


def order_digest(order: Order) -> str:
    """24 hex characters. Blind to array order, letter case of status words, bookkeeping (`version`) and our own reading
    of a status (`stage`), so that a new mapping in the config makes no new version.
    """
    canonical = [
        order.key,
        order.number,
        order.reference,
        _status(order.status),
        order.ordered_at,
        order.ship_promised,
        order.delivery_promised,
        order.cancel_reason,
        order.amount,
        order.currency,
        sorted((_line(line) for line in order.lines), key=_first),
        sorted((_shipment(shipment) for shipment in order.shipments), key=_first),
        sorted(order.fields.items()),
        order.depth,
    ]
    text = json.dumps(canonical, ensure_ascii=False, separators=(",", ":"))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _first(row: list[Any]) -> Any:
    return row[0]


def _status(status: Status | None) -> list[str | None]:
    if status is None:
        return [None, None]
    return [word and normal_word(word) for word in (status.code, status.text)]


def _line(line: LineItem) -> list[Any]:
    return [
        line.key,
        line.number,
        line.product,
        line.description,
        line.quantity,
        _status(line.status),
        line.delivery_promised,
    ]


def _shipment(shipment: Shipment) -> list[Any]:
    return [
        shipment.key,
        shipment.line,
        shipment.number,
        shipment.quantity,
        _status(shipment.status),
        shipment.dispatched,
        shipment.dispatched_at,
        shipment.ship_promised,
        shipment.delivery_promised,
        sorted((_package(package) for package in shipment.packages), key=_first),
    ]


def _package(package: Package) -> list[Any]:
    return [package.key, package.carrier, package.tracking_url]
