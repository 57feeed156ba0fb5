"""What Schneider Electric, and the gateway in front of it, say when they do not do what was asked.

Three shapes are known or likely: the API's own object (`code`, `userMessage`), the gateway's `fault`, and the token
endpoint's `ErrorCode`/`Error` or RFC 6749 `error`/`error_description`. Anything else is shown as its first words.
"""

import json
from collections.abc import Mapping
from typing import Any

from bot.http_client import Answer, excerpt
from bot.sources._payload import pick, text

_SHAPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("code", ("userMessage", "developerMessage")),
    ("fault.detail.errorcode", ("fault.faultstring",)),
    ("error", ("error_description",)),
    ("ErrorCode", ("Error",)),
)


def error_words(body: bytes) -> str:
    """One line that says what an error answer says; empty if it says nothing. Never raises."""
    answer = _object(body)
    for code_name, message_names in _SHAPES:
        code = text(pick(answer, code_name))
        messages = [text(pick(answer, name)) for name in message_names]
        if any(messages):
            said = ": ".join(word for word in (code, *messages) if word)
            return excerpt(said.encode("utf-8", "replace"))
    return excerpt(body)


def came(answer: Answer) -> str:
    """An answer in the words of a SourceError."""
    said = error_words(answer.body)
    return f"came HTTP {answer.status}: {said}" if said else f"came HTTP {answer.status}"


def says_nothing_there(answer: Answer) -> bool:
    """Whether a 404 is the API's own word about the thing asked for, and not a gateway's or a stranger's about the URL.

    The API answers nothing or an object; a gateway's fault, a web page or plain text means that the URL is wrong.
    """
    if not answer.body.strip():
        return True
    said = _object(answer.body)
    return said is not None and pick(said, "fault") is None


def is_own_error(answer: Answer) -> bool:
    """Whether the answer is the API's published error object."""
    said = _object(answer.body)
    return pick(said, "code") is not None and pick(said, "userMessage", "developerMessage") is not None


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, Mapping) else None
