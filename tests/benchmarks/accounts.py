"""Many accounts at one supplier that takes its time, in a process of its own; it notes when each was asked last."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, cast

from bot.cli._process import run_async
from bot.sandbox import stateset
from tests.benchmarks.serving import LIFETIME, StateSetAccount, one_stateset_account

LATENCY = 0.05
"""Seconds from a question to its answer."""
LOOKS_A_CHANGE = 200
"""With every so many answers one order changes; the one that is asked about next."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the supplier saw since it was asked before."""

    looks: int
    changes: int
    pauses: dict[int, float]
    """By account: the longest time in seconds in which nobody asked for any of its orders, until now."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The supplier as a benchmark sees it. The orders of all accounts stand in `orders` in turn."""

    base: str
    count: int
    orders: list[str]
    pid: int
    pipe: Connection

    def orders_of(self, number: int) -> list[str]:
        """Of one account."""
        return self.orders[number :: self.count]

    def settings(self, number: int) -> dict[str, Any]:
        """Of one account, for watchlists.yaml."""
        return {**stateset.settings(f"{self.base}/{number}"), "retrieve": "path", "list": False}

    @property
    def urls(self) -> list[str]:
        """Where each order is."""
        places = enumerate(self.orders)
        return [f"{self.base}/{place % self.count}/v1/order/{order}/retrieve" for place, order in places]

    def asked(self) -> Asked:
        """What was asked since the last time."""
        self.pipe.send("asked")
        return cast(Asked, self.pipe.recv())


@contextmanager
def accounts(count: int, orders: int) -> Iterator[Accounts]:
    """Serve so many accounts with so many orders in all."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(orders, there), daemon=True)
    process.start()
    try:
        base, keys = here.recv()
        yield Accounts(base, count, keys, process.pid or 0, here)
    finally:
        here.send("stop")
        process.join(10)
        process.kill()


def _serve(orders: int, pipe: Connection) -> None:
    run_async(_serve_until_told(orders, pipe))


async def _serve_until_told(orders: int, pipe: Connection) -> None:
    known = _Known(await one_stateset_account(orders))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Wire(known, loop), "127.0.0.1", 0)
    pipe.send((f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", known.orders))
    while await loop.run_in_executor(None, pipe.poll, LIFETIME):
        if pipe.recv() == "stop":
            break
        pipe.send(known.asked())
    server.close()


class _Known:
    """What is told of the orders, and when each account was asked."""

    def __init__(self, account: StateSetAccount) -> None:
        self.orders = account.orders
        self._account = account
        self._last: dict[int, float] = {}
        self._pauses: dict[int, float] = {}
        self._looks = 0
        self._changes = 0

    def answer(self, path: str) -> bytes:
        """The order at a path such as `/17/v1/order/ID/retrieve`."""
        now, account = time.monotonic(), int(path[1 : path.index("/", 1)])
        pause = now - self._last.get(account, now)
        self._last[account] = now
        if pause > self._pauses.get(account, 0.0):
            self._pauses[account] = pause
        self._looks += 1
        if self._looks % LOOKS_A_CHANGE == 0:
            self._changes += 1
            order = path.rsplit("/", 2)[1]
            self._account.changed[order] = self._account.changed.get(order, 0) + 1
        _, body = self._account.answer(path)
        return b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    def asked(self) -> Asked:
        """What was asked; counts anew."""
        now = time.monotonic()
        pauses = {each: max(now - last, self._pauses.get(each, 0.0)) for each, last in self._last.items()}
        found = Asked(self._looks, self._changes, pauses)
        self._pauses, self._looks, self._changes = {}, 0, 0
        return found


class _Wire(asyncio.Protocol):
    """Just enough HTTP: GET, keep-alive, one question at a time."""

    def __init__(self, known: _Known, loop: asyncio.AbstractEventLoop) -> None:
        self._known = known
        self._loop = loop
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer a whole question, later."""
        self._head += data
        if self._head.endswith(b"\r\n\r\n"):
            path = self._head.split(b" ", 2)[1].decode()
            self._head = b""
            self._loop.call_later(LATENCY, self._write, self._known.answer(path))

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():  # who asked may be gone by now
            self._transport.write(answer)
