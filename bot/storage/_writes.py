"""What is written, as functions of a connection."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model.moment import Moment, from_instant, instant_of
from bot.model.poll import PollRecord
from bot.model.retention import Retention
from bot.storage import _record_rows as rows
from bot.storage._connection import Connection, Job, put
from bot.storage._exceptions import note_changes, note_looks
from bot.storage._outbox import add_notifications
from bot.storage._rows import HEALTH_COLUMNS

# Names of tables and columns are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_TIDY_BATCH = 1000
_WHOLE_ROW = (*rows.STATE_ROW, *rows.VERSION_ROW)
_WRITE_STATE = rows.put_order(rows.STATE_ROW)
_WRITE_VERSION = rows.put_order(_WHOLE_ROW)
_HEALTH_ROW = HEALTH_COLUMNS.split(", ")
_WRITE_HEALTH = put("sources", _HEALTH_ROW, ("source",))


async def commit_record(connection: Connection, record: PollRecord) -> bool:
    """Write a record. Returns whether it added notifications. Raises StaleRecord."""
    versions: dict[str, int] = {}
    for part in rows.each_order_once(record):
        known = await _known(connection, part)
        await _write_orders(connection, part, known)
        versions |= rows.versions_after(part)
        await _write_names(connection, part, known)
        await connection.add("snapshots", rows.SNAPSHOT_ROW, rows.snapshot_rows(part))
        await connection.each(
            "update orders set changed_at = ? where source = ? and key = ? and seq > 0", rows.touched(part)
        )
        await connection.add("changes", rows.CHANGE_ROW, rows.change_rows(part))
        await note_changes(connection, part)
    added = await add_notifications(connection, record.notifications, versions)
    healths = [[getattr(health, column) for column in _HEALTH_ROW] for health in record.healths]
    await connection.each(_WRITE_HEALTH, healths)
    await _write_memory(connection, record)
    return added


async def beat(connection: Connection, alive: Sequence[str], at: Moment, silent: Sequence[str] = ()) -> None:
    """Note which loops give a sign of life; of silent ones the last stands, and others there are no more."""
    known = connection.many([*alive, *silent])
    await connection.run(f"delete from beats where not ({connection.among('loop')})", (known,))
    await connection.each(put("beats", ("loop", "at"), ("loop",)), [(loop, at) for loop in alive])
    first = "insert into beats (loop, at) values (?, ?) on conflict do nothing"
    await connection.each(first, [(loop, at) for loop in silent])


def tidying(now: Moment, retention: Retention) -> Mapping[str, Job[int]]:
    """What the janitor does: a name for what is dropped, and a step that drops one batch and says how many."""
    present = instant_of(now)
    assert present is not None, "now is an instant"
    return {
        "payloads": lambda connection: _drop_payloads(connection, present - retention.raw),
        "notifications": lambda connection: _drop_settled(connection, present - retention.sent),
        "questions": lambda connection: _drop_old(connection, "audit", "id", "at", present - retention.sent),
        "threads": lambda connection: _drop_old(connection, "threads", "id", "told_at", present - retention.sent),
        "buttons": lambda connection: _drop_old(connection, "buttons", "key", "made_at", present - retention.sent),
    }


def is_last_batch(dropped: int) -> bool:
    """Whether a step of `tidying` found no more than it may drop at once."""
    return dropped < _TIDY_BATCH


_Known = Mapping[str, tuple[int, rows.Named]]
"""Orders that have a row: their version, 0 for none, and their names."""


async def _known(connection: Connection, record: PollRecord) -> _Known:
    """What is known of the orders of a record, locked from here on. Raises StaleRecord if a version is another."""
    found = await connection.rows(
        f"""select key, seq, number, reference, tracking from orders
            where source = ? and {connection.among("key")} order by key {connection.locked}""",
        (record.source, connection.many([update.key for update in record.updates])),
    )
    known = {key: (seq, (number, reference, tracking)) for key, seq, number, reference, tracking in found}
    rows.require_versions(record, {key: seq for key, (seq, _) in known.items()})
    return known


async def _write_orders(connection: Connection, record: PollRecord, known: _Known) -> None:
    """What the poller remembers, and the version where there is a new one; orders without a row in bulk."""
    states: dict[bool, list[rows.Values]] = {True: [], False: []}
    versions: dict[bool, list[rows.Values]] = {True: [], False: []}
    for update in record.updates:
        state = rows.state_row(record, update)
        if update.snapshot is None:
            states[update.key in known].append(state)
        else:
            versions[update.key in known].append(state + rows.version_row(update.snapshot))
    await connection.add("orders", rows.STATE_ROW, states[False])
    await connection.add("orders", _WHOLE_ROW, versions[False])
    await connection.each(_WRITE_STATE, states[True])
    await connection.each(_WRITE_VERSION, versions[True])


async def _write_names(connection: Connection, record: PollRecord, known: _Known) -> None:
    """The names under which orders are found from now on."""
    gone, fresh = rows.name_rows(record, {key: named for key, (seq, named) in known.items() if seq})
    await connection.each("delete from order_names where name = ? and source = ? and key = ?", gone)
    await connection.add("order_names", ("name", "source", "key"), fresh)


async def _write_memory(connection: Connection, record: PollRecord) -> None:
    await connection.each(
        "insert into status_words (source, word, first_seen_at) values (?, ?, ?) on conflict do nothing",
        [(record.source, word, record.at) for word in record.words],
    )
    await connection.each(
        put("baselines", ("watchlist", "orders", "taken_at"), ("watchlist",)),
        [(baseline.watchlist, baseline.orders, baseline.at) for baseline in record.baselines],
    )
    await connection.each(
        "insert into sweeps (source, scope, completed_at) values (?, ?, ?) on conflict do nothing",
        [(record.source, scope, at) for scope, at in record.swept.items()],
    )
    await note_looks(connection, record.looked_at)
    await connection.each("delete from mutes where id = ?", [(mute,) for mute in record.ended_mutes])


async def _drop_payloads(connection: Connection, older_than: datetime) -> int:
    versions = await connection.rows(
        "select source, key, seq from snapshots where raw is not null and seen_at < ? order by seen_at limit ?",
        (from_instant(older_than), _TIDY_BATCH),
    )
    await connection.each("update snapshots set raw = null where source = ? and key = ? and seq = ?", versions)
    return len(versions)


async def _drop_settled(connection: Connection, older_than: datetime) -> int:
    ids = await connection.rows(
        f"""select id from notifications where settled_at is not null and settled_at < ?
            order by settled_at limit ? {connection.locked}""",
        (from_instant(older_than), _TIDY_BATCH),
    )
    await connection.each("delete from messages where notification_id = ?", ids)
    await connection.each("delete from notifications where id = ?", ids)
    return len(ids)


async def _drop_old(connection: Connection, table: str, key: str, column: str, older_than: datetime) -> int:
    keys = await connection.rows(
        f"select {key} from {table} where {column} < ? order by {column} limit ?",
        (from_instant(older_than), _TIDY_BATCH),
    )
    await connection.each(f"delete from {table} where {key} = ?", keys)
    return len(keys)
