"""Telegram, through its Bot API and python-telegram-bot."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from telegram import LinkPreviewOptions, ReplyParameters

from bot.chats._holds import Holds
from bot.chats._telegram_calls import BotApi
from bot.chats._telegram_ear import TelegramEar
from bot.chats._telegram_files import file_part, not_shown, sending
from bot.chats._telegram_html import can_call, parts
from bot.chats._telegram_keyboard import keyboard
from bot.chats._telegram_pace import limits_of
from bot.core.menus import Menu
from bot.errors import (
    CannotLookBack,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageGone,
    MessageRefused,
    SendUnclear,
)
from bot.model.command import Button
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.sending import Limit, Part, Threads
from bot.model.units import Timeout, host_and_port
from bot.pacer import Pacer
from bot.ports import Chat, Clock, Ear

_GENERAL_TOPIC = 1
"""The General topic of a forum is addressed by naming none; its number is refused."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_GONE = re.compile(r"message to edit not found|message can't be edited|MESSAGE_ID_INVALID", re.IGNORECASE)
"""What an edit is refused with when the message was deleted, or is none of ours."""

_T = TypeVar("_T")


class Settings(BaseModel):
    """What stands under `chats: telegram:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr = Field(min_length=1)
    """From @BotFather: `123456789:AA...`."""
    questions: bool = True
    """Whether people may ask the bot. One program at a time can listen with a token; false leaves that to another."""
    webhook_url: str | None = None
    """Public address at which Telegram delivers questions, ending in /telegram/webhook; without it they are fetched,
    for which nothing has to be public."""
    listen: str = "127.0.0.1:8081"
    """Where the webhook is received, behind a proxy that speaks TLS."""
    timeout: Timeout = Field(default="20s", validate_default=True)
    """For one whole answer. A message whose answer comes later may have arrived, and is sent once more with a mark."""
    base_url: str = "https://api.telegram.org/bot"
    """Any server that speaks the Bot API; the token is put right behind it."""

    @field_validator("base_url", "webhook_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return value

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host_and_port(value)
        return value


class Address(BaseModel):
    """A place in Telegram."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chat_id: int | str
    """Number of a person (positive) or group (negative), or the @name of a public group or channel."""
    topic: int | None = Field(default=None, ge=1)
    """Number of a topic of a forum group."""

    @field_validator("chat_id")
    @classmethod
    def _number_or_name(cls, value: int | str) -> int | str:
        if isinstance(value, int):
            return value
        if re.fullmatch(r"-?\d+", value.strip()):
            return int(value)
        if not re.fullmatch(r"@\w{4,}", value.strip()):
            raise ValueError(f"{value!r} is neither a number such as -1001234567890 nor a name such as @orders")
        return value.strip()


def read_person(written: str) -> str:
    """The id of somebody to call. Raises ValueError."""
    if not can_call(written):
        raise ValueError(f"{written!r} is no number of a person (123456789) and no name (@alice) in Telegram")
    return written


def build(settings: Settings, clock: Clock) -> "Telegram":
    """A Telegram that connects with the first send. The pace is the notifier's: limits() says which."""
    return Telegram(settings, Holds(clock))


def ear(
    settings: Settings,
    clock: Clock,
    *,
    menus: Mapping[str, Menu] | None = None,
    beside: Chat | None = None,
    pacer: Pacer | None = None,
) -> Ear | None:
    """Fetches questions, or receives them with a webhook_url; None where questions are not wanted.

    `menus` are what people see of the commands, by language: names (a-z, 0-9 and _) and what they do. `beside` is
    the chat that sends alerts with the same token, at the pace of `pacer`.
    """
    if not settings.questions:
        return None
    return TelegramEar(
        _api(settings),
        clock,
        beside.holds if isinstance(beside, Telegram) else Holds(clock),
        pacer or Pacer(clock),
        menus=menus or {},
        webhook_url=settings.webhook_url or "",
        listen=settings.listen,
    )


def _api(settings: Settings) -> BotApi:
    return BotApi(settings.bot_token.get_secret_value(), settings.base_url, settings.timeout.total_seconds())


