"""What people set up by talking to the bot: what they follow, and what they do not want to hear."""

from typing import Any

from bot.model.frozen import Frozen
from bot.model.moment import Moment


class ChatWatch(Frozen):
    """An order followed by a person or place of a chat, beside the watchlists of the config."""

    source: str
    key: str
    destination: str
    """Name of a destination: of the config, or of a place known from chat."""
    written: str
    """How the person wrote the order."""
    name: str | None = None
    """What the person calls it."""
    chat: str
    person: str
    """Who asked for it."""
    place: dict[str, Any] = {}
    """Where news of it goes: an address of the chat."""
    is_own_place: bool = False
    """Whether that is a private talk with the person."""
    since: Moment


class Mute(Frozen):
    """News of an order that a destination does not want for a while."""

    id: int = 0
    """Given by the store."""
    source: str
    key: str
    destination: str
    until: Moment | None = None
    """None: until its status changes."""
    person: str
    since: Moment


class AuditEntry(Frozen):
    """One thing that somebody asked."""

    chat: str
    question: str
    """Its id in the chat."""
    person: str
    place: str
    at: Moment
    verb: str
    text: str
    """As written, without codes that let people in."""
