"""Whole tables a page at a time, as functions of a connection: each page starts behind the last row of the other."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from bot.model.moment import Moment

# Columns are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

Rows = list[tuple[Any, ...]]


def _of_parts(date: str) -> str:
    """The latest date of the lines that are not cancelled, else of the shipments. `date` is of one `part`."""
    lines = """from json_each(snapshot, '$.lines') as part
            where coalesce(part.value ->> '$.status.stage', '') != 'cancelled'"""
    shipments = "from json_each(snapshot, '$.shipments') as part"
    return f"""coalesce(
        (select max({date.format(of="line")}) {lines}), (select max({date.format(of="shipment")}) {shipments}))"""


_PROMISED = "part.value ->> '$.delivery_promised'"
_FIRST_PROMISED = f"""coalesce((select moved.value ->> '$.first' from json_each(promises) as moved
            where moved.key = '{{of}} ' || (part.value ->> '$.key') || ' delivery_promised'), {_PROMISED})"""

ORDERS: Mapping[str, str] = {
    "source": "source",
    "number": "number",
    "key": "key",
    "reference": "reference",
    "status": "status",
    "status_code": "snapshot ->> '$.status.code'",
    "stage": "stage",
    "ordered_at": "snapshot ->> '$.ordered_at'",
    "ship_promised": "snapshot ->> '$.ship_promised'",
    "delivery_promised": "delivery_promised",
    "due": "due",
    "amount": "snapshot ->> '$.amount'",
    "currency": "snapshot ->> '$.currency'",
    "lines": "json_array_length(snapshot, '$.lines')",
    "tracking": "tracking",
    "cancel_reason": "snapshot ->> '$.cancel_reason'",
    "vanished": "vanished",
    "version": "seq",
    "first_seen_at": "first_seen_at",
    "changed_at": "changed_at",
    "promised": f"coalesce(delivery_promised, {_of_parts(_PROMISED)})",
    "first_promised": f"""case when delivery_promised is null then {_of_parts(_FIRST_PROMISED)}
        else coalesce(promises ->> '$.delivery_promised.first', delivery_promised) end""",
}
"""Column to where it is from. Names and their order are public: new ones come last."""
CHANGES: Mapping[str, str] = {
    "id": "changes.id",
    "source": "changes.source",
    "number": "orders.number",
    "key": "changes.key",
    "reference": "orders.reference",
    "version": "changes.seq",
    "seen_at": "changes.seen_at",
    "happened_at": "change ->> '$.at'",
    "kind": "kind",
    "line": "line",
    "shipment": "change ->> '$.shipment'",
    "field": "field",
    "before": '"before"',
    "after": '"after"',
    "tracking_number": "change ->> '$.package.tracking_number'",
    "carrier": "change ->> '$.package.carrier'",
    "days": "change ->> '$.days'",
    "minor": "coalesce(change ->> '$.minor', 0)",
}
NOTIFICATIONS: Mapping[str, str] = {
    "id": "notifications.id",
    "destination": "destination",
    "state": "state",
    "source": "notifications.source",
    "number": "orders.number",
    "key": "order_key",
    "kinds": "kinds",
    "severity": "severity",
    "headline": """(select group_concat(coalesce(span.value ->> '$.text', span.value ->> '$.at'), '')
        from json_each(message, '$.headline.spans') as span)""",
    "route": "route",
    "created_at": "created_at",
    "first_try_at": "first_try_at",
    "not_before": "not_before",
    "settled_at": "settled_at",
    "attempts": "attempts",
    "merged_into": "merged_into",
    "reason": "reason",
}


def orders_after(
    connection: sqlite3.Connection, last: tuple[str, str], source: str | None, since: Moment, limit: int
) -> Rows:
    """Orders that have been seen and changed since then, by source and key: those columns first, then ORDERS."""
    values = {"source": source, "last_source": last[0], "last_key": last[1], "since": since, "limit": limit}
    behind = "source = :source and key > :last_key" if source else "(source, key) > (:last_source, :last_key)"
    return connection.execute(
        f"""select source, key, {_list(ORDERS)} from orders where {behind} and changed_at >= :since
            order by source, key limit :limit""",
        values,
    ).fetchall()


def changes_after(connection: sqlite3.Connection, last: int, source: str | None, since: Moment, limit: int) -> Rows:
    """Changes found since then, by id: the id first, then CHANGES."""
    return connection.execute(
        f"""select changes.id, {_list(CHANGES)} from changes not indexed left join orders using (source, key)
            where changes.id > :last and changes.seen_at >= :since and (:source is null or changes.source = :source)
            order by changes.id limit :limit""",
        {"last": last, "source": source, "since": since, "limit": limit},
    ).fetchall()


def notifications_after(
    connection: sqlite3.Connection, last: int, source: str | None, since: Moment, limit: int
) -> Rows:
    """Notifications made since then, by id: the id first, then NOTIFICATIONS."""
    return connection.execute(
        f"""select notifications.id, {_list(NOTIFICATIONS)} from notifications not indexed
            left join orders on orders.source = notifications.source and orders.key = notifications.order_key
            where notifications.id > :last and created_at >= :since
                and (:source is null or notifications.source = :source)
            order by notifications.id limit :limit""",
        {"last": last, "source": source, "since": since, "limit": limit},
    ).fetchall()


def _list(columns: Mapping[str, str]) -> str:
    return ", ".join(columns.values())
