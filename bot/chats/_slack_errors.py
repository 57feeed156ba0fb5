"""What Slack's answers mean. Codes are those of the error tables of chat.postMessage and conversations.history."""

from collections.abc import Mapping
from typing import Any

import aiohttp

from bot.core.retry_after import within_reason
from bot.errors import (
    CannotLookBack,
    ChatBusy,
    ChatError,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    MessageGone,
    MessageRefused,
    SendUnclear,
)

_WAITS = {
    "ratelimited": 30.0,
    "rate_limited": 30.0,
    "request_timeout": 10.0,
    "team_added_to_org": 60.0,
    "message_limit_exceeded": 3600.0,
}
"""Seconds, where no Retry-After says better."""
_UNCLEAR = {"internal_error", "fatal_error", "service_unavailable"}
_DESTINATION = {
    "channel_not_found": "check `channel`; a private channel has to invite the bot first",
    "not_in_channel": "invite the bot to the channel",
    "is_archived": "the channel is archived: restore it or choose another",
    "is_inactive": "the channel is archived: restore it or choose another",
    "messages_tab_disabled": "allow messages to the app in its App Home settings",
    "user_not_in_channel": "check `channel`",
    "user_not_found": "check `channel`",
    "user_disabled": "the account was deactivated",
    "cannot_dm_bot": "`channel` is a bot",
}
_WHOLE_APP = {
    "invalid_auth": "check `bot_token`",
    "not_authed": "check `bot_token`",
    "token_revoked": "install the app again and renew `bot_token`",
    "token_expired": "renew `bot_token`",
    "account_inactive": "install the app again and renew `bot_token`",
    "missing_scope": "add the scope and install the app again",
    "not_allowed_token_type": "`bot_token` must be a bot token (xoxb-)",
    "no_permission": "",
    "access_denied": "",
    "ekm_access_denied": "",
    "org_login_required": "",
    "enterprise_is_restricted": "",
    "team_access_not_granted": "",
    "two_factor_setup_required": "",
    "method_deprecated": "",
    "deprecated_endpoint": "",
    "unknown_method": "check `base_url`",
}
_GONE = {
    "message_not_found": "it was deleted",
    "thread_not_found": "it was deleted",
    "cant_update_message": "it is not ours",
    "edit_window_closed": "the workspace lets nobody edit it any more",
    "cannot_reply_to_message": "it takes no replies",
    "invalid_thread_ts": "it takes no replies",
    "restricted_action_thread_locked": "its thread is locked",
}
"""About the message that was to be edited or answered (docs: chat.update, chat.postMessage)."""
_READING_ONLY = ("missing_scope", "not_allowed_token_type", "no_permission", "access_denied")
"""Refusals of history that say nothing about sending."""


def verdict(status: int, headers: Mapping[str, str], data: Any) -> ChatError:
    """The error that an unsuccessful answer stands for.

    The status goes first: a proxy or an outage answers in HTML, and then there is no code to read. A code nobody
    knows condemns this message only, so that a new one cannot silence a whole channel.
    """
    answer = data if isinstance(data, dict) else {}
    code = str(answer.get("error") or "")
    if status == 429 or code in _WAITS:
        return _busy(code, headers)
    if status >= 500 or code in _UNCLEAR:
        return SendUnclear("slack", f"answered {code or f'HTTP {status}'}")
    if not code:
        came = f"answered HTTP {status} with something that is not Slack's Web API; is base_url right?"
        return SendUnclear("slack", came) if status < 300 else ChatRefused("slack", came)
    if code in _GONE:
        return MessageGone("slack", _with_hint(code, _GONE[code]))
    if code in _DESTINATION or code.startswith(("restricted_action", "slack_connect_")):
        return DestinationBroken("slack", _with_hint(code, _DESTINATION.get(code, "")))
    if code in _WHOLE_APP:
        needed = f" (needed: {answer['needed']})" if answer.get("needed") else ""
        return ChatRefused("slack", _with_hint(code + needed, _WHOLE_APP[code]))
    return MessageRefused("slack", _with_hint(code, _details(answer)))


def of_lost_answer(error: aiohttp.ClientError | OSError, host: str) -> ChatError:
    """The error that a request without an answer stands for. Only what never connected surely did not arrive."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return ChatUnreachable("slack", f"the name {host} does not resolve")
        case aiohttp.ClientConnectorCertificateError():
            return ChatUnreachable("slack", f"the certificate of {host} is not trusted")
        case aiohttp.ClientConnectorError():
            why = error.os_error.strerror or type(error.os_error).__name__
            return ChatUnreachable("slack", f"no connection to {host}: {why}")
        case aiohttp.ConnectionTimeoutError():
            return ChatUnreachable("slack", f"no connection to {host} in time")
        case aiohttp.InvalidURL():
            return ChatUnreachable("slack", "base_url is not a web address")
        case TimeoutError():
            return SendUnclear("slack", f"no answer from {host} in time")
        case _:
            return SendUnclear("slack", f"{host} broke off before it answered ({type(error).__name__})")


def reading_verdict(error: ChatError) -> ChatError:
    """The verdict on a request that only reads.

    Where a send would be unclear it is unreachable, for nothing was sent; where asking again will not help, it is
    CannotLookBack.
    """
    match error:
        case SendUnclear():
            return ChatUnreachable("slack", error.came)
        case MessageRefused() | DestinationBroken():
            return CannotLookBack("slack", error.came)
        case ChatRefused() if error.came.startswith(_READING_ONLY):
            return CannotLookBack("slack", error.came)
        case _:
            return error


def is_about_metadata(error: MessageRefused) -> bool:
    """Whether it is not the words that were refused but the key that travels with them."""
    return "metadata" in error.came


def _busy(code: str, headers: Mapping[str, str]) -> ChatBusy:
    """Slack blocks the method for the whole workspace, not for the channel alone (docs: rate limits)."""
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        seconds = within_reason(float(lower.get("retry-after", "")))
    except ValueError:
        seconds = _WAITS.get(code, _WAITS["ratelimited"])
    return ChatBusy("slack", f"{code or 'HTTP 429'}, wait {seconds:g} s", seconds, whole_chat=True)


def _details(answer: Mapping[str, Any]) -> str:
    told = answer.get("response_metadata")
    messages = told.get("messages") if isinstance(told, dict) else None
    return "; ".join(str(message) for message in messages[:3]) if isinstance(messages, list) else ""


def _with_hint(code: str, hint: str) -> str:
    return f"{code}: {hint}" if hint else code
