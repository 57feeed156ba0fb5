"""PostgreSQL holds the same tables as the SQLite file: columns, types that mean the same, keys, and indexes."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.storage._schema import MIGRATIONS, bring_up_to_date
from tests.postgres import database_for

_ALSO = {"text": {"text"}, "integer": {"bigint", "boolean"}, "blob": {"bytea"}}
"""What a type of SQLite may be in PostgreSQL: yes and no are a type of their own there."""
_OF_ONE = {"order_names_by_order"}
"""An index that only one of them needs: the file finds the names of an order by the order itself."""
_KEYS = {"changes": ("id", "seen_at")}
"""Of a table in parts: what tells parts apart is in its key."""


@dataclass(frozen=True)
class Column:
    """What a column is: its type, whether it may be empty, and what it is unless it is given."""

    kind: str
    is_optional: bool
    default: str | None


@dataclass(frozen=True)
class Index:
    """What an index is of: its columns in their order, those that are only carried along, and those it chooses by."""

    table: str
    columns: tuple[str, ...]
    carried: frozenset[str]
    chosen_by: frozenset[str]


@dataclass(frozen=True)
class Schema:
    """The tables of one database."""

    columns: dict[tuple[str, str], Column]
    keys: dict[str, tuple[str, ...]]
    unique: set[tuple[str, tuple[str, ...]]]
    indexes: dict[str, Index]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """That of the file."""
    path: Path = tmp_path_factory.mktemp("schema") / "o.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(path, connection)
        names = "select name, sql from sqlite_master where type = ? and name not like '%sqlite%' and sql is not null"
        tables = [name for name, _ in connection.execute(names, ("table",))]
        columns: dict[tuple[str, str], Column] = {}
        keys, unique = {}, set()
        for table in tables:
            found = connection.execute(f"pragma table_info({table})").fetchall()
            columns |= {(table, c[1]): Column(c[2].lower(), not (c[3] or c[5]), _plain(c[4])) for c in found}
            keys[table] = tuple(name for _, name in sorted((c[5], c[1]) for c in found if c[5]))
            for index in connection.execute(f"pragma index_list({table})").fetchall():
                if index[3] == "u":
                    unique.add((table, _indexed(connection, index[1])))
        indexes = {}
        for name, sql in connection.execute(names, ("index",)).fetchall():
            table = re.search(r" on (\w+) ", sql)[1]  # type: ignore[index]
            indexes[name] = Index(table, _indexed(connection, name), frozenset(), _named(sql.partition("where")[2]))
        return Schema(columns, keys, unique, indexes)


def _indexed(connection: sqlite3.Connection, index: str) -> tuple[str, ...]:
    return tuple(row[2] for row in connection.execute(f"pragma index_info({index})"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    """That of PostgreSQL, without the partitions and what only many workers need."""
    address = database_for(tmp_path_factory.mktemp("schema")).secret
    import psycopg

    with psycopg.connect(address) as connection:
        rows = connection.execute(
            """select table_name, column_name, data_type, is_nullable = 'YES', column_default, collation_name
                from information_schema.columns where table_schema = current_schema()
                    and table_name not like 'changes\\_%' and table_name not like 'orderwatch\\_%'"""
        ).fetchall()
        indexes = list(_of_server(connection))
    assert {collation for *_, kind, _, _, collation in rows if kind == "text"} == {"C"}
    return Schema(
        {(table, column): Column(kind, empty, _plain(default)) for table, column, kind, empty, default, _ in rows},
        {index.table: index.columns for _, index, is_key, _ in indexes if is_key},
        {(index.table, index.columns) for _, index, is_key, is_unique in indexes if is_unique and not is_key},
        {name: index for name, index, _, is_unique in indexes if not is_unique},
    )


def _of_server(connection: Any) -> Iterator[tuple[str, Index, bool, bool]]:
    found = connection.execute(
        """select one.relname, whole.relname, indisprimary, indisunique, indnkeyatts,
                pg_get_expr(indpred, indrelid), array(select attname::text from unnest(indkey) with ordinality as k
                    join pg_attribute on attrelid = indrelid and attnum = k.k order by ordinality)
            from pg_index join pg_class as one on one.oid = indexrelid join pg_class as whole on whole.oid = indrelid
            where whole.relnamespace = current_schema()::regnamespace and not whole.relispartition
                and whole.relname not like 'orderwatch\\_%'"""
    )
    for name, table, is_key, is_unique, keys, predicate, columns in found.fetchall():
        index = Index(table, tuple(columns[:keys]), frozenset(columns[keys:]), _named(predicate or ""))
        yield name, index, is_key, is_unique


def _plain(default: str | None) -> str | None:
    """What a column is by itself, as both would write it."""
    if default is None:
        return None
    return {"false": "0", "true": "1"}.get(default, default.partition("::")[0].strip("'"))


def _named(predicate: str) -> frozenset[str]:
    """The words of a predicate that may be columns."""
    without_text = re.sub(r"'[^']*'(::\w+)?", "", predicate)
    words = re.findall(r"[a-z_]+", without_text.lower())
    return frozenset(words) - {"is", "not", "null", "and", "or", "in", "any", "all", "array", "text", "jsonb"}


def test_every_column_of_the_file_is_there_and_means_the_same(file: Schema, server: Schema) -> None:
    others = {place: (column, server.columns.get(place)) for place, column in file.columns.items()}
    assert [
        f"{place}: {here} is {there}"
        for place, (here, there) in others.items()
        if there is None
        or there.kind not in _ALSO[here.kind]
        or (there.is_optional, there.default) != (here.is_optional, here.default)
    ] == []


def test_its_tables_have_no_column_that_the_file_does_not_have(file: Schema, server: Schema) -> None:
    assert {place for place in server.columns if place[0] in file.keys} - set(file.columns) == set()


def test_rows_are_told_apart_by_the_same_columns(file: Schema, server: Schema) -> None:
    assert {table: server.keys[table] for table in file.keys} == {**file.keys, **_KEYS}
    assert server.unique == file.unique


def test_there_are_the_same_indexes_over_the_same_rows(file: Schema, server: Schema) -> None:
    def over(indexes: dict[str, Index]) -> dict[str, object]:
        return {n: (i.table, i.columns[0], i.chosen_by) for n, i in indexes.items() if n not in _OF_ONE}

    assert over(server.indexes) == over(file.indexes)


def test_an_index_holds_what_the_same_one_of_the_file_holds(file: Schema, server: Schema) -> None:
    for name, here in file.indexes.items():
        there = server.indexes[name]
        assert {*here.columns} <= {*there.columns, *there.carried, *there.chosen_by}, name
        assert {*there.columns} <= {*here.columns, *file.keys[here.table]}, name


def test_both_have_come_as_far() -> None:
    pytest.importorskip("psycopg")
    from bot.storage import _pg_schema

    names = [migration.name for migration in MIGRATIONS._migrations]
    assert [int(name.partition("_")[0]) for name in names] == list(_pg_schema.MIGRATIONS)
