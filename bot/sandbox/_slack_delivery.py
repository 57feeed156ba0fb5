"""How Slack brings what people do to an app: over a socket the app has opened, else as a signed request."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from bot.ports import Clock
from bot.sandbox._slack_content import no, yes

_IN_TIME = 3.0
"""Seconds for an acknowledgement."""

Kind = Literal["slash_commands", "interactive", "events_api"]


@dataclass(slots=True)
class Ack:
    """What came back for one delivery. `ms` is None when nothing did in time, `status` that of a signed request."""

    ms: float | None = None
    status: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signed:
    """One signed request, to be sent again or tampered with."""

    headers: dict[str, str]
    body: bytes


class Delivery:
    """The line to one app."""

    def __init__(self, clock: Clock, app_token: str, signing_secret: str) -> None:
        self._clock = clock
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.post_to: str | None = None
        """Where signed requests go; None: only over the socket."""
        self.retry_after: tuple[float, ...] = (0.0, 0.1, 0.3)
        """Seconds before an event that was not acknowledged comes again. Slack waits up to five minutes."""
        self.sockets: list[web.WebSocketResponse] = []
        self.opened = 0
        """Connections ever opened."""
        self.delivered: list[tuple[Kind, dict[str, Any]]] = []
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._lost_acks = 0

    def open(self, request: web.Request, token_error: str) -> web.Response:
        """The method apps.connections.open: an address that is good for one connection."""
        if request.headers.get("Authorization") != f"Bearer {self.app_token}" or token_error:
            return no(token_error or "invalid_auth")
        ticket = f"ticket{next(self._numbers)}"
        self._tickets.add(ticket)
        return yes(url=f"ws://{request.host}/link/{ticket}")

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection."""
        ticket = request.match_info["ticket"]
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        self.opened += 1
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
        return socket

    async def until_connected(self, *, opened: int = 1) -> None:
        """Wait until so many connections were ever opened and one is there."""
        async with asyncio.timeout(10):
            while True:
                if self.opened >= opened and self.sockets:
                    return
                await asyncio.sleep(0.005)

    async def refresh(self, reason: str = "refresh_requested", *, grace: float = 0.3) -> None:
        """Announce the end of every connection, let a new one come, and close the old ones after `grace` seconds."""
        leaving = list(self.sockets)
        for socket in leaving:
            await socket.send_json({"type": "disconnect", "reason": reason})
        await asyncio.sleep(grace)
        for socket in leaving:
            await socket.close()

    def drop(self) -> None:
        """Cut every connection without a word."""
        for socket in list(self.sockets):
            self.sockets.remove(socket)
            transport = socket._req.transport if socket._req else None  # aiohttp shows it nowhere else
            if transport is not None:
                transport.abort()

    def lose_acks(self, n: int = 1) -> None:
        """The next `n` acknowledgements get lost on their way."""
        self._lost_acks += n

    async def deliver(self, kind: Kind, payload: dict[str, Any]) -> Ack:
        """Bring one payload to the app. Events come again until they are acknowledged, commands and presses do not."""
        ack = await self._once(kind, payload, retry=0)
        if kind == "events_api":
            for number, pause in enumerate(self.retry_after, 1):
                if ack.ms is not None:
                    break
                await asyncio.sleep(pause)
                ack = await self._once(kind, payload, retry=number)
        return ack

    def signed(self, kind: Kind, payload: dict[str, Any], *, age: float = 0.0, retry: int = 0) -> Signed:
        """The request as Slack signs it, `age` seconds ago."""
        media = "application/json" if kind == "events_api" else "application/x-www-form-urlencoded"
        written = {
            "slash_commands": lambda: urlencode(payload),
            "interactive": lambda: urlencode({"payload": json.dumps(payload)}),
            "events_api": lambda: json.dumps(payload),
        }[kind]()
        timestamp = str(int(self._clock.now().timestamp() - age))
        digest = hmac.new(self.signing_secret.encode(), f"v0:{timestamp}:{written}".encode(), hashlib.sha256)
        headers = {
            "Content-Type": media,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest.hexdigest()}",
        }
        return Signed(headers | ({"X-Slack-Retry-Num": str(retry)} if retry else {}), written.encode())

    async def post(self, request: Signed) -> Ack:
        """Send a request as it is."""
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=_IN_TIME)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(str(self.post_to), data=request.body, headers=request.headers) as response,
            ):
                await response.read()
                status = response.status
        except (aiohttp.ClientError, OSError):
            return Ack()
        return Ack(_since(started) if status == 200 else None, status)

    async def _once(self, kind: Kind, payload: dict[str, Any], *, retry: int) -> Ack:
        self.delivered.append((kind, payload))
        if self.sockets:
            ack = await self._by_socket(kind, payload, retry)
        elif self.post_to:
            ack = await self.post(self.signed(kind, payload, retry=retry))
        else:
            ack = Ack()
        if ack.ms is not None and self._lost_acks:
            self._lost_acks -= 1
            return Ack()
        return ack

    async def _by_socket(self, kind: Kind, payload: dict[str, Any], retry: int) -> Ack:
        name = f"envelope{next(self._numbers)}"
        envelope = {"envelope_id": name, "type": kind, "payload": payload, "accepts_response_payload": True}
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        self._waiting[name] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        try:
            await self.sockets[-1].send_json(envelope)
            async with asyncio.timeout(_IN_TIME):
                answer = await self._waiting[name]
                return Ack(_since(started), payload=answer)
        except (TimeoutError, ConnectionError, aiohttp.ClientError):
            return Ack()
        finally:
            del self._waiting[name]

    def _acknowledged(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.get(str(message.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(message.get("payload") or {})


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
