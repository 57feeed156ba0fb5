"""What waits for somebody, and who takes care, as functions of a connection."""

from collections.abc import Sequence

from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.poll import PollRecord
from bot.storage._connection import Connection, insert, put
from bot.storage._exception_rows import (
    ASSIGNMENT_COLUMNS,
    EXCEPTION_COLUMNS,
    assignment_of,
    ended_rows,
    exception_of,
    look_row,
    opened_rows,
)

# Column lists are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608


async def note_changes(connection: Connection, record: PollRecord) -> None:
    """Begin and end what the changes of a record begin and end. What comes anew waits anew."""
    ended, opened = ended_rows(record), opened_rows(record)
    over = {*ended, *((source, key, kind) for source, key, kind, *_ in opened)}
    await connection.each("delete from exceptions where source = ? and key = ? and kind = ?", sorted(over))
    await connection.each(insert("exceptions", ("source", "key", "kind", "since", "change", "look_at")), opened)


async def exceptions(connection: Connection, source: str, key: str) -> list[OrderException]:
    """What waits, or was acknowledged and is still so, of one order."""
    rows = await connection.rows(
        f"select {EXCEPTION_COLUMNS} from exceptions where source = ? and key = ?", (source, key)
    )
    return sorted(map(exception_of, rows), key=lambda each: (each.since, each.kind))  # one for each kind at most


async def due_exceptions(connection: Connection, source: str, now: Moment, limit: int) -> list[OrderException]:
    """What waits unacknowledged and is to be looked at."""
    rows = await connection.rows(
        f"""select {EXCEPTION_COLUMNS} from exceptions
            where acknowledged_at is null and source = ? and look_at <= ? order by look_at limit ?""",
        (source, now, limit),
    )
    return [exception_of(row) for row in rows]


async def note_looks(connection: Connection, looked_at: Sequence[OrderException]) -> None:
    """Note what was told again, and when to look next; but not of what is over or acknowledged, or came anew."""
    await connection.each(
        """update exceptions set reminded = ?, reminded_at = ?, escalated_at = ?, look_at = ?
            where source = ? and key = ? and kind = ? and since = ? and acknowledged_at is null""",
        [look_row(each) for each in looked_at],
    )


async def acknowledge(
    connection: Connection, source: str, key: str, person: str, note: str | None, at: Moment
) -> list[OrderException]:
    """Acknowledge all that waits of an order. Returns what waited."""
    waiting = [each for each in await exceptions(connection, source, key) if each.is_open]
    await connection.run(
        """update exceptions set acknowledged_at = ?, acknowledged_by = ?, note = ?
            where source = ? and key = ? and acknowledged_at is null""",
        (at, person, note, source, key),
    )
    return waiting


async def assign(connection: Connection, wanted: Assignment) -> None:
    """Let somebody take care of an order, in place of whoever did."""
    await connection.run(
        put("assignments", ASSIGNMENT_COLUMNS.split(", "), ("source", "key")),
        (wanted.source, wanted.key, wanted.chat, wanted.person, wanted.by, wanted.since),
    )


async def unassign(connection: Connection, source: str, key: str) -> bool:
    """Let nobody take care of an order. False: nobody did."""
    return await connection.run("delete from assignments where source = ? and key = ?", (source, key)) == 1


async def assignments(connection: Connection) -> Sequence[Assignment]:
    """Who takes care of what."""
    rows = await connection.rows(f"select {ASSIGNMENT_COLUMNS} from assignments order by source, key")
    return [assignment_of(row) for row in rows]
