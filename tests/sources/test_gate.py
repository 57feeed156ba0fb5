"""The gate: who goes first when there is too little for all."""

import asyncio

import pytest

from bot.clock import ManualClock
from bot.gate import Gate, Lane
from bot.model.units import RateValue, Spent


async def admitted(gate: Gate, clock: ManualClock, *lanes: Lane) -> list[Lane]:
    """In which order those are let through who wait while the rate is used up."""
    order: list[Lane] = []

    async def pass_through(lane: Lane) -> None:
        async with gate.turn(lane):
            order.append(lane)

    async with gate.turn():
        waiting = [asyncio.create_task(pass_through(lane)) for lane in lanes]
        await asyncio.sleep(0)
    for _ in lanes:
        await clock.advance(61, settle=5)
    await asyncio.gather(*waiting)
    return order


def gate(clock: ManualClock) -> Gate:
    return Gate(clock, [RateValue(1, 60.0)], in_flight=1)


async def test_who_is_waited_for_goes_first() -> None:
    clock = ManualClock()
    order = await admitted(gate(clock), clock, Lane.ROUTINE, Lane.LISTING, Lane.URGENT)
    assert order[0] is Lane.URGENT


async def test_pages_of_a_listing_and_looks_at_orders_take_turns() -> None:
    clock = ManualClock()
    looks, pages = [Lane.ROUTINE] * 3, [Lane.LISTING] * 3
    assert await admitted(gate(clock), clock, *looks, *pages) == [Lane.LISTING, Lane.ROUTINE] * 3


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    clock = ManualClock()
    one = gate(clock)
    async with one.turn():
        tired = asyncio.create_task(one.enter(Lane.URGENT))
        await asyncio.sleep(0)
        tired.cancel()
    await clock.advance(61)
    assert await admitted(one, clock, Lane.ROUTINE) == [Lane.ROUTINE]


async def test_a_day_that_was_spent_before_a_restart_is_spent_after_it() -> None:
    clock = ManualClock()
    rates = [RateValue(60, 60.0), RateValue(100, 86400.0)]
    first, second = Gate(clock, rates, in_flight=1), Gate(clock, rates, in_flight=1)
    first.recall([Spent(3600.0, 100)])
    second.recall(first.spent())
    assert second.wait() == pytest.approx(86400.0 - 3600.0, abs=1.0)


async def test_a_budget_of_minutes_is_not_worth_remembering() -> None:
    one = gate(ManualClock())
    async with one.turn():
        pass
    assert (one.spent(), one.portion) == ((), 0)


@pytest.mark.parametrize(("events", "portion"), [(5000, 50), (20, 1)])
async def test_a_day_is_granted_in_portions(events: int, portion: int) -> None:
    one = Gate(ManualClock(), [RateValue(60, 60.0), RateValue(events, 86400.0)], in_flight=1)
    assert one.portion == portion


async def test_it_says_which_rate_lets_somebody_wait_and_who_waits_for_minutes_is_stalled() -> None:
    clock, minute, day = ManualClock(), RateValue(1, 60.0), RateValue(2, 86400.0)
    one = Gate(clock, [minute, day], in_flight=3)
    limits = [one.limit]
    waiting = [asyncio.create_task(one.enter(Lane.ROUTINE)) for _ in range(3)]
    await clock.advance(0)
    limits.append(one.limit)
    assert not one.stalled.is_set()
    await clock.advance(61)
    assert [*limits, one.limit] == [None, minute, day]
    assert one.stalled.is_set()
    waiting.pop().cancel()


@pytest.mark.parametrize("has_failed", [True, False])
async def test_a_wait_that_was_asked_for_is_no_spent_budget_unless_a_good_answer_said_so(has_failed: bool) -> None:
    clock = ManualClock()
    one = gate(clock)
    (one.pause if has_failed else one.rest)(3600)
    waiting = asyncio.create_task(one.enter(Lane.ROUTINE))
    await clock.advance(0)
    assert (one.wait(), one.stalled.is_set(), one.held_up.is_set()) == (3600, not has_failed, not has_failed)
    assert one.limit is None
    waiting.cancel()


async def test_everybody_who_was_let_through_is_counted() -> None:
    clock = ManualClock()
    one = gate(clock)
    await admitted(one, clock, Lane.ROUTINE, Lane.LISTING)
    assert one.passed == 3


async def test_a_request_that_was_slow_on_its_way_and_a_late_one_are_never_too_many_in_a_minute() -> None:
    clock = ManualClock()
    one = Gate(clock, [RateValue(2, 60.0), RateValue(100, 86400.0)], in_flight=2)
    for _ in range(2):
        async with one.turn():
            pass
    await clock.advance(60.5)
    assert one.wait() == pytest.approx(0.5)  # the source may have had the first half a second later


async def test_a_gate_with_other_settings_counts_on() -> None:
    clock = ManualClock()
    before, after = (Gate(clock, [RateValue(events, 60.0)], in_flight=1) for events in (2, 3))
    for one in (before, before, after):
        async with one.turn():
            pass
        await clock.advance(10)
    after.follow(before)
    assert after.wait() == pytest.approx(61.0 - 30.0)


async def test_a_gate_with_other_settings_keeps_the_wait_that_was_asked_for() -> None:
    before, after = gate(clock := ManualClock()), gate(clock)
    before.pause(3600.0)
    after.follow(before)
    assert after.wait() == 3600.0


async def test_a_gate_that_is_shut_turns_away_who_waits_and_who_comes_and_no_others() -> None:
    one = gate(ManualClock())
    async with one.turn():
        waiting = asyncio.create_task(one.enter(Lane.ROUTINE))
        await asyncio.sleep(0)
        with one.shut():
            coming = asyncio.create_task(one.enter(Lane.URGENT))
            await asyncio.wait([waiting, coming])
    assert waiting.cancelled()
    assert coming.cancelled()


async def test_a_gate_lets_people_through_again_after_it_was_shut() -> None:
    one = gate(ManualClock())
    with one.shut():
        pass
    async with one.turn():
        assert one.passed == 1
