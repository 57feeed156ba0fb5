"""Copying a whole store: a SQLite file into PostgreSQL, or back. Both are locked while it lasts.

Rows go by primary key, some thousand in one transaction, so that a copy that was broken off goes on where it stopped.
A table is done when both stores give the same number of rows and the same digest of all they hold; one that does not,
because the first store was used in between, is emptied and copied once more.
"""

import hashlib
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.errors import StorageError
from bot.model.database import Database, Dsn
from bot.model.moment import from_instant
from bot.storage import _pg_connections
from bot.storage._connection import Connection
from bot.storage._lock import ProcessLock
from bot.storage._pg_connections import connect, process_name, without_nul
from bot.storage._pg_lock import be_alone
from bot.storage._pg_schema import UNFINISHED, bring_up_to_date, make_partition, require_current, require_whole
from bot.storage._pg_trouble import told_for_people as told_by_postgres
from bot.storage._pg_words import PostgresConnection
from bot.storage._rows import Row
from bot.storage._schema import bring_up_to_date as bring_file_up_to_date
from bot.storage._schema import require_current as require_current_file
from bot.storage._sqlite_words import SqliteConnection
from bot.storage._trouble import told_for_people

# Names of tables and columns come from our own schema; every value goes in as a parameter.
# ruff: noqa: S608

_PAGE = 2000
_HOLDER = "orderwatch migrate"

Progress = Callable[[str, int, int], None]
"""Is told a table, how many of its rows are copied, and how many there are."""


@dataclass(frozen=True, slots=True)
class Table:
    """Its columns, and those that tell its rows apart."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def quoted(self) -> list[str]:
        """Its columns as a statement names them."""
        return [f'"{column}"' for column in self.columns]


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that is the same in both stores now."""

    table: str
    rows: int
    digest: str
    """SHA-256 of all its rows, by key."""


async def move(source: Database, target: Database, now: datetime, progress: Progress) -> list[Moved]:
    """Copy `source` into `target`, which holds nothing yet but what an earlier try copied.

    Raises StorageLocked while somebody works on either, and StorageError.
    """
    if isinstance(source, Path) == isinstance(target, Path):
        raise StorageError(f"{source} and {target} are of one kind; between files, `orderwatch backup` copies")
    async with _from(source, now) as old, _into(target, now) as new:
        file = old if isinstance(old, _File) else new
        assert isinstance(file, _File), "one of the two is a file"
        moved = [await _copied(table, old, new, progress) for table in await file.tables()]
        await new.give_no_less(await old.highest())
    return moved


async def _copied(table: Table, old: "_Side", new: "_Side", progress: Progress) -> Moved:
    total = await old.count(table)
    for _ in range(2):
        done, after = await new.count(table), await new.last(table)
        while rows := await old.page(table, after):
            await new.add(table, rows)
            done, after = done + len(rows), _key(table, rows[-1])
            progress(table.name, done, total)
        expected, found = await _digest(table, old), await _digest(table, new)
        if expected == found:
            return found
        await new.clear(table)
    raise StorageError(f"table {table.name} is not the same in both: {expected.rows} rows against {found.rows}")


async def _digest(table: Table, side: "_Side") -> Moved:
    digest, count, after = hashlib.sha256(), 0, ()  # type: tuple[Any, int, Sequence[Any]]
    while rows := await side.page(table, after):
        for row in rows:
            digest.update(repr([_plain(value) for value in row]).encode())
        count, after = count + len(rows), _key(table, rows[-1])
    return Moved(table.name, count, digest.hexdigest())


def _plain(value: Any) -> Any:
    """A value as both stores have it."""
    if isinstance(value, bool):
        return int(value)
    return without_nul(value) if isinstance(value, str) else value


