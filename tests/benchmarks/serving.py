"""A supplier in a process of its own, so that only the poller's own CPU is counted.

Two sample answers are asked of the sandbox's twin; from these any number of orders is served by a bare protocol, ten
times faster than they can be asked for: a supplier that is never the bottleneck.
"""

import asyncio
import json
import multiprocessing
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol, cast

from aiohttp import ClientSession, web

from bot.cli._process import run_async
from bot.clock import SystemClock
from bot.sandbox import schneider, stateset
from bot.sandbox.faults import Faults
from bot.sandbox.world import World

LIFETIME = 1200.0
"""Seconds after which a server ends by itself, whatever became of its parent."""
PAGE = 100
Reply = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Supplier:
    """What a benchmark needs to know of a served account."""

    base: str
    settings: dict[str, Any]
    orders: list[str]
    pipe: Connection

    def change(self, count: int) -> None:
        """Let that many orders change, from now on: others than the last time."""
        self.pipe.send(count)
        self.pipe.recv()

    def shown(self) -> dict[str, float]:
        """Order to the monotonic time at which its last change was first in an answer; forgets them."""
        self.pipe.send("shown")
        return cast(dict[str, float], self.pipe.recv())


class Account(Protocol):
    """One account's answers. `shown` is when each changed order was first seen with its change."""

    orders: list[str]
    settings: dict[str, Any]
    changed: dict[str, int]
    shown: dict[str, float]

    def answer(self, path: str) -> Reply:
        """What stands at a path, with its query."""
        ...


