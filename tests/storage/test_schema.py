"""From the file of an older program to the file of this one, and never back."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from bot.clock import ManualClock
from bot.errors import SchemaTooNew, StorageError
from bot.storage._schema import MIGRATIONS, bring_up_to_date, require_current
from bot.storage.sqlite import SqliteStorage, SqliteViews


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database of a test is."""
    return tmp_path / "o.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    """An open, empty database."""
    with closing(sqlite3.connect(path, isolation_level=None)) as opened:
        yield opened


def migrations(*statements: str) -> Migrations:
    """One migration for each statement, numbered from 1."""
    made = Migrations("orderwatch")
    for number, statement in enumerate(statements, 1):

        def migrate(db: Database, statement: str = statement) -> None:
            db.execute(statement)

        made(name=f"{number:04}_step")(migrate)
    return made


def tables(path: Path) -> set[str]:
    """Names of the tables in a file, without SQLite's and the migrations' own."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("select name from sqlite_master where type = 'table' and name not like '%sqlite%'")
        return {name for (name,) in rows}


def test_a_new_file_is_made_without_a_copy(path: Path, connection: sqlite3.Connection) -> None:
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    assert tables(path) == {"a"}
    assert list(path.parent.iterdir()) == [path]


def test_an_older_file_is_copied_before_it_is_migrated(path: Path, connection: sqlite3.Connection) -> None:
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    bring_up_to_date(path, connection, migrations("create table a (x)", "create table b (x)"))
    copy = path.with_name("o.db.before-2.bak")
    assert (tables(path), tables(copy)) == ({"a", "b"}, {"a"})
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert {file.name for file in path.parent.iterdir()} == {"o.db", "o.db.before-2.bak"}


def test_a_current_file_is_neither_copied_nor_touched(path: Path, connection: sqlite3.Connection) -> None:
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    before = path.read_bytes()
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_migration_that_fails_leaves_the_older_file_and_its_copy(path: Path, connection: sqlite3.Connection) -> None:
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    with pytest.raises(StorageError, match="the database refused this"):
        bring_up_to_date(path, connection, migrations("create table a (x)", "create table a (x)"))
    assert tables(path) == tables(path.with_name("o.db.before-2.bak")) == {"a"}
    bring_up_to_date(path, connection, migrations("create table a (x)", "create table b (x)"))
    assert tables(path) == {"a", "b"}


async def test_a_newer_file_is_refused_with_both_versions_and_left_alone(
    path: Path, connection: sqlite3.Connection
) -> None:
    MIGRATIONS.apply(Database(connection))
    bring_up_to_date(path, connection, migrations("", "create table a (x)"))
    with pytest.raises(
        SchemaTooNew, match="version 2, this program knows versions up to 1; install the newer"
    ) as refusal:
        await SqliteStorage(path, ManualClock()).open()
    assert "go back to its copy" not in str(refusal.value)


def test_the_copy_is_named_to_whoever_goes_back_to_an_older_program(path: Path, connection: sqlite3.Connection) -> None:
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    bring_up_to_date(path, connection, migrations("create table a (x)", "create table b (x)"))
    with pytest.raises(SchemaTooNew, match=r"or go back to its copy .*o\.db\.before-2\.bak"):
        bring_up_to_date(path, connection, migrations("create table a (x)"))


async def test_a_file_of_another_program_is_refused_and_left_alone(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("create table bookmarks (x)")
    with pytest.raises(StorageError, match="holds the tables of another program; choose another path"):
        await SqliteStorage(path, ManualClock()).open()
    assert tables(path) == {"bookmarks"}


def test_reading_an_older_file_asks_for_the_migration(path: Path, connection: sqlite3.Connection) -> None:
    bring_up_to_date(path, connection, migrations("create table a (x)"))
    with pytest.raises(StorageError, match="version 1, this program reads 2; start `orderwatch run` once"):
        require_current(path, connection, migrations("create table a (x)", "create table b (x)"))


async def test_reading_an_empty_file_does_not_make_tables(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("create table t (x)")
    connection.execute("drop table t")
    with pytest.raises(StorageError, match="version 0"):
        await SqliteViews(path).open()
    assert tables(path) == set()
