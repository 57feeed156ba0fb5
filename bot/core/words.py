"""Words in the reader's language: English as it stands in the code, or what a catalogue says instead of it.

The English text is the key, with `{placeholders}` for what comes from elsewhere. What is put in is never read as a
text with placeholders itself, so nothing from an order can reach into it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from bot.model.message import Line, Link, Span, Text, When
from bot.model.order import normal_word

Part = str | int | Span | Sequence[Span]
"""What stands in for a placeholder: words, a number, or spans that keep their look."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def phrase(text: str) -> str:
    """The same text, marked as one that every catalogue has to say, where it is looked up elsewhere."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """A language: call it with an English text to have that said. What a catalogue does not know stays English."""

    language: str = "en"
    """Its ISO code, as the config writes it."""
    texts: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    """English to what is said; one and many where it counts something, under the English of many."""
    singular: frozenset[int] = frozenset({1})
    """The numbers that take the form of one."""
    thousands: str = ","
    """Stands between each three digits."""
    weekdays: Sequence[str] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months: Sequence[str] = _MONTHS
    day: str = "{weekday} {day} {month} {year}"
    """How a date is put together."""
    displays: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By source: its status words, as `normal_word` has them, to what readers of this language are shown."""

    def __call__(self, text: str, /, **parts: str | int) -> str:
        """A text that counts nothing."""
        return _filled(self._said(text), {name: self._written(part) for name, part in parts.items()})

    def count(self, number: int, one: str, many: str, /, **parts: str | int) -> str:
        """A text whose form hangs on a number, which is `{n}` in it."""
        written = {name: self._written(part) for name, part in parts.items()}
        return _filled(self._form(number, one, many), {**written, "n": self.number(number)})

    def spans(self, text: str, /, **parts: Part) -> tuple[Span, ...]:
        """A text around spans that keep their look."""
        return tuple(_joined(self._spans(self._said(text), parts)))

    def counted(self, number: int, one: str, many: str, /, **parts: Part) -> tuple[Span, ...]:
        """The same where its form hangs on a number, which is `{n}` in it."""
        return tuple(_joined(self._spans(self._form(number, one, many), {**parts, "n": number})))

    def line(self, text: str, /, **parts: Part) -> Line:
        """The same as a line of its own."""
        return Line(spans=self.spans(text, **parts))

    def number(self, number: int) -> str:
        """`1,204` as it is written in this language."""
        return f"{number:,}".replace(",", self.thousands)

    def date(self, day: date) -> str:
        """`Tue 24 Nov 2026`."""
        parts = {"weekday": self.weekdays[day.weekday()], "day": str(day.day), "month": self.months[day.month - 1]}
        return _filled(self.day, {**parts, "year": str(day.year)})

    def status(self, source: str, word: str) -> str:
        """A status word of a source, under the name that readers of this language are to see."""
        names = self.displays.get(source)
        return names.get(normal_word(word), word) if names else word

    def _said(self, text: str) -> str:
        said = self.texts.get(text, text)
        return said if isinstance(said, str) else text

    def _form(self, number: int, one: str, many: str) -> str:
        forms = self.texts.get(many)
        if forms is None or isinstance(forms, str):
            return one if number == 1 else many
        return forms[0] if number in self.singular else forms[-1]

    def _written(self, part: str | int) -> str:
        return self.number(part) if isinstance(part, int) else part

    def _spans(self, text: str, parts: Mapping[str, Part]) -> Iterator[Span | str]:
        for place, piece in enumerate(_pieces(text)):
            part = parts.get(piece, f"{{{piece}}}") if place % 2 else piece
            if isinstance(part, str | int):
                yield self._written(part)
            elif isinstance(part, Text | Link | When):
                yield part
            else:
                yield from part


ENGLISH = Words()


def placeholders(text: str) -> frozenset[str]:
    """The names of what is put into a text."""
    return frozenset(_PLACEHOLDER.findall(text))


def _filled(text: str, parts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: parts.get(found[1], found[0]), text)


@lru_cache(1024)
def _pieces(text: str) -> Sequence[str]:
    """What stands between the placeholders of a text, and every second one the name of one."""
    return _PLACEHOLDER.split(text)


def _joined(spans: Iterable[Span | str]) -> Iterator[Span]:
    """The spans, plain words that meet as one, and none that is empty."""
    words = ""
    for span in spans:
        if isinstance(span, str):
            words += span
            continue
        if isinstance(span, Text) and span.style == "plain":
            words += span.text
            continue
        if words:
            yield Text(text=words)
        words = ""
        yield span
    if words:
        yield Text(text=words)
