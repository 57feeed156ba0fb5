"""What was accepted, as a reader takes it: the parts of a message together, and one of many orders entry by entry."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.sandbox.accepted import Accepted

_MARKS = re.compile(r"(?: \((?P<part>\d+)/\d+\))?(?P<repeat> \(may be a repeat\))?\s*$")
_MANY = re.compile(r"\W*News of [\d,]+ (?:orders?|notices?)\b")
"""How a message begins that tells of several orders."""
_BULLET = re.compile(r"^\s*• ")
_COUNT = re.compile(r" · [\d,]+ orders\b")
"""Stands where the name of the order would, where one line speaks of several, named below it."""
_BACK = re.compile(r"\W*(?:[\d,]+) orders? (?:is|are) back where\b")
_FOOTER = re.compile(r".* · seen ")


@dataclass(frozen=True, slots=True)
class Said:
    """One message, or what it says about one order."""

    at: datetime
    chat: str
    place: str
    text: str
    is_repeat: bool
    """Whether it says itself that it may be a repeat."""

    @property
    def headline(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]


def joined(accepted: Sequence[Accepted]) -> list[Said]:
    """The messages, the parts of each put together and its marks taken off."""
    messages: list[Said] = []
    for one in accepted:
        first, _, rest = one.text.strip().partition("\n")
        marks = _MARKS.search(first)
        assert marks is not None  # it may match nothing, but it matches
        headline = first[: marks.start()]
        begun = _begun(messages, one, headline) if int(marks["part"] or 1) > 1 else None
        if begun is None:
            messages.append(Said(one.at, one.chat, one.place, f"{headline}\n{rest}", marks["repeat"] is not None))
        else:
            messages[begun] = replace(messages[begun], text=f"{messages[begun].text}\n{rest}")
    return messages


def entries(message: Said) -> Iterator[Said]:
    """What a message says, order by order; most speak of one only, and are one entry."""
    if not _MANY.match(message.text):
        yield message
        return
    entry: list[str] = []
    for line in message.text.rstrip().split("\n")[1:]:
        if entry and not _BULLET.match(line):
            yield from _entry(message, entry)
            entry = []
        if not (_BACK.match(line) or _FOOTER.match(line)):
            entry.append(line)
    if entry:
        yield from _entry(message, entry)


def _entry(message: Said, lines: Sequence[str]) -> Iterator[Said]:
    first, *more = lines[0], *(_BULLET.sub("", line) for line in lines[1:])
    if not _COUNT.search(first):
        yield replace(message, text="\n".join((first, *first.split(" · ")[1:], *more)))
        return
    for name in (name for line in more for name in line.split(", ")):
        yield from _entry(message, [_COUNT.sub(f" · {name}", first, count=1)])


def _begun(messages: Sequence[Said], one: Accepted, headline: str) -> int | None:
    """Where the message is that this is a later part of."""
    for index, message in reversed(list(enumerate(messages))):
        if (message.chat, message.place) == (one.chat, one.place):
            return index if message.headline == headline else None
    return None
