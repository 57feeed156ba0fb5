"""People who ask a Telegram bot something, and what they see."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bot.ports import Clock
from bot.sandbox._telegram_delivery import Delivery
from bot.sandbox._telegram_refusal import BOT, Refused
from bot.sandbox._trouble import Trouble
from bot.sandbox.accepted import Accepted
from bot.sandbox.seen import PATIENCE, Heard, Seen

_MOST_BUTTONS = 100


@dataclass(slots=True)
class Room:
    """One chat. `closed` is the description of the 403 that answers every send."""

    id: int
    kind: str
    name: str
    topics: set[int] = field(default_factory=set)
    closed: str = ""
    moved_to: int | None = None
    takes_words_only: bool = False
    """Whether files may not be sent."""
    texts: dict[int, str] = field(default_factory=dict)
    """Message id to the content as received, for what can be edited."""
    heard: set[int] = field(default_factory=set)
    """Ids of what people wrote."""


class TelegramPeople(Trouble):
    """Acts as people do: commands, messages, presses. `seen` is everything that was ever shown."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._numbers = itertools.count(1)
        self._presses: dict[str, float | None] = {}
        """Press to when it was answered."""
        self.rooms: dict[int, Room] = {}
        self.violations: list[str] = []
        self.accepted: list[Accepted] = []
        self.seen: list[Seen] = []
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}
        """Scope and language to the commands shown there."""
        self.delivery = Delivery(clock, self.violations)
        self._methods: dict[str, Callable[[dict[str, Any]], Any]] = {
            "answercallbackquery": self._answer_press,
            "setmycommands": self._set_menu,
            "deletemessage": self._delete,
            "setwebhook": self.delivery.set_webhook,
            "deletewebhook": self.delivery.delete_webhook,
        }

    def delete(self, message_id: str) -> None:
        """Delete a message of the bot by hand."""
        for room in self.rooms.values():
            room.texts.pop(int(message_id), None)
        self.accepted = [one for one in self.accepted if one.message_id != message_id]

    async def say(
        self,
        user: int,
        chat: int,
        text: str,
        *,
        topic: int | None = None,
        reply_to: Seen | None = None,
        language: str = "en",
        answers: int = 1,
        patience: float = PATIENCE,
    ) -> Heard:
        """Write a message and wait until `answers` messages were shown there. `answers` 0: until it was delivered."""
        message = self._message(chat, topic) | {"from": self._user(user, language), "text": text}
        if reply_to:
            message["reply_to_message"] = self._message(chat, topic) | {
                "message_id": int(reply_to.message_id),
                "from": BOT,
            }
        started, start = time.perf_counter(), len(self.seen)
        number = self.delivery.put("message", message)
        seen = await self.until_seen(answers, start=start, place=_place(chat, topic), patience=patience)
        ms = await self._until(lambda: self.delivery.arrived.get(number), started, patience)
        return Heard(ms, tuple(seen))

    async def press(
        self, user: int, label: str, *, under: Seen | None = None, answers: int = 1, patience: float = PATIENCE
    ) -> Heard:
        """Press the button with this label, under a message or the last one it was shown under."""
        shown = under or next(one for one in reversed(self.seen) if label in one.buttons)
        chat, _, topic = shown.place.partition("/")
        query = f"press{next(self._numbers)}"
        message = self._message(int(chat), int(topic) if topic else None)
        content = {
            "id": query,
            "from": self._user(user, "en"),
            "message": message | {"message_id": int(shown.message_id), "from": BOT, "text": shown.text},
            "chat_instance": "1",
            "data": shown.buttons[label],
        }
        self._presses[query] = None
        started, start = time.perf_counter(), len(self.seen)
        self.delivery.put("callback_query", content)
        ms = await self._until(lambda: self._presses[query], started, patience)
        return Heard(ms, tuple(await self.until_seen(answers, start=start, place=shown.place, patience=patience)))

    async def until_seen(
        self, count: int, *, start: int = 0, place: str = "", patience: float = PATIENCE
    ) -> list[Seen]:
        """What was shown in a place since `start` (an index of `seen`), once it is `count` or patience ends."""
        ends = time.monotonic() + patience
        while True:
            found = [one for one in self.seen[start:] if not place or one.place == place]
            if len(found) >= count or time.monotonic() >= ends:
                return found
            await asyncio.sleep(0.005)

    async def _until(self, moment: Callable[[], float | None], started: float, patience: float) -> float | None:
        ends = time.monotonic() + patience
        while (at := moment()) is None:
            if time.monotonic() >= ends:
                return None
            await asyncio.sleep(0.005)
        return (at - started) * 1000

    async def _asked(self, method: str, arguments: dict[str, Any]) -> Any:
        """The result of a method that posts nothing."""
        if method == "getupdates":
            return await self.delivery.get(arguments)
        if method not in self._methods:
            raise Refused(404, "Not Found")
        result = self._methods[method](arguments)
        return await result if isinstance(result, Awaitable) else result

    def _show(self, place: str, number: int, text: str, arguments: dict[str, Any], *, replaces: bool = False) -> None:
        self.seen.append(
            Seen(
                at=self._clock.now(),
                place=place,
                message_id=str(number),
                text=text,
                buttons=_buttons(arguments),
                replaces=replaces,
                payload=arguments,
            )
        )

    def _answer_press(self, arguments: dict[str, Any]) -> bool:
        query = str(arguments.get("callback_query_id"))
        if query not in self._presses or self._presses[query] is not None:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self._presses[query] = time.perf_counter()
        return True

    def _set_menu(self, arguments: dict[str, Any]) -> bool:
        commands = json.loads(arguments["commands"])
        if len(commands) > 100:
            raise Refused(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        scope = json.loads(arguments.get("scope") or "{}").get("type", "default")
        self.menus[(scope, str(arguments.get("language_code") or ""))] = commands
        return True

    def _delete(self, arguments: dict[str, Any]) -> bool:
        room = self.rooms.get(int(arguments.get("chat_id") or 0))
        if room is None or room.texts.pop(int(arguments.get("message_id") or 0), None) is None:
            raise Refused(400, "Bad Request: message to delete not found")
        return True

    def _message(self, chat: int, topic: int | None) -> dict[str, Any]:
        room = self.rooms[chat]
        number = next(self._numbers)
        room.heard.add(number)
        title = {"first_name": room.name} if room.kind == "private" else {"title": room.name}
        message: dict[str, Any] = {
            "message_id": number,
            "date": int(self._clock.now().timestamp()),
            "chat": {"id": room.id, "type": room.kind, **title},
        }
        return message | ({"message_thread_id": topic, "is_topic_message": True} if topic else {})

    def _user(self, user: int, language: str) -> dict[str, Any]:
        return {"id": user, "is_bot": False, "first_name": f"person {user}", "language_code": language}


def check_keyboard(arguments: dict[str, Any]) -> None:
    """Raises Refused for a keyboard that Telegram refuses."""
    rows = _keyboard(arguments)
    if sum(map(len, rows)) > _MOST_BUTTONS:
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        if not 1 <= len(str(button.get("callback_data") or "").encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if not str(button.get("text") or "").strip():
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")


def _keyboard(arguments: dict[str, Any]) -> list[list[dict[str, Any]]]:
    markup = arguments.get("reply_markup") or {}
    markup = json.loads(markup) if isinstance(markup, str) else markup
    rows: list[list[dict[str, Any]]] = markup.get("inline_keyboard") or []
    return rows


def _buttons(arguments: dict[str, Any]) -> dict[str, str]:
    return {str(button["text"]): str(button["callback_data"]) for row in _keyboard(arguments) for button in row}


def _place(chat: int, topic: int | None) -> str:
    return f"{chat}/{topic}" if topic else str(chat)
