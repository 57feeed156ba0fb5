"""What of the news of an order is held back until it has lasted."""

from datetime import timedelta

import pytest

from bot.core.hold import Held, held, windows_of
from bot.model.change import Change, Kind
from bot.model.watch import Confirmed
from tests.core.making import watchlist

TEN, THIRTY = timedelta(minutes=10), timedelta(minutes=30)
STATUS = Change(kind=Kind.STATUS, before="Confirmed", after="On hold")
DATE = Change(kind=Kind.PROMISE_MOVED, before="2026-12-01", after="2026-12-05")
NEW = Change(kind=Kind.APPEARED, after="Placed")


def test_where_nothing_has_to_be_confirmed_all_goes_together() -> None:
    assert held([STATUS, DATE, NEW], {}) == [Held((STATUS, DATE, NEW))]


def test_what_has_to_be_confirmed_waits_and_the_rest_does_not() -> None:
    assert held([STATUS, DATE, NEW], {Confirmed.STATUS: TEN}) == [
        Held((STATUS,), Confirmed.STATUS, TEN),
        Held((DATE, NEW)),
    ]


def test_each_field_waits_for_itself() -> None:
    found = held([STATUS, DATE], {Confirmed.STATUS: TEN, Confirmed.PROMISE: THIRTY})
    assert [(each.field, each.wait) for each in found] == [(Confirmed.STATUS, TEN), (Confirmed.PROMISE, THIRTY)]


@pytest.mark.parametrize("kind", [Kind.COMPLETED, Kind.CANCELLED])
def test_a_final_state_goes_at_once_and_under_the_name_of_its_field(kind: Kind) -> None:
    final = Change(kind=kind, before="On hold", after="Done")
    assert held([STATUS, final], {Confirmed.STATUS: TEN}) == [Held((STATUS, final), Confirmed.STATUS)]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (Kind.MOVED_BACKWARDS, Confirmed.STATUS),
        (Kind.TRACKING_ADDED, Confirmed.TRACKING),
        (Kind.TRACKING_REMOVED, Confirmed.TRACKING),
        (Kind.QUANTITY, Confirmed.LINES),
        (Kind.LINE_CANCELLED, Confirmed.LINES),
    ],
)
def test_kinds_are_confirmed_by_the_field_they_are_of(kind: Kind, field: Confirmed) -> None:
    (one,) = held([Change(kind=kind)], dict.fromkeys(Confirmed, TEN))
    assert (one.field, one.wait) == (field, TEN)


@pytest.mark.parametrize("kind", [Kind.APPEARED, Kind.VANISHED, Kind.REAPPEARED, Kind.DISPATCHED, Kind.OTHER])
def test_other_kinds_are_never_held(kind: Kind) -> None:
    assert held([Change(kind=kind)], dict.fromkeys(Confirmed, TEN)) == [Held((Change(kind=kind),))]


def test_the_most_impatient_watchlist_decides_and_one_that_says_nothing_does_not() -> None:
    lists = [watchlist(confirm={"status": TEN}), watchlist("b", confirm={"status": THIRTY}), watchlist("c")]
    assert windows_of(lists, {Confirmed.STATUS: timedelta(hours=1), Confirmed.PROMISE: THIRTY}) == {
        Confirmed.STATUS: TEN,
        Confirmed.PROMISE: THIRTY,
    }


def test_a_watchlist_may_switch_off_what_the_file_asks_for() -> None:
    windows = windows_of([watchlist(confirm={"status": timedelta(0)})], {Confirmed.STATUS: TEN})
    assert held([STATUS], windows) == [Held((STATUS,))]
