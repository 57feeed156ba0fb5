"""What is written to PostgreSQL, as functions of a connection in a transaction: they neither begin nor commit one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from bot.model.moment import Moment, from_instant, instant_of
from bot.model.poll import Health, PollRecord
from bot.model.retention import Retention
from bot.storage import _record_rows as rows
from bot.storage._pg_connections import Connection, each
from bot.storage._pg_exceptions import note_changes, note_looks
from bot.storage._pg_outbox import add_notifications
from bot.storage._pg_views import rows_of
from bot.storage._rows import HEALTH_COLUMNS

# Names of tables and columns are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_TIDY_BATCH = 1000
_WRITE_STATE = rows.upsert(rows.STATE_ROW, "%s")
_WRITE_VERSION = rows.upsert((*rows.STATE_ROW, *rows.VERSION_ROW), "%s")


async def commit_record(connection: Connection, record: PollRecord) -> bool:
    """Write a record. Returns whether it added notifications. Raises StaleRecord."""
    versions: dict[str, int] = {}
    for part in rows.each_order_once(record):
        known = await _known(connection, part)
        await _write_orders(connection, part, known)
        versions |= rows.versions_after(part)
        await _write_names(connection, part, known)
        await copy_in(connection, "snapshots", rows.SNAPSHOT_ROW, rows.snapshot_rows(part))
        await each(
            connection,
            "update orders set changed_at = %s where source = %s and key = %s and seq > 0",
            rows.touched(part),
        )
        await copy_in(connection, "changes", rows.CHANGE_ROW, rows.change_rows(part))
        await note_changes(connection, part)
    added = await add_notifications(connection, record.notifications, versions)
    await each(connection, _WRITE_HEALTH, [_health_row(health) for health in record.healths])
    await _write_memory(connection, record)
    return added


async def copy_in(
    connection: Connection, table: str, columns: Sequence[str], values: Sequence[Sequence[object]]
) -> None:
    """Add rows in bulk. They are new: one that is there already fails."""
    if values:
        async with connection.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
            for row in values:
                await copy.write_row(row)


async def beat(connection: Connection, loops: Sequence[str], at: Moment) -> None:
    """Note which loops are alive: these, and no others any more."""
    await connection.execute("delete from beats where loop <> all(%s)", (list(loops),))
    await each(
        connection,
        "insert into beats (loop, at) values (%s, %s) on conflict (loop) do update set at = excluded.at",
        [(loop, at) for loop in loops],
    )


def tidying(now: Moment, retention: Retention) -> Mapping[str, Callable[[Connection], Awaitable[int]]]:
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


async def _known(connection: Connection, record: PollRecord) -> dict[str, tuple[int, rows.Named]]:
    """Version and names of the orders that have a row, locked from here on. Raises StaleRecord."""
    found = await rows_of(
        connection,
        """select key, seq, number, reference, tracking from orders where source = %s and key = any(%s)
            order by key for no key update""",
        (record.source, [update.key for update in record.updates]),
    )
    known = {key: (seq, (number, reference, tracking)) for key, seq, number, reference, tracking in found}
    rows.require_versions(record, {key: seq for key, (seq, _) in known.items()})
    return known


async def _write_orders(connection: Connection, record: PollRecord, known: Mapping[str, object]) -> None:
    """The orders' rows: those that are new in bulk, the others one by one."""
    states: dict[bool, list[rows.Values]] = {True: [], False: []}
    versions: dict[bool, list[rows.Values]] = {True: [], False: []}
    for update in record.updates:
        state = rows.state_row(record, update)
        if update.snapshot is None:
            states[update.key in known].append(state)
        else:
            versions[update.key in known].append(state + rows.version_row(update.snapshot))
    await copy_in(connection, "orders", rows.STATE_ROW, states[False])
    await copy_in(connection, "orders", (*rows.STATE_ROW, *rows.VERSION_ROW), versions[False])
    await each(connection, _WRITE_STATE, states[True])
    await each(connection, _WRITE_VERSION, versions[True])


async def _write_names(connection: Connection, record: PollRecord, known: Mapping[str, tuple[int, rows.Named]]) -> None:
    """The names under which orders are found from now on."""
    gone, fresh = rows.name_rows(record, {key: named for key, (seq, named) in known.items() if seq})
    await each(connection, "delete from order_names where name = %s and source = %s and key = %s", gone)
    await copy_in(connection, "order_names", ("name", "source", "key"), fresh)


def _health_row(health: Health) -> list[object]:
    return [getattr(health, column) for column in HEALTH_COLUMNS.split(", ")]


_WRITE_HEALTH = (
    f"{rows.insert('sources', HEALTH_COLUMNS.split(', '), '%s')} on conflict (source) do update set "
    + ", ".join(f"{column} = excluded.{column}" for column in HEALTH_COLUMNS.split(", "))
)


async def _write_memory(connection: Connection, record: PollRecord) -> None:
    await each(
        connection,
        "insert into status_words (source, word, first_seen_at) values (%s, %s, %s) on conflict do nothing",
        [(record.source, word, record.at) for word in record.words],
    )
    await each(
        connection,
        """insert into baselines (watchlist, orders, taken_at) values (%s, %s, %s)
            on conflict (watchlist) do update set orders = excluded.orders, taken_at = excluded.taken_at""",
        [(baseline.watchlist, baseline.orders, baseline.at) for baseline in record.baselines],
    )
    await each(
        connection,
        "insert into sweeps (source, scope, completed_at) values (%s, %s, %s) on conflict do nothing",
        [(record.source, scope, at) for scope, at in record.swept.items()],
    )
    await note_looks(connection, record.looked_at)
    await each(connection, "delete from mutes where id = %s", [(mute,) for mute in record.ended_mutes])


async def _drop_payloads(connection: Connection, older_than: datetime) -> int:
    dropped = await connection.execute(
        """update snapshots set raw = null where ctid = any(array(
            select ctid from snapshots where raw is not null and seen_at < %s order by seen_at limit %s for update))""",
        (from_instant(older_than), _TIDY_BATCH),
    )
    return int(dropped.rowcount)


async def _drop_settled(connection: Connection, older_than: datetime) -> int:
    found = await rows_of(
        connection,
        "select id from notifications where settled_at is not null and settled_at < %s order by settled_at limit %s",
        (from_instant(older_than), _TIDY_BATCH),
    )
    ids = [id_ for (id_,) in found]
    await connection.execute("delete from messages where notification_id = any(%s)", (ids,))
    await connection.execute("delete from notifications where id = any(%s)", (ids,))
    return len(ids)


async def _drop_old(connection: Connection, table: str, column: str, older_than: datetime) -> int:
    dropped = await connection.execute(
        f"""delete from {table} where ctid = any(array(
            select ctid from {table} where {column} < %s order by {column} limit %s for update))""",
        (from_instant(older_than), _TIDY_BATCH),
    )
    return int(dropped.rowcount)
