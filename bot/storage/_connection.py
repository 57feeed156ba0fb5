"""A connection as the rooms of this package know it, whichever database is behind it.

The tables are the same in every store, and so is nearly all that is said to them. Statements are written once, with `?`
or `:name` for each value, in words that all databases here understand; the few things that each says in its own way
are methods of the connection. On SQLite nothing ever waits, so a job runs from end to end in the connection's thread.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from bot.storage._rows import Row

T = TypeVar("T")
Values: TypeAlias = Sequence[Any] | Mapping[str, Any]
"""Of one statement: for each `?` in turn, or by name."""


class Connection(Protocol):
    """Runs statements in a transaction that somebody else begins and ends. Indexes have the same names everywhere."""

    stuck_order: str
    """The condition that it has become news that an order is still in the status it is in."""
    join: str
    """A join that goes from the left to the right."""
    locked: str
    """Ends a query whose rows will be written: nobody else does so before the transaction ends."""

    async def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """All rows that a statement gives."""
        ...

    async def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first row that a statement gives."""

    async def run(self, sql: str, values: Values = ()) -> int:
        """Run a statement; how many rows it wrote."""
        ...

    async def each(self, sql: str, many: Sequence[Sequence[Any]]) -> int:
        """Run a statement once for each row of values; how many rows all of them wrote."""
        ...

    async def add(self, table: str, columns: Sequence[str], many: Sequence[Sequence[Any]]) -> None:
        """Add rows in bulk. They are new: one that is there already fails."""

    def among(self, column: str, mark: str = "?") -> str:
        """The condition that a column is one of the values that `many` makes of a list."""
        ...

    def many(self, values: Sequence[Any]) -> object:
        """A list as one value, for `among` and `shares`."""
        ...

    def shares(self, column: str, mark: str) -> str:
        """The condition that a column with a JSON list has one of a list of values."""
        ...

    def along(self, index: str | None) -> str:
        """Said behind a table: read it along an index, None: in the order of its rows, where that can be told."""
        ...

    def ties(self, direction: str = "") -> str:
        """Said behind the column of an index over orders by which they are sorted: how equal ones are."""
        ...


Job: TypeAlias = Callable[[Connection], Coroutine[Any, Any, T]]
"""What is to be done with a connection, in one transaction."""


class Run(Protocol):
    """Runs a job in a transaction, and returns its result once that is over."""

    def __call__(self, job: Job[T], /) -> Awaitable[T]:
        """Run it."""
        ...


def insert(table: str, columns: Sequence[str]) -> str:
    """The statement that adds a row."""
    return f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})"  # noqa: S608


def put(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """The statement that writes a row in place of the one with the same key."""
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"{insert(table, columns)} on conflict ({', '.join(key)}) do update set {changes}"
