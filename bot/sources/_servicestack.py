"""What travels from ServiceStack hosts: JSV text and .NET dates.

JSV is JSON's structure with CSV's quoting. It carries no types: every value is text, a map, a list or nothing. The
grammar is the one of the library's own serializer (ServiceStack.Text) and the documentation of its formats.
"""

import re
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from bot.model.moment import Moment, from_day
from bot.sources._payload import from_milliseconds, is_set, moment, moment_of, text

_MAX_DEPTH = 64
_BLANK = " \t\r\n"
_QUOTED = re.compile(r'"[^"]*"')
_ENDS = {"{": re.compile("[,}]"), "[": re.compile(r"[,\]]")}
_CLOSES = {"{": "}", "[": "]"}
_NOT_IN_A_NAME = re.compile(r'[,{}\[\]"]')

_EPOCH_DATE = re.compile(r"\\?/Date\((-?\d{1,18})([+-]\d{4})?\)\\?/")
_UNIX = re.compile(r"-?\d{9,14}")
_MILLISECONDS_ABOVE = 10**11
_COMPACT_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")


class JsvError(ValueError):
    """The text is no JSV. The message says what is wrong and at which character, counted from 1."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(f"{what} at character {at + 1}")


def read_jsv(written: str) -> Any:
    """A JSV document as maps, lists, text, and None for what is left empty. An empty document is None.

    Reads the form that travels, where blanks are data, and the pretty-printed form, where they are not. Raises
    JsvError rather than give part of a document.
    """
    return _Reader(written.strip("\r\n")).document()


def net_moment(value: Any, zone: tzinfo) -> Moment | None:
    """A Moment of a .NET date in any form its serializers write; None for the least, the greatest and what is none.

    A time without an offset is read in `zone`. Midnight, as written, is a day: JSV drops its time and zone, so a
    midnight that came as JSON must mean the same.
    """
    written = text(value)
    if written is None:
        return None
    try:
        instant = _instant(written, zone)
        if instant is None:
            return moment(written, zone)
        if instant.time() == time.min and is_set(instant.year):
            return from_day(instant.date())
        return moment_of(instant, zone)
    except OverflowError:  # before year 1 or after 9999 once a zone is applied: nobody's date
        return None


class _Reader:
    def __init__(self, written: str) -> None:
        self._text = written
        self._at = 0
        # Travelling text has line ends inside quotes only, so a bare one proves the pretty form.
        self._is_pretty = any(end in _QUOTED.sub("", written) for end in "\r\n")

    def document(self) -> Any:
        value = self._value(None, 0)
        rest = self._text[self._at :].strip(_BLANK)
        if rest:
            raise JsvError("text after the end", self._at)
        return value

    def _value(self, container: str | None, depth: int) -> Any:
        self._skip()
        if depth > _MAX_DEPTH:
            raise JsvError("nested too deep", self._at)
        match self._peek():
            case '"':
                return self._quoted()
            case "{":
                return self._map(depth)
            case "[":
                return self._list(depth)
            case _:
                return self._bare(container)

    def _map(self, depth: int) -> dict[str, Any]:
        start = self._enter()
        found: dict[str, Any] = {}
        if self._peek() == "}":
            self._at += 1
            return found
        while True:
            name = self._name(start)
            found[name] = self._value("{", depth + 1)
            if not self._goes_on("{", start):
                return found

    def _list(self, depth: int) -> list[Any]:
        start = self._enter()
        found: list[Any] = []
        if self._peek() == "]":
            self._at += 1
            return found
        while True:
            found.append(self._value("[", depth + 1))
            if not self._goes_on("[", start):
                return found

    def _enter(self) -> int:
        start = self._at
        self._at += 1
        self._skip()
        return start

    def _goes_on(self, container: str, start: int) -> bool:
        """Step over what follows a member: True after a comma, False after the end of the container."""
        self._skip()
        following = self._peek()
        if following == "":
            raise JsvError(f"the end of the text inside the {container} that opened", start)
        if following not in (",", _CLOSES[container]):
            raise JsvError(f"{following!r} where a comma or {_CLOSES[container]} belongs", self._at)
        self._at += 1
        return following == ","

    def _name(self, start: int) -> str:
        self._skip()
        if self._peek() == '"':
            name = self._quoted()
            self._skip()
            if self._peek() != ":":
                raise JsvError("no colon after a name", self._at)
            self._at += 1
            return name
        end = self._text.find(":", self._at)
        if end < 0:
            raise JsvError("a name without a colon", self._at if self._peek() else start)
        name = self._text[self._at : end]
        if wrong := _NOT_IN_A_NAME.search(name):
            raise JsvError(f"{wrong[0]!r} in a name", self._at + wrong.start())
        self._at = end + 1
        return name.strip(_BLANK)

    def _quoted(self) -> str:
        start = self._at
        end = start + 1
        while True:
            end = self._text.find('"', end)
            if end < 0:
                raise JsvError("a quote that is never closed, opened", start)
            if not self._text.startswith('""', end):
                break
            end += 2
        self._at = end + 1
        return self._text[start + 1 : end].replace('""', '"')

    def _bare(self, container: str | None) -> str | None:
        start = self._at
        end = _ENDS[container].search(self._text, start) if container else None
        self._at = end.start() if end else len(self._text)
        found = self._text[start : self._at]
        return (found.strip(_BLANK) if self._is_pretty else found) or None

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self) -> None:
        if self._is_pretty:
            while self._at < len(self._text) and self._text[self._at] in _BLANK:
                self._at += 1


def _instant(written: str, zone: tzinfo) -> datetime | None:
    """The datetime of a text that names a time of day, as it stands there: its zone kept, naive if it has none."""
    if found := _EPOCH_DATE.fullmatch(written):
        return from_milliseconds(int(found[1])).astimezone(_written_zone(found[2], zone))
    if _UNIX.fullmatch(written):
        number = int(written)
        return from_milliseconds(number if abs(number) > _MILLISECONDS_ABOVE else number * 1000)
    if written.endswith("GMT"):
        try:
            return parsedate_to_datetime(written)
        except ValueError:
            return None
    if ":" not in written:
        return None
    try:
        return datetime.fromisoformat(_COMPACT_OFFSET.sub(r"\1:\2", written))
    except ValueError:
        return None


def _written_zone(offset: str | None, zone: tzinfo) -> tzinfo:
    """The zone in which `/Date(...)/` was a wall clock. Its milliseconds are UTC already, whatever the offset."""
    if offset is None:
        return UTC
    if offset == "-0000":  # the .NET way to say: no kind, so the server's own zone
        return zone
    minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    if minutes >= 24 * 60:
        return UTC
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
