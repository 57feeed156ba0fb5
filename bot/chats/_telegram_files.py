"""Files in Telegram: a picture as a photo, so that it is seen at once, anything else as a document."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from telegram import Bot
from telegram import Message as Sent

from bot.chats._attached import caption
from bot.chats._telegram_html import disarmed
from bot.errors import ChatError
from bot.model.message import Attachment, Message
from bot.model.sending import Part

_PHOTOS = ("image/png", "image/jpeg")
_LARGEST_PHOTO = 10_000_000
"""Bytes (Bot API: sendPhoto); as a document it may be five times as large."""


def file_part(file: Attachment, message: Message, *, repeated: bool = False) -> Part:
    """`rich` holds the `caption` of sendPhoto and sendDocument. It has no markup, so nothing in it can break any."""
    words = disarmed(caption(file, repeated=repeated))
    sound = {"disable_notification": True} if message.is_silent else {}
    return Part(plain=words, rich={"caption": words, **sound}, file=file)


def sending(bot: Bot, part: Part) -> Callable[..., Awaitable[Sent]]:
    """The method that sends the file of a part with its caption; what is missing is the place."""
    assert part.file is not None
    file, content = part.file, dict[str, Any](part.rich)
    if file.media_type in _PHOTOS and len(file.data) <= _LARGEST_PHOTO:
        return partial(bot.send_photo, photo=file.data, filename=file.name, **content)
    return partial(bot.send_document, document=file.data, filename=file.name, **content)


def not_shown(refused: ChatError) -> str:
    """Why only the words are there."""
    return f"not shown: {refused.came}"
