"""Calls of the Bot API: one bot for all of them, and every failure as a ChatError."""

import hashlib
import json
import logging
from collections.abc import Awaitable
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from telegram import Bot
from telegram.error import TelegramError

from bot.chats._telegram_http import BotApiRequest, Refusal, verdict
from bot.errors import ChatRefused, SendUnclear

_T = TypeVar("_T")

_MARGIN = 10.0
"""Seconds beyond a long poll's own time in which its answer has to come."""


class Conflict(ChatRefused):
    """Somebody else receives the updates of this bot."""


class BotApi:
    """The Bot API as one token may use it. Connects with the first call."""

    def __init__(self, token: str, base_url: str, timeout: float) -> None:
        """`timeout` is in seconds, for one answer; fetching questions waits longer by its own time."""
        self._token = token
        self._base_url = base_url
        self._timeout = timeout
        self._request: BotApiRequest | None = None
        self._bot: Bot | None = None

    @property
    def bot(self) -> Bot:
        """The bot, not initialised: that would ask getMe first and fail while the network is down."""
        if self._bot is None:
            for name in ("httpx", "httpcore", "telegram"):
                # They log the address of every request, and in Telegram's the token stands in the address.
                logging.getLogger(name).setLevel(logging.CRITICAL)
            self._request = BotApiRequest(self._timeout)
            self._bot = Bot(
                self._token, base_url=self._base_url, request=self._request, get_updates_request=self._request
            )
        return self._bot

    @property
    def webhook_secret(self) -> str:
        """What Telegram has to show at our door. It follows from the token, so there is no second secret to keep."""
        return hashlib.sha256(f"webhook of {self._token}".encode()).hexdigest()

    async def ask(self, asked: Awaitable[_T]) -> _T:
        """The result of a call. Raises the verdict on any other outcome."""
        try:
            return await asked
        except TelegramError as error:
            if isinstance(error, Refusal) and error.status == 409:
                raise Conflict("telegram", error.description) from None
            raise verdict(error, host=urlsplit(self._base_url).netloc.rpartition("@")[2]) from None
        except (AttributeError, LookupError, TypeError, ValueError):  # what the library meets in a result of no sense
            raise SendUnclear(
                "telegram", "answered with something that is not the Bot API; is base_url right?"
            ) from None

    async def updates(self, offset: int, wait: float, kinds: list[str]) -> list[dict[str, Any]]:
        """The updates as getUpdates gives them. The library would refuse all of them for one it cannot read."""
        arguments = {"offset": offset, "timeout": round(wait), "limit": 100, "allowed_updates": json.dumps(kinds)}
        url = f"{self.bot.base_url}/getUpdates?{urlencode(arguments)}"
        assert self._request is not None
        result: Any = await self.ask(self._request.post(url, read_timeout=wait + _MARGIN))
        return [one for one in result if isinstance(one, dict)] if isinstance(result, list) else []

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        request, self._request, self._bot = self._request, None, None
        if request is not None:
            await request.shutdown()
