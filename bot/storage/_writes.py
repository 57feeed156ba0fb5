"""What is written, as functions of a connection inside a transaction: they neither begin nor commit one."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.core.promise import due
from bot.errors import StaleRecord
from bot.model.change import TIME_MADE
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order, Snapshot
from bot.model.poll import Health, OrderUpdate, PollRecord
from bot.model.retention import Retention
from bot.storage._outbox import add_notifications
from bot.storage._rows import (
    HEALTH_COLUMNS,
    folded,
    raw_of,
    tracking_numbers,
    write_list,
    write_object,
)

_TIDY_BATCH = 1000
_Named = tuple[str, str | None, str]
"""Number, reference and, as JSON text, tracking numbers of an order."""
_Values = tuple[str | bytes | int | None, ...]
"""Of one row."""


def commit_record(connection: sqlite3.Connection, record: PollRecord) -> bool:
    """Write a record. Returns whether it added notifications. Raises StaleRecord."""
    versions: dict[str, int] = {}
    for part in _each_order_once(record):
        before = _names_before(connection, part)
        _write_orders(connection, part)
        for update in part.updates:
            versions[update.key] = update.snapshot.seq if update.snapshot else update.expected_seq
            if update.snapshot is not None:
                _write_names(connection, record.source, update.key, update.snapshot.order, before.get(update.key))
        _write_snapshots(connection, part)
        _write_changes(connection, part)
    added = add_notifications(connection, record.notifications, versions)
    for health in record.healths:
        _write_health(connection, health)
    _write_memory(connection, record)
    return added


def beat(connection: sqlite3.Connection, loops: Sequence[str], at: Moment) -> None:
    """Note which loops are alive: these, and no others any more."""
    connection.execute("delete from beats where loop not in (select value from json_each(?))", (json.dumps(loops),))
    connection.executemany("insert or replace into beats (loop, at) values (?, ?)", [(loop, at) for loop in loops])


def tidying(now: Moment, retention: Retention) -> Mapping[str, Callable[[sqlite3.Connection], int]]:
    """What the janitor does: a name for what is dropped, and a step that drops one batch and says how many."""
    present = instant_of(now)
    assert present is not None, "now is an instant"
    return {
        "payloads": lambda connection: _drop_payloads(connection, present - retention.raw),
        "notifications": lambda connection: _drop_settled(connection, present - retention.sent),
        "questions": lambda connection: _drop_old(connection, "audit", "at", present - retention.sent),
        "threads": lambda connection: _drop_old(connection, "threads", "told_at", present - retention.sent),
        "buttons": lambda connection: _drop_old(connection, "buttons", "made_at", present - retention.sent),
    }


def is_last_batch(dropped: int) -> bool:
    """Whether a step of `tidying` found no more than it may drop at once."""
    return dropped < _TIDY_BATCH


def _each_order_once(record: PollRecord) -> list[PollRecord]:
    """The record in parts, in turn, so that what is read before a part is written holds for all of the part."""
    parts: list[dict[str, OrderUpdate]] = []
    for update in record.updates:
        if not parts or update.key in parts[-1]:
            parts.append({})
        parts[-1][update.key] = update
    return [replace(record, updates=tuple(part.values())) for part in parts]


def _names_before(connection: sqlite3.Connection, record: PollRecord) -> dict[str, _Named]:
    """By what the orders that have a version were found until now. Raises StaleRecord if a version is another."""
    keys = json.dumps([update.key for update in record.updates])
    rows = connection.execute(
        """select key, seq, number, reference, tracking from orders
            where source = ? and key in (select value from json_each(?))""",
        (record.source, keys),
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    for update in record.updates:
        seq = found[update.key][0] if update.key in found else 0
        if seq != update.expected_seq:
            raise StaleRecord(
                f"order {update.key} of source {record.source} is at version {seq}, this was planned against version "
                f"{update.expected_seq}; nothing of it was written, poll again"
            )
    return {key: row[1:] for key, row in found.items() if row[0]}


def _names(key: str, named: _Named) -> set[str]:
    number, reference, tracking = named
    return {folded(name) for name in (key, number, reference, *json.loads(tracking)) if name} - {""}


def _write_orders(connection: sqlite3.Connection, record: PollRecord) -> None:
    """The orders' rows: what the poller remembers, and the version where there is a new one."""
    states: list[_Values] = []
    versions: list[_Values] = []
    for update in record.updates:
        state = (
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
        if update.snapshot is None:
            states.append(state)
        else:
            versions.append(state + _version(update.snapshot))
    connection.executemany(_WRITE_STATE, states)
    connection.executemany(_WRITE_VERSION, versions)


def _version(snapshot: Snapshot) -> tuple[str | int | None, ...]:
    """Values of _VERSION_COLUMNS."""
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


def _promises(snapshot: Snapshot) -> str | None:
    """What is remembered of promised dates; nothing for the most orders, whose dates never moved."""
    remembered = {name: promised.model_dump() for name, promised in snapshot.promises.items()}
    return write_object(remembered) if remembered else None


def _upsert(columns: Sequence[str]) -> str:
    """The statement that writes a row of orders. A digest or a memory that is null stays as it was."""
    told = [column for column in columns if column not in ("source", "key", "first_seen_at")]
    values = (_KEEPING.get(name, "excluded.{0}").format(name) for name in told)
    changes = ", ".join(f"{name} = {value}" for name, value in zip(told, values, strict=True))
    marks = ", ".join("?" * len(columns))
    return (
        f"insert into orders ({', '.join(columns)}) values ({marks}) on conflict (source, key) do update set {changes}"  # noqa: S608
    )


_DIGESTS = ("raw_digest", "list_digest")
_MEMORY = ("alarm_at", "archived_at", "memory")
_KEEPING = {
    **dict.fromkeys(_DIGESTS, "coalesce(excluded.{0}, {0})"),
    **dict.fromkeys(_MEMORY, "case when excluded.memory is null then {0} else excluded.{0} end"),
}
_STATE_COLUMNS = (
    "source", "key", "first_seen_at", *_DIGESTS, "missing", "vanished", "scopes", "next_poll_at", "doubt",
    *_MEMORY,
)  # fmt: skip
_VERSION_COLUMNS = (
    "number", "reference", "status", "stage", "delivery_promised", "due", "tracking", "seq", "depth", "digest",
    "seen_at", "changed_at", "promises", "snapshot",
)  # fmt: skip
_WRITE_STATE = _upsert(_STATE_COLUMNS)
_WRITE_VERSION = _upsert((*_STATE_COLUMNS, *_VERSION_COLUMNS))


def _write_snapshots(connection: sqlite3.Connection, record: PollRecord) -> None:
    connection.executemany(
        "insert into snapshots (source, key, seq, seen_at, digest, media_type, raw) values (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                record.source,
                update.key,
                update.snapshot.seq,
                update.snapshot.seen_at,
                update.snapshot.digest,
                update.payload and update.payload.media_type,
                update.payload and raw_of(update.payload),
            )
            for update in record.updates
            if update.snapshot is not None
        ],
    )


