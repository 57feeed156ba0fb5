"""How looks are shared among kinds of orders."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.allot import QUIET, USUAL, Allot, Group, by_the_day, evenly
from bot.model.order import Stage

GROUPS = st.lists(st.tuples(st.integers(1, 500), st.floats(0.001, 50)), min_size=1, max_size=60).map(
    lambda drawn: [group(place, orders, hazard) for place, (orders, hazard) in enumerate(drawn)]
)


def group(place: int, orders: int, hazard: float) -> Group:
    return Group((Stage.PLACED, place), orders, hazard)


@pytest.mark.parametrize("allot", [evenly, by_the_day])
@given(GROUPS)
def test_all_looks_together_keep_the_budget(allot: Allot, groups: list[Group]) -> None:
    turns = allot(groups)
    assert sum(each.orders / turns[each.kind] for each in groups) <= 1 + 1e-9


@pytest.mark.parametrize("allot", [evenly, by_the_day])
@given(GROUPS)
def test_nobody_starves_however_quiet(allot: Allot, groups: list[Group]) -> None:
    assert max(allot(groups).values()) <= QUIET * sum(each.orders for each in groups) + 1e-9


@pytest.mark.parametrize("allot", [evenly, by_the_day])
@given(GROUPS)
def test_who_is_likelier_to_change_never_waits_longer(allot: Allot, groups: list[Group]) -> None:
    turns = allot(groups)
    ranked = sorted(groups, key=lambda each: -each.hazard)
    waits = [turns[each.kind] for each in ranked]
    assert all(first <= second * (1 + 1e-9) for first, second in pairwise(waits))


@given(GROUPS)
def test_under_an_even_budget_one_change_in_twenty_at_most_is_seen_later_than_in_turn(groups: list[Group]) -> None:
    turns, even = evenly(groups), sum(each.orders for each in groups)
    in_time = sum(each.changes * min(1.0, even / turns[each.kind]) for each in groups)
    assert in_time >= 0.95 * sum(each.changes for each in groups)


@given(GROUPS)
def test_under_an_even_budget_half_of_the_changes_are_seen_no_later_than_in_turn(groups: list[Group]) -> None:
    turns, even = evenly(groups), sum(each.orders for each in groups)
    seen = sum(each.changes * min(1.0, even / 2 / turns[each.kind]) for each in groups)
    assert seen >= 0.5 * sum(each.changes for each in groups) - 1e-9


def test_orders_that_are_alike_are_looked_at_in_turn() -> None:
    assert set(evenly([group(0, 30, 2.0), group(1, 70, 2.0)]).values()) == {100.0}


def test_a_few_lively_orders_are_looked_at_much_sooner_at_the_cost_of_the_quiet() -> None:
    lively, usual, quiet = group(0, 5, 20.0), group(1, 75, 1.0), group(2, 20, 0.1)
    turns = evenly([usual, quiet, lively])
    assert turns[lively.kind] < 0.7 * 100
    assert USUAL * 100 <= turns[usual.kind] < 1.1 * 100
    assert turns[quiet.kind] == QUIET * 100
