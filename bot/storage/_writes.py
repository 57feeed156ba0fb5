"""What is written, as functions of a connection inside a transaction: they neither begin nor commit one."""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.model.moment import Moment, from_instant, instant_of
from bot.model.poll import Health, PollRecord
from bot.model.retention import Retention
from bot.storage import _record_rows as rows
from bot.storage._exceptions import note_changes, note_looks
from bot.storage._outbox import add_notifications
from bot.storage._rows import HEALTH_COLUMNS

_TIDY_BATCH = 1000
_INSERT_SNAPSHOT = rows.insert("snapshots", rows.SNAPSHOT_ROW, "?")
_INSERT_CHANGE = rows.insert("changes", rows.CHANGE_ROW, "?")
_WRITE_STATE = rows.upsert(rows.STATE_ROW, "?")
_WRITE_VERSION = rows.upsert((*rows.STATE_ROW, *rows.VERSION_ROW), "?")


def commit_record(connection: sqlite3.Connection, record: PollRecord) -> bool:
    """Write a record. Returns whether it added notifications. Raises StaleRecord."""
    versions: dict[str, int] = {}
    for part in rows.each_order_once(record):
        before = _names_before(connection, part)
        _write_orders(connection, part)
        versions |= rows.versions_after(part)
        _write_names(connection, part, before)
        connection.executemany(_INSERT_SNAPSHOT, rows.snapshot_rows(part))
        connection.executemany(
            "update orders set changed_at = ? where source = ? and key = ? and seq > 0", rows.touched(part)
        )
        connection.executemany(_INSERT_CHANGE, rows.change_rows(part))
        note_changes(connection, part)
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


def _names_before(connection: sqlite3.Connection, record: PollRecord) -> dict[str, rows.Named]:
    """By what the orders that have a version were found until now. Raises StaleRecord if a version is another."""
    keys = json.dumps([update.key for update in record.updates])
    found = {
        row[0]: row[1:]
        for row in connection.execute(
            """select key, seq, number, reference, tracking from orders
                where source = ? and key in (select value from json_each(?))""",
            (record.source, keys),
        )
    }
    rows.require_versions(record, {key: row[0] for key, row in found.items()})
    return {key: row[1:] for key, row in found.items() if row[0]}


def _write_orders(connection: sqlite3.Connection, record: PollRecord) -> None:
    """The orders' rows: what the poller remembers, and the version where there is a new one."""
    states: list[rows.Values] = []
    versions: list[rows.Values] = []
    for update in record.updates:
        state = rows.state_row(record, update)
        if update.snapshot is None:
            states.append(state)
        else:
            versions.append(state + rows.version_row(update.snapshot))
    connection.executemany(_WRITE_STATE, states)
    connection.executemany(_WRITE_VERSION, versions)


def _write_names(connection: sqlite3.Connection, record: PollRecord, before: Mapping[str, rows.Named]) -> None:
    """The names under which orders are found from now on."""
    gone, fresh = rows.name_rows(record, before)
    connection.executemany("delete from order_names where name = ? and source = ? and key = ?", gone)
    connection.executemany("insert into order_names (name, source, key) values (?, ?, ?)", fresh)


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
    note_looks(connection, record.looked_at)
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
