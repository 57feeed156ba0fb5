"""Slack's Socket Mode: questions come over a connection that we open, so no address of ours has to be public.

slack-sdk has a client for it, which opens a single-use address again and again once the first connection to it has
failed. This one asks for a new address each time, opens the next connection before the old one is closed, and says
when Slack will not have us.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from bot.chats._answering import until_it_works
from bot.chats._slack_calls import WebApi
from bot.chats._slack_errors import of_lost_answer
from bot.clock import sleep_unless
from bot.core.backoff import backoff
from bot.errors import ChatBusy, ChatError, ChatRefused, ChatUnreachable, SendUnclear
from bot.log import event
from bot.ports import Clock

log = logging.getLogger(__name__)

_HEARTBEAT = 10.0
"""Seconds between our pings; a connection that does not answer one within half of that is dead."""
_OVERLAP = 15.0
"""Seconds in which an old connection still delivers. Slack announces its end about ten seconds ahead."""
_STEADY = 10.0
"""Seconds after which a connection counts as one that worked."""
_LARGEST = 4 * 1024 * 1024

_CLOSING = aiohttp.ClientWSTimeout(ws_close=2.0)

Envelope = Mapping[str, Any]
Handle = Callable[[Envelope], Awaitable[None]]
"""Takes an envelope and returns when it may be acknowledged."""


class Socket:
    """Keeps one connection open."""

    def __init__(self, api: WebApi, app_token: str, handle: Handle, clock: Clock) -> None:
        self._api = api
        self._app_token = app_token
        self._handle = handle
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until `stop` is set. Raises ChatRefused."""
        short = 0
        readers: set[asyncio.Task[None]] = set()
        try:
            while not stop.is_set():
                connection = await until_it_works(self._connect, self._clock, stop, chat="slack", what="connecting")
                if connection is None:
                    return
                opened = self._clock.monotonic()
                leaving = asyncio.Event()
                reader = asyncio.create_task(self._read(connection, leaving))
                readers.add(reader)
                reader.add_done_callback(readers.discard)
                await _first(stop, leaving, reader)
                short = 0 if leaving.is_set() or self._clock.monotonic() - opened >= _STEADY else short + 1
                if short and not stop.is_set():
                    event(log, "socket_lost", chat="slack", in_a_row=short)
                    pause = 0.0 if short == 1 else backoff(short - 1, base=1.0, cap=30.0, seed="slack socket")
                    await sleep_unless(stop, pause, self._clock)
        finally:
            for task in (*readers, *self._tasks):
                task.cancel()
            await asyncio.gather(*readers, *self._tasks, return_exceptions=True)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """Raises ChatBusy and ChatUnreachable, which may be repeated, and ChatRefused."""
        try:
            answer = await self._api.answer(self._api.client.apps_connections_open(app_token=self._app_token))
            return await self._api.session.ws_connect(
                str(answer.get("url")), heartbeat=_HEARTBEAT, max_msg_size=_LARGEST, timeout=_CLOSING
            )
        except (ChatBusy, ChatUnreachable):
            raise
        except ChatRefused as error:
            raise ChatRefused("slack", error.came.replace("`bot_token`", "`app_token`")) from None
        except ChatError as error:
            raise _repeatable(error) from None
        except (aiohttp.ClientError, OSError) as error:
            raise ChatUnreachable("slack", of_lost_answer(error, "the socket").came) from None

    async def _read(self, connection: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event) -> None:
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None) as limit:
                    async for received in connection:
                        if received.type is not aiohttp.WSMsgType.TEXT:
                            continue
                        envelope = _envelope(received.data)
                        if envelope.get("type") == "disconnect" and not leaving.is_set():
                            event(log, "socket_leaving", chat="slack", reason=envelope.get("reason"))
                            limit.reschedule(asyncio.get_running_loop().time() + _OVERLAP)
                            leaving.set()
                        elif "envelope_id" in envelope:
                            self._spawn(self._take(connection, envelope))
        finally:
            await connection.close()

    async def _take(self, connection: aiohttp.ClientWebSocketResponse, envelope: Envelope) -> None:
        await self._handle(envelope)
        try:
            await connection.send_json({"envelope_id": envelope["envelope_id"]})
        except (aiohttp.ClientError, OSError):
            event(log, "acknowledgement_lost", chat="slack")  # what matters comes again, and is known then

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _repeatable(error: ChatError) -> ChatError:
    """An unclear answer may be asked for again, for nothing is sent here; what is refused stays refused."""
    if isinstance(error, SendUnclear):
        return ChatUnreachable("slack", error.came)
    return ChatRefused("slack", f"no connection for questions: {error.came}")


def _envelope(data: str) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


async def _first(stop: asyncio.Event, leaving: asyncio.Event, reader: asyncio.Task[None]) -> None:
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(leaving.wait())]
    await asyncio.wait((*waiting, reader), return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