def _write_names(connection: sqlite3.Connection, source: str, key: str, order: Order, before: _Named | None) -> None:
    """The names under which an order is found from now on."""
    named = (order.number, order.reference, write_list(tracking_numbers(order)))
    if named == before:
        return
    names, now = _names(key, before) if before else set[str](), _names(key, named)
    connection.executemany(
        "delete from order_names where name = ? and source = ? and key = ?",
        [(name, source, key) for name in names - now],
    )
    connection.executemany(
        "insert into order_names (name, source, key) values (?, ?, ?)",
        [(name, source, key) for name in now - names],
    )


def _touch(connection: sqlite3.Connection, source: str, key: str, at: Moment) -> None:
    connection.execute("update orders set changed_at = ? where source = ? and key = ? and seq > 0", (at, source, key))


def _write_changes(connection: sqlite3.Connection, record: PollRecord) -> None:
    rows: list[_Values] = []
    for update in record.updates:
        if not update.changes:
            continue
        seq, seen_at = update.expected_seq, record.at
        if update.snapshot is None:
            if any(change.kind not in TIME_MADE for change in update.changes):
                _touch(connection, record.source, update.key, seen_at)
        else:
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
    connection.executemany(
        """insert into changes (source, key, seq, seen_at, kind, line, field, "before", "after", change)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )


def _write_health(connection: sqlite3.Connection, health: Health) -> None:
    columns = HEALTH_COLUMNS.split(", ")
    marks = ", ".join("?" * len(columns))
    connection.execute(
        f"insert or replace into sources ({HEALTH_COLUMNS}) values ({marks})",  # noqa: S608
        [getattr(health, column) for column in columns],
    )


def _write_memory(connection: sqlite3.Connection, record: PollRecord) -> None:
    connection.executemany(
        "insert into status_words (source, word, first_seen_at) values (?, ?, ?) on conflict do nothing",
        [(record.source, word, record.at) for word in record.words],
    )
    connection.executemany(
        "insert or replace into baselines (watchlist, orders, taken_at) values (?, ?, ?)",
        [(baseline.watchlist, baseline.orders, baseline.at) for baseline in record.baselines],
    )
    connection.executemany(
        "insert into sweeps (source, scope, completed_at) values (?, ?, ?) on conflict do nothing",
        [(record.source, scope, at) for scope, at in record.swept.items()],
    )
    connection.executemany("delete from mutes where id = ?", [(mute,) for mute in record.ended_mutes])


def _drop_payloads(connection: sqlite3.Connection, older_than: datetime) -> int:
    return connection.execute(
        """update snapshots set raw = null where rowid in
            (select rowid from snapshots where raw is not null and seen_at < ? order by seen_at limit ?)""",
        (from_instant(older_than), _TIDY_BATCH),
    ).rowcount


def _drop_settled(connection: sqlite3.Connection, older_than: datetime) -> int:
    ids = connection.execute(
        "select id from notifications where settled_at is not null and settled_at < ? order by settled_at limit ?",
        (from_instant(older_than), _TIDY_BATCH),
    ).fetchall()
    connection.executemany("delete from messages where notification_id = ?", ids)
    connection.executemany("delete from notifications where id = ?", ids)
    return len(ids)


def _drop_old(connection: sqlite3.Connection, table: str, column: str, older_than: datetime) -> int:
    id_ = "key" if table == "buttons" else "id"
    return connection.execute(
        f"delete from {table} where {id_} in "  # noqa: S608
        f"(select {id_} from {table} where {column} < ? order by {column} limit ?)",
        (from_instant(older_than), _TIDY_BATCH),
    ).rowcount
