"""Quiet hours of the file: from what is written under `quiet:` to windows, for whoever names them."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from bot.config.problems import Complaints, Place, hint
from bot.config.written import Written, Zone, list_of_one
from bot.core.calendar import countries, is_always_quiet
from bot.model.quiet import MINUTES_OF_DAY, QuietWindow, Weekday

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_ANY_DAY = {"enum": [day.value for day in Weekday]}


def _minutes(written: Any) -> int:
    """Minutes after midnight of `07:00`, `19:30`, `24:00`."""
    if not isinstance(written, str) or not _CLOCK.fullmatch(written):
        raise ValueError(f"{written!r} is not a time of day such as 07:00, 19:30 or 24:00")
    hours, minutes = written.split(":")
    return int(hours) * 60 + int(minutes)


def _country(written: str) -> str:
    known = countries()
    if written not in known:
        near = hint(written, known)
        advice = near if "did you mean" in near else ""
        raise ValueError(f"no holidays are known of '{written}'{advice}; write its ISO code, such as FR or DE-BY")
    return written


Days = Annotated[
    list[Weekday],
    BeforeValidator(list_of_one),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_ANY_DAY, {"type": "array", "items": _ANY_DAY, "minItems": 1}]}),
]
ClockTime = Annotated[
    int,
    BeforeValidator(_minutes),
    WithJsonSchema({"type": "string", "pattern": r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$", "examples": ["19:00"]}),
]
Country = Annotated[str, AfterValidator(_country)]


class QuietEntry(Written):
    """A time that is quiet every week; without `from` and `to` whole days, with `holidays` alone only those."""

    days: Days | None = None
    """Days on which it begins: `mon tue wed thu fri sat sun`; every day if left out."""
    starts: ClockTime | None = Field(default=None, alias="from")
    """Time of day, such as `19:00`."""
    ends: ClockTime | None = Field(default=None, alias="to")
    """Time of day, such as `07:00`; before `from` it is that of the next day."""
    timezone: Zone | None = None
    """IANA zone of these times, where it is not that of the file."""
    holidays: Country | None = None
    """Country whose holidays are quiet too, all day: `FR`, or a part of one: `DE-BY`."""


Read = Callable[[type[QuietEntry], Place, Any], QuietEntry | None]
"""Validates one piece of the file, or complains."""


class QuietHours:
    """The windows under every name of `quiet:`, and what is wrong with whoever names them."""

    def __init__(self, written: Any, timezone: str, read: Read, complaints: Complaints) -> None:
        self._complaints = complaints
        section = written if isinstance(written, dict) else {}
        self._named = {name: self._windows(name, data, timezone, read) for name, data in section.items()}
        for name, windows in self._named.items():
            self._refuse_silence(("quiet", name), windows)

    def of(self, place: Place, names: Sequence[str] | None) -> tuple[QuietWindow, ...]:
        """The windows of these names together, written at `place`."""
        names = tuple(dict.fromkeys(names or ()))
        for name in names:
            if name not in self._named:
                near = hint(name, self._named) or "; name it under `quiet:` first"
                self._complaints.add(place, f"there are no quiet hours '{name}'{near}")
        windows = tuple(window for name in names for window in self._named.get(name, ()))
        if len(names) > 1:
            self._refuse_silence(place, windows)
        return windows

    def _windows(self, name: str, data: Any, timezone: str, read: Read) -> tuple[QuietWindow, ...]:
        place: Place = ("quiet", name)
        if data in (None, [], {}):
            self._complaints.add(place, 'is empty; write a window, such as {from: "19:00", to: "07:00"}')
            return ()
        places = (
            [((*place, index), one) for index, one in enumerate(data)] if isinstance(data, list) else [(place, data)]
        )
        entries = [(each, read(QuietEntry, each, one)) for each, one in places]
        return tuple(self._window(each, entry, timezone) for each, entry in entries if entry is not None)

    def _window(self, place: Place, entry: QuietEntry, timezone: str) -> QuietWindow:
        starts, ends = entry.starts, entry.ends
        if (starts is None) != (ends is None):
            self._complaints.add(place, "needs `from` and `to`, or neither for whole days")
        elif starts is not None and starts == ends:
            self._complaints.add((*place, "to"), 'is the same as `from`; a whole day is from "00:00" to "24:00"')
        elif starts == MINUTES_OF_DAY:
            self._complaints.add((*place, "from"), 'is the end of a day; write "00:00" of the next')
        is_holidays_only = entry.days is None and starts is None and entry.holidays is not None
        return QuietWindow(
            days=frozenset(() if is_holidays_only else entry.days or Weekday),
            starts=starts or 0,
            ends=MINUTES_OF_DAY if ends is None else ends,
            timezone=entry.timezone or timezone,
            holidays=entry.holidays,
        )

    def _refuse_silence(self, place: Place, windows: Sequence[QuietWindow]) -> None:
        if not self._complaints.within(place) and is_always_quiet(windows):
            self._complaints.add(place, "is quiet all week: nothing would ever be told; leave some time free")
