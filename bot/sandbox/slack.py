"""A twin of Slack: the methods a bot posts, reads back and listens with, their limits and their errors."""

import html
import itertools
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from aiohttp import web

from bot.clock import SystemClock
from bot.ports import Clock
from bot.sandbox._limits import Holds
from bot.sandbox._slack_content import Channel, content_problem, is_tombstone, message, no, yes
from bot.sandbox._slack_files import Uploads, limit_of_bodies
from bot.sandbox._slack_people import BOT_USER, SlackPeople
from bot.sandbox._slack_rates import Rates
from bot.sandbox._slack_reading import buttons_of, readable, readable_text
from bot.sandbox._trouble import Piece
from bot.sandbox.accepted import Accepted
from bot.sandbox.faults import Faults
from bot.sandbox.seen import Seen

_TEXT_RECOMMENDED = 4000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method, whatever became of it."""

    at: datetime
    method: str
    arguments: dict[str, Any]


class SlackTwin(SlackPeople):
    """One workspace with one app in it. `accepted` is what people see now, in the order it came."""

    calls_before_a_file = 1
    """How many calls that trouble may meet come before the one that shows a file."""

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        token: str = "xoxb-sandbox",  # noqa: S107 (made up)
        app_token: str = "xapp-sandbox",  # noqa: S107 (made up)
        signing_secret: str = "sandbox-signing-secret",  # noqa: S107 (made up)
        faults: Faults | None = None,
    ) -> None:
        super().__init__(clock or SystemClock(), app_token, signing_secret)
        self._token = token
        self._faults = faults or Faults()
        self._token_error = ""
        self._rates = Rates()
        self._numbers = itertools.count(1)
        self.scopes = {"chat:write", "files:write", "channels:history", "groups:history", "im:history"}
        self.calls: list[Call] = []
        self._holds = Holds(self.violations)
        self._uploads = Uploads()
        self.files_show_after = 0.0
        """Seconds until the history has a file that was taken: Slack shares files aside."""
        self._shown_at: dict[str, datetime] = {}
        self.add_channel("C0123456789", "orders")

    def application(self) -> web.Application:
        """The Web API under `/api/`, sockets under `/link/`, answers under `/respond/`, files under `/upload/`."""
        application = web.Application(middlewares=[self._faults.middleware], client_max_size=limit_of_bodies())
        application.router.add_route("*", "/api/{method}", self._answer)
        application.router.add_get("/link/{ticket}", self.delivery.socket)
        application.router.add_post("/respond/{serial}", self._respond)
        application.router.add_post("/upload/{file}", self._uploads.receive)
        return application

    def settings(self, base: str) -> dict[str, Any]:
        """The entry for `chats:` when the application is served at `base`, without what listening needs."""
        self._base = base
        return {"bot_token": self._token, "base_url": f"{base}/api/"}

    def listening(self, base: str, *, over_http: bool = False) -> dict[str, Any]:
        """The entry for `chats:` of an app that is asked questions, in Socket Mode or over HTTP on a free port.

        Over HTTP, `delivery.post_to` has to be told where the app listens.
        """
        if over_http:
            secret = {"signing_secret": self.delivery.signing_secret, "listen": "127.0.0.1:0"}
            return self.settings(base) | secret
        return self.settings(base) | {"app_token": self.delivery.app_token}

    def address(self) -> dict[str, Any]:
        """Where it takes messages: what a destination in watchlists.yaml may hold."""
        return {"channel": "C0123456789"}

    def take_words_only(self) -> None:
        """Let the app show no files any more."""
        self.scopes.discard("files:write")

    def break_destination(self) -> None:
        """Let `address` take nothing any more."""
        self.channels["C0123456789"].is_archived = True

    def revoke_token(self, error: str = "token_revoked") -> None:
        """Let the token be worth nothing."""
        self._token_error = error

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append(Call(self._clock.now(), method, arguments))
        if method == "apps.connections.open":
            return self.delivery.open(request, self._token_error)
        if refused := self._token_problem(request, arguments):
            return no(refused)
        if method.startswith("files.") and "files:write" not in self.scopes:
            return no("missing_scope", needed="files:write", provided=",".join(sorted(self.scopes)))
        handlers: dict[str, Callable[[dict[str, Any]], Awaitable[web.Response]]] = {
            "auth.test": _auth_test,
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._whisper,
            "chat.update": self._update,
            "views.publish": self._publish,
            "files.getUploadURLExternal": partial(self._uploads.begin, request),
            "files.completeUploadExternal": self._share,
            "conversations.open": _open_talk,
            "users.info": self._person,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }
        handler = handlers.get(method)
        if handler is None:
            return no("unknown_method", req_method=method)
        piece = self.take() if method.startswith(("chat.", "views.", "files.")) else None
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
        if wait := self._rates.of_method(method, now):
            self.violations.append(f"{method} was over the limit")
            return self._busy(method, wait)
        if piece and piece.kind == "error_before":
            return web.Response(status=503, text="<html><body>unavailable</body></html>", content_type="text/html")
        if piece and piece.kind == "refuse_markup" and arguments.get("blocks"):
            return no("invalid_blocks", response_metadata={"messages": ["[ERROR] asked for [json-pointer:/blocks]"]})
        if piece and piece.kind == "refuse_message":
            return no("invalid_arguments")
        if piece and piece.kind == "refuse_reply" and arguments.get("thread_ts"):
            return no("cannot_reply_to_message")
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
                return no("internal_error")
        return response

    def _busy(self, method: str, seconds: float) -> web.Response:
        """429. It holds for the method in the whole workspace (docs: rate limits)."""
        whole = self._holds.ask(method, seconds, self._clock.monotonic())
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(whole)})

    async def _post(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.find_channel(str(arguments.get("channel") or ""))
        if channel is None:
            return no("channel_not_found")
        if wait := self._rates.of_post(channel.id, self._clock.monotonic()):
            self.violations.append(f"chat.postMessage to {channel.id} was over the limit")
            return self._busy("chat.postMessage", wait)
        if channel.is_archived:
            return no("is_archived")
        if not channel.is_member:
            return no("not_in_channel")
        written = str(arguments.get("thread_ts") or "")
        if written and not re.fullmatch(r"\d{10}\.\d{6}", written):
            return no("invalid_thread_ts")
        refused = content_problem(arguments)
        if refused is not None:
            return refused
        ts = f"{int(self._clock.now().timestamp())}.{next(self._numbers):06d}"
        kept = message(arguments, ts, thread=channel.root_of(written))
        channel.messages.append(kept)
        self._show_kept(channel, kept, arguments)
        self.accepted.append(_accepted(channel, kept, arguments, self._clock.now()))
        return yes(channel=channel.id, ts=ts, message=kept)

    async def _share(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.find_channel(str(arguments.get("channel_id") or ""))
        if channel is None or not channel.is_member or channel.is_archived:
            return no("channel_not_found")
        file = self._uploads.show(arguments)
        if isinstance(file, str):
            return no(file)
        said = {"text": str(arguments.get("initial_comment") or "")}
        ts = f"{int(self._clock.now().timestamp())}.{next(self._numbers):06d}"
        kept = message(said, ts, thread=channel.root_of(str(arguments.get("thread_ts") or "")))
        kept["files"] = [{"id": "F", "name": file.name, "title": file.alt, "mimetype": file.media_type}]
        channel.messages.append(kept)
        self._shown_at[ts] = self._clock.now() + timedelta(seconds=self.files_show_after)
        self._show_kept(channel, kept, arguments)
        self.accepted.append(replace(_accepted(channel, kept, arguments, self._clock.now()), file=file))
        return yes(files=kept["files"])

    async def _update(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if channel is None:
            return no("channel_not_found")
        ts = str(arguments.get("ts") or "")
        found = channel.find(ts)
        if found is None or is_tombstone(found):
            return no("message_not_found")
        refused = content_problem(arguments)
        if refused is not None:
            return refused
        if len(str(arguments.get("text") or "")) > _TEXT_RECOMMENDED:
            return no("msg_too_long")
        found["text"] = str(arguments.get("text") or "")
        found["blocks"] = arguments.get("blocks") or []
        if "metadata" in arguments:
            found["metadata"] = arguments["metadata"]
        self._show_kept(channel, found, arguments)
        for number, old in enumerate(self.accepted):
            if (old.place, old.message_id) == (channel.id, ts):
                new = _accepted(channel, found, arguments, old.at)
                self.accepted[number] = replace(new, said=(*old.said, old.text))
        return yes(channel=channel.id, ts=ts, text=found["text"])

    async def _history(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if refused := _reading_refused(channel, self.scopes):
            return refused
        assert channel is not None
        return _page(self._shown(channel.top()[::-1]), arguments)

    async def _replies(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if refused := _reading_refused(channel, self.scopes):
            return refused
        assert channel is not None
        thread = channel.thread(str(arguments.get("ts") or ""))
        return _page(self._shown(thread), arguments) if thread else no("thread_not_found")

    def _shown(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        now = self._clock.now()
        return [one for one in messages if self._shown_at.get(one["ts"], now) <= now]

    def _show_kept(self, channel: Channel, kept: dict[str, Any], arguments: dict[str, Any]) -> None:
        text, blocks = kept["text"], kept["blocks"]
        if len(text) > _TEXT_RECOMMENDED:
            self.violations.append(f"a text of {len(text)} characters, more than the recommended {_TEXT_RECOMMENDED}")
        self._judge(text, blocks)
        self.seen.append(
            Seen(
                at=self._clock.now(),
                place=channel.id,
                message_id=kept["ts"],
                text=_as_read(kept),
                person=channel.id if channel.id.startswith("U") else None,
                thread=kept.get("thread_ts"),
                buttons=buttons_of(blocks),
                payload=arguments,
            )
        )


def _reading_refused(channel: Channel | None, scopes: set[str]) -> web.Response | None:
    if "channels:history" not in scopes:
        return no("missing_scope", needed="channels:history", provided=",".join(sorted(scopes)))
    if channel is None:
        return no("channel_not_found")
    return None if channel.is_member else no("not_in_channel")


async def _open_talk(arguments: dict[str, Any]) -> web.Response:
    person = str(arguments.get("users") or "")
    return yes(channel={"id": person}) if person.startswith("U") else no("user_not_found")


def _accepted(channel: Channel, kept: dict[str, Any], arguments: dict[str, Any], at: datetime) -> Accepted:
    metadata = kept.get("metadata") or {}
    return Accepted(
        at=at,
        chat="slack",
        place=channel.id,
        message_id=kept["ts"],
        text=_as_read(kept),
        payload=arguments,
        key=(metadata.get("event_payload") or {}).get("key"),
        under=kept.get("thread_ts"),
        aloud=kept.get("subtype") == "thread_broadcast",
    )


def _as_read(kept: dict[str, Any]) -> str:
    return readable(kept["blocks"]) if kept["blocks"] else readable_text(kept["text"])


async def _auth_test(arguments: dict[str, Any]) -> web.Response:
    user = {"user": "order-status", "user_id": BOT_USER, "bot_id": "B0BOT000000"}
    return yes(url="https://sandbox.slack.com/", team="Sandbox", team_id="T0123456789", **user)


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


def _page(messages: list[dict[str, Any]], arguments: dict[str, Any]) -> web.Response:
    """A page at a time, with payloads of metadata only if asked for."""
    oldest = float(arguments.get("oldest") or 0)
    latest = float(arguments.get("latest") or "inf")
    limit = min(int(arguments.get("limit") or 100), 999)
    start = int(str(arguments.get("cursor") or "0"))
    found = [one for one in messages if oldest <= float(one["ts"]) <= latest]
    whole = str(arguments.get("include_all_metadata")).lower() in ("1", "true")
    page = [_shown(one, whole) for one in found[start : start + limit]]
    has_more = start + limit < len(found)
    cursor = str(start + limit) if has_more else ""
    return yes(messages=page, has_more=has_more, response_metadata={"next_cursor": cursor})


def _shown(message: dict[str, Any], whole: bool) -> dict[str, Any]:
    if "metadata" not in message or whole:
        return message
    return message | {"metadata": {"event_type": message["metadata"].get("event_type")}}
