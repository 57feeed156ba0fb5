"""What is read from PostgreSQL, as functions of a connection. All of them use an index but where they say so."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bot.model.memory import Memory
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.outbox import Move, Notification, State
from bot.model.poll import Health, OrderState, Payload
from bot.model.view import ChangeRow, OrderRow
from bot.storage._pg_connections import Connection
from bot.storage._rows import (
    HEALTH_COLUMNS,
    NOTIFICATION_COLUMNS,
    ORDER_COLUMNS,
    SNAPSHOT_COLUMNS,
    STATE_COLUMNS,
    Row,
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

Values = dict[str, Any]


async def rows_of(connection: Connection, sql: str, values: Values | Sequence[Any] = ()) -> list[Row]:
    """All rows that a statement gives."""
    rows: list[Row] = await (await connection.execute(sql, values)).fetchall()
    return rows


async def row_of(connection: Connection, sql: str, values: Values | Sequence[Any] = ()) -> Row | None:
    """The first row that a statement gives."""
    row: Row | None = await (await connection.execute(sql, values)).fetchone()
    return row


async def load(connection: Connection, source: str, key: str) -> list[OrderState]:
    """One order, if it was ever seen."""
    sql = f"select {STATE_COLUMNS} from orders where source = %s and key = %s"
    return order_states(await rows_of(connection, sql, (source, key)))


async def load_part(connection: Connection, source: str, after: str, rows: int) -> list[OrderState]:
    """The next orders of a source, by key; nothing when there are no more. Starts after the empty key."""
    sql = f"select {STATE_COLUMNS} from orders where source = %s and key > %s order by key limit %s"
    return order_states(await rows_of(connection, sql, (source, after, rows)))


async def snapshots(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, Snapshot]:
    """The last snapshot of those of `keys` that have one."""
    rows = await rows_of(
        connection,
        f"select {SNAPSHOT_COLUMNS} from orders where source = %s and key = any(%s) and snapshot is not null",
        (source, list(keys)),
    )
    return {row[0]: snapshot_of(row) for row in rows}


async def memories(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, Memory]:
    """What is remembered of those of `keys` of which anything is."""
    rows = await rows_of(
        connection,
        "select key, memory from orders where source = %s and key = any(%s) and memory is not null",
        (source, list(keys)),
    )
    return {key: Memory.model_validate_json(memory) for key, memory in rows}


async def had_version(connection: Connection, source: str, key: str, digest: str) -> bool:
    """Whether some version of an order had this digest."""
    sql = "select 1 from snapshots where source = %s and key = %s and digest = %s limit 1"
    return await row_of(connection, sql, (source, key, digest)) is not None


async def health(connection: Connection, source: str) -> Health:
    """The stored health of a source, or a fresh one."""
    row = await row_of(connection, f"select {HEALTH_COLUMNS} from sources where source = %s", (source,))
    return Health(source) if row is None else health_of(row)


async def known_words(connection: Connection, source: str) -> frozenset[str]:
    """Status words of a source that operators have been told of."""
    rows = await rows_of(connection, "select word from status_words where source = %s", (source,))
    return frozenset(word for (word,) in rows)


async def swept_scopes(connection: Connection, source: str) -> frozenset[str]:
    """Ids of the scopes that have had a complete sweep."""
    rows = await rows_of(connection, "select scope from sweeps where source = %s", (source,))
    return frozenset(scope for (scope,) in rows)


async def baselines(connection: Connection) -> dict[str, int]:
    """Watchlist to the number of orders its summary spoke of."""
    return dict(await rows_of(connection, "select watchlist, orders from baselines"))


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
    rows = await rows_of(
        connection,
        f"""select {ORDER_COLUMNS} from orders where {conditions}
            order by changed_at desc, source desc, key desc limit %(limit)s offset %(offset)s""",
        {**values, "limit": limit, "offset": offset},
    )
    return [order_row(row) for row in rows]


async def count_orders(connection: Connection, source: str | None, stage: Stage | None, archived: bool = False) -> int:
    """How many orders have been seen. Counts an index from end to end."""
    conditions, values = _of_source_and_stage(source, stage, archived)
    return await _count(connection, f"select count(*) from orders where {conditions}", values)


async def find_orders(connection: Connection, text: str) -> list[Snapshot]:
    """Orders with a name that is `text`, ignoring case and blanks."""
    rows = await rows_of(
        connection,
        f"""select {SNAPSHOT_COLUMNS} from order_names join orders using (source, key)
            where name = %s order by source, key""",
        (folded(text),),
    )
    return [snapshot_of(row) for row in rows]


async def history(connection: Connection, source: str, key: str, limit: int, offset: int = 0) -> list[ChangeRow]:
    """Changes of one order, newest first."""
    rows = await rows_of(
        connection,
        """select id, seq, seen_at, kind, change from changes
            where source = %s and key = %s order by id desc limit %s offset %s""",
        (source, key, limit, offset),
    )
    told = await _told(connection, source, key, oldest=rows[-1][1]) if rows else {}
    return [
        ChangeRow(id_, source, key, seq, seen_at, json.loads(change), tuple(told.get((seq, kind), ())))
        for id_, seq, seen_at, kind, change in rows
    ]


async def payload(connection: Connection, source: str, key: str, seq: int) -> Payload | None:
    """The raw payload of one version, where it is still kept."""
    row = await row_of(
        connection,
        "select media_type, raw from snapshots where source = %s and key = %s and seq = %s and raw is not null",
        (source, key, seq),
    )
    return None if row is None else payload_of(*row)


async def notifications(
    connection: Connection, after_id: int, states: Sequence[State], limit: int
) -> list[Notification]:
    """Outbox rows by id. Each state is asked for by itself, so that few dead ones are found among many sent ones."""
    wanted: list[tuple[str, tuple[str, ...]]] = [("", ())]
    if states:
        wanted = [(" and state = %s", (state.value,)) for state in dict.fromkeys(states)]
    rows = [
        row
        for condition, values in wanted
        for row in await rows_of(
            connection,
            f"select {NOTIFICATION_COLUMNS} from notifications where id > %s{condition} order by id limit %s",
            (after_id, *values, limit),
        )
    ]
    return [notification_of(row) for row in sorted(rows)[:limit]]


async def notification(connection: Connection, key: str) -> Notification | None:
    """The notification with this key."""
    row = await row_of(connection, f"select {NOTIFICATION_COLUMNS} from notifications where key = %s", (key,))
    return None if row is None else notification_of(row)


async def notification_behind(connection: Connection, destination: str, message_id: str) -> Notification | None:
    """The notification that a message in a destination was sent for; the youngest, where a moved chat counts anew.

    For the card of an order, it is the last one about the order there.
    """
    row = await row_of(
        connection,
        f"""select {NOTIFICATION_COLUMNS} from notifications where id = coalesce(
            (select max(notification_id) from messages
                where destination = %(destination)s and message_id = %(message)s),
            (select max(notifications.id) from threads join notifications
                on notifications.source = threads.source and notifications.order_key = threads.key
                    and notifications.destination = threads.destination and notifications.order_key is not null
                where threads.destination = %(destination)s and threads.message_id = %(message)s))""",
        {"destination": destination, "message": message_id},
    )
    return None if row is None else notification_of(row)


async def counts(connection: Connection) -> dict[str, int]:
    """How many rows there are of what. Counts whole indexes: seconds for many millions of rows."""
    numbers = {
        "orders": await _count(connection, "select count(*) from orders where changed_at is not null"),
        "snapshots": await _count(connection, "select count(*) from snapshots"),
        "changes": await _count(connection, "select count(*) from changes"),
        **{state.value: 0 for state in State},
    }
    numbers.update(await rows_of(connection, "select state, count(*) from notifications group by state"))
    return numbers


async def healths(connection: Connection) -> list[Health]:
    """Every source's health, by name."""
    return [health_of(row) for row in await rows_of(connection, f"select {HEALTH_COLUMNS} from sources order by 1")]


