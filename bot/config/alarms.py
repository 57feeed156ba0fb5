"""When time alone makes news, as the file says it: from what stands under `alarms:` to settings for the core."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from bot.config.quiet import ClockTime, Country
from bot.config.written import Names, Written, Zone
from bot.model.alarm import Alarms, Escalation, Patience
from bot.model.order import normal_word
from bot.model.units import Duration, parse_duration

_WORKING_DAYS = re.compile(r"(\d+)\s*working\s*days?")
_LONGEST = 366
"""Days. Whoever waits longer has forgotten that they do."""
_OFF = {"enum": ["off", False]}
_SPAN = {"type": "string", "examples": ["3 working days", "7d", "36h"]}


def _is_off(written: Any) -> bool:
    return written is False or (isinstance(written, str) and written.strip().lower() == "off")


def _none_if_off(written: Any) -> Any:
    return None if _is_off(written) else written


def _patience(written: Any) -> Any:
    """A Patience of `3 working days` or `36h`; None of `off`."""
    if _is_off(written):
        return None
    if written is None or isinstance(written, Patience):
        return written
    days = _WORKING_DAYS.fullmatch(str(written).strip().lower())
    if days:
        if not 1 <= int(days[1]) <= _LONGEST:
            raise ValueError(f"must be from 1 to {_LONGEST} working days, or off")
        return Patience(working_days=int(days[1]))
    try:
        span = parse_duration(written)
    except ValueError:
        raise ValueError(f"{written!r} is no time: write 3 working days, 7d, 36h, or off") from None
    return Patience(span=_some_days(span))


def _some_days(span: timedelta | None) -> timedelta | None:
    if span is not None and not timedelta(0) < span <= timedelta(days=_LONGEST):
        raise ValueError(f"must be longer than nothing and at most {_LONGEST}d, or off")
    return span


def _whole_days(span: timedelta | None) -> timedelta | None:
    if span is not None and span % timedelta(days=1):
        raise ValueError("must be whole days, such as 3d, or off")
    return _some_days(span)


def _midnight_if_true(written: Any) -> Any:
    return "00:00" if written is True else _none_if_off(written)


Limit = Annotated[Patience | None, BeforeValidator(_patience), WithJsonSchema({"anyOf": [_SPAN, _OFF]})]
Stuck = Annotated[
    dict[str, Limit] | None,
    BeforeValidator(_none_if_off),
    WithJsonSchema({"anyOf": [{"type": "object", "additionalProperties": {"anyOf": [_SPAN, _OFF]}}, _OFF]}),
]
Days = Annotated[
    Duration | None,
    BeforeValidator(_none_if_off),
    AfterValidator(_whole_days),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["3d", "14d"]}, _OFF]}),
]
_TIME = {"type": "string", "pattern": r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$", "examples": ["07:00"]}
TimeOfDay = Annotated[ClockTime | None, BeforeValidator(_none_if_off), WithJsonSchema({"anyOf": [_TIME, _OFF]})]
Midnight = Annotated[
    ClockTime | None,
    BeforeValidator(_midnight_if_true),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, _TIME, _OFF]}),
]


class EscalateEntry(Written):
    """Who hears of what nobody has acknowledged."""

    after: Annotated[Patience, BeforeValidator(_patience), WithJsonSchema(_SPAN)]
    """How long something may wait for somebody, such as `4h` or `1 working day`."""
    to: Names
    """Name of a destination, or a list of names."""


class AlarmsEntry(Written):
    """When it is news that nothing happened. What is left out is as for all watchlists, or as usual."""

    timezone: Zone | None = None
    """IANA zone in which days begin and working days are counted, where it is not that of the file."""
    holidays: Country | None = None
    """Country whose holidays are no working days: `FR`, or a part of one: `DE-BY`."""
    stuck: Stuck = {}
    """How long an order may stay in a status: status word, code or stage to `3 working days`, `36h` or `off`; `others`
    for the rest. What stands nowhere is learned from the source's own history. `off` for none at all."""
    due_today: TimeOfDay = 7 * 60
    """Time of day at which an order is told that is promised for today, or `off`."""
    overdue: Midnight = 0
    """Time of day on the day after the one promised, or `off`; `true` is midnight."""
    not_moving: Limit = Patience(working_days=5)
    """How long after a dispatch without anything new, or `off`."""
    slipped: Days = timedelta(days=1)
    """By how many days a promise has to become later than it was told last to be a slip. What moves by less is told
    only by rules that name `promise_moved`. `off`: every move is told as a move."""
    remind: Limit = Patience(span=timedelta(days=7))
    """How long until what is still so is told again, or `off` for once only."""
    escalate: Annotated[EscalateEntry | None, BeforeValidator(_none_if_off)] = None
    """Whom to tell of what nobody has acknowledged, such as `{after: 4h, to: boss}`, or `off`."""
    archive: Days = timedelta(days=14)
    """How long after its end an order leaves the lists, with a closing note, or `off`."""


def alarms_of(everywhere: AlarmsEntry, own: AlarmsEntry | None, timezone: str) -> Alarms:
    """What a watchlist says, and where it says nothing what holds for all. `timezone` is that of the file."""
    written: dict[str, Any] = {name: getattr(everywhere, name) for name in AlarmsEntry.model_fields}
    if own is not None:
        written |= {name: getattr(own, name) for name in own.model_fields_set - {"stuck"}}
        if own.stuck is None or not own.stuck:
            written["stuck"] = None if own.stuck is None else written["stuck"]
        else:
            written["stuck"] = {**(written["stuck"] or {}), **own.stuck}
    if (escalate := written["escalate"]) is not None:
        written["escalate"] = Escalation(after=escalate.after, to=tuple(dict.fromkeys(escalate.to)))
    return Alarms(**{**written, "timezone": written["timezone"] or timezone, "stuck": _by_word(written["stuck"])})


def _by_word(stuck: Mapping[str, Patience | None] | None) -> dict[str, Patience | None]:
    return {"others": None} if stuck is None else {normal_word(word): limit for word, limit in stuck.items()}
