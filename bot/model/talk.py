"""What people set up by talking to the bot: what they follow, and what they do not want to hear."""

from typing import Any

from bot.model.change import Kind
from bot.model.command import Question
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


class About(Frozen):
    """Which news is meant. Whatever is set narrows it; at least one of order, watchlist, kind and destination is."""

    source: str | None = None
    """Of the order; of the watchlist."""
    key: str | None = None
    """Of the order. It goes with its source."""
    watchlist: str | None = None
    """News that comes by this watchlist, and by no other."""
    kind: Kind | None = None
    destination: str | None = None
    """None: wherever it goes."""


class Mute(About):
    """News that is not wanted for a while."""

    id: int = 0
    """Given by the store."""
    until: Moment | None = None
    """None: until the status of the order changes; where no order is named, until somebody lifts it."""
    holds: bool = False
    """Whether it is told when the time is over, by what it comes to then. Such a one has an end."""
    person: str
    note: str | None = None
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
    under: str = ""
    """Id of the message whose button was pressed."""
    waiting: Question | None = None
    """The question, to be asked again if nobody was told its answer; None for one that shall not be."""
