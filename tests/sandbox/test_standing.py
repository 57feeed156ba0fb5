"""What time alone makes is told truly: the judge holds it against how orders stood."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import ManualClock
from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import Verdict, judge
from bot.sandbox.orders import WorldOrder
from bot.sandbox.world import World

HERE = ("slack", "C1")
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def a_world() -> tuple[World, WorldOrder, ManualClock]:
    clock = ManualClock(START)
    world = World(clock, accounts=["schneider"], orders_per_account=1)
    return world, world.orders("schneider")[0], clock


def verdict(world: World, *told: tuple[datetime, str]) -> Verdict:
    accepted: Sequence[Accepted] = [Accepted(at, "slack", "C1", f"{n}", text, {}) for n, (at, text) in enumerate(told)]
    standings = world.standings()
    return judge([], accepted, {HERE: ["schneider"]}, baseline=START, calm=START, standings=standings)


def day_after(order: WorldOrder) -> datetime:
    return datetime(order.promised.year, order.promised.month, order.promised.day, tzinfo=UTC) + DAY


def overdue(order: WorldOrder) -> str:
    return f"⏰ Overdue · {order.number} · Order received\nWas promised for {order.promised}, 1 day ago"


def test_an_order_that_is_overdue_may_be_called_so_once() -> None:
    world, order, _ = a_world()
    told = (day_after(order), overdue(order))
    assert verdict(world, told).is_clean
    assert len(verdict(world, told, told).duplicates) == 1


def test_a_reminder_is_no_duplicate() -> None:
    world, order, _ = a_world()
    again = overdue(order).replace("1 day ago", "8 days ago (reminder 1)")
    assert verdict(world, (day_after(order), overdue(order)), (day_after(order) + 7 * DAY, again)).is_clean


def test_an_order_that_is_not_yet_due_is_not_overdue() -> None:
    world, order, _ = a_world()
    assert len(verdict(world, (day_after(order) - 2 * DAY, overdue(order))).false) == 1


async def test_an_order_that_was_delivered_long_before_is_not_overdue() -> None:
    world, order, clock = a_world()
    await clock.advance((day_after(order) - START).total_seconds() - 3 * 86400)
    world.deliver(order)
    assert len(verdict(world, (day_after(order), overdue(order))).false) == 1


@pytest.mark.parametrize(("days", "false"), [(3, 0), (40, 1)])
def test_stuck_is_true_for_no_longer_than_the_order_has_been_there(days: int, false: int) -> None:
    world, order, _ = a_world()
    text = f"🧱 Stuck · {order.number} · {order.word}\nIn '{order.word}' for {days} working days"
    assert len(verdict(world, (START + DAY, text)).false) == false


async def test_an_order_that_moved_is_not_stuck_where_it_was() -> None:
    world, order, clock = a_world()
    word = order.word
    world.confirm(order)
    await clock.advance(5 * 86400)
    text = f"🧱 Stuck · {order.number} · {word}\nIn '{word}' for 4 working days"
    assert len(verdict(world, (START + 5 * DAY, text)).false) == 1


@pytest.mark.parametrize("text", ["📆 Due today · {}", "🧱 Not moving · {}", "🗄️ Archived · {}"])
def test_what_is_not_so_is_false(text: str) -> None:
    world, order, _ = a_world()
    assert len(verdict(world, (START, text.format(order.number))).false) == 1
