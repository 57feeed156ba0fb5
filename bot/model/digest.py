"""What a place is told at a fixed time of day, whatever happened: which orders wait, are late, or moved."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.model.frozen import Frozen
from bot.model.moment import Moment
from bot.model.quiet import Weekday


class Digest(Frozen):
    """One entry of `digests:`."""

    name: str
    to: tuple[str, ...]
    """Names of destinations."""
    at: int = 450
    """Minutes after midnight, by the clock on the wall."""
    days: frozenset[Weekday] = frozenset(Weekday)
    is_weekly: bool = False
    """Whether it looks back and ahead a week instead of a day."""
    timezone: str | None = None
    """IANA zone; None: that of each destination."""
    holidays: str | None = None
    """Country, or part of one, on whose holidays none is made."""
    sources: tuple[str, ...] = ()
    watchlists: tuple[str, ...] = ()
    """What it is about. Without both: the watchlists whose news may go to the destination."""
    when_empty: bool = False
    """Whether it is sent also when there is nothing to say."""
    picture: bool = False
    """Whether a picture of the open orders goes along."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time at which a digest is made."""

    day: date
    """In the zone of the digest."""
    at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Digested:
    """The last time a digest was made for a destination, whether there was anything to say or not."""

    name: str
    destination: str
    day: str
    """Its day, `2026-11-24`, in the zone of the digest."""
    at: Moment
