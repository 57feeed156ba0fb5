"""What waits for somebody, and who takes care, as functions of a connection; those that write run in a transaction."""

import sqlite3
from collections.abc import Sequence

from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.poll import PollRecord
from bot.storage._exception_rows import (
    ASSIGNMENT_COLUMNS,
    EXCEPTION_COLUMNS,
    assignment_of,
    ended_rows,
    exception_of,
    look_row,
    opened_rows,
)

OPEN_OF = f"select {EXCEPTION_COLUMNS} from exceptions where source = ? and key = ?"  # noqa: S608
DUE = f"""select {EXCEPTION_COLUMNS} from exceptions
    where acknowledged_at is null and source = ? and look_at <= ? order by look_at limit ?"""  # noqa: S608


def note_changes(connection: sqlite3.Connection, record: PollRecord) -> None:
    """Begin and end what the changes of a record begin and end. What comes anew waits anew."""
    connection.executemany("delete from exceptions where source = ? and key = ? and kind = ?", ended_rows(record))
    connection.executemany(
        "insert or replace into exceptions (source, key, kind, since, change, look_at) values (?, ?, ?, ?, ?, ?)",
        opened_rows(record),
    )


def exceptions(connection: sqlite3.Connection, source: str, key: str) -> list[OrderException]:
    """What waits, or was acknowledged and is still so, of one order."""
    found = [exception_of(row) for row in connection.execute(OPEN_OF, (source, key))]
    return sorted(found, key=lambda each: (each.since, each.kind))  # one for each kind at most


def due_exceptions(connection: sqlite3.Connection, source: str, now: Moment, limit: int) -> list[OrderException]:
    """What waits unacknowledged and is to be looked at."""
    return [exception_of(row) for row in connection.execute(DUE, (source, now, limit))]


def note_looks(connection: sqlite3.Connection, looked_at: Sequence[OrderException]) -> None:
    """Note what was told again, and when to look next; but not of what is over or acknowledged, or came anew."""
    connection.executemany(
        """update exceptions set reminded = ?, reminded_at = ?, escalated_at = ?, look_at = ?
            where source = ? and key = ? and kind = ? and since = ? and acknowledged_at is null""",
        [look_row(each) for each in looked_at],
    )


def acknowledge(
    connection: sqlite3.Connection, source: str, key: str, person: str, note: str | None, at: Moment
) -> list[OrderException]:
    """Acknowledge all that waits of an order. Returns what waited."""
    waiting = [each for each in exceptions(connection, source, key) if each.is_open]
    connection.execute(
        """update exceptions set acknowledged_at = ?, acknowledged_by = ?, note = ?
            where source = ? and key = ? and acknowledged_at is null""",
        (at, person, note, source, key),
    )
    return waiting


def assign(connection: sqlite3.Connection, wanted: Assignment) -> None:
    """Let somebody take care of an order, in place of whoever did."""
    connection.execute(
        f"insert or replace into assignments ({ASSIGNMENT_COLUMNS}) values (?, ?, ?, ?, ?, ?)",  # noqa: S608
        (wanted.source, wanted.key, wanted.chat, wanted.person, wanted.by, wanted.since),
    )


def unassign(connection: sqlite3.Connection, source: str, key: str) -> bool:
    """Let nobody take care of an order. False: nobody did."""
    gone = connection.execute("delete from assignments where source = ? and key = ?", (source, key))
    return gone.rowcount == 1


def assignments(connection: sqlite3.Connection) -> Sequence[Assignment]:
    """Who takes care of what."""
    rows = connection.execute(f"select {ASSIGNMENT_COLUMNS} from assignments order by source, key")  # noqa: S608
    return [assignment_of(row) for row in rows]
