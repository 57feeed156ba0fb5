"""A twin of Telegram's Bot API: the methods a bot posts and listens with, their limits and their errors."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeGuard

from aiohttp import web

from bot.clock import SystemClock
from bot.model.message import Attachment
from bot.ports import Clock
from bot.sandbox._limits import Bucket, Holds, Window
from bot.sandbox._telegram_files import Sent, file_of, limit_of_bodies
from bot.sandbox._telegram_html import CannotParse, Reading, read_html, read_plain
from bot.sandbox._telegram_people import Room, TelegramPeople, check_keyboard
from bot.sandbox._telegram_refusal import BOT, Refused
from bot.sandbox._trouble import Piece
from bot.sandbox.accepted import Accepted
from bot.sandbox.faults import Faults

_LONGEST = 4096
"""UTF-16 units after parsing."""
_LONGEST_CAPTION = 1024
_GENERAL_TOPIC = 1
_MOVED = "Bad Request: group chat was upgraded to a supergroup chat"
_NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup "
    "are exactly the same as a current content and reply markup of the message"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method, whatever became of it."""

    at: datetime
    method: str
    arguments: dict[str, Any]


class TelegramTwin(TelegramPeople):
    """One bot and the chats it is in. `accepted` is what people see now, in the order it came."""

    calls_before_a_file = 0

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        token: str = "123456789:AAsandbox-sandbox-sandbox-sandbox-0",  # noqa: S107 (made up)
        faults: Faults | None = None,
    ) -> None:
        super().__init__(clock or SystemClock())
        self._token = token
        self._is_revoked = False
        self._faults = faults or Faults()
        self._overall = Window(30, 1.0)
        self._buckets: dict[int, Bucket] = {}
        self._groups: dict[int, Window] = {}
        self.calls: list[Call] = []
        self.pings: list[str] = []
        """What was accepted and called people."""
        self._holds = Holds(self.violations)
        self.add_room(-1001234567890, "supergroup", "sales", topics={7})
        self.add_room(1001, "private", "alice")

    def application(self) -> web.Application:
        """The Bot API under `/bot`."""
        application = web.Application(middlewares=[self._faults.middleware], client_max_size=limit_of_bodies())
        application.router.add_route("*", "/bot{token}/{method}", self._answer)
        application.on_shutdown.append(self.delivery.close)
        return application

    def settings(self, base: str) -> dict[str, Any]:
        """The entry for `chats:` when the application is served at `base`."""
        return {"bot_token": self._token, "base_url": f"{base}/bot"}

    def listening(self, base: str, *, over_http: bool = False) -> dict[str, Any]:
        """The entry for `chats:` of a bot that is asked questions: by polling, or at a webhook on a free port.

        For a webhook, `delivery.reach` has to be told where the bot listens.
        """
        url = {"webhook_url": "https://bot.example/telegram/webhook", "listen": "127.0.0.1:0"} if over_http else {}
        return self.settings(base) | url

    def address(self) -> dict[str, Any]:
        """Where it takes messages: what a destination in watchlists.yaml may hold."""
        return {"chat_id": -1001234567890, "topic": 7}

    def take_words_only(self) -> None:
        """Let `address` take no files any more."""
        self.rooms[-1001234567890].takes_words_only = True

    def break_destination(self) -> None:
        """Let `address` take nothing any more."""
        self.block(-1001234567890)

    def add_room(self, chat_id: int, kind: str, name: str, *, topics: set[int] | None = None) -> Room:
        """A further chat: `private`, `group`, `supergroup` or `channel`; with topics it is a forum."""
        self.rooms[chat_id] = Room(chat_id, kind, name, topics or set())
        return self.rooms[chat_id]

    def block(self, chat_id: int) -> None:
        """Let the person block the bot, or the group throw it out."""
        room = self.rooms[chat_id]
        by = "blocked by the user" if room.kind == "private" else f"kicked from the {room.kind} chat"
        room.closed = f"Forbidden: bot was {by}"

    def migrate(self, chat_id: int, new_id: int) -> None:
        """Upgrade a group to a supergroup with another id."""
        self.rooms[chat_id].moved_to = new_id
        self.add_room(new_id, "supergroup", self.rooms[chat_id].name)

    def revoke_token(self) -> None:
        """Let the token be worth nothing."""
        self._is_revoked = True

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append(Call(self._clock.now(), method, arguments))
        try:
            self._check_token(request.match_info["token"])
            match method.lower():
                case "getme":
                    return _yes(BOT | {"can_join_groups": True, "can_read_all_group_messages": False})
                case "sendmessage" | "editmessagetext" | "sendphoto" | "senddocument":
                    return await self._after(self.take(), request, method.lower(), arguments)
                case other:
                    return _yes(await self._asked(other, arguments))
        except Refused as refused:
            return _no(refused)

    def _check_token(self, token: str) -> None:
        if ":" not in token:
            raise Refused(404, "Not Found")
        if token != self._token or self._is_revoked:
            raise Refused(401, "Unauthorized")

    async def _after(
        self, piece: Piece | None, request: web.Request, method: str, arguments: dict[str, Any]
    ) -> web.StreamResponse:
        """Do what was asked, with the trouble that was asked for."""
        if piece and piece.kind == "error_before":
            return web.Response(status=502, text="<html><h1>502 Bad Gateway</h1></html>", content_type="text/html")
        if piece and piece.kind == "refuse_markup" and arguments.get("parse_mode"):
            raise Refused(400, "Bad Request: can't parse entities: asked for")
        if piece and piece.kind == "refuse_message":
            raise Refused(400, "Bad Request: message text is empty")
        room = self._room(arguments.get("chat_id"))
        self._pace(room, piece)
        if method == "editmessagetext":
            result = self._edit(room, arguments)
        else:
            result = self._send(room, arguments, file_of(method, arguments))
        match piece:
            case Piece("drop_after"):
                if request.transport is not None:
                    request.transport.abort()
            case Piece("delay_after", seconds):
                await self._clock.sleep(seconds)
            case Piece("error_after"):
                raise Refused(500, "Internal Server Error")
        return _yes(result)

    def _room(self, chat_id: Any) -> Room:
        written = str(chat_id or "")
        if not written:
            raise Refused(400, "Bad Request: chat_id is empty")
        named = (room for room in self.rooms.values() if written == f"@{room.name}")
        room = self.rooms.get(int(written)) if written.lstrip("-").isdigit() else next(named, None)
        if room is None:
            raise Refused(400, "Bad Request: chat not found")
        return room

    def _pace(self, room: Room, piece: Piece | None) -> None:
        """About one a second for a chat with a burst of three (its size is not published), 20 a minute for a group."""
        now = self._clock.monotonic()
        what = f"sendMessage to {room.id}"
        if (left := self._holds.left(what, now)) > 0:
            raise self._busy(what, left)
        if piece and piece.kind == "rate_limit":
            raise self._busy(what, piece.seconds)
        wait = self._buckets.setdefault(room.id, Bucket(1.0, 3)).take(now) or self._overall.take(now)
        if not wait and room.id < 0:
            wait = self._groups.setdefault(room.id, Window(20, 60.0)).take(now)
        if wait:
            self.violations.append(f"{what} was over the limit")
            raise self._busy(what, wait)

    def _busy(self, what: str, seconds: float) -> Refused:
        whole = self._holds.ask(what, seconds, self._clock.monotonic())
        return Refused(429, f"Too Many Requests: retry after {whole}", retry_after=whole)

    def _send(self, room: Room, arguments: dict[str, Any], file: Attachment | None) -> dict[str, Any]:
        if room.moved_to is not None:
            raise Refused(400, _MOVED, migrate_to_chat_id=room.moved_to)
        if room.closed:
            raise Refused(403, room.closed)
        # Outside of forums a topic is ignored.
        topic = int(arguments.get("message_thread_id") or 0) if room.topics else 0
        if topic == _GENERAL_TOPIC or (topic and topic not in room.topics):
            raise Refused(400, "Bad Request: message thread not found")
        if file and room.takes_words_only:
            raise Refused(400, "Bad Request: not enough rights to send photos to the chat")
        check_keyboard(arguments)
        reading = _read(arguments, is_caption=file is not None)
        number = next(self._numbers)
        answered = _answered(room, arguments)
        room.texts[number] = _content(arguments)
        self.pings += reading.callers
        place = f"{room.id}/{topic}" if topic else str(room.id)
        told = Accepted(self._clock.now(), "telegram", place, str(number), reading.readable, arguments, under=answered)
        self.accepted.append(replace(told, file=file))
        self._show(place, number, reading.readable, arguments)
        return self._shown(room, number, reading)

    def _edit(self, room: Room, arguments: dict[str, Any]) -> dict[str, Any]:
        if room.moved_to is not None:
            raise Refused(400, _MOVED, migrate_to_chat_id=room.moved_to)
        number = int(arguments.get("message_id") or 0)
        if number not in room.texts:
            raise Refused(400, "Bad Request: message to edit not found")
        check_keyboard(arguments)
        reading = _read(arguments)
        if room.texts[number] == _content(arguments):
            raise Refused(400, _NOT_MODIFIED)
        room.texts[number] = _content(arguments)
        self.pings += reading.callers
        index = next(index for index, one in enumerate(self.accepted) if one.message_id == str(number))
        old = self.accepted[index]
        said = (*old.said, old.text)
        self.accepted[index] = replace(old, text=reading.readable, payload=arguments, said=said)
        self._show(old.place, number, reading.readable, arguments, replaces=True)
        return self._shown(room, number, reading)

    def _shown(self, room: Room, number: int, reading: Reading) -> dict[str, Any]:
        title = {"first_name": room.name} if room.kind == "private" else {"title": room.name}
        return {
            "message_id": number,
            "date": int(self._clock.now().timestamp()),
            "from": BOT,
            "chat": {"id": room.id, "type": room.kind, **title},
            "text": reading.visible,
        }