async def beats(connection: Connection) -> dict[str, Moment]:
    """Loop name to its last sign of life."""
    return {loop: Moment(at) for loop, at in await rows_of(connection, "select loop, at from beats")}


async def addresses(connection: Connection) -> dict[str, Move]:
    """Destination name to its address as it was and as the chat has it since."""
    rows = await rows_of(connection, "select name, moved_from, moved_to from destinations")
    return {name: Move(old=json.loads(old), new=json.loads(new)) for name, old, new in rows}


def _of_source_and_stage(source: str | None, stage: Stage | None, archived: bool) -> tuple[str, Values]:
    given = {"source": source, "stage": stage and stage.value}
    values = {column: value for column, value in given.items() if value is not None}
    shown = f"archived_at is {'not ' if archived else ''}null"
    return " and ".join(["changed_at is not null", shown, *(f"{column} = %({column})s" for column in values)]), values


async def _told(connection: Connection, source: str, key: str, *, oldest: int) -> dict[tuple[int, str], list[str]]:
    """By version and kind of change: what became of each notification that tells it."""
    told: dict[tuple[int, str], list[str]] = defaultdict(list)
    rows = await rows_of(
        connection,
        """select seq, kinds, destination, state from notifications
            where source = %s and order_key = %s and seq >= %s order by seq nulls first, id""",
        (source, key, oldest),
    )
    for seq, kinds, destination, state in rows:
        for kind in json.loads(kinds):
            told[seq, kind].append(f"{destination}: {state}")
    return told


async def _count(connection: Connection, sql: str, values: Values | None = None) -> int:
    row = await row_of(connection, sql, values or {})
    return int(row[0]) if row else 0
