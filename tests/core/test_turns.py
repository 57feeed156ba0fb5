"""Whose turn it is at a source whose budget is too small for everybody's."""

from datetime import UTC, datetime, timedelta

from bot.core.turns import Turns
from bot.model.moment import from_day
from bot.model.order import Stage
from bot.model.poll import OrderState
from bot.model.units import RateValue

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
NOON, MIDNIGHT = MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=1)
A_MINUTE = RateValue(60, 60.0)
A_DAY = RateValue(86400, 86400.0)


def watched(turns: Turns, count: int, stage: Stage = Stage.CONFIRMED, days: int = 10) -> list[OrderState]:
    states = [
        OrderState(f"{stage}{number}", seq=1, stage=stage, due=from_day(MONDAY + timedelta(days=days)))
        for number in range(count)
    ]
    for state in states:
        turns.watch(state, NOON)
    return states


def test_a_budget_that_is_enough_lets_everybody_be_looked_at_as_asked() -> None:
    turns = Turns([A_MINUTE], UTC)
    (state, *_) = watched(turns, 900)
    assert turns.rest(state, 900.0, NOON) == 900.0


def test_a_daily_budget_that_is_enough_is_spent_as_asked_at_night_too() -> None:
    turns = Turns([A_DAY], UTC)
    (state, *_) = watched(turns, 900)
    assert turns.rest(state, 900.0, MIDNIGHT) == 900.0


def test_orders_that_are_alike_share_a_small_budget_evenly() -> None:
    turns = Turns([A_MINUTE], UTC)
    (state, *_) = watched(turns, 3600)
    assert round(turns.rest(state, 900.0, NOON)) == 3600


def test_an_order_that_is_likelier_to_change_has_its_turn_sooner() -> None:
    turns = Turns([A_MINUTE], UTC)
    quiet, lively = watched(turns, 2000)[0], watched(turns, 2000, Stage.SHIPPED, days=0)[0]
    assert turns.rest(lively, 60.0, NOON) < 0.7 * turns.rest(quiet, 60.0, NOON)


def test_a_stage_that_proves_quiet_waits_longer() -> None:
    turns = Turns([A_MINUTE], UTC)
    quiet = watched(turns, 100, Stage.SHIPPED, days=0)[0]
    watched(turns, 2000, days=1), watched(turns, 1500, Stage.ON_HOLD)
    before = turns.rest(quiet, 60.0, NOON)
    for day in range(60):
        turns.looked(quiet, day * 86400.0, NOON, changed=False)
    assert turns.rest(quiet, 60.0, NOON) > 1.5 * before


def test_a_daily_budget_is_spent_when_people_work() -> None:
    turns = Turns([A_DAY, RateValue(600, 60.0)], UTC)
    (state, *_) = watched(turns, 3600)
    assert turns.rest(state, 60.0, NOON) < 0.7 * 3600 < 1.5 * 3600 < turns.rest(state, 60.0, MIDNIGHT)


def test_hours_that_prove_busy_get_more_of_a_daily_budget() -> None:
    turns = Turns([A_DAY], UTC)
    (state, *_) = watched(turns, 3600)
    before = turns.rest(state, 60.0, MIDNIGHT)
    for hour in range(400):
        turns.looked(state, hour * 3600.0, MIDNIGHT, changed=True)
    turns.rest(state, 60.0, NOON)  # what was learned counts from the next hour on
    assert turns.rest(state, 60.0, MIDNIGHT) < before


def test_an_order_that_is_completed_takes_no_turns_from_the_others() -> None:
    turns = Turns([A_MINUTE], UTC)
    first, second = watched(turns, 2)
    second.stage = Stage.COMPLETED
    turns.looked(second, 0.0, NOON, changed=True)
    assert turns.rest(first, 0.5, NOON) == 1.0


def test_an_order_that_nobody_follows_any_more_takes_none_either() -> None:
    turns = Turns([A_MINUTE], UTC)
    first, second = watched(turns, 2)
    turns.drop(second)
    assert turns.rest(first, 0.5, NOON) == 1.0


def test_looks_that_cost_several_requests_each_are_fewer() -> None:
    turns = Turns([A_MINUTE], UTC)
    (state, *_) = watched(turns, 3600)
    for looks in range(1, 501):
        turns.spent(3 * looks)
    assert round(turns.rest(state, 60.0, NOON) / 3600) == 3


def test_a_budget_is_short_where_all_looks_asked_for_do_not_fit() -> None:
    turns = Turns([A_MINUTE], UTC)
    watched(turns, 901)
    assert turns.is_short(timedelta(minutes=15))
    assert not turns.is_short(timedelta(minutes=16))


def test_nobody_waits_longer_than_the_longest_turn() -> None:
    for rate in (A_MINUTE, RateValue(600, 86400.0)):
        turns = Turns([rate], UTC)
        states = [*watched(turns, 600, Stage.PLACED, days=0), *watched(turns, 600, Stage.ON_HOLD)]
        assert max(turns.rest(state, 1.0, NOON) for state in states) <= turns.longest(NOON)
