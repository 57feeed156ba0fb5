"""What a ServiceStack host writes: the same objects as JSON or JSV, with dates the way each of them puts these.

A naive datetime is a wall clock in the host's own zone, as .NET's unspecified kind: JSON writes it without a zone,
JSV with the host's offset. Null members are left out of objects in both.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

_MUST_QUOTE = frozenset('":,{}[]\r\n')


def write_json(value: Any) -> str:
    """JSON with dates in the round-trip form of seven digits, as 2Service sends it."""
    return json.dumps(_without_nulls(value), ensure_ascii=False, separators=(",", ":"), default=_json_date)


def write_jsv(value: Any, zone: tzinfo = UTC) -> str:
    """JSV as it travels, without a blank or line end of its own."""
    match value:
        case Mapping():
            members = (
                f"{_text(str(name))}:{write_jsv(each, zone)}" for name, each in value.items() if each is not None
            )
            return "{" + ",".join(members) + "}"
        case str() | bytes():
            return _text(str(value))
        case Sequence():
            return "[" + ",".join(write_jsv(each, zone) for each in value) + "]"
        case _:
            return _scalar(value, zone)


def write_pretty_jsv(value: Any, zone: tzinfo = UTC, depth: int = 0) -> str:
    """JSV as metadata pages show it: tabs, one member a line, an opening bracket on a line of its own."""
    if isinstance(value, Mapping):
        members = [(f"{_text(str(name))}: ", each) for name, each in value.items() if each is not None]
        brackets = "{}"
    elif isinstance(value, Sequence) and not isinstance(value, str):
        members = [("", each) for each in value]
        brackets = "[]"
    else:
        return write_jsv(value, zone)
    if not members:
        return brackets
    inner, outer = "\n" + "\t" * (depth + 1), "\n" + "\t" * depth
    lines = []
    for name, each in members:
        nested = write_pretty_jsv(each, zone, depth + 1)
        lines.append(name + (inner if name and nested[:1] in ("{", "[") else "") + nested)
    return brackets[0] + inner + f",{inner}".join(lines) + outer + brackets[1]


def _text(written: str) -> str:
    if written and _MUST_QUOTE.isdisjoint(written):
        return written
    return '"' + written.replace('"', '""') + '"'


def _scalar(value: Any, zone: tzinfo) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case datetime():
            return _jsv_instant(value, zone)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _jsv_instant(value: datetime, zone: tzinfo) -> str:
    """The shortest form: midnight loses its time and zone, whole seconds their fraction."""
    if value.time() == time.min:
        return value.date().isoformat()
    local = value if value.tzinfo else value.replace(tzinfo=zone)
    digits = f"{value:%Y-%m-%dT%H:%M:%S}" + (f".{value.microsecond:06d}0" if value.microsecond else "")
    return digits + ("Z" if value.tzinfo is UTC else _offset(local))


def _json_date(value: Any) -> str:
    if not isinstance(value, datetime):
        return f"{value.isoformat()}T00:00:00.0000000" if isinstance(value, date) else str(value)
    digits = f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond:06d}0"
    if value.tzinfo is None:
        return digits
    return digits + ("Z" if value.tzinfo is UTC else _offset(value))


def _offset(value: datetime) -> str:
    written = f"{value:%z}"
    return f"{written[:3]}:{written[3:5]}"


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_nulls(each) for each in value]
    return value
