"""Quiet times, holidays and working days by the clock on the wall."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.calendar import (
    LONGEST_QUIET,
    add_working_days,
    countries,
    is_always_quiet,
    is_holiday,
    next_moment,
    quiet_until,
    working_days_between,
)
from bot.model.command import Until
from bot.model.quiet import QuietWindow, Weekday

MON, TUE, WED, THU, FRI, SAT, SUN = Weekday
WORKDAYS = frozenset({MON, TUE, WED, THU, FRI})
PARIS = ZoneInfo("Europe/Paris")
NIGHTS = QuietWindow(starts=19 * 60, ends=7 * 60, timezone="Europe/Paris")
WORK_NIGHTS = NIGHTS.model_copy(update={"days": WORKDAYS})
WEEKENDS = QuietWindow(days=frozenset({SAT, SUN}), timezone="Europe/Paris")
HOLIDAYS = QuietWindow(days=frozenset(), timezone="Europe/Paris", holidays="FR")
SMALL_HOURS = QuietWindow(starts=150, ends=360, timezone="Europe/Paris")
UNTIL_SMALL_HOURS = QuietWindow(starts=60, ends=150, timezone="Europe/Paris")


def quiet(windows: list[QuietWindow], at: str) -> str | None:
    """In local times of Paris: `2026-11-23 20:00` in and out."""
    until = quiet_until(windows, datetime.fromisoformat(at).replace(tzinfo=PARIS))
    return until.astimezone(PARIS).strftime("%Y-%m-%d %H:%M") if until else None


@pytest.mark.parametrize(
    ("windows", "at", "until"),
    [
        ([NIGHTS], "2026-11-23 18:59", None),
        ([NIGHTS], "2026-11-23 19:00", "2026-11-24 07:00"),
        ([NIGHTS], "2026-11-24 06:59", "2026-11-24 07:00"),
        ([NIGHTS], "2026-11-24 07:00", None),
        ([WORK_NIGHTS], "2026-11-28 06:00", "2026-11-28 07:00"),  # the night that begins on Friday
        ([WORK_NIGHTS], "2026-11-28 20:00", None),
        ([WORK_NIGHTS, WEEKENDS], "2026-11-27 20:00", "2026-11-30 00:00"),
        ([NIGHTS, WEEKENDS], "2026-11-27 20:00", "2026-11-30 07:00"),
        ([WEEKENDS], "2026-11-28 00:00", "2026-11-30 00:00"),
        ([HOLIDAYS], "2026-12-25 12:00", "2026-12-26 00:00"),
        ([HOLIDAYS], "2026-12-26 12:00", None),
        ([NIGHTS, WEEKENDS, HOLIDAYS], "2026-12-24 19:30", "2026-12-28 07:00"),  # Thursday to Monday
        (
            [QuietWindow(starts=720, ends=780), QuietWindow(starts=780, ends=840)],
            "2026-11-23 13:30",
            "2026-11-23 15:00",
        ),
        ([], "2026-11-23 20:00", None),
    ],
)
def test_quiet_ends_when_no_window_holds_any_more(windows: list[QuietWindow], at: str, until: str | None) -> None:
    assert quiet(windows, at) == until


@pytest.mark.parametrize(
    ("window", "at", "until"),
    [  # clocks go forward on 29 March 2026 at 01:00Z from 02:00 to 03:00
        (SMALL_HOURS, "2026-03-29T00:59:59Z", None),
        (SMALL_HOURS, "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"),
        (UNTIL_SMALL_HOURS, "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"),
        (NIGHTS, "2026-03-28T20:00:00Z", "2026-03-29T05:00:00Z"),
        # and back on 25 October 2026 at 01:00Z from 03:00 to 02:00
        (SMALL_HOURS, "2026-10-25T00:29:59Z", None),
        (SMALL_HOURS, "2026-10-25T00:30:00Z", "2026-10-25T05:00:00Z"),
        (SMALL_HOURS, "2026-10-25T01:10:00Z", "2026-10-25T05:00:00Z"),
        (UNTIL_SMALL_HOURS, "2026-10-25T00:45:00Z", "2026-10-25T01:30:00Z"),
        (UNTIL_SMALL_HOURS, "2026-10-25T01:30:00Z", None),
        (NIGHTS, "2026-10-24T18:00:00Z", "2026-10-25T06:00:00Z"),
        # in Beirut midnight itself is skipped on 29 March 2026
        (QuietWindow(days=frozenset({SUN}), timezone="Asia/Beirut"), "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"),
    ],
)
def test_clocks_that_change_at_an_end_neither_cut_nor_stretch_a_window(
    window: QuietWindow, at: str, until: str | None
) -> None:
    assert quiet_until([window], datetime.fromisoformat(at)) == (until and datetime.fromisoformat(until))


ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Paris",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Beirut",
        "America/St_Johns",
        "Asia/Kolkata",
    ]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001
NEAR_A_CHANGE = st.builds(
    lambda day, minutes: datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minutes),
    st.sampled_from(["2026-03-28", "2026-10-24", "2026-04-04", "2026-10-03", "2026-03-07", "2026-10-31"]),
    st.integers(0, 2 * 1440),
)
WEEKDAYS = st.frozensets(st.sampled_from(list(Weekday)))
WINDOWS = st.lists(
    st.builds(
        QuietWindow,
        days=WEEKDAYS,
        starts=st.one_of(st.integers(0, 1439), st.integers(30, 180)),
        ends=st.one_of(st.integers(1, 1440), st.integers(30, 180)),
        timezone=ZONES,
        holidays=st.sampled_from([None, "FR", "DE-BY"]),
    ).filter(lambda window: window.starts != window.ends),
    max_size=3,
)


def shows_quiet(window: QuietWindow, at: datetime) -> bool:
    """Whether clock and calendar on the wall lie in a window: the plain reading of it."""
    local = at.astimezone(ZoneInfo(window.timezone))
    minute, today, eve = local.hour * 60 + local.minute, local.date(), local.date() - timedelta(days=1)
    begins, began = list(Weekday)[today.weekday()] in window.days, list(Weekday)[eve.weekday()] in window.days
    if window.holidays and is_holiday(today, window.holidays):
        return True
    if window.starts < window.ends:
        return begins and window.starts <= minute < window.ends
    return (begins and minute >= window.starts) or (began and minute < window.ends)


def changes_clocks(window: QuietWindow, at: datetime) -> bool:
    zone = ZoneInfo(window.timezone)
    around = [at + timedelta(hours=hours) for hours in (-3, 0, 3)]
    return len({moment.astimezone(zone).utcoffset() for moment in around}) > 1


@given(WINDOWS, st.one_of(MOMENTS, NEAR_A_CHANGE))
def test_whatever_the_wall_shows_as_quiet_is_quiet(windows: list[QuietWindow], at: datetime) -> None:
    until = quiet_until(windows, at)
    if any(shows_quiet(window, at) for window in windows):
        assert until is not None
    elif not any(changes_clocks(window, at) for window in windows):
        assert until is None


@given(WINDOWS, st.one_of(MOMENTS, NEAR_A_CHANGE), st.floats(0, 1))
def test_quiet_has_one_end_from_wherever_it_is_asked_and_is_over_there(
    windows: list[QuietWindow], at: datetime, part: float
) -> None:
    until = quiet_until(windows, at)
    assume(until is not None and until - at < LONGEST_QUIET)
    assert until is not None
    assert quiet_until(windows, until) is None
    between = at + (until - at) * part
    assume(between < until)
    assert quiet_until(windows, between) == until


def test_a_week_that_is_all_quiet_is_told_apart_and_ends_all_the_same() -> None:
    days, nights = QuietWindow(starts=420, ends=1140), QuietWindow(starts=1140, ends=420)
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert (is_always_quiet([days]), is_always_quiet([nights]), is_always_quiet([days, nights])) == (False, False, True)
    assert quiet_until([days, nights], at) == at + LONGEST_QUIET


def test_windows_of_two_zones_that_leave_time_in_summer_alone_are_always_quiet() -> None:
    here = QuietWindow(starts=0, ends=1380, timezone="UTC")
    there = QuietWindow(starts=0, ends=60, timezone="Europe/Paris")
    assert is_always_quiet([here, there])
    assert not is_always_quiet([here])


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-05-21 10:00", 3, "2026-05-27 10:00"),  # Thursday; Pentecost Monday is the 25th
        ("2026-05-21 10:00", 0, "2026-05-21 10:00"),
        ("2026-05-22 18:00", 1, "2026-05-26 18:00"),
        ("2026-05-23 10:00", 0, "2026-05-26 00:00"),  # Saturday before a holiday
        ("2026-05-23 10:00", 1, "2026-05-27 00:00"),
        ("2026-12-31 09:00", 1, "2027-01-04 09:00"),
        ("2026-03-27 02:30", 1, "2026-03-30 02:30"),
    ],
)
def test_working_days_end_at_the_same_time_of_day(start: str, n: int, end: str) -> None:
    found = add_working_days(datetime.fromisoformat(start).replace(tzinfo=PARIS), n, PARIS, "FR")
    assert found.astimezone(PARIS).strftime("%Y-%m-%d %H:%M") == end


def test_another_weekend_and_no_country_count_other_days() -> None:
    thursday = datetime(2026, 5, 21, 10, tzinfo=PARIS)
    assert add_working_days(thursday, 3, PARIS).astimezone(PARIS).day == 26
    assert add_working_days(thursday, 3, PARIS, None, {FRI, SAT}).astimezone(PARIS).day == 26
    assert add_working_days(thursday, 1, PARIS, None, {FRI, SAT}).astimezone(PARIS).day == 24


@given(MOMENTS, st.integers(0, 40), ZONES, st.frozensets(st.sampled_from(list(Weekday)), max_size=6), st.data())
def test_days_between_are_the_most_that_may_be_added(
    start: datetime, n: int, zone: str, weekend: frozenset[Weekday], data: st.DataObject
) -> None:
    there = ZoneInfo(zone)
    first, then = (add_working_days(start, count, there, "FR", weekend) for count in (n, n + 1))
    assert start <= first < then
    end = first + (then - first) * data.draw(st.floats(0, 0.999))
    assert working_days_between(start, end, there, "FR", weekend) == n


def test_nothing_has_passed_before_the_start() -> None:
    now = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert working_days_between(now, now - timedelta(days=9), UTC) == 0


@pytest.mark.parametrize(("n", "weekend"), [(-1, {SAT}), (1, set(Weekday))])
def test_days_that_cannot_be_counted_are_refused(n: int, weekend: set[Weekday]) -> None:
    with pytest.raises(ValueError, match=r"than none|all weekend"):
        add_working_days(datetime(2026, 11, 23, tzinfo=UTC), n, UTC, None, weekend)


def test_parts_of_countries_have_holidays_of_their_own() -> None:
    epiphany = datetime(2026, 1, 6, tzinfo=UTC).date()
    assert (is_holiday(epiphany, "DE-BY"), is_holiday(epiphany, "DE")) == (True, False)
    assert {"FR", "DE", "DE-BY"} <= set(countries())


def test_a_country_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no holidays are known of 'ZZ'"):
        is_holiday(datetime(2026, 1, 6, tzinfo=UTC).date(), "ZZ")


def test_holidays_are_loaded_only_for_who_names_a_country() -> None:
    program = (
        "import sys, datetime; from bot.core.calendar import quiet_until, QuietWindow;"
        "quiet_until([QuietWindow(days=frozenset())], datetime.datetime.now(datetime.UTC));"
        "sys.exit('holidays' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize(
    ("until", "moment"),
    [  # said on Wednesday, 25 November 2026, at 10:00 in Paris
        (Until(day="fri"), "2026-11-27 00:00"),
        (Until(day="fri", clock=540), "2026-11-27 09:00"),
        (Until(day="wed"), "2026-12-02 00:00"),
        (Until(day="wed", clock=660), "2026-11-25 11:00"),
        (Until(day="tomorrow"), "2026-11-26 00:00"),
        (Until(day="today", clock=1080), "2026-11-25 18:00"),
        (Until(day="today", clock=540), None),
        (Until(clock=1080), "2026-11-25 18:00"),
        (Until(clock=540), "2026-11-26 09:00"),
        (Until(day="2026-12-24"), "2026-12-24 00:00"),
        (Until(day="2026-11-24"), None),
    ],
)
def test_a_moment_is_found_as_people_name_it(until: Until, moment: str | None) -> None:
    found = next_moment(until, datetime(2026, 11, 25, 10, tzinfo=PARIS), PARIS)
    assert (found.astimezone(PARIS).strftime("%Y-%m-%d %H:%M") if found else None) == moment
