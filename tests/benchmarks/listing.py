"""How soon a dispatch or a tracking number is seen at a source with a list, and too small a budget to ask for each.

The product polls the sandbox's twins over loopback, within the budget that each kind of source has by default, on a
clock that goes on in small steps as fast as the work allows, so that a busy machine changes little.
"""

import asyncio
import json
import random
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from types import ModuleType
from typing import Any

from aiohttp import web

from bot.app import App, open_app
from bot.cli._process import run_async
from bot.clock import ManualClock
from bot.config.load import load
from bot.sandbox import schneider, stateset, twoservice
from bot.sandbox.faults import Faults
from bot.sandbox.world import World, WorldOrder
from tests.benchmarks.figure import Figure, at_most, figure, under
from tests.benchmarks.size import Size

EVERY = timedelta(minutes=15)
STEP, TICK = 0.5, 0.001
"""Simulated seconds that pass at a time, and real ones at least: answers on loopback come within some of them."""
MANY = 1000
"""Orders from which on there is as much news as that."""
NEWS = 300
"""Orders at most that are dispatched meanwhile."""
HOURS = 2.0
"""Over which they are, in simulated time."""
TWINS: dict[str, ModuleType] = {"schneider": schneider, "stateset": stateset, "twoservice": twoservice}
KINDS = {"dispatched", "tracking_added"}
WATCHED = (("schneider", False), ("schneider", True), ("stateset", False), ("stateset", True), ("twoservice", True))
"""Kind of source, and whether its orders are followed by name or as all that it lists."""
PATIENCE = 4 * EVERY
"""After the last of the news: twice what is aimed at, so that what is not seen by then counts as missed."""


def measure(size: Size) -> Iterator[Figure]:
    """Delay in poll intervals, p50 and p95, at each kind of source, of all news, seen or not."""
    for kind, are_named in WATCHED:
        delays, unseen = run_async(_watch(kind, size.listed_news, are_named=are_named))
        cuts = quantiles(delays, n=20)
        what = f"{kind}, {size.listed_news:,} orders {'by name' if are_named else 'as listed'}: dispatch and tracking"
        counted = f"of all {len(delays):,}, unseen as at the end"
        yield figure(f"{what}, p50 {counted}", "poll intervals", [cuts[9]])
        yield figure(f"{what}, p95 {counted}", "poll intervals", [cuts[18]], aim=under(2))
        yield figure(f"{what}, not seen until the end", f"of {len(delays):,}", [unseen], aim=at_most(0))


async def _watch(kind: str, orders: int, *, are_named: bool) -> tuple[list[float], int]:
    """See `delays_of`."""
    clock = ManualClock()
    world = World(clock, 1, (kind,), orders)
    keys = [f"{order.country}/{order.number}" if kind == "schneider" else order.number for order in world.orders(kind)]
    async with _serving(TWINS[kind].application(world, kind, Faults(1))) as base:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "watchlists.yaml"
            settings = TWINS[kind].settings(base)
            watched = keys if are_named else "all"
            path.write_text(_config({**settings, "budget": "100000/s", "in_flight": 10}, watched), encoding="utf-8")
            async with open_app(load(path, {}), clock) as app:
                (poller,) = app.pollers.values()
                await poller.once()
            path.write_text(_config(settings, watched), encoding="utf-8")
            async with open_app(load(path, {}), clock) as app:
                numbers = [order.number for order in world.orders(kind)]
                return await _live(app, world, clock, kind, dict(zip(numbers, keys, strict=True)))


async def _live(app: App, world: World, clock: ManualClock, kind: str, keys: dict[str, str]) -> tuple[list[float], int]:
    """Let news happen while the poller runs, and find out when it was seen."""
    (poller,) = app.pollers.values()
    stop = asyncio.Event()
    polling, passing = (
        asyncio.create_task(poller.run(stop)),
        asyncio.create_task(_pass(clock, STEP if len(keys) >= MANY else 60 * STEP)),
    )
    chance = random.Random(3)
    waiting = [order for order in world.orders(kind) if order.here() and not _has_parcels(order)]
    chosen = chance.sample(waiting, min(NEWS, len(waiting)))
    begun, happened = world.now() + 2 * EVERY, dict[str, datetime]()
    hours = HOURS * min(1.0, len(keys) / MANY)
    for place, order in enumerate(chosen):
        due = begun + timedelta(hours=hours) * place / len(chosen)
        await clock.sleep((due - world.now()).total_seconds())
        world.dispatch(order)
        world.add_tracking(order)
        happened[order.number] = world.now()
    await clock.sleep(PATIENCE.total_seconds())
    stop.set()
    await polling
    passing.cancel()
    news = []
    for number, at in happened.items():
        seen = {row.change["kind"]: row.seen_at for row in await app.storage.history("supplier", keys[number])}
        news += [(at, datetime.fromisoformat(seen[each]) if each in seen else None) for each in KINDS]
    return delays_of(news, world.now())


def delays_of(news: Sequence[tuple[datetime, datetime | None]], end: datetime) -> tuple[list[float], int]:
    """The delay of each piece of news in poll intervals, and how many were not seen until the end.

    Each is when it happened and when it was seen. What was not seen would have been at the end at the earliest.
    """
    delays = [((end if seen is None else seen) - at) / EVERY for at, seen in news]
    return delays, sum(seen is None for _, seen in news)


async def _pass(clock: ManualClock, step: float) -> None:
    while True:
        await clock.advance(step, settle=1)
        await asyncio.sleep(TICK)


def _has_parcels(order: WorldOrder) -> bool:
    return any(shipment.packages for shipment in order.shipments)


def _config(settings: dict[str, Any], orders: list[str] | str) -> str:
    return json.dumps(
        {
            "sources": {"supplier": settings},
            "destinations": {"here": {"chat": "console"}},
            "watchlists": {"all": {"source": "supplier", "orders": orders, "every": f"{EVERY.seconds}s"}},
            "notify": [{"to": "here"}],
            "operators": {"to": "here"},
        }
    )


@asynccontextmanager
async def _serving(application: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
