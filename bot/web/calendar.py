"""The feed of promised dates: read-only, at an address that nobody can guess, and nothing anywhere else.

`GET /calendar/TOKEN.ics`, with `?source=NAME` or `?watchlist=NAME` for a part of it. Whatever is asked otherwise
(another token, path, method, name or parameter) is answered with the same empty 404, and the token is compared in
constant time.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from hmac import compare_digest
from typing import Protocol

from aiohttp import web

from bot.core.catalogue import Catalogue
from bot.errors import OrderwatchError, StorageError
from bot.log import event
from bot.model.units import host_and_port
from bot.ports import Clock

log = logging.getLogger(__name__)

FRESH = 60.0
"""Seconds for which a calendar is given out as it was made: however often it is asked for, it is made once a minute."""
_MOST_KEPT = 32
_LARGEST = 1024
"""Bytes of a body. Nobody who reads a calendar sends one."""
_IDLE = 15.0
_GRACE = 2.0
_TRY_AGAIN_AFTER = "60"
_HEADERS = {"Cache-Control": "private, max-age=300", "X-Content-Type-Options": "nosniff"}


class Write(Protocol):
    """Makes a calendar; see `PromisedDates.calendar`."""

    def __call__(self, now: datetime, /, *, source: str | None, watchlist: str | None) -> tuple[bytes, int]:
        """Make it."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    body: bytes
    tag: str
    made_at: float


class CalendarFeed:
    """Serves calendars until it is told to stop."""

    def __init__(self, listen: str, token: str, write: Write, catalogue: Catalogue, clock: Clock) -> None:
        self.address: str | None = None
        """Where it is served, once it is: `http://127.0.0.1:8090`."""
        self._listen = listen
        self._path = f"/calendar/{token}.ics".encode()
        self._write = write
        self._catalogue = catalogue
        self._clock = clock
        self._kept: OrderedDict[tuple[str | None, str | None], _Kept] = OrderedDict()
        self._making = asyncio.Lock()
        """One is made at a time: a crowd of readers costs no more than one."""

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set. Raises OrderwatchError when the address is taken or not ours."""
        host, port = host_and_port(self._listen)
        application = web.Application(client_max_size=_LARGEST)
        application.router.add_route("*", "/{anything:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE, keepalive_timeout=_IDLE)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, host or None, port).start()
            except OSError as error:
                why = error.strerror or type(error).__name__
                raise OrderwatchError(
                    f"cannot serve the calendar at {self._listen}: {why}; choose another address for `calendar.listen`"
                ) from None
            place = runner.addresses[0]
            self.address = f"http://{place[0]}:{place[1]}"
            event(log, "serving_calendar", at=f"{place[0]}:{place[1]}")
            await stop.wait()
        finally:
            self.address = None
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        is_known = compare_digest(request.path.encode("utf-8", "surrogatepass"), self._path)
        scope = self._scope(request.query) if is_known and request.method in ("GET", "HEAD") else None
        if scope is None:
            return web.Response(status=404)
        try:
            kept = await self._calendar(scope)
        except StorageError as error:
            event(log, "calendar_failed", level=logging.ERROR, error=error)
            return web.Response(status=503, headers={"Retry-After": _TRY_AGAIN_AFTER})
        headers = {**_HEADERS, "ETag": f'"{kept.tag}"'}
        if any(tag.value in (kept.tag, "*") for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(body=kept.body, headers=headers, content_type="text/calendar", charset="utf-8")

    def _scope(self, query: Mapping[str, str]) -> tuple[str | None, str | None] | None:
        """The source and watchlist that are asked for; None for what is not known."""
        asked = list(query.items())
        known = {"source": self._catalogue.labels, "watchlist": self._catalogue.watchlists}
        if len(asked) > 1 or any(value not in known.get(name, ()) for name, value in asked):
            return None
        wanted = dict(asked)
        return wanted.get("source"), wanted.get("watchlist")

    async def _calendar(self, scope: tuple[str | None, str | None]) -> _Kept:
        async with self._making:
            kept = self._kept.get(scope)
            if kept is None or self._clock.monotonic() - kept.made_at >= FRESH:
                source, watchlist = scope
                body, _ = await asyncio.to_thread(self._write, self._clock.now(), source=source, watchlist=watchlist)
                tag = blake2b(body, digest_size=16).hexdigest()
                kept = self._kept[scope] = _Kept(body, tag, self._clock.monotonic())
            self._kept.move_to_end(scope)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return kept
