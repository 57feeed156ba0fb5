"""PostgreSQL holds the same tables and columns as the SQLite file, with types that mean the same."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage._schema import bring_up_to_date
from tests.postgres import database_for

Columns = dict[tuple[str, str], tuple[str, bool]]
_ALSO = {"text": {"text"}, "integer": {"bigint", "boolean"}, "blob": {"bytea"}}
"""What a type of SQLite may be in PostgreSQL: yes and no are a type of their own there."""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """Table and column of the file to its type, and whether it may be empty."""
    path: Path = tmp_path_factory.mktemp("schema") / "o.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        bring_up_to_date(path, connection)
        rows = connection.execute(
            """select tables.name, columns.name, lower(columns.type), columns."notnull" or columns.pk
                from sqlite_master as tables join pragma_table_info(tables.name) as columns
                where tables.type = 'table' and tables.name not like '%sqlite%'"""
        )
        return {(table, column): (kind, not bool(required)) for table, column, kind, required in rows}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """The same of PostgreSQL, without the partitions and what only many workers need."""
    address = database_for(tmp_path_factory.mktemp("schema")).secret
    import psycopg

    with psycopg.connect(address) as connection:
        rows = connection.execute(
            """select table_name, column_name, data_type, is_nullable = 'YES', collation_name
                from information_schema.columns where table_schema = current_schema()
                    and table_name not like 'changes\\_%' and table_name not like 'orderwatch\\_%'"""
        ).fetchall()
    assert {collation for *_, kind, _, collation in rows if kind == "text"} == {"C"}
    return {(table, column): (kind, empty) for table, column, kind, empty, _ in rows}


def test_every_column_of_the_file_is_there_and_means_the_same(file: Columns, server: Columns) -> None:
    others = {place: (file[place], server.get(place)) for place in file}
    assert [
        f"{place}: {here} is {there}"
        for place, (here, there) in others.items()
        if there is None or there[0] not in _ALSO[here[0]] or there[1] != here[1]
    ] == []


def test_its_tables_have_no_column_that_the_file_does_not_have(file: Columns, server: Columns) -> None:
    tables = {table for table, _ in file}
    assert {place for place in server if place[0] in tables} - set(file) == set()
