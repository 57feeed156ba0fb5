"""What is said, as plain data: no markup until a chat writes it.

A Message is lines, a line is spans. The first line carries the news; the last, the footer, carries the source and
the age of the data. Everything in it may come from outside: a chat escapes all of it.
"""

import base64
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from bot.model.frozen import Frozen
from bot.model.moment import Moment


class Text(Frozen):
    """Words, possibly set off."""

    type: Literal["text"] = "text"
    text: str
    style: Literal["plain", "strong", "code", "struck"] = "plain"


class Link(Frozen):
    """Words that lead somewhere. Only http and https addresses become links; others are shown as text."""

    type: Literal["link"] = "link"
    text: str
    url: str


class When(Frozen):
    """A moment, shown in the reader's zone (else the configured one): a day, or a day and a time."""

    type: Literal["when"] = "when"
    at: Moment
    style: Literal["plain", "strong", "struck"] = "plain"
    language: str = "en"
    """In which its day is written, where the chat does not do that for each reader; from its message."""


Span = Annotated[Text | Link | When, Field(discriminator="type")]


def _members(spans: tuple[Text | Link | When, ...]) -> list[dict[str, str]]:
    return [span.__dict__ for span in spans]


Spans = Annotated[tuple[Span, ...], PlainSerializer(_members, when_used="json")]
"""Written as their members stand there: telling what each is takes pydantic longer than all the rest of a message."""


class Line(Frozen):
    """One line of a message. A message that is too long is split between lines, never inside one that fits."""

    spans: Spans
    indent: int = 0
    """0 or 1: facts of one line item stand under it."""


def _decoded(value: Any) -> Any:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


Bytes = Annotated[bytes, BeforeValidator(_decoded), PlainSerializer(_encoded, when_used="json")]
"""Base64 where it is stored."""


class Attachment(Frozen):
    """A file that goes along: a picture, or a text too long to be read in a chat."""

    name: str
    """Of the file, with the ending people know it by: `open-orders.png`."""
    media_type: str
    data: Bytes
    alt: str
    """What it shows, for those who do not see it, and where the chat takes no files."""


class Message(Frozen):
    """One thing to say. `emoji` is a second cue; the words carry everything."""

    emoji: str = ""
    headline: Line
    body: tuple[Line, ...] = ()
    footer: Line | None = None
    mentions: tuple[str, ...] = ()
    """Ids, in the chat it goes to, of people to call. From the config alone, never from an order."""
    is_silent: bool = False
    """Whether it makes no sound, where the chat can do that."""
    language: str = "en"
    """ISO code of the language it is in; its dates follow."""
    attachment: Attachment | None = None
    """Sent behind the words, which say everything without it."""