class Telegram:
    """ports.Chat for Telegram."""

    kind = "telegram"

    def __init__(self, settings: Settings, holds: Holds) -> None:
        self.holds = holds
        self._api = _api(settings)

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """The limit over all chats, one a second for the chat, and 20 a minute if it is a group or may be one."""
        return limits_of(Address(**destination.address).chat_id)

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        """Edits count like messages (grammY: flood limits)."""
        return self.limits(destination)

    def threads(self, destination: Destination) -> Threads:
        """A reply shows what it answers, in every chat."""
        del destination
        return Threads.CHAIN

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        """`rich` holds the `text`, `parse_mode` and `reply_markup` of sendMessage, and whether it makes a sound."""
        *first, last = parts(message, ZoneInfo(destination.timezone), repeated=repeated)
        under = keyboard(buttons)
        words = [*first, replace(last, rich={**last.rich, "reply_markup": under}) if under else last]
        return [*words, file_part(message.attachment, message, repeated=repeated)] if message.attachment else words

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        """Returns the message_id. Telegram has nowhere to put `key`, and shows every answer where everybody looks."""
        del key, aloud
        address = Address(**destination.address)
        # What it answers may have been deleted: then it answers nothing, and is sent all the same.
        answers = ReplyParameters(int(under), allow_sending_without_reply=True) if under else None
        if part.file:
            return await self._send_file(address, part, reply_parameters=answers)
        try:
            return await self._send(address, reply_parameters=answers, **part.rich)
        except MessageRefused:
            bare = {name: value for name, value in part.rich.items() if name != "parse_mode"}
            return await self._send(address, reply_parameters=answers, **{**bare, "text": part.plain})

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        """Telegram refuses an edit that changes nothing, which is success here."""
        address = Address(**destination.address)
        kept = {"reply_markup": part.rich.get("reply_markup")}
        try:
            await self._edit(address, message_id, **kept, text=part.rich["text"], parse_mode=part.rich["parse_mode"])
        except MessageRefused:
            await self._edit(address, message_id, **kept, text=part.plain)

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        """A bot cannot read what it sent: always raises CannotLookBack."""
        raise CannotLookBack(self.kind, "a bot cannot read back what it sent")

    async def check(self) -> str:
        """Ask getMe."""
        try:
            me = await self._api.ask(self._api.bot.get_me())
        except SendUnclear as error:
            raise ChatUnreachable(self.kind, error.came) from None
        return f"@{me.username}" if me.username else me.first_name

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._api.close()

    async def _send(self, address: Address, **content: Any) -> str:
        sent = await self._keep(
            address,
            lambda: self._api.bot.send_message(
                chat_id=address.chat_id,
                message_thread_id=_topic(address),
                link_preview_options=_NO_PREVIEW,
                **content,
            ),
        )
        return str(sent.message_id)

    async def _send_file(self, address: Address, part: Part, **place: Any) -> str:
        assert part.file is not None
        where = {"chat_id": address.chat_id, "message_thread_id": _topic(address), **place}
        send = sending(self._api.bot, part)
        try:
            return str((await self._keep(address, lambda: send(**where))).message_id)
        except (MessageRefused, DestinationBroken) as refused:
            # Some groups take words only.
            sound = {name: value for name, value in part.rich.items() if name == "disable_notification"}
            return await self._send(address, text=f"{part.plain}\n({not_shown(refused)})", **place, **sound)

    async def _edit(self, address: Address, message_id: str, **content: Any) -> None:
        try:
            await self._keep(
                address,
                lambda: self._api.bot.edit_message_text(
                    chat_id=address.chat_id,
                    message_id=int(message_id),
                    link_preview_options=_NO_PREVIEW,
                    **content,
                ),
            )
        except MessageRefused as refused:
            if "not modified" in refused.came:
                return
            if _GONE.search(refused.came):
                raise MessageGone(self.kind, refused.came) from None
            raise
        except SendUnclear as error:
            raise ChatUnreachable(self.kind, error.came) from None

    async def _keep(self, address: Address, call: Callable[[], Awaitable[_T]]) -> _T:
        try:
            return await self.holds.keep(str(address.chat_id), lambda: self._api.ask(call()))
        except DestinationMoved as moved:
            moved.address = {**address.model_dump(exclude_none=True), **moved.address}
            raise


def _topic(address: Address) -> int | None:
    return None if address.topic == _GENERAL_TOPIC else address.topic
