"""What waits for somebody, and who takes care, in PostgreSQL, as functions of a connection."""

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
from bot.storage._pg_connections import Connection, each
from bot.storage._pg_views import rows_of

# Column lists are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608


async def note_changes(connection: Connection, record: PollRecord) -> None:
    """Begin and end what the changes of a record begin and end. What comes anew waits anew."""
    ended, opened = ended_rows(record), opened_rows(record)
    over = {*ended, *((source, key, kind) for source, key, kind, *_ in opened)}
    await each(connection, "delete from exceptions where source = %s and key = %s and kind = %s", sorted(over))
    await each(
        connection,
        "insert into exceptions (source, key, kind, since, change, look_at) values (%s, %s, %s, %s, %s, %s)",
        opened,
    )


async def exceptions(connection: Connection, source: str, key: str) -> list[OrderException]:
    """What waits, or was acknowledged and is still so, of one order."""
    rows = await rows_of(
        connection,
        f"select {EXCEPTION_COLUMNS} from exceptions where source = %s and key = %s order by since, kind",
        (source, key),
    )
    return [exception_of(row) for row in rows]


async def due(connection: Connection, source: str, now: Moment, limit: int) -> list[OrderException]:
    """What waits unacknowledged and is to be looked at."""
    rows = await rows_of(
        connection,
        f"""select {EXCEPTION_COLUMNS} from exceptions
            where acknowledged_at is null and source = %s and look_at <= %s order by look_at limit %s""",
        (source, now, limit),
    )
    return [exception_of(row) for row in rows]


async def note_looks(connection: Connection, looked_at: Sequence[OrderException]) -> None:
    """Note what was told again, and when to look next; but not of what is over or acknowledged, or came anew."""
    await each(
        connection,
        """update exceptions set reminded = %s, reminded_at = %s, escalated_at = %s, look_at = %s
            where source = %s and key = %s and kind = %s and since = %s and acknowledged_at is null""",
        [look_row(one) for one in looked_at],
    )


async def acknowledge(
    connection: Connection, source: str, key: str, person: str, note: str | None, at: Moment
) -> list[OrderException]:
    """Acknowledge all that waits of an order. Returns what waited."""
    waiting = [one for one in await exceptions(connection, source, key) if one.is_open]
    await connection.execute(
        """update exceptions set acknowledged_at = %s, acknowledged_by = %s, note = %s
            where source = %s and key = %s and acknowledged_at is null""",
        (at, person, note, source, key),
    )
    return waiting


async def assign(connection: Connection, wanted: Assignment) -> None:
    """Let somebody take care of an order, in place of whoever did."""
    await connection.execute(
        f"""insert into assignments ({ASSIGNMENT_COLUMNS}) values (%s, %s, %s, %s, %s, %s)
            on conflict (source, key) do update set chat = excluded.chat, person = excluded.person,
                "by" = excluded."by", since = excluded.since""",
        (wanted.source, wanted.key, wanted.chat, wanted.person, wanted.by, wanted.since),
    )


async def unassign(connection: Connection, source: str, key: str) -> bool:
    """Let nobody take care of an order. False: nobody did."""
    gone = await connection.execute("delete from assignments where source = %s and key = %s", (source, key))
    return bool(gone.rowcount == 1)


async def assignments(connection: Connection) -> list[Assignment]:
    """Who takes care of what."""
    rows = await rows_of(connection, f"select {ASSIGNMENT_COLUMNS} from assignments order by source, key")
    return [assignment_of(row) for row in rows]
