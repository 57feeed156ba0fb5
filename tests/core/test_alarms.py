"""What time makes of an order, and when it is looked at again."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.alarms import Ringing, first_memory, memory_after, next_alarm, reopening, ringing, settings_for
from bot.core.promise import day_bounds, days_after
from bot.model.alarm import Alarms, Patience
from bot.model.change import Basis, Change, Kind
from bot.model.memory import Memory
from bot.model.moment import Moment, from_instant
from bot.model.order import Depth, Order, Snapshot, Stage
from bot.model.stay import Habits, Stay
from tests.core.making import CONFIRMED, DELIVERED, SHIPPED, order, shipment, status, watchlist

PARIS = ZoneInfo("Europe/Paris")
ALARMS = Alarms(timezone="Europe/Paris", holidays="FR", stuck={"confirmed": Patience(working_days=3)})
THURSDAY = datetime(2026, 4, 2, 10, tzinfo=PARIS)
"""Before Easter Monday."""
WEDNESDAY = datetime(2026, 4, 8, 10, tzinfo=PARIS)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def known(of: Order, seq: int = 2, seen_at: datetime = THURSDAY) -> Snapshot:
    return Snapshot(order=of, seq=seq, seen_at=from_instant(seen_at), digest="d")


def since(moment: datetime) -> Memory:
    return Memory(status_since=from_instant(moment))


def ring(of: Order, memory: Memory, now: datetime, settings: Alarms = ALARMS, habits: Habits | None = None) -> Ringing:
    return ringing(known(of), memory, settings, habits or Habits(), now)


def kinds(found: Ringing) -> list[Kind]:
    return [change.kind for change in found.changes]


def test_three_working_days_from_a_thursday_before_a_holiday_monday_end_on_wednesday_at_the_same_hour() -> None:
    memory = since(THURSDAY)
    assert next_alarm(known(order()), memory, ALARMS, Habits(), THURSDAY) == from_instant(WEDNESDAY)
    assert kinds(ring(order(), memory, WEDNESDAY - SECOND)) == []
    (stuck,) = ring(order(), memory, WEDNESDAY).changes
    assert (stuck.kind, stuck.before, stuck.days, stuck.limit) == (Kind.STUCK, "Confirmed", 3, 3)
    assert (stuck.basis, stuck.again) == (Basis.CONFIGURED, None)


def test_stuck_is_told_once_and_then_by_a_reminder() -> None:
    first = ring(order(), since(THURSDAY), WEDNESDAY)
    assert first.next_at == from_instant(WEDNESDAY + 7 * DAY)
    assert kinds(ring(order(), first.memory, WEDNESDAY + 6 * DAY)) == []
    (again,) = ring(order(), first.memory, WEDNESDAY + 7 * DAY).changes
    assert (again.kind, again.days, again.again) == (Kind.STUCK, 8, 1)


def test_without_reminders_stuck_is_told_once() -> None:
    settings = ALARMS.model_copy(update={"remind": None})
    first = ring(order(), since(THURSDAY), WEDNESDAY, settings)
    assert kinds(ring(order(), first.memory, WEDNESDAY + 25 * DAY, settings)) == []


def test_a_status_that_moves_is_a_new_stay() -> None:
    told = ring(order(), since(THURSDAY), WEDNESDAY).memory
    moved = order(status=status("In production", Stage.IN_PROGRESS))
    change = Change(kind=Kind.STATUS, before="Confirmed", after="In production")
    memory = memory_after(known(moved, 3), known(order()), told, [change], ALARMS, Habits(), WEDNESDAY)
    assert memory.status_since == from_instant(WEDNESDAY)
    assert kinds(ring(moved, memory, WEDNESDAY + 7 * DAY)) == []


@pytest.mark.parametrize("stuck", [{"confirmed": None}, {"others": None}])
def test_stuck_can_be_off(stuck: dict[str, Patience | None]) -> None:
    settings = ALARMS.model_copy(update={"stuck": stuck})
    assert kinds(ring(order(), since(THURSDAY), THURSDAY + 300 * DAY, settings)) == []


def test_what_is_learned_decides_where_nothing_is_said_and_the_message_can_say_so() -> None:
    habits = Habits({"confirmed": Stay(within=4, limit=7, basis=Basis.LEARNED)})
    settings = ALARMS.model_copy(update={"stuck": {"placed": None}, "holidays": None})
    seventh = datetime(2026, 4, 13, 10, tzinfo=PARIS)
    assert kinds(ring(order(), since(THURSDAY), seventh - SECOND, settings, habits)) == []
    (stuck,) = ring(order(), since(THURSDAY), seventh, settings, habits).changes
    assert (stuck.days, stuck.limit, stuck.basis) == (7, 4, Basis.LEARNED)


def test_before_anything_is_learned_what_is_usual_decides() -> None:
    settings = ALARMS.model_copy(update={"stuck": {}})
    assert kinds(ring(order(), since(THURSDAY), THURSDAY + 20 * DAY, settings)) == []
    (stuck,) = ring(order(), since(THURSDAY), THURSDAY + 60 * DAY, settings).changes
    assert stuck.basis is Basis.USUAL


DUE = order(delivery_promised="2026-03-29", status=status("Confirmed", Stage.CONFIRMED))
"""The day clocks go forward in Paris."""
AUTUMN = order(delivery_promised="2026-10-25")
"""The day they go back."""


@pytest.mark.parametrize(
    ("of", "seven", "midnight"),
    [
        (DUE, datetime(2026, 3, 29, 5, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (AUTUMN, datetime(2026, 10, 25, 6, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
    ],
)
def test_due_at_seven_and_overdue_at_midnight_also_when_clocks_change(
    of: Order, seven: datetime, midnight: datetime
) -> None:
    memory = since(seven - DAY)
    assert kinds(ring(of, memory, seven - SECOND)) == []
    today = ring(of, memory, seven)
    assert (kinds(today), today.next_at) == ([Kind.DUE_TODAY], from_instant(midnight))
    assert kinds(ring(of, today.memory, midnight - SECOND)) == []
    (late,) = ring(of, today.memory, midnight).changes
    assert (late.kind, late.days) == (Kind.OVERDUE, 1)


def test_an_order_looked_at_after_the_day_is_overdue_and_not_due_today() -> None:
    assert kinds(ring(DUE, since(THURSDAY - DAY), datetime(2026, 3, 31, 9, tzinfo=PARIS))) == [Kind.OVERDUE]


def test_another_day_promised_is_another_case() -> None:
    late = ring(DUE, since(THURSDAY), THURSDAY).memory
    moved = DUE.model_copy(update={"delivery_promised": Moment("2026-04-01")})
    assert kinds(ring(moved, late, THURSDAY)) == [Kind.OVERDUE]
    assert kinds(ring(DUE, late, THURSDAY)) == []


@pytest.mark.parametrize("end", [DELIVERED, status("Cancelled", Stage.CANCELLED)])
def test_an_order_that_is_over_is_neither_due_nor_stuck(end: object) -> None:
    over = DUE.model_copy(update={"status": end})
    assert kinds(ring(over, since(THURSDAY), THURSDAY + 13 * DAY)) == []


def test_an_instant_promised_is_due_on_the_day_of_the_reader() -> None:
    of = order(delivery_promised="2026-03-28T23:30:00Z")
    assert kinds(ring(of, since(THURSDAY - 6 * DAY), datetime(2026, 3, 29, 7, tzinfo=PARIS))) == [Kind.DUE_TODAY]


def test_dispatched_and_nothing_since_is_not_moving_after_working_days() -> None:
    of = order(status=SHIPPED, shipments=[shipment(dispatched=True, dispatched_at=from_instant(THURSDAY))])
    after_five = datetime(2026, 4, 10, 10, tzinfo=PARIS)
    assert kinds(ring(of, since(THURSDAY), after_five - SECOND)) == []
    (still,) = ring(of, since(THURSDAY), after_five).changes
    assert (still.kind, still.days) == (Kind.NOT_MOVING, 5)
    heard = known(of, 3, WEDNESDAY)
    assert ringing(heard, since(THURSDAY), ALARMS, Habits(), after_five).changes == ()


def test_an_order_of_which_something_is_still_here_is_not_called_not_moving() -> None:
    parts = [shipment("1", dispatched=True, dispatched_at=from_instant(THURSDAY)), shipment("2")]
    of = order(status=status("Partly", Stage.PARTLY_SHIPPED), shipments=parts)
    assert kinds(ring(of, since(THURSDAY), THURSDAY + 20 * DAY)) == []


def test_what_is_so_at_first_sight_is_never_told_by_itself_and_what_comes_later_is() -> None:
    old = order(delivery_promised="2026-03-01", ordered_at="2026-02-01", status=status("Placed", Stage.PLACED))
    settings = ALARMS.model_copy(update={"stuck": {"placed": Patience(working_days=3)}})
    memory = first_memory(known(old, 1), settings, Habits(), THURSDAY)
    assert set(memory.told) == {Kind.OVERDUE, Kind.STUCK, Kind.DUE_TODAY}
    assert kinds(ring(old, memory, THURSDAY + 60 * DAY, settings)) == []
    moved = old.model_copy(update={"delivery_promised": Moment("2026-04-03")})
    assert kinds(ring(moved, memory, THURSDAY + 5 * DAY, settings)) == [Kind.OVERDUE]


def test_dates_that_only_the_details_show_are_first_seen_with_them() -> None:
    header = known(order(depth=Depth.HEADER), 1)
    full = known(order(delivery_promised="2026-03-01"), 2)
    memory = memory_after(full, header, Memory(), [], ALARMS, Habits(), THURSDAY)
    assert kinds(ring(full.order, memory, THURSDAY)) == []


def test_an_order_that_is_over_is_archived_after_a_fortnight_and_told_so_once() -> None:
    done = order(status=DELIVERED)
    assert kinds(ring(done, since(THURSDAY), THURSDAY + 14 * DAY - SECOND)) == []
    closed = ring(done, since(THURSDAY), THURSDAY + 14 * DAY)
    assert (kinds(closed), closed.next_at) == ([Kind.CLOSED], None)
    assert closed.memory.archived_at == from_instant(THURSDAY + 14 * DAY)
    assert kinds(ring(done, closed.memory, THURSDAY + 40 * DAY)) == []


def test_an_order_that_was_over_at_first_sight_is_archived_in_silence() -> None:
    done = order(status=DELIVERED)
    memory = first_memory(known(done, 1), ALARMS, Habits(), THURSDAY)
    closed = ringing(known(done, 1), memory, ALARMS, Habits(), THURSDAY + 14 * DAY)
    assert (closed.changes, closed.memory.archived_at) == ((), from_instant(THURSDAY + 14 * DAY))


def test_a_late_change_reopens_an_archived_order_which_is_archived_again_a_fortnight_later() -> None:
    done, late = order(status=DELIVERED), THURSDAY + 20 * DAY
    archived = ring(done, since(THURSDAY), THURSDAY + 14 * DAY).memory
    change = Change(kind=Kind.TRACKING_ADDED, after="1Z")
    assert [one.kind for one in reopening(archived, [change])] == [Kind.TRACKING_ADDED, Kind.REOPENED]
    memory = memory_after(known(done, 3, late), known(done), archived, [change], ALARMS, Habits(), late)
    assert memory.archived_at is None
    again = known(done, 3, late)
    assert next_alarm(again, memory, ALARMS, Habits(), late) == from_instant(late + 14 * DAY)


def test_the_most_impatient_watchlist_decides_and_one_without_settings_has_no_say() -> None:
    slow = ALARMS.model_copy(update={"stuck": {"confirmed": Patience(working_days=9)}, "due_today": None})
    lists = [watchlist("a", alarms=slow), watchlist("b", alarms=ALARMS), watchlist("c")]
    found = settings_for(lists, Alarms())
    assert (found.stuck, found.due_today) == (ALARMS.stuck, 420)
    assert settings_for(lists[2:], ALARMS) == ALARMS


def test_an_open_order_is_always_looked_at_again_within_a_month() -> None:
    off = Alarms(stuck={"others": None}, due_today=None, overdue=None, not_moving=None)
    assert next_alarm(known(order(status=CONFIRMED)), Memory(), off, Habits(), THURSDAY) == from_instant(
        THURSDAY + 30 * DAY
    )


@given(st.integers(-60, 60), st.booleans())
def test_what_is_told_as_overdue_or_due_is_what_the_lists_of_late_and_due_orders_show(hours: int, is_day: bool) -> None:
    now = datetime(2026, 3, 29, 12, tzinfo=PARIS) + timedelta(hours=hours)
    promised = Moment("2026-03-29") if is_day else Moment("2026-03-28T23:30:00Z")
    of, today = order(delivery_promised=promised), now.astimezone(PARIS).date()
    settings = Alarms(timezone="Europe/Paris", due_today=0, stuck={"others": None})
    told = kinds(ring(of, since(now), now, settings))
    starts, ends = day_bounds(today, PARIS), day_bounds(days_after(today, 1), PARIS)
    form = 0 if is_day else 1
    assert (Kind.OVERDUE in told) == (promised < starts[form])
    assert (Kind.DUE_TODAY in told) == (starts[form] <= promised < ends[form])
