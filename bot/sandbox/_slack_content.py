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

    def find(self, ts: str) -> dict[str, Any] | None:
        """The message, or the tombstone, with this ts."""
        return next((message for message in self.messages if message["ts"] == ts), None)

    def root_of(self, ts: str) -> str | None:
        """The message under which a reply to `ts` lands; None where there is none, so that it stands by itself."""
        found = self.find(ts)
        return str(found.get("thread_ts") or found["ts"]) if found else None

    def top(self) -> list[dict[str, Any]]:
        """What the channel shows, oldest first: no replies but those that were broadcast."""
        return [one for one in self.messages if "thread_ts" not in one or one.get("subtype") == "thread_broadcast"]

    def thread(self, root: str) -> list[dict[str, Any]]:
        """A message and its replies, oldest first."""
        return [one for one in self.messages if root in (one["ts"], one.get("thread_ts"))]

    def delete(self, ts: str) -> None:
        """Take a message away. One with replies leaves a tombstone, under which its thread goes on."""
        number = next(number for number, one in enumerate(self.messages) if one["ts"] == ts)
        if len(self.thread(ts)) > 1:
            words = {"text": "This message was deleted.", "blocks": []}
            self.messages[number] = {"type": "message", "subtype": "tombstone", "ts": ts, **words}
        else:
            del self.messages[number]


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


def is_tombstone(message: dict[str, Any]) -> bool:
    """Whether it only shows that there was a message."""
    return message.get("subtype") == "tombstone"


def message(arguments: dict[str, Any], ts: str, *, thread: str | None = None) -> dict[str, Any]:
    """The message that is kept, under another one or by itself."""
    kept: dict[str, Any] = {
        "type": "message",
        "user": _BOT_USER,
        "bot_id": "B0BOT000000",
        "ts": ts,
        "text": str(arguments.get("text") or "")[:_TEXT_CUT],
        "blocks": arguments.get("blocks") or [],
    }
    if arguments.get("metadata"):
        kept["metadata"] = arguments["metadata"]
    if thread:
        kept["thread_ts"] = thread
        if str(arguments.get("reply_broadcast")).lower() in ("1", "true"):
            kept["subtype"] = "thread_broadcast"
    return kept


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
