"""When a digest is made, and about which orders."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.access import Rights
from bot.core.digest_times import is_about_anything, is_late, next_slot_at, rights_for, since, slot_now
from bot.model.access import Grant, Role
from bot.model.digest import Digest, Digested, Slot
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.quiet import Weekday
from bot.model.route import Route
from tests.core.making import watchlist

PARIS = ZoneInfo("Europe/Paris")
OPS = Destination(name="ops", chat="slack", address={"channel": "C1"})
MORNING = Digest(name="morning", to=("ops",), at=7 * 60)
TO_OPS = (Route(to=("ops",), label="notify[0]"),)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_digest_is_made_from_its_time_on_until_the_day_ends() -> None:
    assert slot_now(MORNING, PARIS, utc("2026-03-03T05:59:59")) is None
    slot = Slot(date(2026, 3, 3), utc("2026-03-03T06:00"))
    assert slot_now(MORNING, PARIS, utc("2026-03-03T06:00")) == slot
    assert slot_now(MORNING, PARIS, utc("2026-03-03T22:59")) == slot
    assert slot_now(MORNING, PARIS, utc("2026-03-03T23:00")) is None


@pytest.mark.parametrize(
    ("now", "next_at"),
    [
        ("2026-03-28T06:00", "2026-03-29T05:00"),  # clocks go forward in the night
        ("2026-10-24T05:00", "2026-10-25T06:00"),  # and back
        ("2026-03-03T05:00", "2026-03-03T06:00"),
    ],
)
def test_the_time_is_that_of_the_clock_on_the_wall_whatever_clocks_do(now: str, next_at: str) -> None:
    assert next_slot_at(MORNING, PARIS, utc(now)) == utc(next_at)


def test_a_time_that_is_skipped_when_clocks_go_forward_is_the_moment_of_the_jump() -> None:
    at_half_past_two = MORNING.model_copy(update={"at": 150})
    assert next_slot_at(at_half_past_two, PARIS, utc("2026-03-29T00:30")) == utc("2026-03-29T01:00")


def test_a_time_that_comes_twice_is_one_slot() -> None:
    at_half_past_two = MORNING.model_copy(update={"at": 150})
    first = slot_now(at_half_past_two, PARIS, utc("2026-10-25T00:30"))
    assert first == slot_now(at_half_past_two, PARIS, utc("2026-10-25T01:30")) is not None


def test_other_days_and_holidays_have_no_slot() -> None:
    weekdays = MORNING.model_copy(update={"days": frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}, "holidays": "FR"})
    friday_before_easter = utc("2026-04-03T06:00")
    assert next_slot_at(weekdays, PARIS, friday_before_easter) == utc("2026-04-07T05:00")


def test_a_digest_that_was_made_long_after_its_time_is_late() -> None:
    slot = Slot(date(2026, 3, 3), utc("2026-03-03T06:00"))
    assert (is_late(slot, utc("2026-03-03T06:10")), is_late(slot, utc("2026-03-03T07:00"))) == (False, True)


@pytest.mark.parametrize(
    ("last", "begins"),
    [
        (None, "2026-03-03T06:00:00Z"),
        ("2026-03-03T06:03:00Z", "2026-03-03T06:03:00Z"),
        ("2026-01-03T06:00:00Z", "2026-03-02T06:00:00Z"),
    ],
)
def test_what_moved_is_counted_from_the_last_one_but_not_from_long_ago(last: str | None, begins: str) -> None:
    before = Digested("morning", "ops", last[:10], Moment(last)) if last else None
    assert since(MORNING, before, utc("2026-03-04T06:00")) == begins


def shown(digest: Digest, given: Rights | None = None) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    mine = watchlist("mine", notify=TO_OPS)
    others = watchlist("theirs", source="shop", notify=(Route(to=("sales",), label="x"),))
    rights = rights_for(digest, OPS, {"mine": mine, "theirs": others}, (), given)
    return rights.grants[0].sources, rights.grants[0].watchlists


def test_a_digest_is_about_the_watchlists_whose_news_goes_there_unless_it_says_so() -> None:
    assert shown(MORNING) == ((), ("mine",))
    assert shown(MORNING.model_copy(update={"watchlists": ("theirs",)})) == ((), ("theirs",))
    assert shown(MORNING.model_copy(update={"sources": ("shop",)})) == (("shop",), ())


def test_a_digest_shows_no_more_than_the_place_was_given() -> None:
    given = Rights(Role.VIEWER, (Grant(chat="slack", place="C1", sources=("shop",)),))
    assert shown(MORNING, given) == ((), ())
    assert shown(MORNING.model_copy(update={"watchlists": ("mine", "theirs")}), given) == ((), ("theirs",))


def test_the_catch_all_brings_a_digest_the_watchlists_it_takes() -> None:
    only_shop = (Route(to=("ops",), sources=frozenset({"shop"}), label="notify[0]"),)
    assert is_about_anything(MORNING, "ops", {"a": watchlist("a", source="shop")}, only_shop)
    assert not is_about_anything(MORNING, "ops", {"a": watchlist("a")}, only_shop)
