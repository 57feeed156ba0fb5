"""A connection to PostgreSQL as the rooms of this package know it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from bot.storage import _pg_connections
from bot.storage._connection import Values
from bot.storage._pg_schema import STUCK_ORDER
from bot.storage._rows import Row

_NAMED = re.compile(r"(?<!:):([a-z]\w*)")
_STATEMENTS = 1000
"""That are kept as the driver wants them."""


class PostgresConnection:
    """Implements `_connection.Connection`."""

    stuck_order = STUCK_ORDER
    join = "join"
    locked = "for update"

    def __init__(self, connection: _pg_connections.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows that a statement gives."""
        rows: list[Row] = await (await self._connection.execute(_marked(sql), values)).fetchall()
        return rows

    async def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first row that a statement gives."""
        row: Row | None = await (await self._connection.execute(_marked(sql), values)).fetchone()
        return row

    async def run(self, sql: str, values: Values = ()) -> int:
        """Run a statement; how many rows it wrote."""
        return int((await self._connection.execute(_marked(sql), values)).rowcount)

    async def each(self, sql: str, many: Sequence[Sequence[Any]]) -> int:
        """Send a statement once for each row of values, without waiting in between."""
        if not many:
            return 0
        cursor = self._connection.cursor()
        await cursor.executemany(_marked(sql), many)
        return int(cursor.rowcount)

    async def add(self, table: str, columns: Sequence[str], many: Sequence[Sequence[Any]]) -> None:
        """Add rows in bulk."""
        if many:
            async with self._connection.cursor().copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
                for row in many:
                    await copy.write_row(row)

    def among(self, column: str, mark: str = "?") -> str:
        """The condition that a column is one of the values of a list."""
        return f"{column} = any({mark})"

    def many(self, values: Sequence[Any]) -> list[Any]:
        """A list as one value."""
        return list(values)

    def shares(self, column: str, mark: str) -> str:
        """The condition that a column with a JSON list has one of a list of values."""
        return f"jsonb_exists_any({column}::jsonb, {mark})"

    def along(self, index: str | None) -> str:
        """Nothing: the planner knows how large tables are."""
        return ""

    def ties(self, direction: str = "") -> str:
        """Equal ones come by their key, which every index over orders has behind that column."""
        return f", source {direction}, key {direction}"


@lru_cache(_STATEMENTS)
def _marked(sql: str) -> str:
    """A statement with the marks of the driver."""
    return _NAMED.sub(r"%(\1)s", sql).replace("?", "%s")
