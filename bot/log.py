"""Logs: one line an event, UTC, to standard error, as `key=value` or JSON, and never with a secret in it."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

_LIBRARIES = (
    "aiohttp", "asyncio", "httpcore", "httpx", "procrastinate", "psycopg", "slack_bolt", "slack_sdk", "telegram"
)  # fmt: skip
"""Their news about single requests is not the operator's; their warnings are."""

_SHORTEST = 4
"""Characters. A shorter secret protects nothing, and hiding it would garble every line."""

_TOKENS = (
    (
        re.compile(
            r"""((?:session_?token|access_token|client_secret|password)(?:\s*=|["']\s*:)\s*["']?)[^&\s"',}]+""", re.I
        ),
        r"\1***",
    ),
    (re.compile(r"""(authorization["']?\s*[=:]\s*["']?)(?:(?:bearer|basic|token)\s+)?[^\s"',}]+""", re.I), r"\1***"),
    (re.compile(r"/bot\d+:[\w-]+"), "/bot***"),
    (re.compile(r"\b\d{6,}:[\w-]{30,}"), "***"),
    (re.compile(r"\bx(?:ox[a-z]|app)-[\w.-]+"), "***"),
    (re.compile(r"(https?://)[^/\s:@]+:[^/\s@]+@"), r"\1***@"),
)
"""Shapes of secrets that nobody registered: 2Service sessions, OAuth, Telegram and Slack tokens, passwords in URLs."""

_BARE = re.compile(r"[^\s\"=\\]+")

_SAID_BY_US = ("psycopg.pool",)
"""Warns of every attempt to reach a database that is away, which we say ourselves, in one line now and then."""
_hidden: set[str] = set()


def start(level: int = logging.INFO, *, form: str = "text", stream: TextIO | None = None) -> None:
    """Send all logs to `stream` (standard error by default). `form` is `text` or `json`. May be called again."""
    handler = logging.StreamHandler(stream) if stream else _ToStandardError()
    handler.setFormatter(_Json() if form == "json" else _KeyValue())
    root = logging.getLogger()
    for former in [one for one in root.handlers if isinstance(one.formatter, _Json | _KeyValue)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level)
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(max(level, logging.WARNING))
    for library in _SAID_BY_US:
        logging.getLogger(library).setLevel(logging.ERROR)


def hide(*secrets: str) -> None:
    """Never let these values appear in a log or an error message of this process."""
    _hidden.update(secret for secret in secrets if len(secret) >= _SHORTEST)


def redact(text: str) -> str:
    """`text` with `***` for every secret: those given to `hide`, and whatever has the shape of one."""
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    for pattern, replacement in _TOKENS:
        text = pattern.sub(replacement, text)
    return text


def event(logger: logging.Logger, name: str, *, level: int = logging.INFO, **keys: Any) -> None:
    """Log one named event with its facts: `event(logger, "sent", destination="ops", notification=17)`."""
    logger.log(level, "%s", name, extra={"facts": keys})


class _ToStandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever standard error is at the moment, should somebody put another in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _KeyValue(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_quoted(value)}" for key, value in _facts(record).items())


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False)


def _facts(record: logging.LogRecord) -> Mapping[str, Any]:
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts: dict[str, Any] = {
        "time": at,
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
        **getattr(record, "facts", {}),
    }
    if record.exc_info:
        facts["traceback"] = logging.Formatter().formatException(record.exc_info)
    return {key: _safe(value) for key, value in facts.items() if value is not None}


def _safe(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else redact(str(value))


def _quoted(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if _BARE.fullmatch(text) and text.isprintable() else json.dumps(text, ensure_ascii=False)
