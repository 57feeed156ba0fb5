"""What is read, as functions of a connection. All of them use an index, so none slows down with a million orders."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from bot.model.memory import Memory
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Move, Notification, State
from bot.model.poll import Health, OrderState, Payload
from bot.model.view import ChangeRow, OrderRow
from bot.storage._rows import (
    HEALTH_COLUMNS,
    NOTIFICATION_COLUMNS,
    ORDER_COLUMNS,
    SNAPSHOT_COLUMNS,
    STATE_COLUMNS,
    folded,
    health_of,
    notification_of,
    order_row,
    order_states,
    payload_of,
    snapshot_of,
)

# Column lists are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608


def load(connection: sqlite3.Connection, source: str, key: str) -> list[OrderState]:
    """One order, if it was ever seen."""
    sql = f"select {STATE_COLUMNS} from orders where source = ? and key = ?"
    return order_states(connection.execute(sql, (source, key)))


def load_part(connection: sqlite3.Connection, source: str, after: int, rows: int) -> tuple[list[OrderState], int]:
    """The next orders of a source, and where to go on; nothing when there are no more. Starts after row 0.

    Once, at start: from end to end the table is read twice as fast as along its index.
    """
    last = connection.execute(
        "select max(rowid) from (select rowid from orders where rowid > ? order by rowid limit ?)", (after, rows)
    ).fetchone()[0]
    if last is None:
        return [], after
    sql = f"select {STATE_COLUMNS} from orders not indexed where rowid > ? and rowid <= ? and source = ?"
    return order_states(connection.execute(sql, (after, last, source))), last


def snapshots(connection: sqlite3.Connection, source: str, keys: Sequence[str]) -> dict[str, Snapshot]:
    """The last snapshot of those of `keys` that have one."""
    rows = connection.execute(
        f"""select {SNAPSHOT_COLUMNS} from orders
            where source = ? and key in (select value from json_each(?)) and snapshot is not null""",
        (source, json.dumps(list(keys))),
    )
    return {row[0]: snapshot_of(row) for row in rows}


def memories(connection: sqlite3.Connection, source: str, keys: Sequence[str]) -> dict[str, Memory]:
    """What is remembered of those of `keys` of which anything is."""
    rows = connection.execute(
        """select key, memory from orders
            where source = ? and key in (select value from json_each(?)) and memory is not null""",
        (source, json.dumps(list(keys))),
    )
    return {key: Memory.model_validate_json(memory) for key, memory in rows}


def had_version(connection: sqlite3.Connection, source: str, key: str, digest: str) -> bool:
    """Whether some version of an order had this digest."""
    row = connection.execute(
        "select 1 from snapshots where source = ? and key = ? and digest = ? limit 1", (source, key, digest)
    ).fetchone()
    return row is not None


def health(connection: sqlite3.Connection, source: str) -> Health:
    """The stored health of a source, or a fresh one."""
    row = connection.execute(f"select {HEALTH_COLUMNS} from sources where source = ?", (source,)).fetchone()
    return Health(source) if row is None else health_of(row)


def known_words(connection: sqlite3.Connection, source: str) -> frozenset[str]:
    """Status words of a source that operators have been told of."""
    return frozenset(_column(connection, "select word from status_words where source = ?", source))


def swept_scopes(connection: sqlite3.Connection, source: str) -> frozenset[str]:
    """Ids of the scopes that have had a complete sweep."""
    return frozenset(_column(connection, "select scope from sweeps where source = ?", source))


def baselines(connection: sqlite3.Connection) -> dict[str, int]:
    """Watchlist to the number of orders its summary spoke of."""
    return dict(connection.execute("select watchlist, orders from baselines"))


def orders(
    connection: sqlite3.Connection,
    source: str | None,
    stage: Stage | None,
    limit: int,
    offset: int,
    archived: bool = False,
) -> list[OrderRow]:
    """Orders that have been seen, last changed first."""
    conditions, values = _of_source_and_stage(source, stage, archived)
    rows = connection.execute(
        f"""select {ORDER_COLUMNS} from orders where {conditions}
            order by changed_at desc limit :limit offset :offset""",
        {**values, "limit": limit, "offset": offset},
    )
    return [order_row(row) for row in rows]


def count_orders(
    connection: sqlite3.Connection, source: str | None, stage: Stage | None, archived: bool = False
) -> int:
    """How many orders have been seen. Counts an index from end to end."""
    conditions, values = _of_source_and_stage(source, stage, archived)
    return int(connection.execute(f"select count(*) from orders where {conditions}", values).fetchone()[0])


def find_orders(connection: sqlite3.Connection, text: str) -> list[Snapshot]:
    """Orders with a name that is `text`, ignoring case and blanks."""
    rows = connection.execute(
        f"""select {SNAPSHOT_COLUMNS} from order_names join orders using (source, key)
            where name = ? order by source, key""",
        (folded(text),),
    )
    return [snapshot_of(row) for row in rows]


def history(connection: sqlite3.Connection, source: str, key: str, limit: int, offset: int = 0) -> list[ChangeRow]:
    """Changes of one order, newest first."""
    rows = connection.execute(
        """select id, seq, seen_at, kind, change from changes
            where source = ? and key = ? order by id desc limit ? offset ?""",
        (source, key, limit, offset),
    ).fetchall()
    told = _told(connection, source, key, oldest=rows[-1][1]) if rows else {}
    return [
        ChangeRow(id_, source, key, seq, seen_at, json.loads(change), tuple(told.get((seq, kind), ())))
        for id_, seq, seen_at, kind, change in rows
    ]


def payload(connection: sqlite3.Connection, source: str, key: str, seq: int) -> Payload | None:
    """The raw payload of one version, where it is still kept."""
    row = connection.execute(
        "select media_type, raw from snapshots where source = ? and key = ? and seq = ? and raw is not null",
        (source, key, seq),
    ).fetchone()
    return None if row is None else payload_of(*row)


def notifications(
    connection: sqlite3.Connection, after_id: int, states: Sequence[State], limit: int
) -> list[Notification]:
    """Outbox rows by id. Each state is asked for by itself, so that few dead ones are found among many sent ones."""
    wanted: list[tuple[str, tuple[str, ...]]] = [("", ())]
    if states:
        wanted = [(" and state = ?", (state,)) for state in dict.fromkeys(states)]
    rows = [
        row
        for condition, values in wanted
        for row in connection.execute(
            f"select {NOTIFICATION_COLUMNS} from notifications where id > ?{condition} order by id limit ?",
            (after_id, *values, limit),
        )
    ]
    return [notification_of(row) for row in sorted(rows)[:limit]]


def notification(connection: sqlite3.Connection, key: str) -> Notification | None:
    """The notification with this key."""
    row = connection.execute(
        f"select {NOTIFICATION_COLUMNS} from notifications where key = ?",
        (key,),
    ).fetchone()
    return None if row is None else notification_of(row)


def notification_behind(connection: sqlite3.Connection, destination: str, message_id: str) -> Notification | None:
    """The notification that a message in a destination was sent for; the youngest, where a moved chat counts anew.

    For the card of an order, it is the last one about the order there.
    """
    row = connection.execute(
        f"""select {NOTIFICATION_COLUMNS} from notifications where id = coalesce(
            (select max(notification_id) from messages where destination = :destination and message_id = :message),
            (select max(notifications.id) from threads join notifications indexed by notifications_by_order
                on notifications.source = threads.source and notifications.order_key = threads.key
                    and notifications.destination = threads.destination and notifications.order_key is not null
                where threads.destination = :destination and threads.message_id = :message))""",
        {"destination": destination, "message": message_id},
    ).fetchone()
    return None if row is None else notification_of(row)


def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows there are of what. Counts an index from end to end: milliseconds for a hundred thousand rows."""
    numbers = {
        "orders": _count(connection, "select count(*) from orders where changed_at is not null"),
        "snapshots": _count(connection, "select count(*) from snapshots"),
        "changes": _count(connection, "select count(*) from changes"),
        **{state.value: 0 for state in State},
    }
    numbers.update(connection.execute("select state, count(*) from notifications group by state"))
    return numbers


