"""What a Slack message may hold, and how Slack says yes and no."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox._slack_reading import is_too_long, problems

_TEXT_CUT = 40_000
_BOT_USER = "U0BOT000000"


@dataclass(slots=True)
class Channel:
    """One conversation. Ids that begin with U stand for people and lead to their direct messages."""

    id: str
    name: str
    is_member: bool = True
    is_archived: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)


def content_problem(arguments: dict[str, Any], *, whole: bool = True) -> web.Response | None:
    """The refusal of a text with blocks; None if they are taken. A `whole` message has a limit over all blocks."""
    blocks = arguments.get("blocks") or []
    if not isinstance(blocks, list):
        return no("invalid_blocks_format")
    if not blocks and not arguments.get("text"):
        return no("no_text")
    if found := problems(blocks):
        return no("invalid_blocks", errors=found, response_metadata={"messages": found})
    if whole and is_too_long(blocks):
        return no("msg_blocks_too_long")
    return _metadata_problem(arguments.get("metadata"))


def message(arguments: dict[str, Any], ts: str) -> dict[str, Any]:
    """The message that is kept."""
    kept: dict[str, Any] = {
        "type": "message",
        "user": _BOT_USER,
        "bot_id": "B0BOT000000",
        "ts": ts,
        "text": str(arguments.get("text") or "")[:_TEXT_CUT],
        "blocks": arguments.get("blocks") or [],
    }
    return kept | {name: arguments[name] for name in ("metadata", "thread_ts") if arguments.get(name)}


def _metadata_problem(metadata: Any) -> web.Response | None:
    if not metadata:
        return None
    match metadata:
        case {"event_type": str(), "event_payload": dict()}:
            # How much is too large is not published; it is meant for a few short values.
            return no("metadata_too_large") if len(json.dumps(metadata)) > 8000 else None
        case dict():
            return no("invalid_metadata_schema")
        case _:
            return no("invalid_metadata_format")


def problem_code(refused: web.Response) -> str:
    """The error in a refusal."""
    return str(json.loads(str(refused.text))["error"])


def yes(**members: Any) -> web.Response:
    """A success."""
    return web.json_response({"ok": True, **members})


def no(error: str, **members: Any) -> web.Response:
    """Slack refuses with status 200."""
    return web.json_response({"ok": False, "error": error, **members})
