"""Telegram's strict HTML: what it refuses, in the words of its server, and what a person sees.

Follows the parser of tdlib/td (MessageEntity.cpp): a few tags, four named entities, and a whole message refused for
one stray `<`. Offsets are counted in bytes.
"""

import re
from dataclasses import dataclass, field

_TAGS = {"a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "tg-time"}
_TAGS |= {"span", "pre", "code", "blockquote"}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot))(?:;|(?![a-z]))")
_ATTRIBUTE = re.compile(r"""\s*([^\s=>/"']+)\s*=\s*("[^"]*"|'[^']*'|[a-zA-Z0-9.-]+)""")
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9_]{2,32}(?![A-Za-z0-9_])")


class CannotParse(Exception):
    """The text is refused; the message is Telegram's description of it, without its prefix."""


@dataclass(slots=True)
class Reading:
    """What a text becomes: characters without markup, as people see them, and whom it calls."""

    visible: str
    links: list[tuple[int, int, str]] = field(default_factory=list)
    """Where a link begins and ends in `visible`, and where it leads."""
    callers: list[str] = field(default_factory=list)

    @property
    def readable(self) -> str:
        """With each link written out behind its words."""
        text = self.visible
        for start, end, url in reversed(self.links):
            if text[start:end] != url:
                text = f"{text[:end]} ({url}){text[end:]}"
        return text


def read_plain(text: str) -> Reading:
    """A text without parse mode."""
    return Reading(visible=text, callers=_MENTION.findall(text))


def read_html(written: str) -> Reading:
    """A text with parse mode HTML. Raises CannotParse."""
    parser = _Parser(written)
    parser.run()
    reading = Reading(visible="".join(parser.visible), links=parser.links, callers=parser.callers)
    # Inside code and links Telegram looks for no names.
    covered = [*parser.opaque, *((start, end) for start, end, _ in parser.links)]
    for mention in _MENTION.finditer(reading.visible):
        if not any(start <= mention.start() < end for start, end in covered):
            reading.callers.append(mention[0])
    return reading


@dataclass(slots=True)
class _Open:
    name: str
    start: int
    href: str


class _Parser:
    def __init__(self, written: str) -> None:
        self._written = written
        self._at = 0
        self._open: list[_Open] = []
        self._length = 0
        self.visible: list[str] = []
        self.links: list[tuple[int, int, str]] = []
        self.opaque: list[tuple[int, int]] = []
        self.callers: list[str] = []

    def run(self) -> None:
        while self._at < len(self._written):
            if self._written.startswith("</", self._at):
                self._end_tag()
            elif self._written[self._at] == "<":
                self._start_tag()
            else:
                self._character()
        if self._open:
            raise CannotParse(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')

    def _character(self) -> None:
        text, taken = _character_at(self._written, self._at)
        self.visible.append(text)
        self._length += len(text)
        self._at += taken

    def _start_tag(self) -> None:
        offset = self._offset()
        end = self._at + 1
        while end < len(self._written) and not self._written[end].isspace() and self._written[end] != ">":
            end += 1
        name = self._written[self._at + 1 : end].lower()
        if end == len(self._written):
            raise CannotParse(f"Unclosed start tag at byte offset {offset}")
        if name not in _TAGS:
            raise CannotParse(f'Unsupported start tag "{name}" at byte offset {offset}')
        href = ""
        while attribute := _ATTRIBUTE.match(self._written, end):
            if attribute[1].lower() == "href":
                href = _decoded(attribute[2].strip("\"'"))
            end = attribute.end()
        rest = self._written[end:].lstrip()
        if rest[:1] != ">":
            raise CannotParse(
                f'Empty attribute name in the tag "{name}" at byte offset {offset}'
                if rest
                else f"Unclosed start tag at byte offset {offset}"
            )
        self._at = len(self._written) - len(rest) + 1
        self._open.append(_Open(name, self._length, href))

    def _end_tag(self) -> None:
        offset = self._offset()
        if not self._open:
            raise CannotParse(f"Unexpected end tag at byte offset {offset}")
        end = self._written.find(">", self._at)
        if end < 0:
            raise CannotParse(f"Unclosed end tag at byte offset {offset}")
        name = self._written[self._at + 2 : end].strip().lower()
        tag = self._open.pop()
        if name and name != tag.name:
            raise CannotParse(f'Unmatched end tag at byte offset {offset}, expected "</{tag.name}>", found "</{name}>"')
        self._at = end + 1
        if tag.name in ("code", "pre"):
            self.opaque.append((tag.start, self._length))
        if tag.name == "a":
            self._close_link(tag)

    def _close_link(self, tag: _Open) -> None:
        url = tag.href or "".join(self.visible)[tag.start : self._length]
        if url.startswith("tg://user?id="):
            self.callers.append(url)
            self.opaque.append((tag.start, self._length))
        elif re.match(r"(https?|tg|ton|mailto)://?\S+$", url, re.IGNORECASE):
            self.links.append((tag.start, self._length, url))

    def _offset(self) -> int:
        return len(self._written[: self._at].encode("utf-8", "surrogatepass"))


def _character_at(written: str, at: int) -> tuple[str, int]:
    """The character written at a place, and how many it is written with. An unknown entity stays as it is."""
    entity = _ENTITY.match(written, at) if written[at] == "&" else None
    if entity is None:
        return written[at], 1
    if entity[3]:
        return _NAMED[entity[3]], len(entity[0])
    code = int(entity[1]) if entity[1] else int(entity[2], 16)
    return (chr(code), len(entity[0])) if 0 < code < 0x10FFFF else (written[at], 1)


def _decoded(value: str) -> str:
    characters = []
    at = 0
    while at < len(value):
        text, taken = _character_at(value, at)
        characters.append(text)
        at += taken
    return "".join(characters)
