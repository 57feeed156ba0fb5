"""Listening in Slack: commands, mentions, direct messages, buttons and the home tab, through Bolt."""

import asyncio
import logging
import re
from collections import Counter, OrderedDict
from collections.abc import Mapping
from functools import partial
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.chats._answering import SORRY, Answering, one_line, until_it_works
from bot.chats._holds import Holds
from bot.chats._http_server import Turnstile, receiving
from bot.chats._slack_calls import WebApi
from bot.chats._slack_people import People
from bot.chats._slack_questions import Way, of_command, of_event, of_press, way_of
from bot.chats._slack_socket import Envelope, Socket
from bot.chats._slack_telling import Teller
from bot.errors import ChatError, ChatUnreachable, SendUnclear
from bot.log import event
from bot.model.command import Question, Reply
from bot.pacer import Pacer
from bot.ports import Clock, Desk

log = logging.getLogger(__name__)

_PATH = "/slack/events"
_WINDOW = 5 * 60
"""Seconds. An older request is refused (docs: verifying requests), so only younger ones have to be remembered."""
_SLOWEST = 10.0
"""Seconds for a body to arrive."""


class SlackEar:
    """ports.Ear for Slack."""

    def __init__(
        self,
        api: WebApi,
        clock: Clock,
        holds: Holds,
        pacer: Pacer,
        *,
        app_token: str = "",
        signing_secret: str = "",
        listen: str = "127.0.0.1:8080",
        command: str = "/order",
    ) -> None:
        self._api = api
        self._clock = clock
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._listen = listen
        self._command = command
        self._turnstile = Turnstile("slack")
        self._teller = Teller(api, clock, holds, pacer)
        self.address: str | None = None
        """Where it listens while it does, over HTTP."""

    @property
    def refused(self) -> Counter[str]:
        """How many requests were turned away: `forged`, `stale`, `replayed`."""
        return self._turnstile.refused

    async def listen(self, desk: Desk, stop: asyncio.Event) -> None:
        """See ports.Ear."""
        answering = Answering("slack", desk, self._clock, People(self._api, self._clock).complete)
        try:
            me = await until_it_works(self._who, self._clock, stop, chat="slack", what="auth.test")
            if me is None:
                return
            await answering.resume(lambda question: partial(self._teller.tell, way=way_of(question)))
            app = self._app(answering, me)
            if self._app_token:
                await Socket(self._api, self._app_token, _door(app), self._clock).run(stop)
            else:
                await self._serve(app, stop)
        finally:
            await answering.close()
            await self._api.close()

    async def _who(self) -> Mapping[str, Any]:
        try:
            return await self._api.answer(self._api.client.auth_test())
        except SendUnclear as error:
            raise ChatUnreachable("slack", error.came) from None

    def _app(self, answering: Answering, me: Mapping[str, Any]) -> AsyncApp:
        """Bolt with our listeners. It asks Slack nothing: who we are is known, and signatures are checked before."""
        mine = str(me.get("user_id") or "")

        async def authorize() -> AuthorizeResult:
            ids = {"enterprise_id": me.get("enterprise_id"), "team_id": me.get("team_id"), "bot_id": me.get("bot_id")}
            return AuthorizeResult(bot_user_id=mine, bot_token="-", **ids)  # noqa: S106 (we send by ourselves)

        async def commanded(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            question, way = of_command(body)
            if str(body.get("command")) == self._command:
                self._take(answering, question, way)
            else:
                await self._tell_at_once(way, one_line(f"I answer to {self._command}. Try: {self._command} help"))

        async def happened(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            if found := of_event(body, mine):
                self._take(answering, *found)

        async def pressed(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            if found := of_press(body):
                self._take(answering, *found)

        anything = re.compile("")
        app = AsyncApp(
            client=AsyncWebClient(),
            authorize=authorize,
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,  # of_event does, without asking who pressed what
            logger=_silent(),
        )
        app.command(anything)(commanded)
        app.event(anything)(happened)
        app.action(anything)(pressed)
        app.error(self._failed)
        return app

    def _take(self, answering: Answering, question: Question, way: Way) -> None:
        self._teller.note(way)

        async def tell(reply: Reply) -> None:
            await self._teller.tell(reply, way)

        answering.take(question, tell)

    async def _tell_at_once(self, way: Way, reply: Reply) -> None:
        self._teller.note(way)
        await self._teller.tell(reply, way)

    async def _failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Whatever a listener stumbles over is acknowledged all the same, and whoever waits is told."""
        event(log, "listener_failed", level=logging.ERROR, chat="slack", error=f"{type(error).__name__}: {error}")
        log.debug("traceback", exc_info=error)
        if body.get("response_url") and not isinstance(error, ChatError):
            _, way = of_command({"channel_id": "-", "user_id": "-", **body})
            try:
                await self._tell_at_once(way, SORRY)
            except ChatError as second:
                event(log, "answer_not_sent", level=logging.WARNING, chat="slack", error=second)
        return BoltResponse(status=200)

    async def _serve(self, app: AsyncApp, stop: asyncio.Event) -> None:
        guard = Guard(self._signing_secret, self._clock)

        async def receive(request: web.Request) -> web.StreamResponse:
            try:
                async with asyncio.timeout(_SLOWEST):
                    body = await request.read()
            except TimeoutError:
                return web.Response(status=408)
            if reason := guard.objection(request.headers, body):
                return self._turnstile.refuse(reason)
            asked = AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=dict(request.headers))
            response = await app.async_dispatch(asked)
            if response.status == 404:  # what nobody handles is acknowledged and leaves it
                return web.Response()
            return await to_aiohttp_response(response)

        async with receiving("slack", self._listen, _PATH, receive) as address:
            self.address = address
            await stop.wait()
        self.address = None


class Guard:
    """Tells requests from Slack from others, and from those that were seen before."""

    def __init__(self, signing_secret: str, clock: Clock) -> None:
        self._clock = clock
        self._verifier = SignatureVerifier(signing_secret, _Now(clock))
        self._seen: OrderedDict[str, float] = OrderedDict()
        """Signature to when it may be forgotten. Only true ones get here, so nobody else can fill it."""

    def objection(self, headers: Mapping[str, str], body: bytes) -> str:
        """`forged`, `stale` or `replayed`; empty if Slack sent it, now, for the first time."""
        timestamp = headers.get("X-Slack-Request-Timestamp", "")
        signature = headers.get("X-Slack-Signature", "")
        now = self._clock.now().timestamp()
        try:
            is_stale = abs(now - int(timestamp)) > _WINDOW
            is_signed = is_stale or self._verifier.is_valid(body, timestamp, signature)
        except (ValueError, TypeError):
            return "forged"
        if is_stale:
            return "stale"
        if not is_signed:
            return "forged"
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if signature in self._seen:
            return "replayed"
        self._seen[signature] = now + 2 * _WINDOW
        return ""


class _Now(SlackClock):
    """Our clock, as slack-sdk reads one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


def _silent() -> logging.Logger:
    """Bolt would print whole requests it does not know, with what people wrote in them."""
    logger = logging.getLogger("slack_bolt.ear")
    logger.setLevel(logging.CRITICAL)
    return logger


def _door(app: AsyncApp) -> Any:
    """How an envelope of Socket Mode comes to Bolt, and what its acknowledgement carries back."""

    async def handle(envelope: Envelope) -> None:
        payload = envelope.get("payload")
        if isinstance(payload, dict):
            await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))

    return handle
