"""Ordinary orders, and what the poller writes about them."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import SystemClock
from bot.core.digest import order_digest
from bot.model.moment import Moment
from bot.model.order import LineItem, Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.poll import OrderUpdate, Payload, PollRecord, raw_digest
from bot.storage.sqlite import SqliteStorage

AT = Moment("2026-11-20T09:30:00Z")
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
_COPIED = {
    "key": "printf('ord_%024d', n * 7919 % 1000003)",  # a prime: as good as at random
    "number": "'SO-' || n",
    "reference": "'PO-' || n",
    "due": f"date('{NOW:%Y-%m-%d}', (n % 100 - 10) || ' days')",
    "parcel": "printf('JD%018d', n)",
}
"""What is different in the copies of an order, in SQL: each tenth is late."""


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


async def fill(path: Path, orders: int) -> None:
    """A store with so many orders of one listing: one through the front door, and its rows copied, each as its own."""
    storage = SqliteStorage(path, SystemClock())
    await storage.open()
    first = order(0)
    await storage.commit(PollRecord("supplier", AT, updates=(first_sight(first, scopes=("*",)),)))
    await storage.close()
    written = {
        "key": first.key,
        "number": first.number,
        "reference": first.reference,
        "due": first.delivery_promised,
        "parcel": first.shipments[0].packages[0].key,
    }
    snapshot = "snapshot"
    for name, text in written.items():
        snapshot = f"replace({snapshot}, '\"{text}\"', '\"' || {_COPIED[name]} || '\"')"
    fresh = {
        **{name: _COPIED[name] for name in ("key", "number", "reference", "due")},
        "delivery_promised": _COPIED["due"],
        "tracking": f"json_array({_COPIED['parcel']})",
        "raw_digest": "randomblob(12)",
        "list_digest": "randomblob(12)",
        "snapshot": snapshot,
    }
    with closing(sqlite3.connect(path)) as connection:
        _copy_rows(connection, "orders", orders, fresh)
        _copy_rows(connection, "snapshots", orders, fresh)
        connection.execute("delete from order_names where source = 'supplier'")
        for name in ("key", "number", "reference", "parcel"):
            connection.execute(
                f"""insert into order_names (name, source, key) select lower({_COPIED[name]}), 'supplier',
                    {_COPIED["key"]} from ({_numbers(0, orders)})"""
            )
        connection.commit()


def _copy_rows(connection: sqlite3.Connection, table: str, orders: int, fresh: dict[str, str]) -> None:
    columns = [name for _, name, *_ in connection.execute(f"pragma table_info({table})")]
    values = ", ".join(fresh.get(column, f'"{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    connection.execute(
        f"insert into {table} ({names}) select {values} from ({_numbers(1, orders)}), (select * from {table})"
    )


def _numbers(first: int, end: int) -> str:
    return f"""with recursive numbers (n) as (select {first} union all select n + 1 from numbers where n < {end - 1})
        select n from numbers"""
