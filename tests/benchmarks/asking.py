"""How long an answer takes, from the question at the desk to the reply, over many orders in the store."""

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bot.clock import ManualClock
from bot.core.catalogue import Catalogue
from bot.desk.asking import FrontDesk
from bot.desk.room import Room
from bot.loops.following import Following
from bot.model.command import Question
from bot.model.watch import Watchlist
from bot.storage.sqlite import SqliteStorage
from tests.benchmarks.figure import Figure, figure, under
from tests.benchmarks.making import NOW, fill
from tests.benchmarks.size import Size

QUESTIONS = {
    "status of an order, by its number": "status SO-{number}",
    "status by purchase order": "status PO-{number}",
    "status of an order that does not exist": "status SO-{number}X",
    "history of an order": "history SO-{number}",
    "list late, first page": "late",
    "list late, page 50": "late page 50",
    "list due": "due",
    "list stuck": "list stuck 2",
    "list, last changed first": "list",
    "list of a watchlist": "list late watchlist everything",
}


def measure(size: Size) -> Iterator[Figure]:
    """p50 and p99 of each question, every one of them written down in the audit as always."""
    for orders in size.watched:
        with tempfile.TemporaryDirectory() as name:
            for what, seconds in asyncio.run(_measure(Path(name) / "orders.db", orders, size.asked)):
                ranked = sorted(each * 1000 for each in seconds)
                yield figure(f"{what}, {orders:,} orders, p50", "ms", [statistics.median(ranked)])
                yield figure(f"{what}, {orders:,} orders, p99", "ms", [ranked[int(len(ranked) * 0.99)]], aim=under(50))


async def _measure(path: Path, orders: int, asked: int) -> list[tuple[str, list[float]]]:
    await fill(path, orders)
    clock = ManualClock(NOW)
    storage = SqliteStorage(path, clock)
    await storage.open()
    try:
        desk = _desk(storage, clock)
        return [(what, await _ask(desk, text, orders, asked)) for what, text in QUESTIONS.items()]
    finally:
        await storage.close()


async def _ask(desk: FrontDesk, text: str, orders: int, asked: int) -> list[float]:
    seconds, chosen = [], random.Random(text)
    for _ in range(asked):
        number = chosen.randrange(orders)
        question = Question(id=f"{text} {time.monotonic_ns()}", chat="slack", person="U1", via="cli",
                            text=text.format(number=number))  # fmt: skip
        started = time.perf_counter()
        reply = await desk.answer(question)
        seconds.append(time.perf_counter() - started)
        assert reply is not None
    return seconds


def _desk(storage: SqliteStorage, clock: ManualClock) -> FrontDesk:
    everything = Watchlist(name="everything", source="supplier", orders=None)
    catalogue = Catalogue(
        labels={"supplier": "supplier (StateSet)"}, key_of={"supplier": str}, watchlists={"everything": everything},
        destinations={}, catch_all=(), access=(), timezone="Europe/Paris", version="",
    )  # fmt: skip
    following = Following(storage, storage.talks, clock, catalogue, {})
    return FrontDesk(Room(catalogue, storage, storage.talks, following, {}, clock))
