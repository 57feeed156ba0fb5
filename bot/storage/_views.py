"""What is read, as functions of a connection. All of them use an index, so none slows down with a million orders."""

import json
from collections import defaultdict
from collections.abc import Sequence

from bot.model.memory import Memory
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Move, Notification, State
from bot.model.poll import Health, OrderState, Payload
from bot.model.view import ChangeRow, OrderRow
from bot.storage._connection import Connection, Values
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


async def load(connection: Connection, source: str, key: str) -> list[OrderState]:
    """One order, if it was ever seen."""
    sql = f"select {STATE_COLUMNS} from orders where source = ? and key = ?"
    return order_states(await connection.rows(sql, (source, key)))


async def load_part(connection: Connection, source: str, after: str, rows: int) -> list[OrderState]:
    """The next orders of a source, by key; nothing when there are no more. Starts after the empty key."""
    sql = f"select {STATE_COLUMNS} from orders where source = ? and key > ? order by key limit ?"
    return order_states(await connection.rows(sql, (source, after, rows)))


async def snapshots(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, Snapshot]:
    """The last snapshot of those of `keys` that have one."""
    rows = await connection.rows(
        f"""select {SNAPSHOT_COLUMNS} from orders
            where source = ? and {connection.among("key")} and snapshot is not null""",
        (source, connection.many(keys)),
    )
    return {row[0]: snapshot_of(row) for row in rows}


async def memories(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, Memory]:
    """What is remembered of those of `keys` of which anything is."""
    rows = await connection.rows(
        f"select key, memory from orders where source = ? and {connection.among('key')} and memory is not null",
        (source, connection.many(keys)),
    )
    return {key: Memory.model_validate_json(memory) for key, memory in rows}


async def had_version(connection: Connection, source: str, key: str, digest: str) -> bool:
    """Whether some version of an order had this digest."""
    row = await connection.row(
        "select 1 from snapshots where source = ? and key = ? and digest = ? limit 1", (source, key, digest)
    )
    return row is not None


async def health(connection: Connection, source: str) -> Health:
    """The stored health of a source, or a fresh one."""
    row = await connection.row(f"select {HEALTH_COLUMNS} from sources where source = ?", (source,))
    return Health(source) if row is None else health_of(row)


async def known_words(connection: Connection, source: str) -> frozenset[str]:
    """Status words of a source that operators have been told of."""
    rows = await connection.rows("select word from status_words where source = ?", (source,))
    return frozenset(word for (word,) in rows)


async def swept_scopes(connection: Connection, source: str) -> frozenset[str]:
    """Ids of the scopes that have had a complete sweep."""
    rows = await connection.rows("select scope from sweeps where source = ?", (source,))
    return frozenset(scope for (scope,) in rows)


async def baselines(connection: Connection) -> dict[str, int]:
    """Watchlist to the number of orders its summary spoke of."""
    return dict(await connection.rows("select watchlist, orders from baselines"))


async def orders(
    connection: Connection,
    source: str | None,
    stage: Stage | None,
    limit: int,
    offset: int,
    archived: bool = False,
) -> list[OrderRow]:
    """Orders that have been seen, last changed first."""
    conditions, values = _of_source_and_stage(source, stage, archived)
    rows = await connection.rows(
        f"""select {ORDER_COLUMNS} from orders where {conditions}
            order by changed_at desc{connection.ties("desc")} limit :limit offset :offset""",
        {**values, "limit": limit, "offset": offset},
    )
    return [order_row(row) for row in rows]


async def count_orders(connection: Connection, source: str | None, stage: Stage | None, archived: bool = False) -> int:
    """How many orders have been seen. Counts an index from end to end."""
    conditions, values = _of_source_and_stage(source, stage, archived)
    return await _count(connection, f"select count(*) from orders where {conditions}", values)


async def find_orders(connection: Connection, text: str) -> list[Snapshot]:
    """Orders with a name that is `text`, ignoring case and blanks."""
    rows = await connection.rows(
        f"""select {SNAPSHOT_COLUMNS} from order_names join orders using (source, key)
            where name = ? order by source, key""",
        (folded(text),),
    )
    return [snapshot_of(row) for row in rows]


async def history(connection: Connection, source: str, key: str, limit: int, offset: int = 0) -> list[ChangeRow]:
    """Changes of one order, newest first."""
    rows = await connection.rows(
        """select id, seq, seen_at, kind, change from changes
            where source = ? and key = ? order by id desc limit ? offset ?""",
        (source, key, limit, offset),
    )
    told = await _told(connection, source, key, oldest=rows[-1][1]) if rows else {}
    return [
        ChangeRow(id_, source, key, seq, seen_at, json.loads(change), tuple(told.get((seq, kind), ())))
        for id_, seq, seen_at, kind, change in rows
    ]


