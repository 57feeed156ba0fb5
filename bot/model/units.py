"""Durations, rates and addresses as people write them: `30s 5m 4h 2d`, `60/min`, `127.0.0.1:8080`."""

import re
from datetime import timedelta
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RATE = re.compile(r"(\d+)\s*/\s*(s|sec|second|min|minute|h|hour|day)")
_PERIODS = {"s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400}
_LONGEST = timedelta(days=36_500)
_MOST_DIGITS = 9
"""Of a rate: more than any server answers, and few enough to count."""


class RateValue(NamedTuple):
    """At most `events` events in any window of `seconds`."""

    events: int
    seconds: float

    def __str__(self) -> str:
        names = {1: "s", 60: "min", 3600: "h", 86400: "day"}
        return f"{self.events}/{names.get(int(self.seconds), f'{self.seconds:g}s')}"


class Spent(NamedTuple):
    """Requests that count against a budget."""

    ago: float
    """Seconds since the last of them."""
    requests: int


def parse_duration(written: Any) -> Any:
    """A timedelta of `30s`, `5m`, `4h`, `2d`, `1w`, or of several together (`1h 30m`).

    Raises ValueError for anything else that is text or a number; other types pass on to pydantic.
    """
    if isinstance(written, timedelta):
        return written
    text = str(written).strip().lower()
    parts = _DURATION.findall(text)
    if not parts or _DURATION.sub("", text).strip():
        raise ValueError(f"{written!r} is not a duration: write a number and a unit, such as 30s, 5m, 4h or 2d")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"is too long: {_LONGEST.days}d is the most")
    return timedelta(seconds=seconds)


def write_duration(value: timedelta) -> str:
    """The shortest exact way to write a duration: `90s`, `15m`, `4h`, `2d`."""
    seconds = value.total_seconds()
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]:g}{unit}"
    return f"{seconds:g}s"


def parse_rate(written: Any) -> Any:
    """A RateValue of `60/min`, `10/s`, `5000/day`. Raises ValueError for anything else."""
    if isinstance(written, RateValue):
        return written
    match = _RATE.fullmatch(str(written).strip().lower())
    if match and len(match[1]) > _MOST_DIGITS:
        raise ValueError(f"is too much: {'9' * _MOST_DIGITS}/{match[2]} is the most")
    if not match or int(match[1]) == 0:
        raise ValueError(f"{written!r} is not a rate: write a number and a period, such as 60/min, 10/s or 5000/day")
    return RateValue(int(match[1]), float(_PERIODS[match[2]]))


def host_and_port(written: str) -> tuple[str, int]:
    """`127.0.0.1:8080`, `[::1]:8080` or `:8080` (every address) in two. Raises ValueError that says how to write it."""
    host, colon, port = written.rpartition(":")
    if (
        not colon
        or not port.isascii()
        or not port.isdigit()
        or int(port) > 65535
        or (":" in host and not host.startswith("["))
    ):
        raise ValueError(f"{written!r} is not host:port, such as 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def _longer_than_nothing(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("must be longer than nothing, such as 30s")
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+(\.\d+)?\s*[smhdw]\s*)+$", "examples": ["30s", "5m", "4h"]}),
]
Timeout = Annotated[Duration, AfterValidator(_longer_than_nothing)]
Rate = Annotated[
    RateValue,
    BeforeValidator(parse_rate),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\s*/\s*[a-z]+$", "examples": ["60/min", "10/s"]}),
]
