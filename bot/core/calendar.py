"""Quiet times, holidays and working days, by the clock on the wall of a zone.

When clocks go forward, a time that is skipped is the moment of the jump. When they go back, a span begins at the first
and ends at the second of the two moments that have the same name, so that it is never cut in two.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from bot.model.command import Until
from bot.model.quiet import MINUTES_OF_DAY, QuietWindow, Weekday

LONGEST_QUIET = timedelta(days=31)
"""Nothing is held longer, whatever windows say."""
WEEKEND = frozenset({Weekday.SAT, Weekday.SUN})

_DAY = timedelta(days=1)
_WEEK = tuple(Weekday)
_SEASONS = (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 7, 6, tzinfo=UTC))
"""Any week would do; one of each season, since zones may change their clocks."""


def quiet_until(windows: Iterable[QuietWindow], at: datetime) -> datetime | None:
    """The end, in UTC, of the quiet time that holds `at`; None when it is not quiet then.

    Windows that touch or overlap are one quiet time. It ends LONGEST_QUIET after `at` at the latest.
    """
    windows, at = tuple(windows), at.astimezone(UTC)
    until = at
    while until - at < LONGEST_QUIET:
        later = max(
            (end for window in windows for start, end in _spans(window, until) if start <= until), default=until
        )
        if later <= until:
            return until if until > at else None
        until = later
    return at + LONGEST_QUIET


def is_always_quiet(windows: Collection[QuietWindow]) -> bool:
    """Whether these windows leave no time, all the year or for a season, at which anything could be told."""
    ends = ((at, quiet_until(windows, at)) for at in _SEASONS)
    return any(end is not None and end - at >= LONGEST_QUIET for at, end in ends)


def add_working_days(
    start: datetime, n: int, zone: tzinfo, country: str | None = None, weekend: Collection[Weekday] = WEEKEND
) -> datetime:
    """The moment, in UTC, at which `n` working days have passed since `start`: the same time of day, `n` such days on.

    Days of the weekend and holidays of the country (none without one) do not count: what starts on one of them starts
    when the next working day begins. Raises ValueError for a negative `n`, and for a week that is all weekend.
    """
    if n < 0:
        raise ValueError(f"{n} working days is less than none")
    local, begin = start.astimezone(zone), start
    if not _is_working(local.date(), country, weekend):
        begin = _first(_next_working(local.date(), country, weekend), time(), zone)
        local = begin.astimezone(zone)
    day = _working_day(local.date(), n, country, frozenset(weekend))
    return _first(day, local.time(), zone) if n else begin.astimezone(UTC)


def working_days_between(
    start: datetime,
    end: datetime,
    zone: tzinfo,
    country: str | None = None,
    weekend: Collection[Weekday] = WEEKEND,
) -> int:
    """How many working days have wholly passed from `start` to `end`: the most that `add_working_days` may add.

    0 when `end` is not after `start`. Raises ValueError for a week that is all weekend.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return 0
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    days = (first + _DAY * passed for passed in range(1, (last - first).days + 1))
    most = sum(_is_working(day, country, weekend) for day in days)
    return next((n for n in (most, most - 1) if n > 0 and add_working_days(start, n, zone, country, weekend) <= end), 0)


def next_moment(until: Until, now: datetime, zone: tzinfo) -> datetime | None:
    """The first moment after `now`, in UTC, that somebody in `zone` calls so; None where it has passed.

    A weekday is the next one to come, today only while its time of day is still to come.
    """
    today = now.astimezone(zone).date()
    minutes = until.clock or 0
    days = [today + _DAY * ahead for ahead in range(8)]
    match until.day:
        case None:
            pass
        case "today":
            days = days[:1]
        case "tomorrow":
            days = days[1:2]
        case written if written in _WEEK:
            days = [day for day in days if _WEEK[day.weekday()] == written]
        case written:
            days = [date.fromisoformat(written)]
    moments = (_at(day, minutes, zone, is_end=False) for day in days)
    return next((moment for moment in moments if moment > now), None)


