"""CPU of a poll that finds nothing new, next to a bare aiohttp loop that GETs the same URLs."""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App, open_app
from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.config import load
from bot.loops.rounds import Job
from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.serving import Supplier, supplier

IN_FLIGHT = 8
WARM_UP = 1


def measure(orders: int, rounds: int) -> Iterator[Figure]:
    """The per-order path at StateSet and the list path at Schneider."""
    with supplier("stateset", orders) as stateset:
        bare, ours = run_async(_compare(stateset, stateset.orders, rounds))
    yield figure(f"bare aiohttp loop, {orders:,} orders one by one", "orders/CPU-s", bare)
    yield figure(f"orderwatch, {orders:,} unchanged orders one by one", "orders/CPU-s", ours)
    share = [mine / limit for mine, limit in zip(ours, bare, strict=True)]
    yield figure("orderwatch as a share of the bare loop, one by one", "×", share, aim="at least 0.5")
    with supplier("schneider", orders) as schneider:
        _, listed = run_async(_compare(schneider, [], rounds))
    yield figure(f"orderwatch, {orders:,} unchanged orders in a listing", "orders/CPU-s", listed)
    gain = [mine / single for mine, single in zip(listed, ours, strict=True)]
    yield figure("a listing against one by one", "×", gain, aim="at least 10")


async def _compare(account: Supplier, named: list[str], rounds: int) -> tuple[list[float], list[float]]:
    """Orders per CPU second of both, round by round in turn. No `named` orders: the listing is swept, bare is empty."""
    bare: list[float] = []
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watchlists.yaml"
        path.write_text(_config(account, named), encoding="utf-8")
        async with open_app(load(path, {}), SystemClock()) as app, aiohttp.ClientSession() as session:
            await app.once()  # the baseline
            (poller,) = app.pollers.values()
            count = len(poller.rounds.ledger.states)
            for number in range(WARM_UP + rounds):
                cpu_bare = await _cpu(lambda: _bare_loop(session, account, named)) if named else 1.0
                cpu_ours = await _cpu(lambda: _one_round(app))
                if number >= WARM_UP:
                    bare.append(len(named) / cpu_bare)
                    ours.append(count / cpu_ours)
    return bare, ours


def _config(account: Supplier, named: list[str]) -> str:
    orders: object = named or "all"
    settings = {**account.settings, "budget": "100000/s", "in_flight": IN_FLIGHT}
    return json.dumps(
        {
            "sources": {"supplier": settings},
            "destinations": {"here": {"chat": "console"}},
            "watchlists": {"all": {"source": "supplier", "orders": orders, "every": "1h", "details": "1h"}},
            "notify": [{"to": "here"}],
            "operators": {"to": "here"},
        }
    )


async def _cpu(work: Callable[[], Coroutine[Any, Any, None]]) -> float:
    before = time.process_time()
    await work()
    return time.process_time() - before


async def _one_round(app: App) -> None:
    """Every named order, or the listing, once: through the poller's own workers, gate, digest and agenda."""
    (poller,) = app.pollers.values()
    agenda, clock = poller.rounds.ledger.agenda, SystemClock()
    jobs: list[Job] = [*poller.rounds.ledger.book.scopes.values(), *poller.rounds.ledger.book.named]
    for job in jobs:
        agenda.put(job, clock.monotonic())
    await poller.work_off()


async def _bare_loop(session: aiohttp.ClientSession, account: Supplier, named: list[str]) -> None:
    """What any poller must at least do: GET and read."""
    base, headers = account.settings["base_url"], {"Authorization": f"Token {account.settings['token']}"}
    todo = iter(named)

    async def worker() -> None:
        for order in todo:
            async with session.get(f"{base}/order/{order}/retrieve", headers=headers) as response:
                assert response.status == 200
                await response.read()

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
