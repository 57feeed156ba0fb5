"""When a place is not to be disturbed."""

from enum import StrEnum

from bot.model.frozen import Frozen


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday()`."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


MINUTES_OF_DAY = 24 * 60


class QuietWindow(Frozen):
    """A quiet time that comes again every week, and the holidays of a country.

    What is due meanwhile is told afterwards. Times are those of the clock on the wall in `timezone`.
    """

    days: frozenset[Weekday] = frozenset(Weekday)
    """Days on which it begins; none: only the holidays are quiet."""
    starts: int = 0
    """Minutes after midnight."""
    ends: int = MINUTES_OF_DAY
    """Minutes after midnight, MINUTES_OF_DAY for the end of the day; not after `starts`: on the next day."""
    timezone: str = "UTC"
    """IANA zone."""
    holidays: str | None = None
    """Country, or part of one, whose holidays are quiet from midnight to midnight: `FR`, `DE-BY` (ISO 3166)."""