def _key(table: Table, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(row[table.columns.index(column)] for column in table.key)


def _list(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


class _Side(ABC):
    """One of the two stores, on a connection of its own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def page(self, table: Table, behind: Sequence[Any]) -> list[Row]:
        """The next rows by key behind that one; () is the start."""
        place = f"where ({_list(table.key)}) > ({', '.join('?' * len(table.key))})" if behind else ""
        sql = f"select {_list(table.columns)} from {table.name} {place} order by {_list(table.key)} limit {_PAGE}"
        return await self.connection.rows(sql, tuple(behind))

    async def last(self, table: Table) -> Sequence[Any]:
        """The key of the last row; () for none."""
        backwards = ", ".join(f'"{column}" desc' for column in table.key)
        return (
            await self.connection.row(f"select {_list(table.key)} from {table.name} order by {backwards} limit 1") or ()
        )

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        ((number,),) = await self.connection.rows(f"select count(*) from {table.name}")
        return int(number)

    async def clear(self, table: Table) -> None:
        """Drop every row."""
        await self.connection.run(f"delete from {table.name}")

    @abstractmethod
    async def add(self, table: Table, rows: list[Row]) -> None:
        """Add rows in one transaction."""

    @abstractmethod
    async def highest(self) -> dict[str, int]:
        """The highest id that was ever given out, by table."""

    @abstractmethod
    async def give_no_less(self, highest: dict[str, int]) -> None:
        """Never give out these ids again."""


class _File(_Side):
    async def add(self, table: Table, rows: list[Row]) -> None:
        """Add rows in one transaction."""
        await self.connection.run("begin")
        await self.connection.add(table.name, table.quoted, rows)
        await self.connection.run("commit")

    async def highest(self) -> dict[str, int]:
        """The highest id that was ever given out, by table."""
        return dict(await self.connection.rows("select name, seq from sqlite_sequence"))

    async def give_no_less(self, highest: dict[str, int]) -> None:
        """Never give out these ids again."""
        for name, seq in highest.items():
            changed = await self.connection.run(
                "update sqlite_sequence set seq = max(seq, ?) where name = ?", (seq, name)
            )
            if not changed and await self._counts_for_ever(name):
                await self.connection.run("insert into sqlite_sequence (name, seq) values (?, ?)", (name, seq))

    async def tables(self) -> list[Table]:
        """The tables of a store, which are the same in both."""
        names = await self.connection.rows(
            """select name from sqlite_master where type = 'table'
                and name not like 'sqlite\\_%' escape '\\' and name not like '\\_sqlite%' escape '\\' order by name"""
        )
        tables = []
        for (name,) in names:
            columns = await self.connection.rows(f"select name, pk from pragma_table_info('{name}')")
            key = sorted((place, column) for column, place in columns if place)
            tables.append(Table(name, tuple(column for column, _ in columns), tuple(column for _, column in key)))
        return tables

    async def _counts_for_ever(self, table: str) -> bool:
        row = await self.connection.row("select sql from sqlite_master where name = ?", (table,))
        return row is not None and "autoincrement" in row[0]


class _Server(_Side):
    def __init__(self, driver: _pg_connections.Connection, truths: set[tuple[str, str]]) -> None:
        super().__init__(PostgresConnection(driver))
        self.driver = driver
        self._truths = truths
        self._months: set[str] = set()

    async def add(self, table: Table, rows: list[Row]) -> None:
        """Add rows in one transaction, with a yes or no where the file has a number."""
        truths = [(table.name, column) in self._truths for column in table.columns]
        typed = [
            [bool(value) if is_truth else value for value, is_truth in zip(row, truths, strict=True)] for row in rows
        ]
        async with self.driver.transaction():
            if table.name == "changes":
                await self._make_partitions({str(row[table.columns.index("seen_at")])[:7] for row in rows})
            await self.connection.add(table.name, table.quoted, typed)

    async def highest(self) -> dict[str, int]:
        """The highest id that was ever given out, by table."""
        found = {}
        for table in await self._counted():
            row = await self.connection.row("select pg_sequence_last_value(pg_get_serial_sequence(?, 'id'))", (table,))
            if row and row[0]:
                found[table] = int(row[0])
        return found

    async def give_no_less(self, highest: dict[str, int]) -> None:
        """Never give out these ids again."""
        for table in await self._counted():
            ((last,),) = await self.connection.rows(f"select coalesce(max(id), 0) from {table}")
            if top := max(last, highest.get(table, 0)):
                await self.connection.rows("select setval(pg_get_serial_sequence(?, 'id'), ?)", (table, top))

    async def _counted(self) -> list[str]:
        rows = await self.connection.rows(
            """select distinct table_name from information_schema.columns
                where table_schema = current_schema() and column_name = 'id' and is_identity = 'YES'
                    and table_name !~ '^changes_'"""
        )
        return [name for (name,) in rows]

    async def _make_partitions(self, months: set[str]) -> None:
        for month in sorted(months - self._months):
            await make_partition(self.driver, int(month[:4]), int(month[5:]))
        self._months |= months


@asynccontextmanager
async def _from(source: Database, now: datetime) -> AsyncIterator[_File | _Server]:
    if isinstance(source, Dsn):
        async with _alone(source) as server:
            await require_current(source, server.driver)
            await require_whole(source, server.driver)
            yield server
        return
    if not source.exists():
        raise StorageError(f"there is no database at {source}; nothing was copied")
    with told_for_people(source), _locked(source, now), closing(_opened(source)) as connection:
        require_current_file(source, connection)
        yield _File(SqliteConnection(connection))


@asynccontextmanager
async def _into(target: Database, now: datetime) -> AsyncIterator[_File | _Server]:
    if isinstance(target, Dsn):
        async with _alone(target) as server:
            await _begin(target, server, now)
            yield server
            await server.driver.execute(f"drop table {UNFINISHED}")
            await server.driver.execute("analyze")
        return
    if target.exists():
        raise StorageError(f"{target} is there already, and nothing is overwritten; move it away first")
    unfinished = target.with_name(f"{target.name}.part")
    with told_for_people(target), _locked(target, now):
        os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(_opened(unfinished)) as connection:
            bring_file_up_to_date(unfinished, connection)
            yield _File(SqliteConnection(connection))
        os.link(unfinished, target)
        unfinished.unlink()


@asynccontextmanager
async def _alone(database: Dsn) -> AsyncIterator[_Server]:
    with told_by_postgres(database):
        connection = await connect(database, name=process_name(_HOLDER))
        try:
            await be_alone(database, connection)
            truths = await PostgresConnection(connection).rows(
                """select table_name, column_name from information_schema.columns
                    where table_schema = current_schema() and data_type = 'boolean'"""
            )
            yield _Server(connection, {(table, column) for table, column in truths})
        finally:
            await connection.close()


async def _begin(target: Dsn, server: _Server, now: datetime) -> None:
    """Make the tables, and mark them as unfinished. Raises StorageError when they hold something of their own."""
    is_going_on = await server.connection.row("select to_regclass(?)", (UNFINISHED,)) != (None,)
    await bring_up_to_date(target, server.driver, now)
    if is_going_on:
        return
    if await server.connection.row("select 1 from orders union all select 1 from notifications limit 1"):
        raise StorageError(f"{target} holds orders already, and nothing is overwritten; choose an empty database")
    await server.driver.execute(f"create table {UNFINISHED} (begun_at timestamptz not null default now())")


class _locked:  # noqa: N801  reads as what it is in a with statement
    def __init__(self, path: Path, now: datetime) -> None:
        self._lock, self._since = ProcessLock(path), from_instant(now)

    def __enter__(self) -> None:
        self._lock.take(holder=_HOLDER, since=self._since)

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=5.0)
