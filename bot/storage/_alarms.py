"""What time needs of the store, as functions of a connection: whose alarm is due, and how long orders stay where."""

import json
from collections.abc import Mapping, Sequence

from bot.model.change import Basis, Kind
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.poll import Lessons
from bot.model.stay import Move, Stay
from bot.storage._connection import Connection, insert, put
from bot.storage._schema import STATUS_MOVE

_BATCH = 1000
_STAY_COLUMNS = ("source", "status", "within", '"limit"', "orders", "learned_at")


async def due(connection: Connection, source: str, now: Moment, limit: int) -> list[str]:
    """Keys of the orders whose alarm is due, the longest due first."""
    rows = await connection.rows(
        "select key from orders where source = ? and alarm_at <= ? order by alarm_at limit ?", (source, now, limit)
    )
    return [key for (key,) in rows]


async def calling(connection: Connection, sources: Sequence[str], now: Moment) -> frozenset[str]:
    """Those of these sources of which an alarm is due, or what waits for somebody: each is sought by an index."""
    rows = await connection.rows(
        f"""select source from sources where {connection.among("source")} and (
            (select min(alarm_at) from orders where orders.source = sources.source and alarm_at is not null) <= ?
            or (select min(look_at) from exceptions
                where acknowledged_at is null and exceptions.source = sources.source) <= ?)""",  # noqa: S608
        (connection.many(sources), now, now),
    )
    return frozenset(source for (source,) in rows)


async def postpone(connection: Connection, source: str, keys: Sequence[str], until: Moment) -> None:
    """Let the alarms of these orders be due then."""
    await connection.each(
        "update orders set alarm_at = ? where source = ? and key = ?", [(until, source, key) for key in keys]
    )


async def wake(connection: Connection, source: str, at: Moment) -> bool:
    """Let alarms that come later be due at `at`, a batch of them. Returns whether there may be more."""
    later = await connection.rows(
        "select key from orders where source = ? and alarm_at > ? order by alarm_at limit ?", (source, at, _BATCH)
    )
    await postpone(connection, source, [key for (key,) in later], at)
    return len(later) == _BATCH


async def settings(connection: Connection, source: str) -> str | None:
    """By which settings alarms were set."""
    row = await connection.row("select settings from alarm_settings where source = ?", (source,))
    return row[0] if row else None


async def note_settings(connection: Connection, source: str, written: str) -> None:
    """Remember by which settings alarms are set from now on."""
    await connection.run(put("alarm_settings", ("source", "settings"), ("source",)), (source, written))


async def moves(connection: Connection, source: str, limit: int) -> list[Move]:
    """The last moves of orders into a status, oldest first."""
    rows = await connection.rows(
        f"""select key, seen_at, kind, "after" from changes {connection.along("changes_of_status")}
            where source = ? and {STATUS_MOVE} order by id desc limit ?""",  # noqa: S608
        (source, limit),
    )
    return [Move(key, at, Kind(kind), after or "") for key, at, kind, after in reversed(rows)]


async def spent(connection: Connection, source: str) -> list[tuple[Moment, int]]:
    """How many requests count as spent, and when the last of them was."""
    row = await connection.row("select requests from spent where source = ?", (source,))
    return [(Moment(at), many) for at, many in json.loads(row[0])] if row else []


async def keep_spent(connection: Connection, source: str, requests: Sequence[tuple[Moment, int]]) -> None:
    """Remember it, in place of what was known."""
    await connection.run(put("spent", ("source", "requests"), ("source",)), (source, json.dumps(list(requests))))


async def lessons(connection: Connection, source: str) -> Lessons | None:
    """What a source has shown of when its orders change."""
    row = await connection.row("select learned from lessons where source = ?", (source,))
    if row is None:
        return None
    read = json.loads(row[0])
    kinds = [(Stage(stage), day) for stage, day, _, _ in read["kinds"]]
    changes, seconds = ([seen[place] for seen in read["kinds"]] for place in (2, 3))
    return Lessons(dict(zip(kinds, changes, strict=True)), dict(zip(kinds, seconds, strict=True)), read["hours"])


async def keep_lessons(connection: Connection, source: str, lessons: Lessons) -> None:
    """Remember it, in place of what was known."""
    kinds = [
        (*kind, lessons.changes.get(kind, 0.0), lessons.seconds.get(kind, 0.0))
        for kind in sorted(lessons.changes.keys() | lessons.seconds.keys())
    ]
    learned = json.dumps({"kinds": kinds, "hours": list(lessons.hours)})
    await connection.run(put("lessons", ("source", "learned"), ("source",)), (source, learned))


async def stays(connection: Connection, source: str) -> dict[str, Stay]:
    """What was learned of a source, by status."""
    rows = await connection.rows('select status, within, "limit", orders from stays where source = ?', (source,))
    return {status: Stay(within, limit, Basis.LEARNED, orders) for status, within, limit, orders in rows}


async def keep_stays(connection: Connection, source: str, learned: Mapping[str, Stay], at: Moment) -> None:
    """Remember what was learned, in place of what was known."""
    await connection.run("delete from stays where source = ?", (source,))
    await connection.each(
        insert("stays", _STAY_COLUMNS),
        [(source, status, stay.within, stay.limit, stay.orders, at) for status, stay in learned.items()],
    )
