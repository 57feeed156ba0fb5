"""Messages in people's own words: a small, safe part of Jinja that becomes plain spans.

A template shows variables and has if/else; it has neither loops nor sums nor calls, so it ends at once and stays about
as long as it is written. What it says is text that the chat escapes: no template, and no order in one, can call a
person or make a link. Links and dates come only from the variables that hold them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.model.message import Line, Link, Span, Text

VARIABLES: Mapping[str, str] = {
    "title": "what happened, such as `New date`",
    "order": "the order as messages call it: its number, and the customer's own",
    "number": "the number of the order",
    "reference": "the customer's own number",
    "source": "the source as people call it",
    "status": "how the order stands",
    "old": "what it was before: a status, a date, a quantity, a tracking number",
    "new": "what it is now",
    "slip": "by how much a date moved, such as `3 days later`",
    "first": "the date that was promised at first",
    "promised": "when delivery is promised now",
    "lines": "numbers of the lines it happened to",
    "days": "how many days something has lasted or is late",
    "reason": "why an order was cancelled",
    "tracking": "carriers and tracking numbers, linked where the source gives a link",
    "seen": "when it was seen",
    "details": "all lines that the message would have had",
}
"""What a template may show. Where there is nothing to show, a variable is empty, and `{% if slip %}` is false."""

FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default")
LONGEST = 2000
"""Characters of a template."""
_MOST_SAID = 8000
"""Characters of what it says; beyond it the message is told in the usual words."""

Value = str | Sequence[Span] | Sequence[Line]
"""What a variable holds: words, spans that keep their look, or whole lines."""

_MARK = re.compile("\ue000(\\d+)\ue001")
"""Stands in the text of a template for what is no text. Words from outside lose these characters first."""


class TemplateWrong(Exception):
    """A template that cannot be used: why, and on which of its lines."""

    def __init__(self, text: str, line: int = 1, unknown: str | None = None) -> None:
        super().__init__(text)
        self.line = line
        self.unknown = unknown
        """The name that is no variable, if that is what is wrong."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template that has been found good; `core/templates` makes one of a text."""

    text: str
    variables: frozenset[str]
    """Those it shows."""
    fill: Callable[[Mapping[str, str]], str] = field(compare=False, repr=False)
    """The text with these in it."""

    def lines(self, values: Mapping[str, Value]) -> list[Line] | None:
        """What it says, without empty lines; None if that is nothing, or far too much."""
        kept: list[Value] = []
        given = {name: _held(values.get(name, ""), kept) for name in VARIABLES}
        lines = [Line(spans=line) for line in _lines(self.fill(given), kept) if _has_words(line)]
        size = sum(len(span.text) for line in lines for span in line.spans if isinstance(span, Text | Link))
        return lines if lines and size <= _MOST_SAID else None


def _held(value: Value, kept: list[Value]) -> str:
    if isinstance(value, str):
        return " ".join(value.replace("\ue000", "").replace("\ue001", "").split())
    if not value:
        return ""
    kept.append(value)
    return f"\ue000{len(kept) - 1}\ue001"


def _lines(text: str, kept: Sequence[Value]) -> Iterator[tuple[Span, ...]]:
    """The text line by line, with what the marks stand for; lines that are put in stay lines of their own."""
    said = 0
    for written in text.splitlines():
        spans: list[Span] = []
        for place, piece in enumerate(_MARK.split(written)):
            value = kept[int(piece)] if place % 2 else piece
            if isinstance(value, str):
                spans += [Text(text=value)] if value else []
                continue
            for one in value:
                said += 1
                if said > _MOST_SAID:
                    return
                if isinstance(one, Line):
                    yield tuple(spans)
                    spans = list(one.spans)
                else:
                    spans.append(one)
        yield tuple(spans)


def _has_words(spans: Sequence[Span]) -> bool:
    return any(not isinstance(span, Text) or span.text.strip() for span in spans)
