"""What a watched order costs at rest: bytes in the database, and memory and start of a process that watches many."""

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
from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.config.load import load
from tests.benchmarks.figure import Figure, figure, under
from tests.benchmarks.lag import lag
from tests.benchmarks.making import fill
from tests.benchmarks.size import Size

AIMS = {100_000: (under(150), None), 1_000_000: (under(1000), under(3))}


def measure(size: Size) -> Iterator[Figure]:
    """Database bytes per order, and memory and start of a fresh process with many watched orders."""
    for watched in size.watched:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            asyncio.run(fill(folder / "orders.db", watched))
            bytes_each = sum(path.stat().st_size for path in folder.glob("orders.db*")) / watched
            first, whole, megabytes, bare, longest = _in_a_fresh_process(folder, watched)
        megabytes_aim, seconds_aim = AIMS.get(watched, (None, None))
        yield figure("database, an order with 2 lines and its raw payload", "bytes/order", [bytes_each])
        yield figure(f"start with {watched:,} orders, to the first poll", "s", [first], aim=seconds_aim)
        yield figure(f"start with {watched:,} orders, until all are remembered", "s", [whole])
        yield figure(f"memory with {watched:,} orders, whole process", "MB", [megabytes], aim=megabytes_aim)
        yield figure("memory of one order", "bytes", [(megabytes - bare) * 1e6 / watched], aim=under(1000))
        yield figure(f"longest block of the event loop, start with {watched:,}", "ms", [longest * 1e3], aim=under(50))


def _in_a_fresh_process(folder: Path, watched: int) -> tuple[float, float, float, float, float]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_watch, args=(folder, watched, there), daemon=True)
    process.start()
    found: tuple[float, float, float, float, float] = here.recv()
    process.join(30)
    return found


def _watch(folder: Path, watched: int, pipe: Connection) -> None:
    pipe.send(run_async(_load(folder, watched)))


async def _load(folder: Path, watched: int) -> tuple[float, float, float, float, float]:
    """Seconds to the first poll and until all are remembered, megabytes at most and at first, longest block (s)."""
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
    async with lag() as found, open_app(load(path, {}), SystemClock()) as app:
        bare = _megabytes()
        (poller,) = app.pollers.values()
        first = None
        async for _ in poller.rounds.loading():
            if first is None and (poller.rounds.ledger.agenda.next_due() or 0.0) <= time.monotonic():
                first = time.monotonic() - started
        assert first is not None, "something was due"
        whole = time.monotonic() - started
        assert len(poller.rounds.ledger.states) == watched
        assert len(poller.rounds.ledger.agenda) == watched + 1  # and the listing
    return first, whole, _megabytes(), bare, found.longest


def _megabytes() -> float:
    """The most memory this process has held. Linux counts what the parent held at the fork into ru_maxrss."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
