"""When a date that moves is a slip."""

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.core import plan
from bot.core.diff import diff
from bot.core.slips import Promises, judged, threshold_of
from bot.model.alarm import Alarms
from bot.model.change import Change, Kind
from bot.model.moment import Moment, from_day
from bot.model.order import Order
from bot.model.promise import Promised
from tests.core.making import DELIVERED, NOW, TELLING, line, order, shipment, sight, snapshot, watchlist, words

START = date(2026, 12, 1)
THREE = timedelta(days=3)


def day(offset: int | None) -> Moment | None:
    return None if offset is None else from_day(START + timedelta(days=offset))


def walk(offsets: Iterable[int | None], threshold: timedelta | None = THREE) -> tuple[list[Change], Promises]:
    """What is found when a promise is, one look after the other, that many days after the start."""
    changes: list[Change] = []
    memory: Promises = {}
    orders = [order(delivery_promised=day(offset)) for offset in offsets]
    for before, after in pairwise(orders):
        found, memory = judged(diff(before, after), before, after, memory, threshold, UTC)
        changes += found
    return changes, memory


def told(changes: Iterable[Change]) -> list[tuple[Kind, int, int]]:
    """What people hear: the kind, and from where to where."""
    return [(each.kind, off(each.before), off(each.after)) for each in changes if not each.minor]


def off(moment: str | None) -> int:
    assert moment is not None
    return (date.fromisoformat(moment) - START).days


def test_three_days_one_by_one_are_one_slip_at_the_third() -> None:
    changes, memory = walk([0, 1, 2, 3])
    assert [(each.kind, each.minor) for each in changes[:2]] == [(Kind.PROMISE_MOVED, True)] * 2
    assert told(changes) == [(Kind.SLIPPED, 0, 3)]
    assert memory == {"delivery_promised": Promised(first=day(0), told=day(3))}


def test_a_later_slip_still_knows_what_was_promised_at_first() -> None:
    changes, _ = walk([0, 3, 7])
    assert (changes[-1].kind, changes[-1].before, changes[-1].first) == (Kind.SLIPPED, day(3), day(0))


def test_a_date_that_becomes_earlier_is_no_slip() -> None:
    assert told(walk([0, 4, 2])[0]) == [(Kind.SLIPPED, 0, 4), (Kind.MOVED_EARLIER, 4, 2)]


def test_what_slips_again_after_it_improved_is_measured_from_there() -> None:
    assert told(walk([5, 1, 3, 4])[0]) == [(Kind.MOVED_EARLIER, 5, 1), (Kind.SLIPPED, 1, 4)]


def test_a_date_that_goes_to_and_fro_below_the_threshold_is_told_to_nobody() -> None:
    assert told(walk([0, 2, 0, 2, 1, 2])[0]) == []


def test_a_date_that_goes_to_and_fro_above_it_is_told_each_way() -> None:
    assert [kind for kind, *_ in told(walk([0, 3, 0, 3])[0])] == [Kind.SLIPPED, Kind.MOVED_EARLIER, Kind.SLIPPED]


def test_a_date_withdrawn_and_given_again_later_has_slipped_from_what_was_told() -> None:
    changes, _ = walk([0, None, 5])
    assert [each.kind for each in changes] == [Kind.PROMISE_MOVED, Kind.SLIPPED]
    assert (changes[1].before, changes[1].after) == (day(0), day(5))


def test_a_first_date_is_no_slip_and_is_told() -> None:
    changes, memory = walk([None, 5])
    assert [(each.kind, each.minor) for each in changes] == [(Kind.PROMISE_MOVED, False)]
    assert memory == {}


def test_at_a_threshold_of_a_day_every_day_later_is_a_slip_and_a_later_hour_is_told_too() -> None:
    changes, _ = walk([0, 1], timedelta(days=1))
    assert told(changes) == [(Kind.SLIPPED, 0, 1)]
    before, after = (order(delivery_promised=f"2026-12-01T{hour}:00:00Z") for hour in ("09", "15"))
    ((change,), _) = judged(diff(before, after), before, after, {}, timedelta(days=1), UTC)
    assert (change.kind, change.minor) == (Kind.PROMISE_MOVED, False)


def test_where_slips_are_off_every_move_is_just_a_move() -> None:
    changes, _ = walk([0, 5, 2], None)
    assert [(each.kind, each.minor) for each in changes] == [(Kind.PROMISE_MOVED, False)] * 2


