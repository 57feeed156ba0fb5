"""Windows: how much may go within a time, and what of it is remembered."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.pace import PARTS, Window
from bot.model.units import RateValue, Spent

DAY = RateValue(50, 86400.0)


def spent_at(*moments: float, rate: RateValue = DAY) -> Window:
    window = Window(rate)
    for moment in moments:
        window.spend(moment)
    return window


def test_what_came_close_together_is_one_entry_as_old_as_its_youngest() -> None:
    window = spent_at(0.0, 10.0, 20.0, 5000.0)
    assert window.spent(6000.0) == [Spent(5980.0, 3), Spent(1000.0, 1)]


def test_what_has_left_the_window_is_not_remembered() -> None:
    assert spent_at(0.0, 50_000.0).spent(86400.0) == [Spent(36400.0, 1)]


@given(st.lists(st.floats(0, 86400), max_size=50).map(sorted))
def test_a_window_that_recalls_never_allows_more_and_is_late_by_a_part_at_most(moments: list[float]) -> None:
    before = spent_at(*moments)
    after = Window(DAY)
    after.recall(before.spent(86400.0), 86400.0)
    assert 0 <= after.wait(86400.0) - before.wait(86400.0) <= 86400.0 / PARTS
    assert sum(each.requests for each in after.spent(86400.0)) == sum(each.requests for each in before.spent(86400.0))


def test_what_is_recalled_takes_the_place_of_what_was_counted() -> None:
    window = spent_at(1.0, 2.0, 3.0)
    window.recall([Spent(60.0, 1)], 100.0)
    assert window.spent(100.0) == [Spent(60.0, 1)]


def test_what_was_slow_on_its_way_counts_from_when_it_arrived() -> None:
    window = spent_at(0.0, 5.0, rate=RateValue(2, 60.0))
    window.postpone(0.0, 20.0)
    assert window.wait(60.0) == 5.0
    window.spend(65.0)
    assert window.wait(65.0) == 15.0
