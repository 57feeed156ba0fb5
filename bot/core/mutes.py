"""Which news is not wanted for a while, and what becomes of it: never told, or told when the time is over."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.moment import Moment, instant_of
from bot.model.talk import About, Mute

_MOVES = frozenset(
    {
        Kind.STATUS,
        Kind.COMPLETED,
        Kind.CANCELLED,
        Kind.MOVED_BACKWARDS,
        Kind.DISPATCHED,
        Kind.UNDISPATCHED,
        Kind.VANISHED,
        Kind.REAPPEARED,
    }
)
"""A mute until the status changes ends with one of these, which is told."""


@dataclass(slots=True)
class Mutes:
    """The mutes that concern one source, found by order. Kept up to date by whoever hears of them."""

    by_order: dict[str, tuple[Mute, ...]] = field(default_factory=dict)
    broad: tuple[Mute, ...] = ()
    """Those that name no order: few."""

    def become(self, mutes: Iterable[Mute]) -> None:
        """Hold these, and no others."""
        found: dict[str, list[Mute]] = {}
        broad = []
        for mute in mutes:
            if mute.key is None:
                broad.append(mute)
            else:
                found.setdefault(mute.key, []).append(mute)
        self.by_order = {key: tuple(several) for key, several in found.items()}
        self.broad = tuple(broad)

    def standing(self, key: str, changes: Sequence[Change], now: datetime) -> list[Mute]:
        """Those that may concern news of an order: not over, and not ended by what happens to it now."""
        mutes = (*self.by_order.get(key, ()), *self.broad)
        return [mute for mute in mutes if not is_over(mute, now) and not _is_ended(mute, changes)]

    def ended_by(self, key: str, changes: Sequence[Change]) -> tuple[int, ...]:
        """Ids of the mutes of an order that its changes end."""
        return tuple(mute.id for mute in self.by_order.get(key, ()) if _is_ended(mute, changes))

    def drop(self, keys: Iterable[str], ended: Collection[int]) -> None:
        """Forget mutes of these orders that ended."""
        for key in keys:
            kept = tuple(mute for mute in self.by_order.pop(key, ()) if mute.id not in ended)
            if kept:
                self.by_order[key] = kept


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of some of the changes that are meant for a destination."""

    changes: tuple[Change, ...]
    reason: str | None = None
    """Whose wish it is, until when and why, in words; None: they are told as usual."""
    held_until: Moment | None = None
    """When they are told, what they come to then. None with a reason: never."""

    @property
    def is_muted(self) -> bool:
        """Whether they are not told at all."""
        return self.reason is not None and self.held_until is None


def sort_out(
    standing: Sequence[Mute],
    changes: Sequence[Change],
    ways: Sequence[Collection[str]],
    *,
    source: str,
    key: str,
    destination: str,
) -> list[Fate]:
    """What becomes of the changes of an order that come to a destination: first what is told as usual.

    `ways` are for each change the watchlists by which it comes; by one that nobody muted it is told. A mute goes
    before one that only holds, and the later end counts. `standing` is what `Mutes.standing` gave for all changes.
    """
    if not standing:
        return [Fate(tuple(changes))]
    found: dict[Mute | None, list[Change]] = {None: []}
    for change, watchlists in zip(changes, ways, strict=True):
        abouts = [
            About(source=source, key=key, watchlist=name, kind=change.kind, destination=destination)
            for name in watchlists
        ]
        found.setdefault(_verdict(standing, abouts), []).append(change)
    return [_fate(mute, several) for mute, several in found.items() if several]


def concerns(mute: About, news: About) -> bool:
    """Whether news is among what a mute is about."""
    return (
        mute.destination in (None, news.destination)
        and (mute.kind in (None, news.kind) or _is_any_move(mute.kind, news.kind))
        and mute.key in (None, news.key)
        and mute.source in (None, news.source)
        and mute.watchlist in (None, news.watchlist)
    )


def _is_any_move(wanted: Kind | None, kind: Kind | None) -> bool:
    """Whether all moves of promises are meant, and that is one."""
    return wanted is Kind.PROMISE_MOVED and kind in PROMISE_KINDS


def overlap(one: About, other: About) -> bool:
    """Whether there may be news that is among both."""
    pairs = zip(_members(one), _members(other), strict=True)
    return all(first is None or second is None or first == second for first, second in pairs)


def is_over(mute: Mute, now: datetime) -> bool:
    """Whether its time has passed."""
    until = instant_of(mute.until) if mute.until else None
    return until is not None and now >= until


def end_words(mute: Mute) -> str:
    """When a mute without a time ends."""
    return _NEXT_MOVE if mute.key is not None else _LIFTED


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reason says that `sort_out` gave."""

    person: str
    until: Moment | None
    end: str
    """The end in words, where it is no moment."""
    note: str | None
    holds: bool


def wish_of(reason: str) -> Wish | None:
    """What a reason says; None for one that has nothing to do with mutes."""
    match = _REASON.fullmatch(reason)
    if match is None:
        return None
    until = None if match["until"] in (_NEXT_MOVE, _LIFTED) else Moment(match["until"])
    return Wish(match["person"], until, "" if until else match["until"], match["note"], match["verb"] == "held")


_NEXT_MOVE = "its status changes"
_LIFTED = "it is lifted"
_REASON = re.compile(
    rf"(?P<verb>muted|held) by (?P<person>.+?) until (?P<until>{_NEXT_MOVE}|{_LIFTED}|\d{{4}}-\d\d-\d\dT[\d:.]+Z)"
    r"(?:: (?P<note>.+))?",
    re.DOTALL,
)


def _verdict(standing: Sequence[Mute], abouts: Sequence[About]) -> Mute | None:
    """The mute that decides; None where news comes by a way that nobody muted."""
    deciding = [_strongest([mute for mute in standing if concerns(mute, about)]) for about in abouts]
    if any(mute is None for mute in deciding):
        return None
    ways = [mute for mute in deciding if mute is not None]
    return min((mute for mute in ways if mute.holds), key=_end, default=None) or _strongest(ways)


def _strongest(mutes: Sequence[Mute]) -> Mute | None:
    return max(mutes, key=lambda mute: (not mute.holds, _end(mute)), default=None)


def _end(mute: Mute) -> str:
    """Ends in the order of time; what has none comes last."""
    instant = instant_of(mute.until) if mute.until else None
    return instant.isoformat(timespec="microseconds") if instant else "~"


def _fate(mute: Mute | None, changes: Sequence[Change]) -> Fate:
    if mute is None:
        return Fate(tuple(changes))
    verb = "held" if mute.holds else "muted"
    note = f": {mute.note}" if mute.note else ""
    reason = f"{verb} by {mute.person} until {mute.until or end_words(mute)}{note}"
    return Fate(tuple(changes), reason, mute.until if mute.holds else None)


def _members(about: About) -> tuple[str | None, ...]:
    return (about.source, about.key, about.watchlist, about.kind, about.destination)


def _is_ended(mute: Mute, changes: Sequence[Change]) -> bool:
    return mute.until is None and mute.key is not None and any(change.kind in _MOVES for change in changes)