def test_one_move_of_order_line_and_shipment_is_told_once_and_remembered_of_all() -> None:
    before, after = (
        order(
            delivery_promised=date_,
            lines=(line("1", delivery_promised=date_),),
            shipments=(shipment(line="1", delivery_promised=date_),),
        )
        for date_ in (day(0), day(3))
    )
    changes, memory = judged(diff(before, after), before, after, {}, THREE, UTC)
    assert [(each.kind, each.line) for each in changes] == [(Kind.SLIPPED, None)]
    assert sorted(memory) == ["delivery_promised", "line 1 delivery_promised", "shipment s1 delivery_promised"]


def test_a_line_that_crosses_its_threshold_is_told_although_the_order_does_not() -> None:
    def at(whole: int, of_line: int) -> Order:
        return order(delivery_promised=day(whole), lines=(line("1", delivery_promised=day(of_line)),))

    first, memory = judged(diff(at(5, 3), at(5, 5)), at(5, 3), at(5, 5), {}, THREE, UTC)
    second, _ = judged(diff(at(5, 5), at(6, 6)), at(5, 5), at(6, 6), memory, THREE, UTC)
    assert [(each.minor, each.line) for each in first] == [(True, "1")]
    assert [(each.kind, each.line) for each in second] == [(Kind.PROMISE_MOVED, None), (Kind.SLIPPED, "1")]


def test_lines_slip_by_themselves() -> None:
    before, after = (
        order(lines=(line("1", delivery_promised=day(0)), line("2", delivery_promised=day(two)))) for two in (0, 4)
    )
    changes, _ = judged(diff(before, after), before, after, {}, THREE, UTC)
    assert [(each.kind, each.line) for each in changes] == [(Kind.SLIPPED, "2")]


def test_the_most_curious_watchlist_says_what_a_slip_is_and_silent_ones_do_not_count() -> None:
    thresholds = (timedelta(days=5), THREE, None)
    lists = [watchlist(str(each), alarms=Alarms(slipped=each)) for each in thresholds]
    assert threshold_of([*lists, watchlist("from chat")], Alarms()) == THREE
    assert threshold_of(lists[2:], Alarms()) is None
    assert threshold_of([watchlist("from chat")], Alarms(slipped=timedelta(days=7))) == timedelta(days=7)


def test_the_message_says_the_first_promise_the_new_date_and_the_whole_slip() -> None:
    before = snapshot(order(delivery_promised=day(4))).model_copy(
        update={"promises": {"delivery_promised": Promised(first=Moment("2026-12-01"), told=Moment("2026-12-05"))}}
    )
    seen = sight(before.order, order(delivery_promised=day(9)), previous=before)
    (message,) = [each.message for each in plan.order_seen(seen, TELLING, set(), NOW).notifications]
    assert "Slipped" in words(message)
    assert "2026-12-05 → 2026-12-10 (5 days later); first promised for 2026-12-01, now 9 days later in all" in (
        words(message)
    )


def test_the_memory_is_part_of_the_version_that_is_written() -> None:
    record = plan.order_seen(
        sight(order(delivery_promised=day(0)), order(delivery_promised=day(1))), TELLING, set(), NOW
    )
    (update,) = record.updates
    assert update.snapshot is not None
    assert update.snapshot.promises == {"delivery_promised": Promised(first=day(0), told=day(1))}


def test_an_order_that_is_over_slips_no_more() -> None:
    before, after = order(delivery_promised=day(0)), order(delivery_promised=day(9), status=DELIVERED)
    changes, memory = judged(diff(before, after), before, after, {}, THREE, UTC)
    assert ([each.kind for each in changes], memory) == ([Kind.COMPLETED], {})


DAYS = st.lists(st.integers(-20, 20), min_size=2, max_size=30)


@given(DAYS, st.integers(1, 6))
def test_what_is_told_adds_up_to_where_the_date_is_short_of_one_threshold(days: list[int], threshold: int) -> None:
    news = told(walk(days, timedelta(days=threshold))[0])
    heard = days[0] + sum(after - before for _, before, after in news)
    assert 0 <= days[-1] - heard < threshold


@given(DAYS, st.integers(1, 6))
def test_each_slip_is_a_whole_threshold_and_each_story_goes_on_where_the_last_one_ended(
    days: list[int], threshold: int
) -> None:
    news = told(walk(days, timedelta(days=threshold))[0])
    assert all(after - before >= threshold for kind, before, after in news if kind is Kind.SLIPPED)
    assert all(after < before for kind, before, after in news if kind is Kind.MOVED_EARLIER)
    assert [before for _, before, _ in news] == [days[0], *(after for *_, after in news)][: len(news)]


@given(DAYS)
def test_every_move_is_recorded_exactly_once(days: list[int]) -> None:
    moves = sum(before != after for before, after in pairwise(days))
    assert len(walk(days)[0]) == moves
