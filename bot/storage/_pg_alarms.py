"""What time needs of PostgreSQL, as functions of a connection: whose alarm is due, and how long orders stay where."""

from collections.abc import Mapping, Sequence

from bot.model.change import Basis, Kind
from bot.model.moment import Moment
from bot.model.stay import Move, Stay
from bot.storage._pg_connections import Connection
from bot.storage._pg_views import row_of, rows_of
from bot.storage._schema import STATUS_MOVE

_BATCH = 1000


async def due(connection: Connection, source: str, now: Moment, limit: int) -> list[str]:
    """Keys of the orders whose alarm is due, the longest due first."""
    rows = await rows_of(
        connection,
        "select key from orders where source = %s and alarm_at <= %s order by alarm_at limit %s",
        (source, now, limit),
    )
    return [key for (key,) in rows]


async def postpone(connection: Connection, source: str, keys: Sequence[str], until: Moment) -> None:
    """Let the alarms of these orders be due then."""
    await connection.execute(
        "update orders set alarm_at = %s where source = %s and key = any(%s)", (until, source, list(keys))
    )


async def wake(connection: Connection, source: str, at: Moment) -> bool:
    """Let alarms that come later be due at `at`, a batch of them. Returns whether there may be more."""
    found = await connection.execute(
        """update orders set alarm_at = %s where ctid = any(array(
            select ctid from orders where source = %s and alarm_at > %s order by alarm_at limit %s for update))""",
        (at, source, at, _BATCH),
    )
    return bool(found.rowcount == _BATCH)


async def settings(connection: Connection, source: str) -> str | None:
    """By which settings alarms were set."""
    row = await row_of(connection, "select settings from alarm_settings where source = %s", (source,))
    return row[0] if row else None


async def note_settings(connection: Connection, source: str, written: str) -> None:
    """Remember by which settings alarms are set from now on."""
    await connection.execute(
        """insert into alarm_settings (source, settings) values (%s, %s)
            on conflict (source) do update set settings = excluded.settings""",
        (source, written),
    )


async def moves(connection: Connection, source: str, limit: int) -> list[Move]:
    """The last moves of orders into a status, oldest first."""
    rows = await rows_of(
        connection,
        f"""select key, seen_at, kind, "after" from changes
            where source = %s and {STATUS_MOVE} order by id desc limit %s""",  # noqa: S608
        (source, limit),
    )
    return [Move(key, at, Kind(kind), after or "") for key, at, kind, after in reversed(rows)]


async def stays(connection: Connection, source: str) -> dict[str, Stay]:
    """What was learned of a source, by status."""
    rows = await rows_of(connection, 'select status, within, "limit", orders from stays where source = %s', (source,))
    return {status: Stay(within, limit, Basis.LEARNED, orders) for status, within, limit, orders in rows}


async def keep_stays(connection: Connection, source: str, learned: Mapping[str, Stay], at: Moment) -> None:
    """Remember what was learned, in place of what was known."""
    await connection.execute("delete from stays where source = %s", (source,))
    await connection.cursor().executemany(
        """insert into stays (source, status, within, "limit", orders, learned_at)
            values (%s, %s, %s, %s, %s, %s)""",
        [(source, status, stay.within, stay.limit, stay.orders, at) for status, stay in learned.items()],
    )
