"""Which store the journeys run on: the SQLite file, or PostgreSQL with ORDERWATCH_TEST_STORE=postgres."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.postgres import database_for

IS_POSTGRES = os.environ.get("ORDERWATCH_TEST_STORE") == "postgres"


def placed(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The settings, with the database of that folder in them, unless they name another."""
    if IS_POSTGRES and settings.get("database", "orderwatch.db") == "orderwatch.db":
        return {**settings, "database": database_for(folder).secret}
    return settings


def rows(folder: Path, table: str) -> list[tuple[Any, ...]]:
    """Everything in a table, byte for byte."""
    query = f"select * from {table} order by 1, 2"
    if IS_POSTGRES:
        import psycopg

        with psycopg.connect(database_for(folder).secret) as opened:
            return list(opened.execute(query))
    with closing(sqlite3.connect(folder / "orderwatch.db")) as connection:
        return connection.execute(query).fetchall()


def named_rows(folder: Path, table: str) -> list[dict[str, Any]]:
    """Everything in a table by id, each row by the names of its columns."""
    query = f"select * from {table} order by id"
    if IS_POSTGRES:
        import psycopg

        with psycopg.connect(database_for(folder).secret) as opened:
            found = opened.execute(query)
            names = [column.name for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found]
    with closing(sqlite3.connect(folder / "orderwatch.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def content(folder: Path) -> bytes:
    """Every byte of the database and the files beside it."""
    if IS_POSTGRES:
        import psycopg

        with psycopg.connect(database_for(folder).secret) as opened:
            tables = opened.execute("select tablename from pg_tables where schemaname = current_schema()").fetchall()
            found = [list(opened.execute(f'select to_jsonb(t) from "{name}" as t')) for (name,) in tables]
        return json.dumps(found).encode()
    files = list(folder.glob("orderwatch.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)
