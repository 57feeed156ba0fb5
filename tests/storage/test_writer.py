"""The one writer: who comes while it works shares its next transaction, and nobody is forgotten at the end."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage._threads import Job, Writer


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """What the writer writes with."""
    with closing(sqlite3.connect(tmp_path / "o.db", isolation_level=None, check_same_thread=False)) as opened:
        opened.execute("create table t (x)")
        yield opened


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[], list[int]]:
    """What has been committed so far."""

    def read() -> list[int]:
        with closing(sqlite3.connect(tmp_path / "o.db")) as reader:
            return [value for (value,) in reader.execute("select x from t order by x")]

    return read


def insert(value: int, *, after: threading.Event | None = None) -> Job[int]:
    """A job that adds a row, possibly only once it is let."""

    def job(connection: sqlite3.Connection) -> int:
        assert after is None or after.wait(10)
        connection.execute("insert into t values (?)", (value,))
        return value

    return job


async def a_few_turns() -> None:
    """Let everything that can run, run: a transaction has begun then, and later jobs queue."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_jobs_that_come_meanwhile_share_one_transaction(connection: sqlite3.Connection, tmp_path: Path) -> None:
    begun: list[str] = []
    connection.set_trace_callback(lambda statement: begun.append(statement) if statement.startswith("BEGIN") else None)
    writer, let = Writer(tmp_path / "o.db", connection), threading.Event()
    tasks = [asyncio.create_task(writer.write(insert(0, after=let)))]
    await a_few_turns()
    tasks += [asyncio.create_task(writer.write(insert(number))) for number in range(1, 9)]
    await a_few_turns()
    let.set()
    assert await asyncio.gather(*tasks) == list(range(9))
    assert len(begun) == 2
    await writer.close()


async def test_who_gives_up_waiting_takes_the_job_away(
    connection: sqlite3.Connection, tmp_path: Path, rows: Callable[[], list[int]]
) -> None:
    writer, let = Writer(tmp_path / "o.db", connection), threading.Event()
    first = asyncio.create_task(writer.write(insert(1, after=let)))
    await a_few_turns()
    second = asyncio.create_task(writer.write(insert(2)))
    await a_few_turns()
    second.cancel()
    let.set()
    await asyncio.wait([first, second])
    await writer.close()
    assert rows() == [1]


async def test_the_end_waits_for_what_is_in_hand_and_for_what_is_queued(
    connection: sqlite3.Connection, tmp_path: Path, rows: Callable[[], list[int]]
) -> None:
    writer, let = Writer(tmp_path / "o.db", connection), threading.Event()
    first = asyncio.create_task(writer.write(insert(1, after=let)))
    await a_few_turns()
    second = asyncio.create_task(writer.write(insert(2)))
    await a_few_turns()
    end = asyncio.create_task(writer.close())
    await a_few_turns()
    let.set()
    await asyncio.gather(first, second, end)
    assert rows() == [1, 2]


async def test_who_gives_up_on_a_running_job_disturbs_nobody(
    connection: sqlite3.Connection, tmp_path: Path, rows: Callable[[], list[int]]
) -> None:
    writer, let = Writer(tmp_path / "o.db", connection), threading.Event()
    first = asyncio.create_task(writer.write(insert(1, after=let)))
    await a_few_turns()
    first.cancel()
    let.set()
    assert await writer.write(insert(2)) == 2
    await writer.close()
    assert rows() == [1, 2]
