"""CPU of a poll that finds nothing new, next to a bare aiohttp loop that GETs, hashes and compares the same orders."""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App, open_app
from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.config.load import load
from bot.model.order import Stage
from tests.benchmarks.figure import Figure, at_least, at_most, figure, longest, under
from tests.benchmarks.lag import lag
from tests.benchmarks.serving import Supplier, supplier
from tests.benchmarks.size import Size

IN_FLIGHT = 8
WARM_UP = 1


def measure(size: Size) -> Iterator[Figure]:
    """The per-order path at StateSet for several sizes, and the list path at Schneider."""
    best = 0.0
    for orders in size.polled:
        rounds = max(2, min(size.rounds, 100_000 // orders))
        with supplier("stateset", orders) as account:
            bare, ours, lags = run_async(_one_by_one(account, rounds))
        best = max(best, *bare)
        yield figure(f"bare aiohttp loop, {orders:,} orders one by one", "µs CPU/order", bare)
        yield figure(f"orderwatch, {orders:,} unchanged orders one by one", "µs CPU/order", ours)
        ratio = [mine / limit for mine, limit in zip(ours, bare, strict=True)]
        yield figure(f"orderwatch against the bare loop, {orders:,} orders", "×", ratio, aim=at_most(1.6))
        yield longest(f"longest block of the event loop, {orders:,} orders", "ms", lags, aim=under(50))
    for orders in size.listed:
        with supplier("schneider", orders) as account:
            listed, lags = run_async(_in_a_listing(account, size.rounds))
        yield figure(f"orderwatch, {orders:,} unchanged orders in a listing", "µs CPU/order", listed)
        yield figure(
            f"bare loop one by one against it, {orders:,} orders",
            "×",
            [best / one for one in listed],
            aim=at_least(15),
        )
        yield longest(f"longest block of the event loop, {orders:,} in a listing", "ms", lags, aim=under(50))


async def _one_by_one(account: Supplier, rounds: int) -> tuple[list[float], list[float], list[float]]:
    """Microseconds of CPU an order of both, round by round in turn, and our longest blocks in milliseconds."""
    bare, ours, lags = [], [], []
    async with watching(account, account.orders) as app, aiohttp.ClientSession() as session:
        digests: dict[str, bytes] = {}
        await _bare_loop(session, account, digests)
        await _know(app, digests)
        (poller,) = app.pollers.values()
        for number in range(WARM_UP + rounds):
            cpu_bare = await _cpu(lambda: _bare_loop(session, account, digests))
            poller.rounds.make_named_due()
            async with lag() as found:
                cpu_ours = await _cpu(poller.work_off)
            if number >= WARM_UP:
                bare.append(cpu_bare * 1e6 / len(account.orders))
                ours.append(cpu_ours * 1e6 / len(account.orders))
                lags.append(found.longest * 1e3)
    return bare, ours, lags


async def _know(app: App, digests: dict[str, bytes]) -> None:
    """Let the poller have seen every order already, without the minutes that it takes to write them all down."""
    (poller,) = app.pollers.values()
    await poller.rounds.load()
    for key, state in poller.rounds.ledger.states.items():
        state.seq, state.stage, state.raw_digest = 1, Stage.CONFIRMED, digests[key]


async def _in_a_listing(account: Supplier, rounds: int) -> tuple[list[float], list[float]]:
    """Microseconds of CPU an order of a sweep that finds nothing new, and the longest blocks of all sweeps."""
    listed, lags = [], []
    async with watching(account, None) as app:
        (poller,) = app.pollers.values()
        await poller.rounds.load()
        (scope,) = poller.rounds.ledger.book.scopes.values()
        for number in range(1 + WARM_UP + rounds):
            async with lag() as found:
                cpu = await _cpu(lambda: poller.rounds.do(scope))
            lags.append(found.longest * 1e3)
            if number > WARM_UP:
                listed.append(cpu * 1e6 / len(account.orders))
        assert len(poller.rounds.ledger.states) == len(account.orders)
    return listed, lags


@asynccontextmanager
async def watching(account: Supplier, named: list[str] | None) -> AsyncIterator[App]:
    """The product as it is wired, watching the account's orders: the named ones, or all that are listed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watchlists.yaml"
        path.write_text(_config(account, named), encoding="utf-8")
        async with open_app(load(path, {}), SystemClock()) as app:
            yield app


def _config(account: Supplier, named: list[str] | None) -> str:
    settings = {**account.settings, "budget": "100000/s", "in_flight": IN_FLIGHT}
    watchlist = {"source": "supplier", "orders": named or "all", "every": "1h", "details": "1h"}
    return json.dumps(
        {
            "sources": {"supplier": settings},
            "destinations": {"here": {"chat": "console", "group_wait": "0s", "storm": 0}},
            "watchlists": {"all": watchlist},
            "notify": [{"to": "here"}],
            "operators": {"to": "here"},
        }
    )


async def _cpu(work: Callable[[], Coroutine[Any, Any, object]]) -> float:
    before = time.process_time()
    await work()
    return time.process_time() - before


async def one_round(app: App) -> None:
    """Every named order once: through the poller's own workers, gate, digest and agenda."""
    (poller,) = app.pollers.values()
    poller.rounds.make_named_due()
    await poller.work_off()


async def _bare_loop(session: aiohttp.ClientSession, account: Supplier, digests: dict[str, bytes]) -> None:
    """What any poller must at least do: GET, read, hash and compare."""
    base, headers = account.settings["base_url"], {"Authorization": f"Token {account.settings['token']}"}
    todo = iter(account.orders)

    async def worker() -> None:
        for order in todo:
            async with session.get(f"{base}/order/{order}/retrieve", headers=headers) as response:
                assert response.status == 200
                digest = blake2b(await response.read(), digest_size=12).digest()
            if digests.get(order) != digest:
                digests[order] = digest

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
