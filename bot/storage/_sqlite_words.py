"""A connection to SQLite as the rooms of this package know it."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any, TypeVar

from bot.storage._connection import Job, Values, insert
from bot.storage._rows import Row
from bot.storage._schema import STUCK_ORDER

T = TypeVar("T")


class SqliteConnection:
    """Implements `_connection.Connection`. Its coroutines end without ever having waited."""

    stuck_order = STUCK_ORDER
    join = "cross join"
    locked = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows that a statement gives."""
        return self._connection.execute(sql, values).fetchall()

    async def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first row that a statement gives."""
        row: Row | None = self._connection.execute(sql, values).fetchone()
        return row

    async def run(self, sql: str, values: Values = ()) -> int:
        """Run a statement; how many rows it wrote."""
        return self._connection.execute(sql, values).rowcount

    async def each(self, sql: str, many: Sequence[Sequence[Any]]) -> int:
        """Run a statement once for each row of values; how many rows all of them wrote."""
        return self._connection.executemany(sql, many).rowcount if many else 0

    async def add(self, table: str, columns: Sequence[str], many: Sequence[Sequence[Any]]) -> None:
        """Add rows in bulk."""
        await self.each(insert(table, columns), many)

    def among(self, column: str, mark: str = "?") -> str:
        """The condition that a column is one of the values of a list."""
        return f"{column} in (select value from json_each({mark}))"  # noqa: S608  names of columns and marks

    def many(self, values: Sequence[Any]) -> str:
        """A list as one value."""
        return json.dumps(list(values))

    def shares(self, column: str, mark: str) -> str:
        """The condition that a column with a JSON list has one of a list of values."""
        return f"""exists (select 1 from json_each({column}) as mine join json_each({mark}) as given
            on given.value = mine.value)"""  # noqa: S608

    def along(self, index: str | None) -> str:
        """Which index to take: without statistics the planner would guess, and a sort takes a look at every row."""
        return f"indexed by {index}" if index else "not indexed"

    def ties(self, direction: str = "") -> str:
        """Equal ones come by row, as every index has them by itself."""
        return ""


def run_here(job: Job[T], connection: sqlite3.Connection) -> T:
    """Run a job from end to end in this thread."""
    steps = job(SqliteConnection(connection))
    try:
        steps.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    steps.close()
    raise RuntimeError("a job of a store waited for something else than the store")
