"""A supplier in a process of its own, so that only the poller's own CPU is counted.

The answers come from the sandbox's twins, made once and then served as bytes: a supplier that is never the bottleneck.
"""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import ClientSession, web

from bot.clock import SystemClock
from bot.sandbox import schneider, stateset
from bot.sandbox.faults import Faults
from bot.sandbox.world import World

LIFETIME = 600.0
"""Seconds after which a server ends by itself, whatever became of its parent."""


@dataclass(frozen=True, slots=True)
class Supplier:
    """What a benchmark needs to know of a served account."""

    base: str
    settings: dict[str, Any]
    orders: list[str]


@contextmanager
def supplier(account: str, orders: int) -> Iterator[Supplier]:
    """Serve an account of the sandbox with that many orders in which nothing happens."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(account, orders, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join(10)
        process.kill()


def _serve(account: str, orders: int, pipe: Connection) -> None:
    asyncio.run(_serve_until_told(account, orders, pipe))


async def _serve_until_told(account: str, orders: int, pipe: Connection) -> None:
    twin: Any = {"schneider": schneider, "stateset": stateset}[account]
    world = World(SystemClock(), 1, (account,), orders)
    inner, inner_base = await _listen(twin.application(world, account, Faults(1)))
    outer, base = await _listen(_replaying(inner_base))
    pipe.send(Supplier(base, twin.settings(base), [order.number for order in world.orders(account)]))
    loop = asyncio.get_running_loop()
    told = loop.run_in_executor(None, pipe.poll, LIFETIME)
    await told
    for runner in (outer, inner):
        await runner.cleanup()


async def _listen(application: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def _replaying(inner: str) -> web.Application:
    """Every GET is asked of the twin once and then answered from memory."""
    known: dict[str, tuple[int, str, bytes]] = {}
    session: list[ClientSession] = []

    async def answer(request: web.Request) -> web.Response:
        found = known.get(request.path_qs) if request.method == "GET" else None
        if found is None:
            if not session:
                session.append(ClientSession())
            headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
            body = await request.read()
            async with session[0].request(request.method, inner + request.path_qs, headers=headers, data=body) as reply:
                found = (reply.status, reply.headers["Content-Type"].partition(";")[0], await reply.read())
            if request.method == "GET" and found[0] == 200:
                known[request.path_qs] = found
        return web.Response(status=found[0], content_type=found[1], body=found[2])

    async def close(_: web.Application) -> None:
        for opened in session:
            await opened.close()

    application = web.Application(client_max_size=1024**2)
    application.router.add_route("*", "/{path:.*}", answer)
    application.on_cleanup.append(close)
    return application