def healths(connection: sqlite3.Connection) -> list[Health]:
    """Every source's health, by name."""
    return [health_of(row) for row in connection.execute(f"select {HEALTH_COLUMNS} from sources order by source")]


def beats(connection: sqlite3.Connection) -> dict[str, Moment]:
    """Loop name to its last sign of life."""
    return dict(connection.execute("select loop, at from beats"))


def addresses(connection: sqlite3.Connection) -> dict[str, Move]:
    """Destination name to its address as it was and as the chat has it since."""
    rows = connection.execute("select name, moved_from, moved_to from destinations")
    return {name: Move(old=json.loads(old), new=json.loads(new)) for name, old, new in rows}


def _of_source_and_stage(source: str | None, stage: Stage | None, archived: bool) -> tuple[str, dict[str, str]]:
    given = {"source": source, "stage": stage}
    values = {column: value for column, value in given.items() if value is not None}
    shown = f"archived_at is {'not ' if archived else ''}null"
    return " and ".join(["changed_at is not null", shown, *(f"{column} = :{column}" for column in values)]), values


def _told(connection: sqlite3.Connection, source: str, key: str, *, oldest: int) -> dict[tuple[int, str], list[str]]:
    """By version and kind of change: what became of each notification that tells it."""
    told: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = connection.execute(
        """select seq, kinds, destination, state from notifications
            where source = ? and order_key = ? and seq >= ? order by seq, id""",
        (source, key, oldest),
    )
    for seq, kinds, destination, state in rows:
        for kind in json.loads(kinds):
            told[seq, kind].append(f"{destination}: {state}")
    return told


def _column(connection: sqlite3.Connection, sql: str, value: str) -> list[str]:
    return [row[0] for row in connection.execute(sql, (value,))]


def _count(connection: sqlite3.Connection, sql: str) -> int:
    return int(connection.execute(sql).fetchone()[0])
