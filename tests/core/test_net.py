"""What several moves come to."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.net import net
from bot.model.change import Change, Kind


def status(before: str, after: str, kind: Kind = Kind.STATUS) -> Change:
    return Change(kind=kind, before=before, after=after)


def number(kind: Kind, before: str | None, after: str | None) -> Change:
    return Change(kind=kind, shipment="1", before=before, after=after)


def brief(changes: Sequence[Change]) -> list[tuple[object, ...]]:
    return [(change.kind, change.before, change.after) for change in changes]


def test_several_moves_of_a_status_are_one_with_its_steps() -> None:
    (change,) = net([status("open", "confirmed"), status("confirmed", "packed"), status("packed", "shipped")])
    assert (change.before, change.steps, change.after) == ("open", ("confirmed", "packed"), "shipped")


def test_a_single_move_stays_as_it_was_found() -> None:
    found = status("open", "confirmed")
    assert net([found]) == (found,)


def test_an_order_that_is_back_where_it_began_has_nothing_to_tell() -> None:
    assert net([status("open", "confirmed"), status("Confirmed", "OPEN", Kind.MOVED_BACKWARDS)]) == ()


def test_a_final_state_is_told_as_final_whatever_came_before() -> None:
    (change,) = net([status("open", "shipped"), status("shipped", "delivered", Kind.COMPLETED)])
    assert (change.kind, change.before) == (Kind.COMPLETED, "open")


def test_one_that_moved_backwards_and_only_partly_on_again_has_moved_backwards() -> None:
    (change,) = net([status("shipped", "open", Kind.MOVED_BACKWARDS), status("open", "confirmed")])
    assert (change.kind, change.before, change.after) == (Kind.MOVED_BACKWARDS, "shipped", "confirmed")


def test_dates_of_different_lines_stay_apart() -> None:
    moves = [
        Change(kind=Kind.PROMISE_MOVED, line=line, field="delivery_promised", before=before, after=after)
        for line, before, after in (("1", "2026-01-01", "2026-01-02"), ("2", "2026-01-01", "2026-01-03"),
                                    ("1", "2026-01-02", "2026-01-04"))
    ]  # fmt: skip
    first, second = net(moves)
    assert (first.line, first.before, first.steps, first.after) == ("1", "2026-01-01", ("2026-01-02",), "2026-01-04")
    assert second == moves[1]


@pytest.mark.parametrize(
    ("moves", "left"),
    [
        ([(None, "1Z"), ("1Z", "2Z")], [(Kind.TRACKING_ADDED, None, "2Z")]),
        ([("1Z", "2Z"), ("2Z", "3Z")], [(Kind.TRACKING_REPLACED, "1Z", "3Z")]),
        ([("1Z", "2Z"), ("2Z", None)], [(Kind.TRACKING_REMOVED, "1Z", None)]),
        ([(None, "1Z"), ("1Z", None)], []),
        ([("1Z", None), (None, "1Z")], []),
        ([("1Z", "2Z"), ("2Z", "1Z")], []),
        ([(None, "1Z"), (None, "2Z"), ("1Z", None)], [(Kind.TRACKING_ADDED, None, "2Z")]),
    ],
)
def test_a_parcel_is_followed_through_its_numbers(
    moves: list[tuple[str | None, str | None]], left: list[tuple[object, ...]]
) -> None:
    kinds = {(False, True): Kind.TRACKING_ADDED, (True, True): Kind.TRACKING_REPLACED,
             (True, False): Kind.TRACKING_REMOVED}  # fmt: skip
    found = [number(kinds[before is not None, after is not None], before, after) for before, after in moves]
    assert brief(net(found)) == left


@pytest.mark.parametrize(
    ("one", "other"),
    [(Kind.DISPATCHED, Kind.UNDISPATCHED), (Kind.VANISHED, Kind.REAPPEARED), (Kind.LINE_ADDED, Kind.LINE_CANCELLED)],
)
def test_what_was_undone_is_nothing_and_what_was_done_again_is_something(one: Kind, other: Kind) -> None:
    assert net([Change(kind=one, line="1"), Change(kind=other, line="1")]) == ()
    assert brief(net([Change(kind=one), Change(kind=other), Change(kind=one)])) == [(one, None, None)]


@given(st.lists(st.sampled_from("ABCD"), min_size=2, max_size=9))
def test_a_walk_comes_to_its_ends(walk: list[str]) -> None:
    moves = [status(one, two) for one, two in pairwise(walk) if one != two]
    left = net(moves)
    assert brief(left) == ([(Kind.STATUS, walk[0], walk[-1])] if walk[0] != walk[-1] else [])


@given(st.lists(st.sampled_from("ABCD"), min_size=2, max_size=9), st.integers(1, 8))
def test_it_does_not_matter_where_the_moves_are_cut(walk: list[str], at: int) -> None:
    moves = [status(one, two) for one, two in pairwise(walk) if one != two]
    assert brief(net([*net(moves[:at]), *moves[at:]])) == brief(net(moves))


@pytest.mark.parametrize("kind", [Kind.STUCK, Kind.NOT_MOVING])
def test_an_order_that_moved_meanwhile_is_not_called_stuck(kind: Kind) -> None:
    moved = Change(kind=Kind.STATUS, before="Confirmed", after="In production")
    assert net([Change(kind=kind, before="Confirmed", days=3), moved]) == (moved,)


@pytest.mark.parametrize("kind", [Kind.DUE_TODAY, Kind.OVERDUE])
def test_an_order_that_is_over_meanwhile_is_not_called_due(kind: Kind) -> None:
    done = Change(kind=Kind.COMPLETED, before="Shipped", after="Delivered")
    assert net([Change(kind=kind, after="2026-11-24"), done]) == (done,)


def test_due_today_and_then_overdue_is_overdue_and_a_move_of_the_status_leaves_it_so() -> None:
    late = Change(kind=Kind.OVERDUE, after="2026-11-24")
    moved = Change(kind=Kind.STATUS, before="Confirmed", after="In production")
    assert net([Change(kind=Kind.DUE_TODAY, after="2026-11-24"), late, moved]) == (late, moved)


def test_stuck_and_its_reminder_are_the_reminder() -> None:
    first = Change(kind=Kind.STUCK, before="Confirmed", days=3)
    again = Change(kind=Kind.STUCK, before="Confirmed", days=8, again=1)
    assert net([first, again]) == (again,)


def moved(kind: Kind, before: str, after: str) -> Change:
    return Change(kind=kind, field="delivery_promised", before=before, after=after, first="2026-01-01")


def test_a_date_that_slipped_and_improved_again_is_told_by_what_it_came_to() -> None:
    slip = moved(Kind.SLIPPED, "2026-01-01", "2026-01-09")
    (change,) = net([slip, moved(Kind.MOVED_EARLIER, "2026-01-09", "2026-01-04")])
    assert (change.kind, change.before, change.after) == (Kind.SLIPPED, "2026-01-01", "2026-01-04")
    assert net([slip, moved(Kind.MOVED_EARLIER, "2026-01-09", "2026-01-01")]) == ()


def test_small_moves_and_the_slip_they_added_up_to_are_one_way() -> None:
    dates = {"field": "delivery_promised", "before": "2026-01-01", "after": "2026-01-02"}
    small = Change.model_validate({"kind": Kind.PROMISE_MOVED, **dates, "minor": True})
    (change,) = net([small, moved(Kind.SLIPPED, "2026-01-01", "2026-01-04")])
    assert (change.kind, change.before, change.steps) == (Kind.SLIPPED, "2026-01-01", ("2026-01-02",))
    assert not change.minor
