"""What time needs of the store, as functions of a connection: whose alarm is due, and how long orders stay where."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from bot.model.change import Basis, Kind
from bot.model.moment import Moment
from bot.model.stay import Move, Stay
from bot.storage._schema import STATUS_MOVE

_BATCH = 1000


def due(connection: sqlite3.Connection, source: str, now: Moment, limit: int) -> list[str]:
    """Keys of the orders whose alarm is due, the longest due first."""
    rows = connection.execute(
        "select key from orders where source = ? and alarm_at <= ? order by alarm_at limit ?", (source, now, limit)
    )
    return [row[0] for row in rows]


def postpone(connection: sqlite3.Connection, source: str, keys: Sequence[str], until: Moment) -> None:
    """Let the alarms of these orders be due then."""
    connection.executemany(
        "update orders set alarm_at = ? where source = ? and key = ?", [(until, source, key) for key in keys]
    )


def wake(connection: sqlite3.Connection, source: str, at: Moment) -> bool:
    """Let alarms that come later be due at `at`, a batch of them. Returns whether there may be more."""
    found = connection.execute(
        """update orders set alarm_at = ? where rowid in
            (select rowid from orders where source = ? and alarm_at > ? order by alarm_at limit ?)""",
        (at, source, at, _BATCH),
    ).rowcount
    return found == _BATCH


def settings(connection: sqlite3.Connection, source: str) -> str | None:
    """By which settings alarms were set."""
    row = connection.execute("select settings from alarm_settings where source = ?", (source,)).fetchone()
    return row[0] if row else None


def note_settings(connection: sqlite3.Connection, source: str, written: str) -> None:
    """Remember by which settings alarms are set from now on."""
    connection.execute("insert or replace into alarm_settings (source, settings) values (?, ?)", (source, written))


def moves(connection: sqlite3.Connection, source: str, limit: int) -> list[Move]:
    """The last moves of orders into a status, oldest first."""
    rows = connection.execute(
        f"""select key, seen_at, kind, "after" from changes indexed by changes_of_status
            where source = ? and {STATUS_MOVE} order by id desc limit ?""",  # noqa: S608
        (source, limit),
    ).fetchall()
    return [Move(key, at, Kind(kind), after or "") for key, at, kind, after in reversed(rows)]


def stays(connection: sqlite3.Connection, source: str) -> dict[str, Stay]:
    """What was learned of a source, by status."""
    rows = connection.execute('select status, within, "limit", orders from stays where source = ?', (source,))
    return {status: Stay(within, limit, Basis.LEARNED, orders) for status, within, limit, orders in rows}


def keep_stays(connection: sqlite3.Connection, source: str, learned: Mapping[str, Stay], at: Moment) -> None:
    """Remember what was learned, in place of what was known."""
    connection.execute(
        "delete from stays where source = ? and status not in (select value from json_each(?))",
        (source, json.dumps(list(learned))),
    )
    connection.executemany(
        """insert or replace into stays (source, status, within, "limit", orders, learned_at)
            values (?, ?, ?, ?, ?, ?)""",
        [(source, status, stay.within, stay.limit, stay.orders, at) for status, stay in learned.items()],
    )
