"""Jobs that share a transaction: each stands for itself, and what breaks the transaction is told to all."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage._threads import Job, run_together


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with one table, `t`."""
    with closing(sqlite3.connect(tmp_path / "o.db", isolation_level=None, timeout=0)) as opened:
        opened.execute("create table t (x unique)")
        yield opened


def insert(*values: object) -> Job[int]:
    """A job that adds rows and returns how many."""

    def job(connection: sqlite3.Connection) -> int:
        return connection.executemany("insert into t values (?)", [(value,) for value in values]).rowcount

    return job


def rows(connection: sqlite3.Connection) -> list[object]:
    """What the table holds."""
    return [value for (value,) in connection.execute("select x from t order by x")]


def test_each_job_has_its_own_result(connection: sqlite3.Connection) -> None:
    assert run_together(Path("o.db"), connection, [insert(1), insert(2, 3)]) == [1, 2]
    assert rows(connection) == [1, 2, 3]


def test_a_job_that_fails_takes_only_its_own_writes_with_it(connection: sqlite3.Connection) -> None:
    first, second, third = run_together(Path("o.db"), connection, [insert(1), insert(2, 3, 1), insert(4)])
    assert (first, type(second), third) == (1, StorageError, 1)
    assert rows(connection) == [1, 4]


def test_a_mistake_in_a_job_is_told_to_its_caller_alone(connection: sqlite3.Connection) -> None:
    def mistaken(_: sqlite3.Connection) -> None:
        raise KeyError("mistake")

    assert [type(outcome) for outcome in run_together(Path("o.db"), connection, [mistaken, insert(1)])] == [
        KeyError,
        int,
    ]


def test_a_full_disk_is_told_to_whoever_could_not_write_and_passes(connection: sqlite3.Connection) -> None:
    connection.execute("pragma max_page_count = 6")
    outcomes = run_together(Path("o.db"), connection, [insert(1), insert("x" * 100_000)])
    assert isinstance(outcomes[1], StorageError)
    assert "o.db: the disk is full, nothing of this was written; free some space" in str(outcomes[1])
    assert rows(connection) == ([1] if outcomes[0] == 1 else [])
    assert run_together(Path("o.db"), connection, [insert(2)]) == [1]


def test_a_database_that_somebody_else_holds_is_told_to_all(tmp_path: Path, connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(tmp_path / "o.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        outcomes = run_together(Path("o.db"), connection, [insert(1), insert(2)])
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 2
    assert "another program holds it" in str(outcomes[0])
    assert run_together(Path("o.db"), connection, [insert(1)]) == [1]


def test_a_file_that_may_not_be_written_is_called_that(tmp_path: Path, connection: sqlite3.Connection) -> None:
    with closing(sqlite3.connect(f"file:{tmp_path}/o.db?mode=ro", uri=True, isolation_level=None)) as reader:
        (outcome,) = run_together(Path("o.db"), reader, [insert(1)])
    assert "it cannot be written; give this user write permission" in str(outcome)


def test_a_transaction_that_ends_under_a_job_fails_for_all(connection: sqlite3.Connection) -> None:
    def undone(opened: sqlite3.Connection) -> None:
        opened.execute("insert or rollback into t values (1)")

    outcomes = run_together(Path("o.db"), connection, [insert(1), undone, insert(2)])
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3
    assert rows(connection) == []
