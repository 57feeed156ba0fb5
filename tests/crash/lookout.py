"""The sandbox with an eye on every request, so that the moment of a request can be the moment of a kill."""

import asyncio
import re
from collections.abc import Callable

from aiohttp import web

from bot.sandbox.faults import Faults, Handler
from bot.sandbox.server import Sandbox
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin

Passed = Callable[[str], float | None]
"""Told that a point is passed; answers in how many seconds the strike comes, None for none."""

_POSTS = re.compile(r"chat\.postMessage|sendMessage")


class Lookout(Faults):
    """The faults of one server, which says what becomes of each request. A request that is struck is not heard."""

    def __init__(self, server: str, passed: Passed, strike: Callable[[], None]) -> None:
        super().__init__()
        self._who = server if server in ("slack", "telegram") else "supplier"
        self._tell_passed = passed
        self._kill = strike

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """As always, and watched."""
        if self._who != "supplier" and not _POSTS.search(request.path):
            return await super().middleware(request, handler)
        if self._tell_passed(f"{self._who}: asked") is not None:
            self._kill()
            return web.Response(status=503)
        response = await super().middleware(request, handler)
        if self._tell_passed(f"{self._who}: taken") is not None:
            self._kill()
        elif (seconds := self._tell_passed(f"{self._who}: answered")) is not None:
            asyncio.get_running_loop().call_later(seconds, self._kill)
        return response


def watched_sandbox(seed: int, orders: int, passed: Passed, strike: Callable[[], None]) -> Sandbox:
    """A sandbox whose every server is looked at."""
    sandbox = Sandbox(seed=seed, orders_per_account=orders)
    for name in sandbox.faults:
        sandbox.faults[name] = Lookout(name, passed, strike)
    sandbox.slack = SlackTwin(sandbox.clock, faults=sandbox.faults["slack"])
    sandbox.telegram = TelegramTwin(sandbox.clock, faults=sandbox.faults["telegram"])
    return sandbox
