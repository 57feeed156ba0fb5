"""What a person asks in chat, and the answer, as plain data."""

from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from bot.model.change import Kind
from bot.model.frozen import Frozen
from bot.model.message import Message
from bot.model.order import Stage


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
    is_overheard: bool = False
    """Whether others will read the answer: a group where no answer can be private. It shows what the place may see."""
    own_place: dict[str, Any] = {}
    """Address of a private talk with that person, where the chat has one."""
    via: Literal["command", "button", "message", "start", "home", "cli"] = "command"
    message: str = ""
    """The chat's id of the message it was said in, or whose button was pressed."""
    under: tuple[str, ...] = ()
    """Ids of the chat's messages it was said under: the one it replies to, then the first of its thread; for a button
    the one it stands under."""
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
    outcome: str = "answered"
    """How it ended, in a word, as the audit has it: `answered`, `in_part`, `not_found`, `empty`, `misread`, ..."""
    timezone: str = "UTC"
    """IANA zone in which times are shown where the chat cannot localise them itself."""


class Verb(StrEnum):
    """What can be asked. Arguments, help and roles stand in `bot.core.commands`."""

    HELP = "help"
    STATUS = "status"
    LIST = "list"
    HISTORY = "history"
    WATCH = "watch"
    UNWATCH = "unwatch"
    MUTE = "mute"
    SNOOZE = "snooze"
    UNMUTE = "unmute"
    ACK = "ack"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    CHECK = "check"
    WHY = "why"
    DUE = "due"
    LATE = "late"
    SOURCES = "sources"
    ABOUT = "about"
    JOIN = "join"


class Until(Frozen):
    """A moment to come, as people name it: in the zone of who says it."""

    day: str | None = None
    """A word of `Weekday`, `today`, `tomorrow`, or a date `2026-12-24`; None: the next time a clock shows `clock`."""
    clock: int | None = None
    """Minutes after midnight; None: when the day begins."""


class Command(Frozen):
    """One thing asked, understood. The same words give the same command whichever chat they come from."""

    verb: Verb
    names: tuple[str, ...] = ()
    """What an order may be called: its number, purchase order or tracking number as written, the likeliest first."""
    topic: str | None = None
    """For help: the verb. For join: the code."""
    which: Literal["all", "late", "due", "stuck", "muted", "exceptions"] = "all"
    days: int | None = None
    """For due: how far ahead. For stuck: how long unchanged."""
    source: str | None = None
    watchlist: str | None = None
    stage: Stage | None = None
    mine: bool = False
    page: int = 1
    for_me: bool = False
    """For watch, unwatch and mutes: the person rather than the place. For assign: who asks."""
    person: str | None = None
    """For assign: whom, as written."""
    note: str | None = None
    """For watch: what to call it. For mutes: why. For ack: what is done about it."""
    kind: Kind | None = None
    """For mutes: only changes of that kind."""
    is_all: bool = False
    """For mutes: all news of the place."""
    lasts: timedelta | None = None
    """For mutes; with neither this nor `until`: until its status changes, or somebody lifts it."""
    until: Until | None = None
    in_full: bool = False
    """Every line of the order by itself."""
    pictured: bool = False
    """For history: with a picture."""
    shared: bool = False
    """Let everybody in the place read the answer."""
    in_passing: bool = False
    """No verb was written: words that may name an order."""


class Misread(Frozen):
    """Words that are no command, and what to say about it."""

    problem: str
    advice: str
