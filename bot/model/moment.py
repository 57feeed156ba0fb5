"""When something happens, as precisely as the source says: a day, or an instant.

A Moment is text in one of two canonical forms, `2026-11-24` (a day) or `2026-11-24T09:30:00Z` (an instant, UTC,
with a fraction only if it is not zero). Equal moments are equal texts, texts sort by time within one form,
and the form survives JSON, SQLite and digests unchanged.
"""

from datetime import UTC, date, datetime, tzinfo
from typing import NewType

Moment = NewType("Moment", str)


def from_instant(value: datetime) -> Moment:
    """The Moment of an aware datetime. Raises ValueError for a naive one: the reader must choose the zone."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no zone")
    text = value.astimezone(UTC).replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    return Moment(text + "Z")


def from_day(value: date) -> Moment:
    """The Moment of a calendar day."""
    return Moment(date(value.year, value.month, value.day).isoformat())


def is_day(moment: Moment) -> bool:
    """Whether only the day is known."""
    return len(moment) == 10


def instant_of(moment: Moment) -> datetime | None:
    """The aware UTC datetime of an instant; None for a day."""
    return None if is_day(moment) else datetime.fromisoformat(moment)


def said(moment: Moment) -> str:
    """`2026-11-22 05:23 UTC`: an instant to the minute, for whoever reads it where no zone is known; a day as it is."""
    instant = instant_of(moment)
    return moment if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def day_of(moment: Moment, zone: tzinfo) -> date:
    """The calendar day of a moment as a reader in `zone` sees it."""
    if is_day(moment):
        return date.fromisoformat(moment)
    return datetime.fromisoformat(moment).astimezone(zone).date()
