"""Whole tables for spreadsheets and programs, a page at a time, as functions of a connection.

A page starts behind the last row of the one before, and what stands inside an order, a change or a message is read out
of its JSON here, so that it is the same whichever database it came from.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import from_json

from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.view import Table, TableRow
from bot.storage._connection import Connection
from bot.storage._rows import Row

# Columns and conditions are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

COLUMNS: Mapping[Table, tuple[str, ...]] = {
    Table.ORDERS: (
        "source", "number", "key", "reference", "status", "status_code", "stage", "ordered_at", "ship_promised",
        "delivery_promised", "due", "amount", "currency", "lines", "tracking", "cancel_reason", "vanished", "version",
        "first_seen_at", "changed_at", "promised", "first_promised",
    ),
    Table.CHANGES: (
        "id", "source", "number", "key", "reference", "version", "seen_at", "happened_at", "kind", "line", "shipment",
        "field", "before", "after", "tracking_number", "carrier", "days", "minor",
    ),
    Table.NOTIFICATIONS: (
        "id", "destination", "state", "source", "number", "key", "kinds", "severity", "headline", "route",
        "created_at", "first_try_at", "not_before", "settled_at", "attempts", "merged_into", "reason",
    ),
}  # fmt: skip
"""The names of the columns. They and their order are public: new ones come last."""


async def table(
    connection: Connection, which: Table, behind: TableRow | None, source: str | None, since: Moment | None, limit: int
) -> list[TableRow]:
    """The next rows of a table, behind that row of it."""
    read = {Table.ORDERS: orders, Table.CHANGES: changes, Table.NOTIFICATIONS: notifications}[which]
    return await read(connection, behind, source, since or Moment(""), limit)


async def orders(
    connection: Connection, behind: TableRow | None, source: str | None, since: Moment, limit: int
) -> list[TableRow]:
    """Orders that have been seen and changed since then, by source and key."""
    values = {"source": source, "last_source": "", "last_key": "", "since": since, "limit": limit}
    if behind is not None:
        values |= {"last_source": behind["source"], "last_key": behind["key"]}
    place = "source = :source and key > :last_key" if source else "(source, key) > (:last_source, :last_key)"
    rows = await connection.rows(
        f"""select source, number, key, reference, status, stage, delivery_promised, due, tracking, vanished, seq,
                first_seen_at, changed_at, promises, snapshot
            from orders where {place} and changed_at >= :since order by source, key limit :limit""",
        values,
    )
    return [_order(row) for row in rows]


async def changes(
    connection: Connection, behind: TableRow | None, source: str | None, since: Moment, limit: int
) -> list[TableRow]:
    """Changes found since then, by id."""
    rows = await connection.rows(
        f"""select changes.id, changes.source, orders.number, changes.key, orders.reference, changes.seq,
                changes.seen_at, kind, line, field, "before", "after", change
            from changes {connection.along(None)} left join orders
                on orders.source = changes.source and orders.key = changes.key
            where changes.id > :last and changes.seen_at >= :since {_only("changes", source)}
            order by changes.id limit :limit""",
        {"last": behind["id"] if behind else 0, "source": source, "since": since, "limit": limit},
    )
    return [_change(row) for row in rows]


async def notifications(
    connection: Connection, behind: TableRow | None, source: str | None, since: Moment, limit: int
) -> list[TableRow]:
    """Notifications made since then, by id."""
    rows = await connection.rows(
        f"""select notifications.id, destination, state, notifications.source, orders.number, order_key, kinds,
                severity, message, route, created_at, first_try_at, not_before, settled_at, attempts, merged_into,
                reason
            from notifications {connection.along(None)} left join orders
                on orders.source = notifications.source and orders.key = notifications.order_key
            where notifications.id > :last and created_at >= :since {_only("notifications", source)}
            order by notifications.id limit :limit""",
        {"last": behind["id"] if behind else 0, "source": source, "since": since, "limit": limit},
    )
    return [_notification(row) for row in rows]


def _only(table: str, source: str | None) -> str:
    return "" if source is None else f"and {table}.source = :source"


def _order(row: Row) -> TableRow:
    source, number, key, reference, status, stage, delivery_promised, due, tracking, *rest = row
    vanished, seq, first_seen_at, changed_at, promises, snapshot = rest
    order, remembered = from_json(snapshot), from_json(promises) if promises else {}

    def first(part: str, date: str | None) -> str | None:
        """What was promised for a part of an order, or for all of it, before it moved."""
        told = remembered.get(part)
        return told["first"] if told else date

    def last(_: str, date: str | None) -> str | None:
        return date

    return _named(
        Table.ORDERS,
        source, number, key, reference, status, order["status"].get("code"), stage, order.get("ordered_at"),
        order.get("ship_promised"), delivery_promised, due, order.get("amount"), order.get("currency"),
        len(order["lines"]), from_json(tracking), order.get("cancel_reason"), bool(vanished), seq,
        first_seen_at, changed_at,
        delivery_promised or _of_parts(order, last),
        first("delivery_promised", delivery_promised) if delivery_promised else _of_parts(order, first),
    )  # fmt: skip


def _of_parts(order: Mapping[str, Any], date: Callable[[str, str | None], str | None]) -> str | None:
    """The latest date of the lines that are not cancelled, else of the shipments."""
    lines = [line for line in order["lines"] if line.get("status", {}).get("stage") != Stage.CANCELLED]
    for name, parts in (("line", lines), ("shipment", order["shipments"])):
        dates = [date(f"{name} {part['key']} delivery_promised", part.get("delivery_promised")) for part in parts]
        if known := [each for each in dates if each is not None]:
            return max(known)
    return None


def _change(row: Row) -> TableRow:
    id_, source, number, key, reference, seq, seen_at, kind, line, field, before, after, written = row
    change = from_json(written)
    package = change.get("package", {})
    return _named(
        Table.CHANGES,
        id_, source, number, key, reference, seq, seen_at, change.get("at"), kind, line, change.get("shipment"), field,
        before, after, package.get("tracking_number"), package.get("carrier"), change.get("days"),
        change.get("minor", False),
    )  # fmt: skip


def _notification(row: Row) -> TableRow:
    id_, destination, state, source, number, key, kinds, severity, message, *rest = row
    spans = from_json(message)["headline"]["spans"]
    headline = "".join(span.get("text", span.get("at", "")) for span in spans)
    return _named(
        Table.NOTIFICATIONS,
        id_, destination, state, source, number, key, from_json(kinds), severity, headline, *rest,
    )  # fmt: skip


def _named(which: Table, *values: object) -> TableRow:
    return dict(zip(COLUMNS[which], values, strict=True))
