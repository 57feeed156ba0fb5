"""Reading StateSet orders: three generations of one API that wrap, name and spell things differently.

A: the "Retrieve Order" page (`order_line_items`, `created_date`). B: the current pages and the Node client (`items`,
`created_at`, nested `shipping`, or details one level down in `data`). C: the open-source server (`success` and
`data`, decimal strings). Names and addresses of customers stay in the payload; an Order never holds them.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from bot.errors import AnswerUnreadable
from bot.model.moment import instant_of
from bot.model.order import Depth, LineItem, Order, Package, Shipment, Stage, Status, normal_word
from bot.sources._payload import asked_fields, decimal, many, moment, objects, package_key, pick, text
from bot.sources._stages import status_of

WHOLE_ORDER = "order"
"""Key of the one shipment that stands for all of an order whose source knows no shipments."""

_UPDATED = ("updated_date", "updated_at")
_SHIPPED = ("shipped_at", "shipped_date", "dispatched_at", "fulfilled_at")
_ESTIMATED = ("estimated_delivery", "estimated_delivery_date", "estimated_delivery_at")
_PROMISED = ("delivery_date", "shipping.estimated_delivery", *_ESTIMATED)
_TRACKING = ("tracking_number", "tracking_numbers", "tracking", "packages")
_NO_NUMBER = frozenset({"", "NA", "N/A", "NONE", "NULL", "TBD", "PENDING"})
_STOCK: dict[str, Stage] = {"in stock": Stage.PLACED, "low stock": Stage.PLACED, "out of stock": Stage.ON_HOLD}
"""What lines say of themselves before anything is shipped."""
_NOT_GONE = (Stage.PLACED, Stage.CONFIRMED, Stage.IN_PROGRESS, Stage.PARTLY_SHIPPED)


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers of one source are to be read."""

    source: str
    zone: tzinfo
    """Of times without an offset."""
    statuses: Mapping[str, Stage]
    fields: Sequence[str]


def unwrap(data: Any) -> Mapping[str, Any] | None:
    """The order in an answer: bare, or under `order` or `data`; details that lie in its own `data` joined to it."""
    for _ in range(4):
        if not isinstance(data, Mapping):
            return None
        if id_of(data) is not None:
            details = pick(data, "data")
            if not isinstance(details, Mapping):
                return data
            return {**details, **{name: value for name, value in data.items() if value is not None}}
        data = pick(data, "order", "data")
    return None


def id_of(order: Mapping[str, Any]) -> str | None:
    """The order's id, as the source writes it."""
    return text(pick(order, "id", "order_id"))


def order_of(data: Any, key: str, reading: Reading, *, asked: str) -> Order:
    """The answer about one order as an Order of depth FULL. Raises AnswerUnreadable, also for another order's answer.

    Where `status` and `order_status` disagree, `status` is the current one; `fields: [order_status]` follows the other.
    """
    order = unwrap(data)
    if order is None:
        members = ", ".join(map(str, data)) if isinstance(data, Mapping) else type(data).__name__
        raise AnswerUnreadable(reading.source, asked, f"came no order: its members are {members or 'none'}")
    found = id_of(order) or ""
    if found.casefold() != key.casefold():
        raise AnswerUnreadable(reading.source, asked, f"came another order, {found}")
    header = header_of(order, key, reading)
    return header.model_copy(
        update={
            "depth": Depth.FULL,
            "lines": _lines(order, reading),
            "shipments": _shipments(order, header.status, reading),
            "fields": asked_fields(order, reading.fields),
        }
    )


def header_of(order: Mapping[str, Any], key: str, reading: Reading) -> Order:
    """What a row of the listing tells of an order, as an Order of depth HEADER."""
    name = text(pick(order, "order_number", "name"))
    currency = text(pick(order, "currency", "currency_code", "totals.currency"))
    asked = asked_fields(order, reading.fields)
    return Order(
        source=reading.source,
        key=key,
        number=name or key,
        reference=text(pick(order, "purchase_order_number", "purchase_order", "po_number", "customer_po")),
        status=_status(order, reading.statuses, "status", "order_status") or Status(),
        ordered_at=moment(pick(order, "created_date", "created_at", "order_date"), reading.zone),
        delivery_promised=moment(pick(order, *_PROMISED), reading.zone),
        cancel_reason=text(pick(order, "cancel_reason", "cancellation_reason")),
        amount=decimal(pick(order, "totals.total", "totals.grand_total", "total_amount", "total_price", "total")),
        currency=currency.upper() if currency else None,
        fields={path: value for path, value in asked.items() if value},
        version=_version(order, reading.zone),
        depth=Depth.HEADER,
    )


def _status(order: Mapping[str, Any], statuses: Mapping[str, Stage], *names: str) -> Status | None:
    return status_of(None, text(pick(order, *names)), statuses)


def _version(order: Mapping[str, Any], zone: tzinfo) -> str | None:
    """Update time, of fixed width so that text sorts as time does; a version number where there is no time."""
    updated = moment(pick(order, *_UPDATED), zone)
    if updated:
        instant = instant_of(updated)
        return f"{instant:%Y-%m-%dT%H:%M:%S.%f}Z" if instant else updated
    number = decimal(pick(order, "version"))
    return number.zfill(12) if number and number.isdigit() else None


