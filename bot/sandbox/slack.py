"""A twin of Slack's Web API for sending: the methods a bot posts and reads back with, their limits and their errors."""

import html
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.clock import SystemClock
from bot.ports import Clock
from bot.sandbox._limits import Bucket, Holds, Window
from bot.sandbox._slack_reading import callers, is_too_long, problems, readable, readable_text, stray_brackets
from bot.sandbox._trouble import Piece, Trouble
from bot.sandbox.accepted import Accepted
from bot.sandbox.faults import Faults

_TEXT_RECOMMENDED = 4000
_TEXT_CUT = 40_000
_POSTS_PER_MINUTE = 300
"""Of a workspace: "several hundred"."""
_TIER_3_PER_MINUTE = 50
_BOT_USER = "U0BOT000000"


@dataclass(slots=True)
class Channel:
    """One conversation. Ids that begin with U stand for people and lead to their direct messages."""

    id: str
    name: str
    is_member: bool = True
    is_archived: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method, whatever became of it."""

    at: datetime
    method: str
    arguments: dict[str, Any]


class SlackTwin(Trouble):
    """One workspace with one app in it. `accepted` is what people see now, in the order it came."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        token: str = "xoxb-sandbox",  # noqa: S107 (made up)
        faults: Faults | None = None,
    ) -> None:
        super().__init__()
        self._clock = clock or SystemClock()
        self._token = token
        self._faults = faults or Faults()
        self._token_error = ""
        self._buckets: dict[str, Bucket] = {}
        self._workspace = Window(_POSTS_PER_MINUTE, 60.0)
        self._reads = Window(_TIER_3_PER_MINUTE, 60.0)
        self._numbers = itertools.count(1)
        self.scopes = {"chat:write", "channels:history", "groups:history", "im:history"}
        self.channels: dict[str, Channel] = {}
        self.accepted: list[Accepted] = []
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.pings: list[str] = []
        """What was accepted and called people."""
        self._holds = Holds(self.violations)
        self.add_channel("C0123456789", "orders")

    def application(self) -> web.Application:
        """The Web API under `/api/`."""
        application = web.Application(middlewares=[self._faults.middleware])
        application.router.add_route("*", "/api/{method}", self._answer)
        return application

    def settings(self, base: str) -> dict[str, Any]:
        """The entry for `chats:` when the application is served at `base`."""
        return {"bot_token": self._token, "base_url": f"{base}/api/"}

    def address(self) -> dict[str, Any]:
        """Where it takes messages: what a destination in watchlists.yaml may hold."""
        return {"channel": "C0123456789"}

    def break_destination(self) -> None:
        """Let `address` take nothing any more."""
        self.channels["C0123456789"].is_archived = True

    def add_channel(self, channel_id: str, name: str, *, member: bool = True) -> Channel:
        """A further channel."""
        self.channels[channel_id] = Channel(channel_id, name, is_member=member)
        return self.channels[channel_id]

    def revoke_token(self, error: str = "token_revoked") -> None:
        """Let the token be worth nothing."""
        self._token_error = error

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append(Call(self._clock.now(), method, arguments))
        if refused := self._token_problem(request, arguments):
            return _no(refused)
        handlers: dict[str, Callable[[dict[str, Any]], Awaitable[web.Response]]] = {
            "auth.test": _auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }
        handler = handlers.get(method)
        if handler is None:
            return _no("unknown_method", req_method=method)
        piece = self.take() if method in ("chat.postMessage", "chat.update") else None
        early = self._before(piece, method, arguments)
        if early is not None:
            return early
        response = await handler(arguments)
        return await self._after(piece, request, response)

    def _token_problem(self, request: web.Request, arguments: dict[str, Any]) -> str:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        given = token if kind == "Bearer" else str(arguments.get("token") or "")
        if not given:
            return "not_authed"
        return self._token_error if given == self._token else "invalid_auth"

    def _before(self, piece: Piece | None, method: str, arguments: dict[str, Any]) -> web.Response | None:
        """A refusal before the message was looked at."""
        now = self._clock.monotonic()
        if (left := self._holds.left(method, now)) > 0:
            return self._busy(method, left)
        if piece and piece.kind == "rate_limit":
            return self._busy(method, piece.seconds)
        if piece and piece.kind == "error_before":
            return web.Response(status=503, text="<html><body>unavailable</body></html>", content_type="text/html")
        if piece and piece.kind == "refuse_markup" and arguments.get("blocks"):
            return _no("invalid_blocks", response_metadata={"messages": ["[ERROR] asked for [json-pointer:/blocks]"]})
        if piece and piece.kind == "refuse_message":
            return _no("invalid_arguments")
        return None

    async def _after(self, piece: Piece | None, request: web.Request, response: web.Response) -> web.StreamResponse:
        """What happens to the answer on its way."""
        match piece:
            case Piece("drop_after"):
                if request.transport is not None:
                    request.transport.abort()
            case Piece("delay_after", seconds):
                await self._clock.sleep(seconds)
            case Piece("error_after"):
                return _no("internal_error")
        return response

    def _busy(self, method: str, seconds: float) -> web.Response:
        """429. It holds for the method in the whole workspace (docs: rate limits)."""
        whole = self._holds.ask(method, seconds, self._clock.monotonic())
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(whole)})

    async def _post(self, arguments: dict[str, Any]) -> web.Response:
        channel = self._find(str(arguments.get("channel") or ""))
        if channel is None:
            return _no("channel_not_found")
        if wait := self._too_fast(channel):
            self.violations.append(f"chat.postMessage to {channel.id} was over the limit")
            return self._busy("chat.postMessage", wait)
        if channel.is_archived:
            return _no("is_archived")
        if not channel.is_member:
            return _no("not_in_channel")
        refused = _content_problem(arguments)
        if refused is not None:
            return refused
        message = _message(arguments, f"{int(self._clock.now().timestamp())}.{next(self._numbers):06d}")
        channel.messages.append(message)
        self._accept(channel, message, arguments)
        return _yes(channel=channel.id, ts=message["ts"], message=message)

    async def _update(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if channel is None:
            return _no("channel_not_found")
        ts = str(arguments.get("ts") or "")
        found = next((message for message in channel.messages if message["ts"] == ts), None)
        if found is None:
            return _no("message_not_found")
        refused = _content_problem(arguments)
        if refused is not None:
            return refused
        if len(str(arguments.get("text") or "")) > _TEXT_RECOMMENDED:
            return _no("msg_too_long")
        found["text"] = str(arguments.get("text") or "")
        found["blocks"] = arguments.get("blocks") or []
        if "metadata" in arguments:
            found["metadata"] = arguments["metadata"]
        self.accepted = [one for one in self.accepted if (one.place, one.message_id) != (channel.id, ts)]
        self._accept(channel, found, arguments)
        return _yes(channel=channel.id, ts=ts, text=found["text"])

    async def _history(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if wait := self._reads.take(self._clock.monotonic()):
            return self._busy("conversations.history", wait)
        if "channels:history" not in self.scopes:
            return _no("missing_scope", needed="channels:history", provided=",".join(sorted(self.scopes)))
        if channel is None:
            return _no("channel_not_found")
        if not channel.is_member:
            return _no("not_in_channel")
        top = [one for one in channel.messages if one.get("thread_ts", one["ts"]) == one["ts"]]
        return _page(top, arguments)

    async def _replies(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if channel is None:
            return _no("channel_not_found")
        root = str(arguments.get("ts") or "")
        thread = [one for one in channel.messages if root in (one["ts"], one.get("thread_ts"))]
        return _page(thread, arguments) if thread else _no("thread_not_found")

    def _find(self, written: str) -> Channel | None:
        """By id, `#name` or name."""
        named = (channel for channel in self.channels.values() if channel.name == written.removeprefix("#"))
        return self.channels.get(written) or next(named, None)

    def _too_fast(self, channel: Channel) -> float:
        """About one a second per channel with a burst of three; the burst's size is not published."""
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(channel.id, Bucket(1.0, 3))
        return bucket.take(now) or self._workspace.take(now)

    def _accept(self, channel: Channel, message: dict[str, Any], arguments: dict[str, Any]) -> None:
        text, blocks = message["text"], message["blocks"]
        if len(text) > _TEXT_RECOMMENDED:
            self.violations.append(f"a text of {len(text)} characters, more than the recommended {_TEXT_RECOMMENDED}")
        self.pings += callers(text, blocks)
        self.violations += [f"not escaped: {written}" for written in stray_brackets(text, blocks)]
        metadata = message.get("metadata") or {}
        self.accepted.append(
            Accepted(
                at=self._clock.now(),
                chat="slack",
                place=channel.id,
                message_id=message["ts"],
                text=readable(blocks) if blocks else readable_text(text),
                payload=arguments,
                key=(metadata.get("event_payload") or {}).get("key"),
            )
        )


async def _auth_test(arguments: dict[str, Any]) -> web.Response:
    user = {"user": "order-status", "user_id": _BOT_USER}
    return _yes(url="https://sandbox.slack.com/", team="Sandbox", team_id="T0123456789", **user)


async def _arguments(request: web.Request) -> dict[str, Any]:
    """From the query, a form or JSON; members that are objects come as JSON text in the first two."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = json.loads(await request.text() or "{}")
        return arguments | (body if isinstance(body, dict) else {})
    arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    for name in ("blocks", "metadata", "attachments"):
        if isinstance(arguments.get(name), str):
            try:
                arguments[name] = json.loads(arguments[name])
            except ValueError:
                arguments[name] = html.escape(arguments[name])
    return arguments


def _content_problem(arguments: dict[str, Any]) -> web.Response | None:
    blocks = arguments.get("blocks") or []
    if not isinstance(blocks, list):
        return _no("invalid_blocks_format")
    if not blocks and not arguments.get("text"):
        return _no("no_text")
    if found := problems(blocks):
        return _no("invalid_blocks", errors=found, response_metadata={"messages": found})
    if is_too_long(blocks):
        return _no("msg_blocks_too_long")
    return _metadata_problem(arguments.get("metadata"))


def _message(arguments: dict[str, Any], ts: str) -> dict[str, Any]:
    message: dict[str, Any] = {
        "type": "message",
        "user": _BOT_USER,
        "bot_id": "B0BOT000000",
        "ts": ts,
        "text": str(arguments.get("text") or "")[:_TEXT_CUT],
        "blocks": arguments.get("blocks") or [],
    }
    return message | {name: arguments[name] for name in ("metadata", "thread_ts") if arguments.get(name)}


def _metadata_problem(metadata: Any) -> web.Response | None:
    if not metadata:
        return None
    match metadata:
        case {"event_type": str(), "event_payload": dict()}:
            # How much is too large is not published; it is meant for a few short values.
            return _no("metadata_too_large") if len(json.dumps(metadata)) > 8000 else None
        case dict():
            return _no("invalid_metadata_schema")
        case _:
            return _no("invalid_metadata_format")


def _page(messages: list[dict[str, Any]], arguments: dict[str, Any]) -> web.Response:
    """Newest first, a page at a time, with payloads of metadata only if asked for."""
    oldest = float(arguments.get("oldest") or 0)
    latest = float(arguments.get("latest") or "inf")
    limit = min(int(arguments.get("limit") or 100), 999)
    start = int(str(arguments.get("cursor") or "0"))
    found = [one for one in reversed(messages) if oldest <= float(one["ts"]) <= latest]
    whole = str(arguments.get("include_all_metadata")).lower() in ("1", "true")
    page = [_shown(one, whole) for one in found[start : start + limit]]
    has_more = start + limit < len(found)
    cursor = str(start + limit) if has_more else ""
    return _yes(messages=page, has_more=has_more, response_metadata={"next_cursor": cursor})


def _shown(message: dict[str, Any], whole: bool) -> dict[str, Any]:
    if "metadata" not in message or whole:
        return message
    return message | {"metadata": {"event_type": message["metadata"].get("event_type")}}


def _yes(**members: Any) -> web.Response:
    return web.json_response({"ok": True, **members})


def _no(error: str, **members: Any) -> web.Response:
    """Slack refuses with status 200."""
    return web.json_response({"ok": False, "error": error, **members})
