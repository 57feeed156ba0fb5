"""Statements are written once, and each database is told them in its own words."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from bot.storage._connection import Connection, put
from bot.storage._sqlite_words import run_here


def test_a_job_on_the_file_that_waits_for_anything_else_is_a_mistake() -> None:
    async def sleepy(_: Connection) -> None:
        await asyncio.sleep(0)

    with closing(sqlite3.connect(":memory:")) as connection, pytest.raises(RuntimeError, match="something else"):
        run_here(sleepy, connection)


def test_a_row_is_written_in_place_of_the_one_with_its_key() -> None:
    assert put("t", ("a", "b", "c"), ("a", "b")) == (
        "insert into t (a, b, c) values (?, ?, ?) on conflict (a, b) do update set c = excluded.c"
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a = ? and b = ?", "a = %s and b = %s"),
        ("a = :name and b = :name", "a = %(name)s and b = %(name)s"),
        ("a::jsonb = :b::text", "a::jsonb = %(b)s::text"),
    ],
)
def test_values_are_marked_as_the_driver_of_postgresql_wants_them(written: str, told: str) -> None:
    pytest.importorskip("psycopg")
    from bot.storage._pg_words import _marked

    assert _marked(written) == told
