"""What a poll found, as rows of tables: pure, and the same for every store that has these tables."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.promise import due
from bot.errors import StaleRecord
from bot.model.change import TIME_MADE
from bot.model.moment import Moment
from bot.model.order import Order, Snapshot
from bot.model.outbox import NewNotification, State
from bot.model.poll import OrderUpdate, PollRecord
from bot.storage._connection import insert
from bot.storage._rows import folded, raw_of, tracking_numbers, write_list, write_object

Values = tuple[str | bytes | int | None, ...]
"""Of one row."""
Named = tuple[str, str | None, str]
"""Number, reference and, as JSON text, tracking numbers of an order."""
NameRow = tuple[str, str, str]
"""A name, and source and key of the order that is found by it."""

_DIGESTS = ("raw_digest", "list_digest")
_MEMORY = ("alarm_at", "archived_at", "memory")
_KEEPING = {
    **dict.fromkeys(_DIGESTS, "coalesce(excluded.{0}, orders.{0})"),
    **dict.fromkeys(_MEMORY, "case when excluded.memory is null then orders.{0} else excluded.{0} end"),
}
STATE_ROW = (
    "source", "key", "first_seen_at", *_DIGESTS, "missing", "vanished", "scopes", "next_poll_at", "doubt",
    *_MEMORY,
)  # fmt: skip
"""Columns of an order that any update writes; those after it are written with a new version."""
VERSION_ROW = (
    "number", "reference", "status", "stage", "delivery_promised", "due", "tracking", "seq", "depth", "digest",
    "seen_at", "changed_at", "promises", "snapshot",
)  # fmt: skip
SNAPSHOT_ROW = ("source", "key", "seq", "seen_at", "digest", "media_type", "raw")
CHANGE_ROW = ("source", "key", "seq", "seen_at", "kind", "line", "field", '"before"', '"after"', "change")
NOTIFICATION_ROW = (
    "key", "destination", "source", "order_key", "seq", "kinds", "route", "created_at", "severity", "gather_until",
    "not_before", "held_for", "message", "state", "reason", "settled_at",
)  # fmt: skip


def put_order(columns: Sequence[str]) -> str:
    """The statement that writes a row of orders. A digest or a memory that is null stays as it was."""
    told = [column for column in columns if column not in ("source", "key", "first_seen_at")]
    changes = ", ".join(f"{name} = {_KEEPING.get(name, 'excluded.{0}').format(name)}" for name in told)
    return f"{insert('orders', columns)} on conflict (source, key) do update set {changes}"


def each_order_once(record: PollRecord) -> list[PollRecord]:
    """The record in parts, in turn, so that what is read before a part is written holds for all of the part."""
    parts: list[dict[str, OrderUpdate]] = []
    for update in record.updates:
        if not parts or update.key in parts[-1]:
            parts.append({})
        parts[-1][update.key] = update
    return [replace(record, updates=tuple(part.values())) for part in parts]


def require_versions(record: PollRecord, stored: Mapping[str, int]) -> None:
    """Raise StaleRecord unless every update was planned against the version that is stored; none is version 0."""
    for update in record.updates:
        seq = stored.get(update.key, 0)
        if seq != update.expected_seq:
            raise StaleRecord(
                f"order {update.key} of source {record.source} is at version {seq}, this was planned against version "
                f"{update.expected_seq}; nothing of it was written, poll again"
            )


def versions_after(record: PollRecord) -> dict[str, int]:
    """The version each order of a record has once it is written."""
    return {update.key: update.snapshot.seq if update.snapshot else update.expected_seq for update in record.updates}


def state_row(record: PollRecord, update: OrderUpdate) -> Values:
    """Values of STATE_ROW."""
    return (
        record.source,
        update.key,
        record.at,
        update.raw_digest,
        update.list_digest,
        update.missing,
        update.vanished,
        write_list(update.scopes),
        update.next_poll_at,
        update.doubt,
        update.alarm_at if update.memory else None,
        update.memory.archived_at if update.memory else None,
        update.memory.model_dump_json(exclude_defaults=True) if update.memory else None,
    )


def version_row(snapshot: Snapshot) -> Values:
    """Values of VERSION_ROW."""
    order = snapshot.order
    return (
        order.number,
        order.reference,
        order.status.word,
        order.status.stage.value,
        order.delivery_promised,
        due(order),
        write_list(tracking_numbers(order)),
        snapshot.seq,
        order.depth.value,
        snapshot.digest,
        snapshot.seen_at,
        snapshot.seen_at,
        _promises(snapshot),
        order.model_dump_json(exclude_none=True),
    )


def name_rows(record: PollRecord, before: Mapping[str, Named]) -> tuple[list[NameRow], list[NameRow]]:
    """Names under which orders are not found any more, and those under which they are from now on.

    `before`: by what those of them that have a version were found until now.
    """
    gone: list[NameRow] = []
    fresh: list[NameRow] = []
    for update in record.updates:
        if update.snapshot is not None:
            old, new = _names_of(update.snapshot.order, before.get(update.key))
            gone += [(name, record.source, update.key) for name in old]
            fresh += [(name, record.source, update.key) for name in new]
    return gone, fresh


def snapshot_rows(record: PollRecord) -> list[Values]:
    """Values of SNAPSHOT_ROW of every new version."""
    return [
        (
            record.source,
            update.key,
            update.snapshot.seq,
            update.snapshot.seen_at,
            update.snapshot.digest,
            update.payload.media_type if update.payload else None,
            raw_of(update.payload) if update.payload else None,
        )
        for update in record.updates
        if update.snapshot is not None
    ]


def change_rows(record: PollRecord) -> list[Values]:
    """Values of CHANGE_ROW."""
    rows: list[Values] = []
    for update in record.updates:
        seq, seen_at = update.expected_seq, record.at
        if update.snapshot is not None:
            seq, seen_at = update.snapshot.seq, update.snapshot.seen_at
        rows += [
            (
                record.source,
                update.key,
                seq,
                seen_at,
                change.kind.value,
                change.line,
                change.field,
                change.before,
                change.after,
                change.model_dump_json(exclude_defaults=True),
            )
            for change in update.changes
        ]
    return rows


def touched(record: PollRecord) -> list[tuple[Moment, str, str]]:
    """Moment, source and key of orders that changed without a new version, by more than time."""
    return [
        (record.at, record.source, update.key)
        for update in record.updates
        if update.snapshot is None and any(change.kind not in TIME_MADE for change in update.changes)
    ]


def notification_rows(notifications: Sequence[NewNotification], versions: Mapping[str, int]) -> list[Values]:
    """Values of NOTIFICATION_ROW, each with the version of its order from `versions`."""
    return [
        (
            new.key,
            new.destination,
            new.source,
            new.order,
            None if new.order is None else versions.get(new.order),
            write_list(new.kinds),
            new.route,
            new.created_at,
            new.severity.value,
            new.gather_until,
            new.not_before,
            new.held_for,
            new.message.model_dump_json(exclude_none=True),
            (State.MUTED if new.muted else State.PENDING).value,
            new.muted,
            new.created_at if new.muted else None,
        )
        for new in notifications
    ]


def _promises(snapshot: Snapshot) -> str | None:
    """What is remembered of promised dates; nothing for the most orders, whose dates never moved."""
    return write_object(snapshot.promises) if snapshot.promises else None


def _names_of(order: Order, before: Named | None) -> tuple[set[str], set[str]]:
    """Names that an order has no more, and those that it has from now on."""
    named = (order.number, order.reference, write_list(tracking_numbers(order)))
    if named == before:
        return set(), set()
    old, new = _names(order.key, before) if before else set[str](), _names(order.key, named)
    return old - new, new - old


def _names(key: str, named: Named) -> set[str]:
    number, reference, tracking = named
    return {folded(name) for name in (key, number, reference, *json.loads(tracking)) if name} - {""}
