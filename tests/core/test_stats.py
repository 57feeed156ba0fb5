"""What the past tells, against numbers worked out by hand."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.stats import Kept, Slips, Spread, Stats, quantile, statistics

PARIS = ZoneInfo("Europe/Paris")


def order(key: str = "a", **members: Any) -> dict[str, Any]:
    known = {"source": "panels", "key": key, "stage": "completed", "ordered_at": None}
    return known | {"promised": None, "first_promised": None} | members


def change(kind: str, day: str, after: str | None = None, key: str = "a", **members: Any) -> dict[str, Any]:
    at = day if "T" in day else f"{day}T09:00:00Z"
    known = {"source": "panels", "key": key, "seen_at": at, "happened_at": None, "kind": kind, "line": None}
    return known | {"field": None, "before": None, "after": after, "minor": False} | members


def of(orders: list[dict[str, Any]], *changes: dict[str, Any]) -> Stats:
    return statistics(orders, changes, PARIS)


@pytest.mark.parametrize(
    ("days", "p50", "p90"),
    [([3.0], 3.0, 3.0), ([4.0, 1.0], 1.0, 4.0), ([float(day) for day in range(1, 11)], 5.0, 9.0)],
)
def test_half_and_nine_of_ten_are_the_nearest_ranks(days: list[float], p50: float, p90: float) -> None:
    assert (quantile(days, 0.5), quantile(days, 0.9)) == (p50, p90)


def test_a_lead_time_runs_from_the_order_to_its_completion() -> None:
    found = of([order(ordered_at="2026-03-01T09:00:00Z")], change("completed", "2026-03-13", "Delivered"))
    assert found.lead == {"panels": Spread(1, 12.0, 12.0)}


def test_where_the_source_does_not_say_when_it_was_ordered_it_runs_from_when_it_was_new() -> None:
    completed = change("completed", "2026-03-03T21:00:00Z", "Done")
    found = of([order()], change("appeared", "2026-03-01", "Placed"), completed)
    assert found.lead == {"panels": Spread(1, 2.5, 2.5)}


def test_what_began_before_anybody_watched_has_no_lead_time() -> None:
    assert of([order()], change("completed", "2026-03-13", "Delivered")).lead == {}


def test_an_order_that_is_open_again_has_no_lead_time() -> None:
    moves = (change("completed", "2026-03-13", "Delivered"), change("moved_backwards", "2026-03-14", "Shipped"))
    assert of([order(stage="shipped", ordered_at="2026-03-01")], *moves).lead == {}


def test_a_stay_in_a_status_is_counted_once_it_is_over() -> None:
    found = of(
        [],
        change("status", "2026-03-01", "Confirmed", before="Placed"),
        change("status", "2026-03-05", "In production"),
        change("status", "2026-03-01", "Confirmed", key="b"),
        change("completed", "2026-03-11", "Delivered", key="b"),
    )
    assert found.stays == {("panels", "Confirmed"): Spread(2, 4.0, 10.0)}


def test_on_time_is_judged_by_the_last_promise_and_by_the_first() -> None:
    found = of(
        [
            order("a", promised="2026-03-10"),
            order("b", promised="2026-03-20", first_promised="2026-03-08"),
            order("c", promised="2026-03-05"),
        ],
        change("completed", "2026-03-10T22:30:00Z", "Delivered"),  # half past eleven in Paris: still the 10th
        change("completed", "2026-03-19", "Delivered", "b"),
        change("completed", "2026-03-06", "Delivered", "c"),
    )
    assert found.kept == {"panels": Kept(orders=3, by_last=2, by_first=1)}


def test_slips_are_counted_by_the_month_in_which_they_were_seen() -> None:
    found = of(
        [],
        change("promise_moved", "2026-03-02", "2026-03-12", before="2026-03-10"),
        change("promise_moved", "2026-03-05", "2026-03-17", before="2026-03-12"),
        change("promise_moved", "2026-03-05", "2026-03-20", "b", before="2026-03-19"),
        change("promise_moved", "2026-03-31T22:30:00Z", "2026-04-20", "b", before="2026-03-20"),  # April in Paris
        change("promise_moved", "2026-03-08", "2026-03-01", "c", before="2026-03-12"),  # earlier is no slip
    )
    assert found.slips == {("panels", "2026-03"): Slips(3, 2, 2.0), ("panels", "2026-04"): Slips(1, 1, 31.0)}


def test_a_slip_that_was_told_counts_with_all_its_days_and_the_small_moves_it_grew_from_do_not() -> None:
    found = of(
        [],
        change("promise_moved", "2026-03-02", "2026-03-11", before="2026-03-10", minor=True),
        change("slipped", "2026-03-05", "2026-03-13", before="2026-03-10"),
        change("moved_earlier", "2026-03-08", "2026-03-12", before="2026-03-13"),
    )
    assert found.slips == {("panels", "2026-03"): Slips(1, 1, 3.0)}


def test_each_source_is_told_by_itself() -> None:
    others = change("completed", "2026-03-02", "Done", source="shop")
    found = of([order(source="shop", ordered_at="2026-03-01T09:00:00Z")], others)
    assert found.lead == {"shop": Spread(1, 1.0, 1.0)}


def test_of_no_past_there_is_nothing_to_tell() -> None:
    assert of([order(stage="confirmed")]).is_empty
