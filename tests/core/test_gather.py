"""When news goes, and in what company."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.gather import Gather, Send, Step, Wait, next_step
from bot.core.telling import SNOOZED
from bot.model.change import Severity
from bot.model.moment import from_instant
from bot.model.outbox import Destination, Shape
from bot.model.quiet import QuietWindow
from bot.model.view import Waiting

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NIGHT = QuietWindow(starts=19 * 60, ends=7 * 60)
FIVE = timedelta(seconds=5)


def row(
    id_: int,
    order: str | None = "A",
    *,
    at: float = 0,
    gather: float | None = None,
    hold: float | None = None,
    held_for: str | None = None,
    urgent: bool = False,
    is_tried: bool = False,
    is_gathered: bool = False,
) -> Waiting:
    """A row made `at` seconds after noon, which gathers and is held until so many seconds after noon."""
    moment = {name: from_instant(NOON + timedelta(seconds=value)) for name, value in
              (("at", at), ("gather", gather), ("hold", hold)) if value is not None}  # fmt: skip
    return Waiting(
        id_, "panels", order, Severity.URGENT if urgent else Severity.NORMAL, moment["at"], moment.get("gather"),
        moment.get("hold"), held_for, is_tried, is_gathered,
    )  # fmt: skip


def place(*, interval: float = 0, storm: int | None = None, quiet: tuple[QuietWindow, ...] = ()) -> Destination:
    return Destination(
        name="ops", chat="slack", group_interval=timedelta(seconds=interval), storm=storm, quiet=quiet
    )  # fmt: skip


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def steps(*rows: Waiting, at: float, there: Destination | None = None) -> Step | None:
    return next_step(rows, there or place(), after(at))


def test_where_nothing_waits_there_is_nothing_to_do() -> None:
    assert steps(at=0) is None


def test_news_that_waits_for_none_goes_one_by_one_in_order() -> None:
    assert steps(row(1), row(2), at=0) == Send(1)


def test_news_of_an_order_waits_for_more_of_it() -> None:
    assert steps(row(1, gather=5), at=3) == Wait(after(5))


def test_what_came_meanwhile_goes_with_it_though_its_own_wait_is_not_over() -> None:
    assert steps(row(1, gather=5), row(2, at=4, gather=9), at=5) == Gather(Shape.ORDER, (1, 2))


def test_another_order_is_another_message() -> None:
    assert steps(row(1, gather=5), row(2, "B", gather=5), at=5) == Send(1)


def test_what_has_to_be_confirmed_is_held_and_other_news_of_the_order_is_not() -> None:
    assert steps(row(1, hold=600, held_for="status"), row(2, at=60), at=60) == Send(2)


def test_once_confirmed_all_that_was_held_for_the_same_goes() -> None:
    rows = (row(1, hold=600, held_for="status"), row(2, at=300, hold=900, held_for="status"))
    assert steps(*rows, at=600) == Gather(Shape.ORDER, (1, 2))


def test_what_is_held_for_something_else_stays() -> None:
    rows = (row(1, hold=600, held_for="status"), row(2, hold=1800, held_for="promise"))
    assert steps(*rows, at=600) == Send(1)


def test_a_final_state_takes_along_what_was_held() -> None:
    rows = (row(1, hold=600, held_for="status"), row(2, at=60, held_for="status"))
    assert steps(*rows, at=60) == Gather(Shape.ORDER, (1, 2))


def test_an_urgent_step_that_was_overtaken_does_not_carry_other_news_into_quiet_hours() -> None:
    night = 8 * 3600
    rows = (
        row(1, at=night, held_for="status"),
        row(2, at=night + 10, hold=night + 610, held_for="status", urgent=True),
        row(3, at=night + 60, held_for="status"),
    )
    there = place(quiet=(NIGHT,))
    assert steps(*rows, at=night + 610, there=there) == Wait(after(19 * 3600))
    assert steps(*rows, at=19 * 3600, there=there) == Gather(Shape.ORDER, (1, 2, 3))


def test_an_urgent_step_that_lasts_is_told_in_quiet_hours_with_what_led_to_it() -> None:
    night = 8 * 3600
    rows = (
        row(1, at=night, held_for="status"),
        row(2, at=night + 10, hold=night + 610, held_for="status", urgent=True),
    )
    assert steps(*rows, at=night + 610, there=place(quiet=(NIGHT,))) == Gather(Shape.ORDER, (1, 2))


def test_what_urgent_news_takes_along_in_quiet_hours_is_told_within_it() -> None:
    night = 8 * 3600
    rows = (row(1, at=night), row(2, at=night + 10, urgent=True))
    assert steps(*rows, at=night + 10, there=place(quiet=(NIGHT,))) == Gather(Shape.ORDER, (1, 2))


def test_urgent_news_goes_first_and_takes_its_order_along() -> None:
    rows = (row(1, gather=5), row(2, "B", gather=5), row(3, "B", at=1, urgent=True))
    assert steps(*rows, at=1) == Gather(Shape.ORDER, (2, 3))


def test_urgent_news_takes_along_what_was_snoozed_of_its_order_and_not_what_has_to_be_confirmed() -> None:
    snoozed, doubtful = row(1, hold=3600, held_for=SNOOZED), row(2, hold=600, held_for="promise")
    assert steps(snoozed, doubtful, row(3, at=60, urgent=True), at=60) == Gather(Shape.ORDER, (1, 3))


def test_urgent_news_passes_quiet_hours_and_the_interval() -> None:
    there = place(interval=3600, quiet=(NIGHT,))
    assert steps(row(1, at=8 * 3600, urgent=True), at=8 * 3600, there=there) == Send(1)


def test_in_quiet_hours_news_waits_for_their_end() -> None:
    assert steps(row(1, at=8 * 3600), at=8 * 3600, there=place(quiet=(NIGHT,))) == Wait(after(19 * 3600))


def test_after_quiet_hours_what_waited_comes_as_one_digest_with_what_is_ready() -> None:
    rows = (row(1, at=8 * 3600), row(2, "B", at=9 * 3600), row(3, "C", at=19 * 3600))
    assert steps(*rows, at=19 * 3600, there=place(quiet=(NIGHT,))) == Gather(Shape.DIGEST, (1, 2, 3))


def test_one_order_that_waited_is_a_message_of_its_own() -> None:
    rows = (row(1, at=8 * 3600), row(2, at=9 * 3600))
    assert steps(*rows, at=19 * 3600, there=place(quiet=(NIGHT,))) == Gather(Shape.ORDER, (1, 2))


def test_an_interval_gathers_everything_from_the_first_news_on() -> None:
    rows, there = (row(1), row(2, "B", at=500)), place(interval=600)
    assert steps(*rows, at=500, there=there) == Wait(after(600))
    assert steps(*rows, at=600, there=there) == Gather(Shape.DIGEST, (1, 2))


def test_more_orders_than_the_cap_are_one_summary() -> None:
    rows = [row(id_, f"order {id_}") for id_ in range(1, 5)]
    assert steps(*rows[:3], at=0, there=place(storm=3)) == Send(1)
    assert steps(*rows, at=0, there=place(storm=3)) == Gather(Shape.STORM, (1, 2, 3, 4))


def test_what_waited_for_company_is_a_summary_too_where_it_is_more_than_the_cap() -> None:
    rows, there = [row(id_, f"order {id_}") for id_ in range(1, 5)], place(interval=600, storm=3)
    assert steps(*rows[:3], at=600, there=there) == Gather(Shape.DIGEST, (1, 2, 3))
    assert steps(*rows, at=600, there=there) == Gather(Shape.STORM, (1, 2, 3, 4))


def test_urgent_news_is_no_part_of_the_summary_of_the_rest() -> None:
    rows = [row(id_, f"order {id_}", urgent=id_ == 3) for id_ in range(1, 6)]
    assert steps(*rows, at=0, there=place(storm=2)) == Send(3)


def test_news_from_before_the_clock_was_set_back_goes_at_once_and_first() -> None:
    from_the_future = row(1, at=8 * 3600, gather=8 * 3600 + 5)
    assert steps(from_the_future, at=0) == Send(1)
    assert steps(from_the_future, row(2, at=0), at=1) == Send(1)
    assert steps(from_the_future, row(2, at=0), at=1, there=place(interval=60)) == Gather(Shape.ORDER, (1, 2))


def test_what_was_tried_keeps_its_place_and_its_wait() -> None:
    tried = row(2, hold=60, is_tried=True)
    assert steps(row(1), tried, at=30) == Wait(after(60))
    assert steps(row(1), tried, at=60) == Send(2)


def test_what_was_gathered_is_not_gathered_again() -> None:
    assert steps(row(1, gather=5), row(2, is_gathered=True), at=5) == Send(2)


ROWS = st.builds(
    row,
    st.just(0),
    st.sampled_from(["A", "B", "C", None]),
    at=st.integers(0, 100),
    gather=st.none() | st.integers(0, 120),
    hold=st.none() | st.integers(0, 120),
    held_for=st.none() | st.sampled_from(["status", "promise"]),
    urgent=st.booleans(),
)
PLACES = st.builds(place, interval=st.sampled_from([0, 50]), storm=st.sampled_from([None, 0, 1, 2]))


@given(st.lists(ROWS, max_size=8), PLACES)
def test_everything_is_told_once_and_nothing_before_its_time(drawn: list[Waiting], there: Destination) -> None:
    rows = {id_: _as(one, id_) for id_, one in enumerate(drawn, start=1)}
    gone: list[int] = []
    now = after(100)
    for _ in range(100):
        step = next_step([one for id_, one in rows.items() if id_ not in gone], there, now)
        if step is None:
            break
        if isinstance(step, Wait):
            assert step.until > now
            now = step.until
            continue
        ids = (step.id,) if isinstance(step, Send) else step.ids
        assert not set(ids) & set(gone)
        gone += ids
    assert sorted(gone) == sorted(rows)
    assert now <= after(100) + timedelta(seconds=120 + 50)


def _as(one: Waiting, id_: int) -> Waiting:
    return Waiting(
        id_, one.source, one.order, one.severity, one.created_at, one.gather_until, one.not_before, one.held_for,
        one.is_tried, one.is_gathered,
    )  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 400])
def test_each_decision_about_a_queue_names_only_what_is_in_it(count: int) -> None:
    rows = [row(id_, f"order {id_ % 7}", gather=1) for id_ in range(1, count + 1)]
    step = next_step(rows, place(storm=3), after(2))
    assert isinstance(step, Send | Gather)
    assert set((step.id,) if isinstance(step, Send) else step.ids) <= {one.id for one in rows}
