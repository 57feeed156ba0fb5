"""Telegram, through its Bot API and python-telegram-bot."""

import html
import logging
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import TelegramError

from bot.chats._pages import Measure, Page, pages
from bot.chats._telegram_http import BotApiRequest, verdict
from bot.chats._text import BULLET, plain
from bot.errors import CannotLookBack, ChatError, ChatUnreachable, DestinationMoved, MessageRefused, SendUnclear
from bot.model.message import Link, Message, Span, Text
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.units import RateValue
from bot.ports import Clock, Limit, Part

_OVERALL = RateValue(25, 1.0)
"""About 30 a second over all chats (Bots FAQ); a few less, because messages do not all take the same time to arrive."""
_PER_CHAT = RateValue(1, 1.0)
"""Not more than one a second in a chat (Bots FAQ)."""
_PER_GROUP = RateValue(20, 61.0)
"""Not more than 20 a minute in a group (Bots FAQ); a second is added for the same reason."""

_ROOM = 4000
"""A message holds 4096 characters after its markup is parsed (Bot API: sendMessage)."""
_SPAN = 40
"""Formatting beyond the hundredth entity of a message is dropped (Bot API: limits); a hundred of these fill a part."""

_TAGS = {"plain": "", "strong": "b", "code": "code", "struck": "s"}
_SEAM = re.compile(r"</(b|i|s|code)><\1>")
"""Where spans that look alike meet. Ours by all means: `<` from outside is escaped."""
_GENERAL_TOPIC = 1
"""The General topic of a forum is addressed by naming none; its number is refused."""

_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=\w|$)")
"""Also at the end of a span, since the name may be the next one. An address such as joe@example.com calls nobody."""
_OTHER_SCHEME = re.compile(r"(?i)\b(?!https?:)([a-z][a-z0-9+.-]*:)(?=//)")
_WORD_JOINER = "\u2060"
"""Has no width and breaks no line. Telegram finds @names and addresses in plain words by itself, and an @name calls
the person; with this inside it finds nothing."""


class Settings(BaseModel):
    """What stands under `chats: telegram:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr = Field(min_length=1)
    """From @BotFather: `123456789:AA...`."""
    base_url: str = "https://api.telegram.org/bot"
    """Any server that speaks the Bot API; the token is put right behind it."""

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
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


def build(settings: Settings, clock: Clock) -> "Telegram":
    """A Telegram that connects with the first send."""
    del clock  # Telegram does not pace itself: limits() tells the notifier how
    return Telegram(settings)


class Telegram:
    """ports.Chat for Telegram."""

    kind = "telegram"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._request: BotApiRequest | None = None
        self._bot: Bot | None = None

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """The limit over all chats, one a second for the chat, and 20 a minute if it is a group or may be one."""
        chat_id = Address(**destination.address).chat_id
        key = f"telegram:chat:{chat_id}"
        limits = [Limit("telegram", _OVERALL), Limit(key, _PER_CHAT)]
        if isinstance(chat_id, str) or chat_id < 0:
            limits.append(Limit(f"{key}:group", _PER_GROUP))
        return limits

    def compose(self, message: Message, destination: Destination, *, repeated: bool = False) -> Sequence[Part]:
        """`rich` holds the `text` and `parse_mode` of sendMessage."""
        zone = ZoneInfo(destination.timezone)
        return [
            Part(plain=_disarmed(page.plain(zone)), rich={"text": _html(page, zone), "parse_mode": ParseMode.HTML})
            for page in pages(message, _MEASURE, zone, repeated=repeated)
        ]

    async def send(self, part: Part, destination: Destination, *, key: str) -> str:
        """Returns the message_id. Telegram has nowhere to put `key`."""
        del key
        address = Address(**destination.address)
        try:
            return await self._send(address, **part.rich)
        except MessageRefused:
            return await self._send(address, text=part.plain)

    async def find(self, destination: Destination, *, key: str, since: Moment) -> str | None:
        """A bot cannot read what it sent: always raises CannotLookBack."""
        raise CannotLookBack(self.kind, "a bot cannot read back what it sent")

    async def check(self) -> str:
        """Ask getMe."""
        try:
            me = await self._open_bot().get_me()
        except TelegramError as error:
            judged = self._verdict(error)
            raise ChatUnreachable(self.kind, judged.came) if isinstance(judged, SendUnclear) else judged from None
        return f"@{me.username}" if me.username else me.first_name

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        request, self._request, self._bot = self._request, None, None
        if request is not None:
            await request.shutdown()

    async def _send(self, address: Address, **content: Any) -> str:
        topic = None if address.topic == _GENERAL_TOPIC else address.topic
        try:
            sent = await self._open_bot().send_message(
                chat_id=address.chat_id,
                message_thread_id=topic,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                **content,
            )
        except TelegramError as error:
            judged = self._verdict(error)
            if isinstance(judged, DestinationMoved):
                judged.address = {**address.model_dump(exclude_none=True), **judged.address}
            raise judged from None
        return str(sent.message_id)

    def _verdict(self, error: TelegramError) -> ChatError:
        return verdict(error, host=urlsplit(self._settings.base_url).netloc.rpartition("@")[2])

    def _open_bot(self) -> Bot:
        """The bot, not initialised: that would ask getMe first and fail while the network is down."""
        if self._bot is None:
            for name in ("httpx", "httpcore", "telegram"):
                # They log the address of every request, and in Telegram's the token stands in the address.
                logging.getLogger(name).setLevel(logging.CRITICAL)
            self._request = BotApiRequest()
            self._bot = Bot(
                self._settings.bot_token.get_secret_value(),
                base_url=self._settings.base_url,
                request=self._request,
                get_updates_request=self._request,
            )
        return self._bot


def _size(text: str) -> int:
    """UTF-16 units, the larger of the two ways Telegram is said to count, with room for what disarms it."""
    joiners = text.count("@") + text.count(":")
    return len(text.encode("utf-16-le")) // 2 + joiners


_MEASURE = Measure(room=_ROOM, text=_size, span=_SPAN)


def _html(page: Page, zone: ZoneInfo) -> str:
    """The last line in italics. Tags never contain each other, so none can close another."""
    emoji = (Text(text=f"{page.emoji} "),) if page.emoji else ()
    lines = [_tagged((*emoji, *page.headline.spans), zone, base="b" if page.is_all_bold else "")]
    lines += [(BULLET if line.indent else "") + _tagged(line.spans, zone) for line in page.body]
    if page.footer:
        lines.append(_tagged(page.footer.spans, zone, base="i"))
    return "\n".join(lines)


def _tagged(spans: Sequence[Span], zone: ZoneInfo, base: str = "") -> str:
    """Each span in its own tag, else in that of its line."""
    written = "".join(_tagged_span(span, zone, base) for span in spans)
    return _SEAM.sub("", written)


def _tagged_span(span: Span, zone: ZoneInfo, base: str) -> str:
    if isinstance(span, Link):
        return f'<a href="{html.escape(span.url)}">{_escaped(span.text)}</a>'
    tag = _TAGS[span.style] or base
    text = _escaped(plain(span, zone))
    return f"<{tag}>{text}</{tag}>" if tag else text


def _escaped(text: str) -> str:
    return html.escape(_disarmed(text))


def _disarmed(text: str) -> str:
    """The text with a word joiner in whatever Telegram would make a mention or a link that is not to the web."""
    return _OTHER_SCHEME.sub(rf"\1{_WORD_JOINER}", _MENTION.sub(f"@{_WORD_JOINER}", text))
