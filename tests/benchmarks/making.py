"""Ordinary orders, and what the poller writes about them."""

import json

from bot.core.digest import order_digest
from bot.model.moment import Moment
from bot.model.order import LineItem, Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.poll import OrderUpdate, Payload, raw_digest

AT = Moment("2026-11-20T09:30:00Z")


def order(number: int, *, promised: str = "2026-12-01") -> Order:
    """An order with two lines and a parcel."""
    key = f"ord_{number:024d}"
    lines = tuple(
        LineItem(key=f"{each}", number=f"{each}", product="LC1D09M7", description="Contactor 3P 9 A", quantity="5")
        for each in (10, 20)
    )
    parcel = Package(key=f"JD{number:018d}", tracking_number=f"JD{number:018d}", carrier="DHL")
    return Order(
        source="supplier", key=key, number=f"SO-{number}", reference=f"PO-{number}", lines=lines,
        status=Status(text="Confirmed", stage=Stage.CONFIRMED), delivery_promised=Moment(promised),
        shipments=(Shipment(key="order", dispatched=False, packages=(parcel,)),),
    )  # fmt: skip


def payload_of(one: Order) -> Payload:
    """The bytes a source could have sent."""
    return Payload(json.dumps({"order": one.model_dump(), "notes": "as the source wrote it"}).encode())


def first_sight(one: Order, *, scopes: tuple[str, ...] = ()) -> OrderUpdate:
    """What is written when an order is seen first."""
    payload = payload_of(one)
    snapshot = Snapshot(order=one, seq=1, seen_at=AT, digest=order_digest(one))
    return OrderUpdate(
        key=one.key, expected_seq=0, snapshot=snapshot, payload=payload, raw_digest=payload.digest,
        list_digest=raw_digest(payload.body), scopes=scopes, next_poll_at=AT,
    )  # fmt: skip
