"""What every storage promises to programs that take everything: tables in pages, and dates for a calendar."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.model.change import Change, Kind
from bot.model.moment import Moment
from bot.model.order import LineItem, Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.poll import OrderUpdate
from bot.model.promise import Promised
from bot.model.view import DatesAsked, Extent, Table, TableRow
from bot.ports import Storage
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update, claimed, news, sent

WHOLE = (Extent("panels", is_whole=True),)
DELIVERED = "line 20 delivery_promised"


async def pages(store: Storage, table: Table, **asked: Any) -> AsyncIterator[TableRow]:
    """Every row, taken two at a time."""
    behind = None
    while rows := await store.table(table, behind=behind, limit=2, **asked):
        for row in rows:
            yield row
        behind = rows[-1]


def first_version(order: Order, **more: Any) -> OrderUpdate:
    return OrderUpdate(order.key, 0, Snapshot(order=order, seq=1, seen_at=NINE, digest="d", **more))


def by_lines() -> Order:
    """An order without a date of its own, whose last line is cancelled."""
    cancelled = Status(code="C9", stage=Stage.CANCELLED)
    return Order(
        source="panels",
        key="FR/7",
        number="7",
        status=Status(code="C2", stage=Stage.PLACED),
        lines=(
            LineItem(key="10", delivery_promised=Moment("2026-02-05")),
            LineItem(key="20", delivery_promised=Moment("2026-02-09")),
            LineItem(key="30", delivery_promised=Moment("2026-03-01"), status=cancelled),
        ),
        shipments=(Shipment(key="1", delivery_promised=Moment("2026-04-01")),),
    )


async def test_orders_come_by_source_and_key_each_once(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(f"FR/{number}")) for number in (3, 1, 2))))
    await store.commit(a_record(an_update(an_order("A", source="shop")), source="shop"))
    rows = [(row["source"], row["key"]) async for row in pages(store, Table.ORDERS)]
    assert rows == [("panels", "FR/1"), ("panels", "FR/2"), ("panels", "FR/3"), ("shop", "A")]
    assert [row["key"] async for row in pages(store, Table.ORDERS, source="shop")] == ["A"]


async def test_an_order_tells_what_its_source_says_of_it(store: Storage) -> None:
    order = an_order(tracking=["1Z", "é2"]).model_copy(update={"amount": "12.50", "currency": "EUR"})
    await store.commit(a_record(first_version(order)))
    (row,) = await store.table(Table.ORDERS)
    assert (row["status_code"], row["amount"], row["currency"], row["lines"]) == ("X1", "12.50", "EUR", 0)
    assert (row["tracking"], row["vanished"], row["version"], row["ordered_at"]) == (["1Z", "é2"], False, 1, None)


async def test_what_is_promised_by_line_is_that_of_the_last_one_that_is_not_cancelled(store: Storage) -> None:
    slipped = {DELIVERED: Promised(first=Moment("2026-02-03"), told=Moment("2026-02-09"))}
    await store.commit(a_record(first_version(by_lines(), promises=slipped)))
    (row,) = await store.table(Table.ORDERS)
    assert (row["delivery_promised"], row["promised"], row["first_promised"]) == (None, "2026-02-09", "2026-02-05")


async def test_what_is_promised_where_no_line_has_a_date_is_that_of_the_shipments(store: Storage) -> None:
    order = by_lines()
    await store.commit(a_record(first_version(order.model_copy(update={"lines": ()}))))
    (row,) = await store.table(Table.ORDERS)
    assert (row["promised"], row["first_promised"]) == ("2026-04-01", "2026-04-01")


async def test_only_orders_that_changed_since_come(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(an_order("FR/2"), at=TEN)))
    assert [row["key"] async for row in pages(store, Table.ORDERS, since=TEN)] == ["FR/2"]


async def test_changes_come_as_they_were_found_with_what_they_are_about(store: Storage) -> None:
    package = Package(key="p", tracking_number="1Z", carrier="UPS")
    parcel = Change(kind=Kind.TRACKING_ADDED, shipment="1", package=package)
    moved = Change(kind=Kind.PROMISE_MOVED, line="10", before="a", after="b", days=3, minor=True)
    await store.commit(a_record(OrderUpdate("FR/1", 0, first_version(an_order()).snapshot, changes=(parcel, moved))))
    first, second = [row async for row in pages(store, Table.CHANGES)]
    assert (first["kind"], first["shipment"], first["tracking_number"], first["carrier"]) == (
        "tracking_added", "1", "1Z", "UPS",
    )  # fmt: skip
    assert (second["before"], second["after"], second["days"], second["minor"]) == ("a", "b", 3, True)
    assert (first["days"], first["minor"], first["number"]) == (None, False, "No FR/1")
    assert first["id"] < second["id"]


async def test_changes_of_a_time_or_a_source_come_alone(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(f"FR/{number}")) for number in range(3))))
    await store.commit(a_record(an_update(an_order("s", source="shop"), at=TEN), source="shop", at=TEN))
    assert [row["key"] async for row in pages(store, Table.CHANGES, since=TEN)] == ["s"]
    assert [row["key"] async for row in pages(store, Table.CHANGES, source="panels")] == ["FR/0", "FR/1", "FR/2"]


async def test_notifications_come_with_their_headline_and_what_became_of_them(store: Storage) -> None:
    tell = [news("a", order="FR/1", text="Order 1: left"), news("b"), news("c", "sales")]
    await store.commit(a_record(an_update(an_order()), tell=tell))
    (row, _) = await claimed(store, "ops", 2, now=TEN)
    await store.settle([sent(row.id, "m")])
    rows = [each async for each in pages(store, Table.NOTIFICATIONS)]
    assert [each["state"] for each in rows] == ["sent", "sending", "pending"]
    assert (rows[0]["headline"], rows[0]["number"], rows[0]["kinds"]) == ("Order 1: left", "No FR/1", ["status"])
    assert (rows[1]["number"], rows[2]["destination"], rows[0]["settled_at"]) == (None, "sales", TEN)


@pytest.mark.parametrize("table", Table)
async def test_an_empty_store_has_empty_tables(store: Storage, table: Table) -> None:
    assert await store.table(table) == []


async def test_a_calendar_gets_what_is_promised_then_what_is_over(store: Storage) -> None:
    open_ = [an_order("FR/1"), an_order("FR/2").model_copy(update={"delivery_promised": Moment("2026-01-20")})]
    over = [an_order("FR/3", stage=Stage.COMPLETED), an_order("FR/4", stage=Stage.CANCELLED)]
    await store.commit(a_record(*(an_update(order, at=TEN) for order in (*open_, *over)), at=TEN))
    day = Moment("2026-01-01"), Moment("2026-01-01T00:00:00Z")
    end = Moment("2026-03-01"), Moment("2026-03-01T00:00:00Z")
    found = await store.promised(DatesAsked(WHOLE, day, end, since=NINE, limit=10))
    assert [each.snapshot.order.key for each in found] == ["FR/2", "FR/1", "FR/4", "FR/3"]
    late = await store.promised(DatesAsked(WHOLE, day, day, since=ELEVEN, limit=10))
    assert late == []
