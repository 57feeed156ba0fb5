"""What a watched order costs at rest: bytes in the database, and memory of a process that watches many."""

import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from bot.app import open_app
from bot.clock import SystemClock
from bot.config import load
from bot.core.digest import order_digest
from bot.model.moment import Moment
from bot.model.order import LineItem, Order, Package, Shipment, Snapshot, Stage, Status
from bot.model.poll import OrderUpdate, Payload, PollRecord, raw_digest
from bot.storage.sqlite import SqliteStorage
from tests.benchmarks.figure import Figure, figure

WATCHED = 100_000
AT = Moment("2026-11-24T09:30:00Z")
BATCH = 500


def measure(orders: int, rounds: int) -> Iterator[Figure]:
    """Database bytes per order, and memory and start of a process with 100,000 watched orders, in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(_fill(folder))
        size = sum(path.stat().st_size for path in folder.glob("orders.db*"))
        yield figure("database, an order with 2 lines and its raw payload", "bytes/order", [size / WATCHED])
        seconds, megabytes = _in_a_fresh_process(folder)
        yield figure(f"start with {WATCHED:,} watched orders, to the first poll", "s", [seconds])
        yield figure(f"memory with {WATCHED:,} watched orders, whole process", "MB", [megabytes], aim="under 250")


def order(number: int) -> Order:
    """An ordinary order."""
    key = f"ord_{number:024d}"
    lines = tuple(
        LineItem(key=f"{each}", number=f"{each}", product="LC1D09M7", description="Contactor 3P 9 A", quantity="5")
        for each in (10, 20)
    )
    parcel = Package(key=f"JD{number:018d}", tracking_number=f"JD{number:018d}", carrier="DHL")
    return Order(
        source="supplier", key=key, number=f"SO-{number}", reference=f"PO-{number}", lines=lines,
        status=Status(text="Confirmed", stage=Stage.CONFIRMED), delivery_promised=Moment("2026-12-01"),
        shipments=(Shipment(key="order", dispatched=False, packages=(parcel,)),),
    )  # fmt: skip


async def _fill(folder: Path) -> None:
    storage = SqliteStorage(folder / "orders.db", SystemClock())
    await storage.open()
    for start in range(0, WATCHED, BATCH):
        updates = tuple(_update(order(number)) for number in range(start, start + BATCH))
        await storage.commit(PollRecord("supplier", AT, updates=updates))
    await storage.close()


def _update(one: Order) -> OrderUpdate:
    payload = Payload(json.dumps({"order": one.model_dump(), "notes": "as the source wrote it"}).encode())
    snapshot = Snapshot(order=one, seq=1, seen_at=AT, digest=order_digest(one))
    return OrderUpdate(
        key=one.key, expected_seq=0, snapshot=snapshot, payload=payload, raw_digest=raw_digest(payload.body),
        list_digest=raw_digest(payload.body), scopes=("*",), next_poll_at=AT,
    )  # fmt: skip


def _in_a_fresh_process(folder: Path) -> tuple[float, float]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_watch, args=(folder, there), daemon=True)
    process.start()
    seconds, megabytes = here.recv()
    process.join(30)
    return seconds, megabytes


def _watch(folder: Path, pipe: Connection) -> None:
    pipe.send(asyncio.run(_load(folder)))


async def _load(folder: Path) -> tuple[float, float]:
    path = folder / "watchlists.yaml"
    source = {"kind": "stateset", "base_url": "http://127.0.0.1:9/v1", "token": "made-up"}
    document = {
        "database": "orders.db",
        "sources": {"supplier": source},
        "destinations": {"here": {"chat": "console"}},
        "watchlists": {"all": {"source": "supplier", "orders": "all"}},
        "notify": [{"to": "here"}],
        "operators": {"to": "here"},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    started = time.monotonic()
    async with open_app(load(path, {}), SystemClock()) as app:
        (poller,) = app.pollers.values()
        await poller.rounds.load()
        seconds = time.monotonic() - started
        assert len(poller.rounds.ledger.states) == WATCHED
        assert len(poller.rounds.ledger.agenda) == WATCHED + 1
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
