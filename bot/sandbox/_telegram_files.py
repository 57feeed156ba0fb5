"""Files as the Bot API takes them: a field of the form, or a name of one (Bot API: sending files)."""

from dataclasses import dataclass
from typing import Any

from bot.model.message import Attachment
from bot.sandbox._telegram_refusal import Refused

_LARGEST = {"photo": 10_000_000, "document": 50_000_000}
_MEDIA_TYPES = {"photo": "image/png", "document": "application/octet-stream"}
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff")
_FULLEST_SIDES = 10_000
"""Pixels: width and height of a photo together."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file in a form."""

    data: bytes
    name: str


def file_of(method: str, arguments: dict[str, Any]) -> Attachment | None:
    """The file that sendPhoto and sendDocument bring; None for other methods. Raises Refused."""
    if method == "sendmessage":
        return None
    field = method.removeprefix("send")
    value = arguments.get(field)
    if isinstance(value, str) and value.startswith("attach://"):
        value = arguments.get(value.removeprefix("attach://"))
    if not isinstance(value, Sent) or not value.data:
        raise Refused(400, f"Bad Request: there is no {field} in the request")
    if len(value.data) > _LARGEST[field]:
        raise Refused(413, "Request Entity Too Large")
    if field == "photo":
        _check_photo(value.data)
    words = str(arguments.get("caption") or "")
    return Attachment(name=value.name, media_type=_MEDIA_TYPES[field], data=value.data, alt=words)


def limit_of_bodies() -> int:
    """Bytes a request may have: more than any file that is taken."""
    return _LARGEST["document"] + 1_000_000


def _check_photo(data: bytes) -> None:
    if not data.startswith(_SIGNATURES):
        raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
    if data.startswith(_SIGNATURES[0]) and len(data) >= 24:
        width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
        if width + height > _FULLEST_SIDES or max(width, height) > 20 * min(width, height):
            raise Refused(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
