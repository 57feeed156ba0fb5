"""Splitting a message that is too long for its chat: between lines, and a line that is too long between words."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from bot.chats._text import BULLET, called, plain, plain_line, tidy
from bot.languages import words_of
from bot.model.message import Line, Message, Span, Text, When

_WORDS = re.compile(r"\S+\s*|\s+")
_JOINERS = "\u200d\ufe0e\ufe0f"
"""Zero-width joiner and variation selectors: a character and the one after or before it are one sign."""
_MOST_PARTS = " (999/999) "


@dataclass(frozen=True, slots=True)
class Measure:
    """What a chat counts: `text` gives the size of visible characters, `span` what each span costs beside them."""

    room: int
    """The most one part may hold."""
    text: Callable[[str], int]
    span: int = 0
    bare_is_free: bool = False
    """Whether words that are not set off cost nothing beside their size."""


@dataclass(frozen=True, slots=True)
class Page:
    """One part of a message. Every part begins with the same first line, numbered when there are several."""

    emoji: str
    headline: Line
    body: tuple[Line, ...]
    footer: Line | None
    mentions: tuple[str, ...] = ()
    """Ids of people who are called at the end of the first line."""

    @property
    def is_all_bold(self) -> bool:
        """Whether the whole first line is set off, for want of words in it that are."""
        return not any(isinstance(span, Text | When) and span.style == "strong" for span in self.headline.spans)

    def plain(self, zone: tzinfo, *, escaped: Callable[[str], str] = str, call: Callable[[str], str] = called) -> str:
        """All of it without markup. `escaped` makes words from outside harmless, `call` calls somebody."""
        first = (f"{self.emoji} " if self.emoji else "") + plain_line(self.headline, zone)
        lines = [first, *(plain_line(line, zone) for line in self.body)]
        if self.footer:
            lines.append(plain_line(self.footer, zone))
        lines = [escaped(line) for line in lines]
        lines[0] += "".join(f" {call(person)}" for person in self.mentions)
        return "\n".join(lines)


def pages(message: Message, measure: Measure, zone: tzinfo, *, repeated: bool = False) -> list[Page]:
    """The parts that say `message`, each within `measure.room`: at least one, with clean text, nothing left out.

    Only the first calls people.
    """
    message = tidy(message)
    words = words_of(message.language)
    mark = words("(may be a repeat)")
    folder = _Folder(measure, zone)
    headline, *rest = folder.fold(message.headline)
    lines = [*rest, *(piece for line in message.body for piece in folder.fold(line))]
    footer: Line | None = None
    if message.footer:
        *early, footer = folder.fold(message.footer)
        lines += early
    # Room for the marks is always kept: a repeat must fall into the same parts.
    taken = folder.cost(headline) + folder.cost(Line(spans=(Text(text=message.emoji + _MOST_PARTS + mark),)))
    taken += sum(2 * measure.span + measure.text(called(person)) for person in message.mentions)
    groups = list(_groups(lines, footer, folder, measure.room - taken))
    return [
        Page(
            message.emoji,
            _marked(headline, number, len(groups), mark if repeated else ""),
            tuple(group),
            footer if number == len(groups) else None,
            message.mentions if number == 1 else (),
        )
        for number, group in enumerate(groups, 1)
    ]


def _groups(lines: list[Line], footer: Line | None, folder: "_Folder", room: int) -> Iterator[list[Line]]:
    group: list[Line] = []
    left = room
    for line in lines:
        cost = folder.cost(line)
        if cost > left and group:
            # What stands under a line stays with it.
            head = [group.pop()] if line.indent and len(group) > 1 and not group[-1].indent else []
            yield group
            group, left = head, room - sum(map(folder.cost, head))
        group.append(line)
        left -= cost
    if footer and folder.cost(footer) > left:
        yield group
        group = []
    yield group


def _marked(headline: Line, number: int, count: int, mark: str) -> Line:
    marks = (f" ({number}/{count})" if count > 1 else "") + (f" {mark}" if mark else "")
    return headline.model_copy(update={"spans": (*headline.spans, Text(text=marks))}) if marks else headline


class _Folder:
    """Folds lines so that no piece takes more than a quarter of a part."""

    def __init__(self, measure: Measure, zone: tzinfo) -> None:
        self._measure = measure
        self._zone = zone
        self._room = measure.room // 4

    def cost(self, line: Line) -> int:
        """What a line takes of its part, with its bullet and its end."""
        return sum(map(self._span_cost, line.spans), self._measure.text(BULLET + "\n"))

    def fold(self, line: Line) -> list[Line]:
        """The line itself if it fits, else pieces of it, broken between words. At least one."""
        if self.cost(line) <= self._room:
            return [line]
        pieces: list[list[Span]] = [[]]
        left = self._room - self._measure.text(BULLET + "\n")
        room = left
        for span in line.spans:
            for atom in self._atoms(span, room):
                joins = bool(pieces[-1]) and _joined(pieces[-1][-1], atom) is not None
                cost = self._measure.text(plain(atom, self._zone)) + (0 if joins else self._measure.span)
                if cost > left and pieces[-1]:
                    pieces.append([])
                    left = room
                    cost = self._span_cost(atom)
                _append(pieces[-1], atom)
                left -= cost
        return [Line(spans=tuple(piece), indent=line.indent) for piece in pieces]

    def _span_cost(self, span: Span) -> int:
        is_bare = isinstance(span, Text | When) and span.style == "plain"
        beside = 0 if is_bare and self._measure.bare_is_free else self._measure.span
        return beside + self._measure.text(plain(span, self._zone))

    def _atoms(self, span: Span, room: int) -> Iterator[Span]:
        """What a span may be broken into, none larger than `room`."""
        if not isinstance(span, Text) and self._span_cost(span) <= room:
            yield span
            return
        style = span.style if isinstance(span, Text) else "plain"
        for word in _WORDS.findall(plain(span, self._zone)):
            for chunk in self._chunks(word, room - self._measure.span):
                yield Text(text=chunk, style=style)

    def _chunks(self, word: str, room: int) -> Iterator[str]:
        while self._measure.text(word) > room:
            end = self._prefix(word, room)
            yield word[:end]
            word = word[end:]
        yield word

    def _prefix(self, word: str, room: int) -> int:
        """How many characters of a word that is too long fit, without tearing one visible sign apart if possible."""
        end = size = 0
        while end < len(word) and (size := size + self._measure.text(word[end])) <= room:
            end += 1
        whole = end
        while whole > 0 and (_belongs_to_previous(word[whole]) or word[whole - 1] == "\u200d"):
            whole -= 1
        return whole or max(end, 1)


def _belongs_to_previous(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff"


def _joined(before: Span, after: Span) -> Span | None:
    """Both as one span, if they look alike."""
    if isinstance(before, Text) and isinstance(after, Text) and before.style == after.style:
        return Text(text=before.text + after.text, style=before.style)
    return None


def _append(piece: list[Span], atom: Span) -> None:
    joined = _joined(piece[-1], atom) if piece else None
    if joined is None:
        piece.append(atom)
    else:
        piece[-1] = joined
