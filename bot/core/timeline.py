"""One order's past as a line of time: which statuses it was in and for how long, and when else something changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model.change import Kind
from bot.model.moment import Moment, instant_of
from bot.model.order import Snapshot
from bot.model.stay import STATUS_KINDS
from bot.model.view import ChangeRow

MOST_STEPS = 20
"""The last of them are shown; nobody reads more."""
_BY_TIME = (Kind.STUCK, Kind.DUE_TODAY, Kind.OVERDUE, Kind.NOT_MOVING, Kind.CLOSED)
"""Told because nothing changed."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Days since it begins."""

    begins: Moment
    steps: tuple[tuple[str, float], ...]
    """Statuses in the source's words, and when each began."""
    marks: tuple[float, ...]
    """When anything else changed."""
    days: float
    """Up to now."""

    @property
    def words(self) -> str:
        """The same for those who see no pictures."""
        ends = [*(at for _, at in self.steps[1:]), self.days]
        stays = [f"{status} {end - at:.1f} days" for (status, at), end in zip(self.steps, ends, strict=True)]
        others = f"; {len(self.marks)} other changes" if self.marks else ""
        return f"Since {self.begins[:10]}: {', then '.join(stays)}{others}"


def timeline(known: Snapshot, changes: Sequence[ChangeRow], now: datetime) -> Timeline:
    """The line of an order with these changes, newest first as a history has them."""
    found = [(_happened(row), row) for row in reversed(changes)]
    moves = [(at, row) for at, row in found if row.change.get("kind") in STATUS_KINDS]
    first = moves[0][1].change.get("before") if moves else known.order.status.word
    starts = [at for at, _ in found] or [_instant(known.seen_at)]
    begins = min(starts)
    steps = [(str(first), begins)] if first else []
    steps += [(str(row.change.get("after") or "?"), at) for at, row in moves]
    quiet = (*STATUS_KINDS, *_BY_TIME)
    marks = [at for at, row in found if row.change.get("kind") not in quiet]
    return Timeline(
        begins=Moment(begins.strftime("%Y-%m-%dT%H:%M:%SZ")),
        steps=tuple((status, _days(begins, at)) for status, at in steps[-MOST_STEPS:]),
        marks=tuple(_days(begins, at) for at in marks),
        days=_days(begins, now),
    )


def _happened(row: ChangeRow) -> datetime:
    """When the source says it happened, if it names the time, else when it was seen."""
    said = row.change.get("at")
    return (instant_of(Moment(str(said))) if said else None) or _instant(row.seen_at)


def _instant(moment: Moment) -> datetime:
    return instant_of(moment) or datetime.fromisoformat(moment).replace(tzinfo=UTC)


def _days(begins: datetime, at: datetime) -> float:
    return round(max(0.0, (at - begins).total_seconds() / 86400), 3)
