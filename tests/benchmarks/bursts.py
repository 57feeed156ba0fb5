"""Many orders change at once: how fast the changes and their notifications are safe on disk.

The limit is a bare SQLite that inserts the very same rows into the same tables in batches, with the same sync.
CPU of all threads is counted, so that neither a busy machine nor a slow disk decides.
"""

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.core import plan
from bot.core.digest import order_digest
from bot.model.order import Snapshot
from bot.model.poll import OrderState, PollRecord
from bot.storage.sqlite import SqliteStorage
from tests.benchmarks.figure import Figure, at_least, figure, longest, under
from tests.benchmarks.lag import lag
from tests.benchmarks.making import AT, first_sight, order, payload_of
from tests.benchmarks.size import Size
from tests.core.making import TELLING, watchlist

PAGE = 100
IN_FLIGHT = 8
TABLES = ("orders", "snapshots", "changes", "notifications", "exceptions")
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def measure(size: Size) -> Iterator[Figure]:
    """Changes a second, ours against bare."""
    found = [_round(size.burst) for _ in range(size.rounds)]
    bare, pages, single, lags = (list(values) for values in zip(*found, strict=True))
    what = f"{size.burst:,} changes with their notifications"
    yield figure(f"bare SQLite, {what}, batches of {PAGE}", "changes/CPU-s", bare)
    yield figure(f"orderwatch, {what}, by pages", "changes/CPU-s", pages)
    yield figure("orderwatch by pages against bare SQLite", "×", _ratios(pages, bare), aim=at_least(0.5))
    yield figure(f"orderwatch, {what}, planned and committed one by one", "changes/CPU-s", single)
    yield figure("orderwatch one by one against bare SQLite", "×", _ratios(single, bare))
    yield longest("longest block of the event loop, burst", "ms", lags, aim=under(50))


def _ratios(ours: Sequence[float], bare: Sequence[float]) -> list[float]:
    return [mine / limit for mine, limit in zip(ours, bare, strict=True)]


def _round(changes: int) -> tuple[float, float, float, float]:
    with tempfile.TemporaryDirectory() as folder:
        by_page, by_order = Path(folder) / "pages.db", Path(folder) / "orders.db"
        page_seconds, page_lag = run_async(_burst(by_page, changes, _commit_pages))
        order_seconds, order_lag = run_async(_burst(by_order, changes, _commit_orders))
        bare_seconds = _bare(by_page, Path(folder) / "bare.db")
    lag_ms = max(page_lag, order_lag) * 1e3
    return changes / bare_seconds, changes / page_seconds, changes / order_seconds, lag_ms


async def _commit_pages(storage: SqliteStorage, changes: int) -> float:
    """CPU seconds spent in commits, one for each page of a listing; what is committed is planned in between."""
    seconds = 0.0
    for start in range(0, changes, PAGE):
        planned: list[PollRecord] = []
        for number in range(start, min(start + PAGE, changes)):
            planned.append(_record(number))
            await asyncio.sleep(0)
        page = _together(planned)
        started = time.process_time()
        await storage.commit(page)
        seconds += time.process_time() - started
    return seconds


async def _commit_orders(storage: SqliteStorage, changes: int) -> float:
    """CPU seconds to plan and commit each order by itself, several side by side."""
    todo = iter(range(changes))

    async def worker() -> None:
        for number in todo:
            await storage.commit(_record(number))

    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return time.process_time() - started


def _record(number: int) -> PollRecord:
    before, after = order(number), order(number, promised="2026-12-08")
    previous = Snapshot(order=before, seq=1, seen_at=AT, digest=order_digest(before))
    payload = payload_of(after)
    state = OrderState(after.key, seq=1, stage=after.status.stage)
    sight = plan.Sight(state, previous, after, payload, [watchlist()], raw_digest=payload.digest, next_poll_at=AT)
    return plan.order_seen(sight, TELLING, (), NOW)


def _together(records: Sequence[PollRecord]) -> PollRecord:
    updates = tuple(update for record in records for update in record.updates)
    notifications = tuple(told for record in records for told in record.notifications)
    return PollRecord(TELLING.source, AT, updates=updates, notifications=notifications)


async def _burst(
    path: Path, orders: int, commit: Callable[[SqliteStorage, int], Awaitable[float]]
) -> tuple[float, float]:
    """CPU seconds that `commit` counts, and the longest block of the loop."""
    storage = SqliteStorage(path, SystemClock())
    await storage.open()
    for start in range(0, orders, 500):
        sights = tuple(first_sight(order(number)) for number in range(start, min(start + 500, orders)))
        await storage.commit(PollRecord(TELLING.source, AT, updates=sights))
    async with lag() as found:
        seconds = await commit(storage, orders)
    counts = await storage.counts()
    assert counts["changes"] == counts["pending"] == orders, counts
    await storage.close()
    return seconds, found.longest


def _bare(done: Path, fresh: Path) -> float:
    """CPU seconds to insert the rows that a burst wrote, into an empty database with the same tables."""
    source = sqlite3.connect(done)
    wanted = {"snapshots": "where seq = 2"}
    rows = {table: source.execute(f"select * from {table} {wanted.get(table, '')}").fetchall() for table in TABLES}
    schema = [sql for (sql,) in source.execute("select sql from sqlite_master where sql is not null")]
    source.close()
    connection = sqlite3.connect(fresh, isolation_level=None)
    for statement in schema:
        if "sqlite_" not in statement:
            connection.execute(statement)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    started = time.process_time()
    for start in range(0, len(rows["orders"]), PAGE):
        connection.execute("begin immediate")
        for table, all_rows in rows.items():
            _insert(connection, table, all_rows[start : start + PAGE])
        connection.execute("commit")
    seconds = time.process_time() - started
    connection.close()
    os.sync()  # what this left to be written is not counted against the next
    return seconds


def _insert(connection: sqlite3.Connection, table: str, rows: list[Any]) -> None:
    connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)