def _lines(order: Mapping[str, Any], reading: Reading) -> tuple[LineItem, ...]:
    """Keyed by id; where there is none by SKU and occurrence, counted in an order that does not depend on theirs."""
    statuses = {**_STOCK, **{normal_word(word): stage for word, stage in reading.statuses.items()}}
    items = objects(pick(order, "order_line_items", "line_items", "items"))
    occurrences: Counter[str] = Counter()
    lines = []
    for item in sorted(items, key=lambda each: json.dumps(each, sort_keys=True, default=str)):
        sku = text(pick(item, "seller_sku", "sku", "stock_code", "sku_id", "product_id"))
        name = text(pick(item, "product_name", "name", "sku_name", "description"))
        key = text(pick(item, "id", "line_item_id"))
        if key is None:
            label = sku or name or ""
            occurrences[label] += 1
            key = f"{label}#{occurrences[label]}"
        lines.append(
            LineItem(
                key=key,
                product=sku,
                description=name,
                quantity=decimal(pick(item, "quantity", "qty")),
                status=_status(item, statuses, "status", "item_status"),
            )
        )
    return tuple(sorted({line.key: line for line in lines}.values(), key=lambda line: line.key))


def _shipments(order: Mapping[str, Any], status: Status, reading: Reading) -> tuple[Shipment, ...]:
    """The source's shipments; else, and for tracking numbers that none of them has, one for the whole order."""
    whole = _whole_order(order, status, reading)
    found = [_shipment(each, whole, reading) for each in objects(pick(order, "shipments", "fulfillments"))]
    shipments = {shipment.key: shipment for shipment in found if shipment.key}
    if not shipments:
        return (whole,)
    placed = {package.key for shipment in shipments.values() for package in shipment.packages}
    left = tuple(package for package in whole.packages if package.key not in placed)
    if left:
        shipments[WHOLE_ORDER] = whole.model_copy(update={"packages": left})
    return tuple(shipments[key] for key in sorted(shipments))


def _whole_order(order: Mapping[str, Any], status: Status, reading: Reading) -> Shipment:
    shipping = pick(order, "shipping", "shipment")
    shipped_at = moment(
        pick(order, *_SHIPPED, *(f"shipping.{name}" for name in _SHIPPED)),
        reading.zone,
    )
    return Shipment(
        key=WHOLE_ORDER,
        dispatched=_is_dispatched(
            status, is_dated=shipped_at is not None, word=text(pick(order, "fulfillment_status"))
        ),
        dispatched_at=shipped_at,
        packages=_packages(order, shipping),
    )


def _shipment(shipment: Mapping[str, Any], whole: Shipment, reading: Reading) -> Shipment:
    """One of the source's own shipments; what it does not say of its dispatch, the order says."""
    packages = _packages(shipment)
    number = text(pick(shipment, "shipment_number", "number"))
    status = _status(shipment, reading.statuses, "status", "shipment_status")
    shipped_at = moment(pick(shipment, *_SHIPPED), reading.zone)
    dispatched = whole.dispatched
    if status is not None or shipped_at is not None:
        dispatched = _is_dispatched(status or Status(), is_dated=shipped_at is not None, word=None)
    return Shipment(
        key=text(pick(shipment, "id", "shipment_id")) or number or "+".join(package.key for package in packages),
        number=number,
        status=status,
        dispatched=dispatched,
        dispatched_at=shipped_at,
        delivery_promised=moment(pick(shipment, *_ESTIMATED), reading.zone),
        packages=packages,
    )


def _is_dispatched(status: Status, *, is_dated: bool, word: str | None) -> bool | None:
    """By date or the source's own fulfilment word, else by stage.

    On hold, cancelled, refunded or unknown tell nothing of where the goods are.
    """
    if is_dated or (word and normal_word(word) == "fulfilled"):
        return True
    if normal_word(status.word) == "refunded":
        return None
    if status.stage in (Stage.SHIPPED, Stage.COMPLETED):
        return True
    return False if status.stage in _NOT_GONE else None


def _packages(*places: Any) -> tuple[Package, ...]:
    """Every tracking number in the places, once, with what else they say of it."""
    found: dict[str, Package] = {}
    for place in places:
        for package in _packages_in(place, None, None):
            earlier = found.get(package.key, package)
            found[package.key] = earlier.model_copy(
                update={
                    "carrier": earlier.carrier or package.carrier,
                    "tracking_url": earlier.tracking_url or package.tracking_url,
                }
            )
    return tuple(found[key] for key in sorted(found))


def _packages_in(place: Any, carrier: str | None, url: str | None, depth: int = 0) -> list[Package]:
    """The packages of an order, a shipment or a tracking entry: text, possibly of several numbers, or an object."""
    if not isinstance(place, Mapping):
        numbers = [number.strip() for number in re.split(r"[,;|\n]", text(place) or "")]
        real = [number for number in numbers if number.upper() not in _NO_NUMBER and package_key(number)]
        return [
            Package(
                key=package_key(number),
                tracking_number=number,
                carrier=carrier,
                tracking_url=url if len(real) == 1 else None,  # one address cannot be that of several parcels
            )
            for number in real
        ]
    if depth > 2:
        return []
    carrier = text(pick(place, "carrier", "carrier_name", "tracking_company", "shipping_carrier")) or carrier
    url = _web_address(text(pick(place, "tracking_url", "tracking_link", "url"))) or url
    return [
        package
        for name in (*_TRACKING, *(("number",) if depth else ()))
        for entry in many(pick(place, name))
        for package in _packages_in(entry, carrier, url, depth + 1)
    ]


def _web_address(url: str | None) -> str | None:
    return url if url and url.lower().startswith(("https://", "http://")) else None
