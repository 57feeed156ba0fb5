"""Which news is held back because its destination does not want it for a while."""

import re
from collections.abc import Iterable, MutableMapping, Sequence
from datetime import datetime

from bot.model.change import Change, Kind
from bot.model.moment import Moment, instant_of
from bot.model.talk import Mute

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


def by_order(mutes: Iterable[Mute]) -> dict[str, Sequence[Mute]]:
    """Mutes of one source by the order they are about."""
    found: dict[str, Sequence[Mute]] = {}
    for mute in mutes:
        found[mute.key] = (*found.get(mute.key, ()), mute)
    return found


def why_muted(mutes: Iterable[Mute], destination: str, changes: Sequence[Change], now: datetime) -> str | None:
    """Why news of an order is not sent to a destination, in words; None if it is."""
    for mute in mutes:
        if mute.destination != destination or is_over(mute, now) or _is_ended(mute, changes):
            continue
        return f"muted by {mute.person} until {mute.until or _NEXT_MOVE}"
    return None


def who_and_until(reason: str) -> tuple[str, Moment | None] | None:
    """The person of a reason that `why_muted` gave, and the end; None as the end: until its status changes.

    None for any other reason.
    """
    match = _REASON.fullmatch(reason)
    if match is None:
        return None
    return match["person"], None if match["until"] == _NEXT_MOVE else Moment(match["until"])


def ended_by(mutes: Iterable[Mute], changes: Sequence[Change]) -> tuple[int, ...]:
    """Ids of the mutes of an order that its changes end."""
    return tuple(mute.id for mute in mutes if _is_ended(mute, changes))


def is_over(mute: Mute, now: datetime) -> bool:
    """Whether its time has passed."""
    until = instant_of(mute.until) if mute.until else None
    return until is not None and now >= until


def drop(mutes: MutableMapping[str, Sequence[Mute]], ended: Sequence[int]) -> None:
    """Take ended mutes out."""
    for key, kept in list(mutes.items()):
        mutes[key] = tuple(mute for mute in kept if mute.id not in ended)


_NEXT_MOVE = "its status changes"
_REASON = re.compile(rf"muted by (?P<person>.+) until (?P<until>{_NEXT_MOVE}|\d{{4}}-\d\d-\d\dT[\d:.]+Z)")


def _is_ended(mute: Mute, changes: Sequence[Change]) -> bool:
    return mute.until is None and any(change.kind in _MOVES for change in changes)