async def _arguments(request: web.Request) -> dict[str, Any]:
    """From the query, a form or JSON."""
    arguments: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        body = json.loads(await request.text() or "{}")
        return arguments | (body if isinstance(body, dict) else {})
    form = await request.post()
    sent = {name: Sent(value.file.read(), str(value.filename)) for name, value in form.items() if _is_file(value)}
    return arguments | {name: value for name, value in form.items() if isinstance(value, str)} | sent


def _is_file(value: Any) -> TypeGuard[web.FileField]:
    return isinstance(value, web.FileField)


def _read(arguments: dict[str, Any], *, is_caption: bool = False) -> Reading:
    """A text, or the words beside a file, which may be missing."""
    text = str(arguments.get("caption" if is_caption else "text") or "")
    mode = str(arguments.get("parse_mode") or "")
    if mode and mode.lower() != "html":
        raise Refused(400, "Bad Request: unsupported parse_mode")
    try:
        reading = read_html(text) if mode else read_plain(text)
    except CannotParse as why:
        raise Refused(400, f"Bad Request: can't parse entities: {why}") from None
    longest, what = (_LONGEST_CAPTION, "caption") if is_caption else (_LONGEST, "")
    if not is_caption and not reading.visible.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if len(reading.visible.encode("utf-16-le")) // 2 > longest:
        raise Refused(400, f"Bad Request: message {what + ' ' if what else ''}is too long")
    return reading


def _answered(room: Room, arguments: dict[str, Any]) -> str | None:
    """The message that is answered; None where there is none, if it may be sent all the same."""
    given = arguments.get("reply_parameters") or {}
    wanted = json.loads(given) if isinstance(given, str) else given
    if not wanted:
        return None
    number = int(wanted["message_id"])
    if number in room.texts or number in room.heard:
        return str(number)
    if not wanted.get("allow_sending_without_reply"):
        raise Refused(400, "Bad Request: message to be replied not found")
    return None


def _content(arguments: dict[str, Any]) -> str:
    """What makes an edit differ: the text and the buttons."""
    return f"{arguments.get('text') or ''}\n{arguments.get('reply_markup') or ''}"


def _yes(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _no(refused: Refused) -> web.Response:
    answer: dict[str, Any] = {"ok": False, "error_code": refused.status, "description": refused.description}
    headers = {}
    if refused.parameters:
        answer["parameters"] = refused.parameters
    if "retry_after" in refused.parameters:
        headers["Retry-After"] = str(refused.parameters["retry_after"])
    return web.json_response(answer, status=refused.status, headers=headers)