@contextmanager
def supplier(account: str, orders: int) -> Iterator[Supplier]:
    """Serve an account with that many orders, in which nothing happens until it is told to."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(account, orders, there), daemon=True)
    process.start()
    try:
        base, settings, keys = here.recv()
        yield Supplier(base, settings, keys, here)
    finally:
        here.send("stop")
        process.join(10)
        process.kill()


def _serve(account: str, orders: int, pipe: Connection) -> None:
    run_async(_serve_until_told(account, orders, pipe))


async def _serve_until_told(name: str, orders: int, pipe: Connection) -> None:
    account = await (one_stateset_account(orders) if name == "stateset" else _schneider(orders))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Wire(account), "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    twin = stateset if name == "stateset" else schneider
    pipe.send((base, {**account.settings, **twin.settings(base)}, account.orders))
    done = 0
    while await loop.run_in_executor(None, pipe.poll, LIFETIME):
        told = pipe.recv()
        if told == "stop":
            break
        if told == "shown":
            pipe.send(dict(account.shown))
            account.shown.clear()
            continue
        for each in range(done, done + told):
            key = account.orders[each * 7919 % len(account.orders)]  # a prime: all over the listing
            account.changed[key] = account.changed.get(key, 0) + 1
            account.shown.pop(key, None)
        done += told
        pipe.send("changed")
    server.close()


class Wire(asyncio.Protocol):
    """Just enough HTTP: keep-alive, Content-Length, no pipelining."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = 0
            if (at := head.lower().find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].partition(b"\r")[0])
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            status, body = self._account.answer(head.split(b" ", 2)[1].decode())
            self._transport.write(
                b"HTTP/1.1 %d X\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


class StateSetAccount:
    """Serves `/order/ID/retrieve` of one sample; a change moves the promised date by a day."""

    settings: dict[str, Any] = {}

    def __init__(self, sample: dict[str, Any], orders: int) -> None:
        self.orders = [f"ord_{number:024d}" for number in range(orders)]
        self.changed: dict[str, int] = {}
        self.shown: dict[str, float] = {}
        self._own = str(sample["order"]["id"])
        self._versions = [self._version(sample, version) for version in range(25)]

    def _version(self, sample: dict[str, Any], version: int) -> bytes:
        moved = {"updated_date": f"2026-11-20T{version:02d}:00:00Z", "delivery_date": f"2026-12-{version + 1:02d}"}
        return json.dumps({"order": {**sample["order"], **moved}}).encode()

    def answer(self, path: str) -> Reply:
        """The order that is asked for."""
        key = path.rsplit("/", 2)[1]
        version = self.changed.get(key, 0)
        if version:
            self.shown.setdefault(key, time.monotonic())
        return 200, self._versions[version % 25].replace(self._own.encode(), key.encode())


class SchneiderAccount:
    """Serves the search and the details of one sample; a change moves the status code, and the date of its item."""

    def __init__(self, token: bytes, header: dict[str, Any], details: dict[str, Any], orders: int) -> None:
        self.settings: dict[str, Any] = {}
        numbers = [f"{45000000 + number:010d}" for number in range(orders)]
        self.orders = [f"FR/{number}" for number in numbers]
        self.changed: dict[str, int] = {}
        self.shown: dict[str, float] = {}
        self._token = token
        self._header = json.dumps(header)
        self._own = str(header["orderNumber"])
        self._details = details
        self._numbers = numbers

    def answer(self, path: str) -> Reply:
        """The token, a page of the search, an order, or that an item has no schedules."""
        if path == "/token":
            return 200, self._token
        plain, _, query = path.partition("?")
        if query:
            asked = dict(part.split("=") for part in query.split("&"))
            return 200, self._page(int(asked["page"]))
        if plain.endswith("/shipment-schedules"):
            return 404, b'{"code": "SCHEDULE_NOT_FOUND", "userMessage": "The item has no shipment schedule"}'
        number = plain.rsplit("/", 1)[1]
        version = self.changed.get(f"FR/{number}", 0)
        if version:
            self.shown.setdefault(f"FR/{number}", time.monotonic())
        item = {**self._details["itemList"][0], "confirmedDeliveryDate": f"2026-12-{version + 1:02d}"}
        return 200, json.dumps({**json.loads(self._row(number)), "itemList": [item]}).encode()

    def _page(self, page: int) -> bytes:
        rows = ", ".join(self._row(number) for number in self._numbers[(page - 1) * PAGE : page * PAGE])
        total = len(self._numbers)
        pages = -(-total // PAGE)
        shown = {"totalNumberOfRecords": total, "pageNumber": page, "totalNumberOfPages": pages}
        return f'{{"orderList": [{rows}], "pagination": {json.dumps(shown)}}}'.encode()

    def _row(self, number: str) -> str:
        row = self._header.replace(self._own, number)
        version = self.changed.get(f"FR/{number}", 0)
        return row.replace('"totalAmount": ', f'"totalAmount": {version}') if version else row


async def one_stateset_account(orders: int) -> StateSetAccount:
    """Answers about that many orders, as the sandbox tells of one."""
    world = World(SystemClock(), 1, ("stateset",), 20)
    number = world.orders("stateset")[0].number
    headers = {"Authorization": f"Token {stateset.TOKEN}"}
    twin = stateset.application(world, "stateset", Faults(1))
    async with (
        _listening(twin) as base,
        ClientSession(base, headers=headers) as session,
        session.get(f"/v1/order/{number}/retrieve") as reply,
    ):
        return StateSetAccount(await reply.json(), orders)


async def _schneider(orders: int) -> SchneiderAccount:
    world = World(SystemClock(), 1, ("schneider",), 20)
    twin = schneider.application(world, "schneider", Faults(1))
    own = schneider.settings("")
    basic = b64encode(f"{own['client_id']}:{own['client_secret']}".encode()).decode()
    async with _listening(twin) as base, ClientSession(base) as session:
        form, headers = {"grant_type": "client_credentials"}, {"Authorization": f"Basic {basic}"}
        async with session.post("/token", data=form, headers=headers) as reply:
            token = await reply.read()
        bearer = {"Authorization": f"Bearer {json.loads(token)['access_token']}"}
        number = world.orders("schneider")[0].number
        async with session.get(f"{schneider.PATH}/orders/FR/{number}", headers=bearer) as reply:
            details = await reply.json()
    header = {name: value for name, value in details.items() if name != "itemList"}
    return SchneiderAccount(token, header, details, orders)


@asynccontextmanager
async def _listening(application: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
