"""What the Bot API's answers mean, read from the answer itself: its status, its description and its parameters."""

import asyncio
import json
import re
from typing import Any

import httpx
from telegram.error import TelegramError, TimedOut
from telegram.request import HTTPXRequest

from bot.core.retry_after import within_reason
from bot.errors import (
    ChatBusy,
    ChatError,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
)
from bot.http_client import excerpt

_CONNECT_TIMEOUT = 10.0
_WAIT = 30.0
"""Seconds, where a 429 does not say how long."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)

_DESTINATION = re.compile(
    r"chat not found|message thread not found|topic|not enough rights|have no rights|need administrator rights"
    r"|bots? can't|was kicked|was blocked|was deleted|deactivated|not a member|user not found|chat_id is empty"
    r"|can't initiate|PEER_ID_INVALID|^(CHAT|CHANNEL|USER|TOPIC)_[A-Z_]+$",
    re.IGNORECASE,
)
"""Descriptions with status 400 that are about the chat. Rights come in capitals: CHAT_WRITE_FORBIDDEN, TOPIC_CLOSED."""

_HINTS = {
    "chat not found": "check `chat_id`, and add the bot to the group",
    "message thread not found": "check `topic`",
    "initiate conversation": "the person has to write to the bot first",
    "blocked by the user": "the person has to unblock the bot",
    "kicked": "add the bot to the group again",
    "not a member": "add the bot to the group",
    "unauthorized": "check `bot_token`",
    "not found": "check `bot_token` and `base_url`",
}


class Refusal(TelegramError):
    """An answer of the Bot API that is not a success, as it came."""

    def __init__(self, status: int, description: str, parameters: dict[str, Any], *, foreign: bool = False) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters
        self.foreign = foreign
        """Whether it is no answer of the Bot API at all, such as a proxy's HTML."""


class BotApiRequest(HTTPXRequest):
    """python-telegram-bot's way to ask, which hands every answer but a success on as a Refusal.

    The library's own reading gives no status, tells a refusal from a lost connection only by subclass, and logs a
    traceback for HTML. Nothing is ever asked twice.
    """

    def __init__(self, timeout: float) -> None:
        super().__init__(
            connection_pool_size=20,
            connect_timeout=min(_CONNECT_TIMEOUT, timeout),
            read_timeout=timeout,
            write_timeout=timeout,
            pool_timeout=timeout,
        )
        self._longest = timeout

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Ask once. Raises Refusal, or the library's errors where no answer came."""
        wait = kwargs.get("read_timeout")
        # The library's own limit is for each piece of an answer: one that drips would never end.
        longest = self._longest + (wait if isinstance(wait, int | float) else self._longest)
        try:
            async with asyncio.timeout(longest):
                status, body = await super().do_request(*args, **kwargs)
        except TimeoutError:
            raise TimedOut from httpx.ReadTimeout(f"no whole answer within {longest:g} s")
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or "ok" not in answer:
            raise Refusal(status, excerpt(body, 100), {}, foreign=True)
        if not 200 <= status < 300 or not answer["ok"] or "result" not in answer:
            parameters = answer.get("parameters")
            description = " ".join(str(answer.get("description") or "no description").split())
            status = int(answer.get("error_code") or status)
            raise Refusal(status, description, parameters if isinstance(parameters, dict) else {})
        return status, body


def verdict(error: TelegramError, *, host: str) -> ChatError:
    """The error that a failed sendMessage stands for. A new address holds only what changed, `chat_id`."""
    if not isinstance(error, Refusal):
        return _of_lost_answer(error.__cause__, host)
    if error.status == 429:
        # For one chat: that the bot as a whole is too fast is told to each chat it then writes to.
        seconds = _seconds(error.parameters.get("retry_after"))
        return ChatBusy("telegram", f"too many messages, wait {seconds:g} s", seconds)
    if error.status >= 500:
        return SendUnclear("telegram", f"answered HTTP {error.status}: {error.description}")
    if error.foreign:
        came = f"answered HTTP {error.status} with something that is not the Bot API; is base_url right?"
        return SendUnclear("telegram", came) if error.status < 300 else ChatRefused("telegram", came)
    return _of_refusal(error)


def _of_refusal(error: Refusal) -> ChatError:
    new_id = error.parameters.get("migrate_to_chat_id")
    if new_id is not None:
        return DestinationMoved("telegram", f"the group has a new chat_id: {new_id}", {"chat_id": int(new_id)})
    came = _with_hint(error.description)
    if error.status in (401, 404):
        return ChatRefused("telegram", came)
    words = error.description.removeprefix("Bad Request: ").removeprefix("Forbidden: ")
    if error.status == 403 or _DESTINATION.search(words):
        return DestinationBroken("telegram", came)
    return MessageRefused("telegram", came)


def _of_lost_answer(cause: BaseException | None, host: str) -> ChatError:
    if isinstance(cause, _NOT_SENT):
        return ChatUnreachable("telegram", f"no connection to {host} ({type(cause).__name__})")
    if isinstance(cause, httpx.TimeoutException):
        return SendUnclear("telegram", f"no answer from {host} in time")
    if isinstance(cause, httpx.InvalidURL):
        return ChatUnreachable("telegram", "base_url is not a web address")
    name = type(cause).__name__ if cause else "no reason given"
    return SendUnclear("telegram", f"{host} broke off before it answered ({name})")


def _seconds(value: Any) -> float:
    try:
        return within_reason(float(value))
    except (TypeError, ValueError):
        return _WAIT


def _with_hint(description: str) -> str:
    lower = description.lower()
    hint = next((hint for words, hint in _HINTS.items() if words in lower), None)
    return f"{description}: {hint}" if hint else description