def at_time_of(day: date, minutes: int, zone: tzinfo) -> datetime:
    """The first moment of a day, in UTC, at which clocks in `zone` show so many minutes after midnight, or more."""
    return _at(day, minutes, zone, is_end=False)


def is_working_day(day: date, country: str | None = None, weekend: Collection[Weekday] = WEEKEND) -> bool:
    """Whether a day is neither of the weekend nor a holiday of the country. Raises ValueError for unknown ones."""
    return _is_working(day, country, weekend)


def is_holiday(day: date, country: str) -> bool:
    """Whether a day is a holiday of a country or a part of one (`FR`, `DE-BY`). Raises ValueError for others."""
    return day in _holidays(country, day.year)


def countries() -> list[str]:
    """Codes of the countries whose holidays are known, each followed by those of its parts (`DE`, `DE-BB`, ...)."""
    import holidays

    known = holidays.list_supported_countries(include_aliases=False)
    return [code for name, parts in known.items() for code in (name, *(f"{name}-{part}" for part in parts))]


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    # Takes 20 MB and a tenth of a second: only for those who name a country.
    import holidays

    name, _, part = country.partition("-")
    try:
        return frozenset(holidays.country_holidays(name, subdiv=part or None, years=year))
    except NotImplementedError:  # in which holidays says that it has no such country, or no such part of one
        raise ValueError(f"no holidays are known of {country!r}") from None


def _spans(window: QuietWindow, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The spans of a window that may hold `at`: those that begin around its day."""
    zone = ZoneInfo(window.timezone)
    today = at.astimezone(zone).date()
    for day in (today - _DAY, today, today + _DAY):
        if _WEEK[day.weekday()] in window.days:
            end_day = day if window.ends > window.starts else day + _DAY
            yield _at(day, window.starts, zone, is_end=False), _at(end_day, window.ends, zone, is_end=True)
        if window.holidays and is_holiday(day, window.holidays):
            yield _at(day, 0, zone, is_end=False), _at(day, MINUTES_OF_DAY, zone, is_end=True)


def _at(day: date, minutes: int, zone: tzinfo, *, is_end: bool) -> datetime:
    days, rest = divmod(minutes, MINUTES_OF_DAY)
    named = time(rest // 60, rest % 60)
    return _last(day + _DAY * days, named, zone) if is_end else _first(day + _DAY * days, named, zone)


def _first(day: date, named: time, zone: tzinfo) -> datetime:
    """The first moment at which clocks show that time, or have passed it."""
    return _moments(day, named, zone)[0]


def _last(day: date, named: time, zone: tzinfo) -> datetime:
    """The last moment at which clocks show that time, or have passed it."""
    return _moments(day, named, zone)[1]


def _moments(day: date, named: time, zone: tzinfo) -> tuple[datetime, datetime]:
    wall = datetime.combine(day, named.replace(tzinfo=None), zone)
    first, second = wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if first <= second:
        return first, second
    jump = _jump(second, first, zone)
    return jump, jump


def _jump(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The second at which clocks go forward between two moments."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


@lru_cache(1024)
def _working_day(day: date, n: int, country: str | None, weekend: Collection[Weekday]) -> date:
    """The day `n` working days on; many orders ask for the same few."""
    for _ in range(n):
        day = _next_working(day, country, weekend)
    return day


def _next_working(day: date, country: str | None, weekend: Collection[Weekday]) -> date:
    if set(weekend) >= set(Weekday):
        raise ValueError("a week that is all weekend has no working day")
    day += _DAY
    while not _is_working(day, country, weekend):
        day += _DAY
    return day


def _is_working(day: date, country: str | None, weekend: Collection[Weekday]) -> bool:
    return _WEEK[day.weekday()] not in weekend and not (country and is_holiday(day, country))
