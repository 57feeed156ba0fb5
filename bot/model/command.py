"""What a person asks in chat, and the answer, as plain data."""

from typing import Any, Literal

from bot.model.frozen import Frozen
from bot.model.message import Message


class Question(Frozen):
    """One thing asked: a command, a pressed button, a message that names an order, or the opening of a home tab."""

    id: str
    """Of the chat's own event, unique within the chat: the same one delivered again is not answered again."""
    chat: str
    """Kind of chat."""
    person: str
    """The chat's id of who asks."""
    place: dict[str, Any] = {}
    """Where: an address of the chat, as a destination there would have it."""
    is_private: bool = False
    """Whether only that person reads there."""
    via: Literal["command", "button", "message", "start", "home", "cli"] = "command"
    text: str = ""
    """Verb and arguments as written; for a button its key; for a start its payload."""
    language: str | None = None
    timezone: str | None = None
    """IANA zone of the reader, where the chat tells."""


class Button(Frozen):
    """Something to press under an answer. `key` (64 bytes at most) stands for what it asks, also after a restart."""

    label: str
    key: str


class Reply(Frozen):
    """The answer. Several messages are sent in turn; buttons stand under the last."""

    messages: tuple[Message, ...]
    buttons: tuple[Button, ...] = ()
    is_public: bool = False
    """Whether everybody in the place may read it; private is the rule where the chat can do it."""
    replaces: bool = False
    """Whether it takes the place of the message whose button was pressed."""
