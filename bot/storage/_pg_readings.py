"""What the operator says that status words mean, applied to orders in PostgreSQL that were read before it was said."""

from collections.abc import Mapping

from bot.model.order import Stage
from bot.storage._pg_connections import Connection
from bot.storage._pg_views import row_of, rows_of
from bot.storage._readings import BATCH, read_anew, table_of, text_of


async def is_applied(connection: Connection, source: str, statuses: Mapping[str, Stage]) -> bool:
    """Whether the orders of a source have been read by this very table."""
    row = await row_of(connection, "select statuses from readings where source = %s", (source,))
    return bool((row[0] if row else "{}") == text_of(statuses))


async def note_applied(connection: Connection, source: str, statuses: Mapping[str, Stage]) -> None:
    """Remember by which table the orders of a source have been read."""
    await connection.execute(
        """insert into readings (source, statuses) values (%s, %s)
            on conflict (source) do update set statuses = excluded.statuses""",
        (source, text_of(statuses)),
    )


async def read_again(
    connection: Connection, source: str, statuses: Mapping[str, Stage], after: str
) -> tuple[int, str | None]:
    """Read the stages of the next orders by key; how many became others, and the last key, None at the end."""
    table = table_of(statuses)
    rows = await rows_of(
        connection,
        """select key, snapshot from orders where source = %s and key > %s and snapshot is not null
            order by key limit %s""",
        (source, after, BATCH),
    )
    changed = [(*columns, source, key) for key, text in rows if (columns := read_anew(text, table))]
    await connection.cursor().executemany(
        "update orders set stage = %s, due = %s, snapshot = %s where source = %s and key = %s", changed
    )
    return len(changed), rows[-1][0] if len(rows) == BATCH else None
