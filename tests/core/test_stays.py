"""How long orders stay in a status, learned from their moves; judged on a year of simulated ones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.calendar import working_days_between
from bot.core.stays import ENOUGH, WorkingTime, learned, quantiles, stay_of
from bot.model.change import Basis, Kind
from bot.model.moment import from_instant
from bot.model.stay import Move
from tests.benchmarks.stuck import judged, live

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
NEVER = WorkingTime(PARIS, "FR")


def moves(*days: float, kind: Kind = Kind.STATUS) -> list[Move]:
    """One order each that was confirmed for so many days, from a Monday on."""
    found = []
    for number, each in enumerate(days):
        found.append(Move(str(number), from_instant(MONDAY), Kind.APPEARED, "Confirmed"))
        found.append(Move(str(number), from_instant(MONDAY + timedelta(days=each)), kind, "Shipped"))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_in_a_year_few_alerts_are_false_and_every_planted_order_is_found_days_before_a_fixed_limit(seed: int) -> None:
    outcome = judged(*live(1000, seed))
    assert outcome.false_share < 0.05
    assert outcome.found == outcome.planted > 8
    assert sum(outcome.days_before) / outcome.planted >= 5


def test_what_is_usual_is_said_as_the_working_days_within_which_most_have_left() -> None:
    found = learned(moves(*[1.0] * 38, *[3.0] * 2), NEVER, MONDAY + timedelta(days=4))
    assert (found["confirmed"].within, found["confirmed"].basis, found["confirmed"].orders) == (1, Basis.LEARNED, 40)
    assert found["confirmed"].limit > found["confirmed"].within


def test_too_few_orders_teach_nothing() -> None:
    assert learned(moves(*[1.0] * (ENOUGH - 1)), NEVER, MONDAY + timedelta(days=4)) == {}
    assert "confirmed" in learned(moves(*[1.0] * ENOUGH), NEVER, MONDAY + timedelta(days=4))


def test_orders_that_are_still_there_make_a_status_slower() -> None:
    quick = stay_of([1.0] * 60)
    slow = stay_of([1.0] * 50 + [2.0] * 10, lasting=[6.0] * 20)
    assert quick is not None
    assert slow is None  # one in four has never been seen to leave


def test_the_end_of_an_order_is_no_status_that_lasts() -> None:
    found = learned(moves(*[1.0] * 40, kind=Kind.COMPLETED), NEVER, MONDAY + timedelta(days=300))
    assert set(found) == {"confirmed"}


@given(st.lists(st.floats(0.1, 50), min_size=1, max_size=60))
def test_without_orders_that_are_still_there_quantiles_are_those_of_the_list(times: list[float]) -> None:
    (middle, last) = quantiles(times, [], (0.5, 1.0))
    assert middle == sorted(times)[(len(times) + 1) // 2 - 1]
    assert last == max(times)


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_working_time_and_counted_working_days_agree(start_hours: int, more: int) -> None:
    start = MONDAY + timedelta(hours=start_hours)
    end = start + timedelta(hours=more)
    passed = WorkingTime(PARIS, "FR").between(start, end)
    assert abs(int(passed + 0.05) - working_days_between(start, end, PARIS, "FR")) <= 1
