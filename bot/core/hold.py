"""What of the news of an order is held back for a while, so that what does not last is not told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.watch import Confirmed, Watchlist

_FIELDS: dict[Kind, Confirmed] = {
    **dict.fromkeys((Kind.STATUS, Kind.MOVED_BACKWARDS, Kind.COMPLETED, Kind.CANCELLED), Confirmed.STATUS),
    **dict.fromkeys((Kind.CANCELLED_AFTER_DISPATCH, Kind.NO_TRACKING), Confirmed.STATUS),
    **dict.fromkeys(PROMISE_KINDS, Confirmed.PROMISE),
    **dict.fromkeys((Kind.TRACKING_ADDED, Kind.TRACKING_REPLACED, Kind.TRACKING_REMOVED), Confirmed.TRACKING),
    **dict.fromkeys((Kind.LINE_ADDED, Kind.LINE_CHANGED, Kind.LINE_CANCELLED, Kind.QUANTITY), Confirmed.LINES),
}
_AT_ONCE = frozenset({Kind.COMPLETED, Kind.CANCELLED, Kind.CANCELLED_AFTER_DISPATCH, Kind.NO_TRACKING})
"""Final: nothing is expected to come after it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Changes that go or wait together."""

    changes: tuple[Change, ...]
    field: Confirmed | None = None
    """What they are of, where that is confirmed before it is told."""
    wait: timedelta = timedelta(0)
    """How long it has to last; zero: it goes at once."""


def windows_of(
    watchlists: Iterable[Watchlist], default: Mapping[Confirmed, timedelta]
) -> Mapping[Confirmed, timedelta]:
    """How long a field has to last: what the most impatient of the watchlists says, else `default`."""
    windows = dict(default)
    asked: dict[Confirmed, timedelta] = {}
    for watchlist in watchlists:
        for name, wait in watchlist.confirm.items():
            asked[name] = min(wait, asked.get(name, wait))
    return windows | asked


def held(changes: Sequence[Change], windows: Mapping[Confirmed, timedelta]) -> list[Held]:
    """The changes, apart by what has to be confirmed; in their order, and all together where nothing has to be."""
    groups: dict[Confirmed | None, list[Change]] = {}
    for change in changes:
        field = _FIELDS.get(change.kind)
        groups.setdefault(field if field and windows.get(field) else None, []).append(change)
    return [Held(tuple(group), field, _wait(group, field, windows)) for field, group in groups.items()]


def _wait(changes: Iterable[Change], field: Confirmed | None, windows: Mapping[Confirmed, timedelta]) -> timedelta:
    if field is None or any(change.kind in _AT_ONCE for change in changes):
        return timedelta(0)
    return windows[field]