async def payload(connection: Connection, source: str, key: str, seq: int) -> Payload | None:
    """The raw payload of one version, where it is still kept."""
    row = await connection.row(
        "select media_type, raw from snapshots where source = ? and key = ? and seq = ? and raw is not null",
        (source, key, seq),
    )
    return None if row is None else payload_of(*row)


async def notifications(
    connection: Connection, after_id: int, states: Sequence[State], limit: int
) -> list[Notification]:
    """Outbox rows by id. Each state is asked for by itself, so that few dead ones are found among many sent ones."""
    wanted: list[tuple[str, tuple[str, ...]]] = [("", ())]
    if states:
        wanted = [(" and state = ?", (state.value,)) for state in dict.fromkeys(states)]
    rows = [
        row
        for condition, values in wanted
        for row in await connection.rows(
            f"select {NOTIFICATION_COLUMNS} from notifications where id > ?{condition} order by id limit ?",
            (after_id, *values, limit),
        )
    ]
    return [notification_of(row) for row in sorted(rows)[:limit]]


async def notification(connection: Connection, key: str) -> Notification | None:
    """The notification with this key."""
    row = await connection.row(f"select {NOTIFICATION_COLUMNS} from notifications where key = ?", (key,))
    return None if row is None else notification_of(row)


async def notification_behind(connection: Connection, destination: str, message_id: str) -> Notification | None:
    """The notification that a message in a destination was sent for; the youngest, where a moved chat counts anew.

    For the card of an order, it is the last one about the order there.
    """
    row = await connection.row(
        f"""select {NOTIFICATION_COLUMNS} from notifications where id = coalesce(
            (select max(notification_id) from messages where destination = :destination and message_id = :message),
            (select max(notifications.id) from threads join notifications
                {connection.along("notifications_by_order")}
                on notifications.source = threads.source and notifications.order_key = threads.key
                    and notifications.destination = threads.destination and notifications.order_key is not null
                where threads.destination = :destination and threads.message_id = :message))""",
        {"destination": destination, "message": message_id},
    )
    return None if row is None else notification_of(row)


async def counts(connection: Connection) -> dict[str, int]:
    """How many rows there are of what. Counts indexes from end to end: milliseconds for a hundred thousand rows."""
    numbers = {
        "orders": await _count(connection, "select count(*) from orders where changed_at is not null"),
        "snapshots": await _count(connection, "select count(*) from snapshots"),
        "changes": await _count(connection, "select count(*) from changes"),
        **{state.value: 0 for state in State},
    }
    numbers.update(await connection.rows("select state, count(*) from notifications group by state"))
    return numbers


async def healths(connection: Connection) -> list[Health]:
    """Every source's health, by name."""
    rows = await connection.rows(f"select {HEALTH_COLUMNS} from sources order by source")
    return [health_of(row) for row in rows]


async def beats(connection: Connection) -> dict[str, Moment]:
    """Loop name to its last sign of life."""
    return dict(await connection.rows("select loop, at from beats"))


async def addresses(connection: Connection) -> dict[str, Move]:
    """Destination name to its address as it was and as the chat has it since."""
    rows = await connection.rows("select name, moved_from, moved_to from destinations")
    return {name: Move(old=json.loads(old), new=json.loads(new)) for name, old, new in rows}


def _of_source_and_stage(source: str | None, stage: Stage | None, archived: bool) -> tuple[str, dict[str, str]]:
    given = {"source": source, "stage": stage and stage.value}
    values = {column: value for column, value in given.items() if value is not None}
    shown = f"archived_at is {'not ' if archived else ''}null"
    return " and ".join(["changed_at is not null", shown, *(f"{column} = :{column}" for column in values)]), values


async def _told(connection: Connection, source: str, key: str, *, oldest: int) -> dict[tuple[int, str], list[str]]:
    """By version and kind of change: what became of each notification that tells it."""
    told: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = await connection.rows(
        """select seq, kinds, destination, state from notifications
            where source = ? and order_key = ? and seq >= ? order by seq nulls first, id""",
        (source, key, oldest),
    )
    for seq, kinds, destination, state in rows:
        for kind in json.loads(kinds):
            told[seq, kind].append(f"{destination}: {state}")
    return told


async def _count(connection: Connection, sql: str, values: Values = ()) -> int:
    row = await connection.row(sql, values)
    return int(row[0]) if row else 0
