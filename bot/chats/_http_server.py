"""A small server for what a chat delivers over HTTP, and the count of what it turns away."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.errors import ChatRefused
from bot.log import event
from bot.model.units import host_and_port

log = logging.getLogger(__name__)

_LARGEST = 512 * 1024
"""Bytes of a body. A pressed button comes with the whole message it stands under, which stays far below."""
_GRACE = 2.0
"""Seconds in which requests may end when the server stops."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def receiving(chat: str, listen: str, path: str, handler: Handler) -> AsyncIterator[str]:
    """Serve POST requests to `path`. Gives the address that is listened on, `http://127.0.0.1:8080`.

    Raises ChatRefused when the address is taken or not ours.
    """
    host, port = host_and_port(listen)
    application = web.Application(client_max_size=_LARGEST)
    application.router.add_post(path, handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GRACE)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host or None, port).start()
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ChatRefused(chat, f"cannot listen on {listen}: {why}; choose another address for `listen`") from None
        place = runner.addresses[0]
        event(log, "listening", chat=chat, at=f"{place[0]}:{place[1]}", path=path)
        yield f"http://{place[0]}:{place[1]}"
    finally:
        await runner.cleanup()


class Turnstile:
    """Counts requests that were turned away, by reason, and logs the 1st, 10th, 100th of each."""

    def __init__(self, chat: str) -> None:
        self._chat = chat
        self.refused: Counter[str] = Counter()

    def refuse(self, reason: str) -> web.Response:
        """A 401 that says nothing."""
        self.refused[reason] += 1
        count = self.refused[reason]
        if str(count).strip("0") == "1":
            event(log, "request_refused", level=logging.WARNING, chat=self._chat, reason=reason, count=count)
        return web.Response(status=401)
