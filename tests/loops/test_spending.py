"""What was spent of a day's budget outlives the process that spent it, and the worker that had the source."""

import asyncio
from datetime import timedelta

from bot.clock import ManualClock
from bot.gate import Gate
from bot.loops.spending import EVERY, Spending
from bot.model.units import RateValue, Spent
from bot.storage.sqlite import SqliteStorage
from tests.loops.scripted import ScriptedSource


def asked(*spent: Spent) -> ScriptedSource:
    source = ScriptedSource()
    source.counted, source.portion = spent, 50
    return source


async def recalled(storage: SqliteStorage, clock: ManualClock) -> list[Spent]:
    """What the next process counts as spent."""
    source = asked()
    await Spending("panels", source, storage, clock).recall()
    return list(source.counted)


async def test_a_process_that_ends_leaves_what_it_spent(storage: SqliteStorage, clock: ManualClock) -> None:
    stop = asyncio.Event()
    stop.set()
    await Spending("panels", asked(Spent(600.0, 40), Spent(5.0, 2)), storage, clock).run(stop)
    await clock.advance(3000)
    assert await recalled(storage, clock) == [Spent(3600.0, 40), Spent(3005.0, 2)]


async def test_one_that_is_killed_leaves_what_it_may_have_spent(storage: SqliteStorage, clock: ManualClock) -> None:
    running = asyncio.create_task(Spending("panels", asked(Spent(5.0, 2)), storage, clock).run(asyncio.Event()))
    await clock.advance(EVERY)
    await storage.time.keep_spent("another", [])  # writes come in turn: what was begun before is kept
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await recalled(storage, clock) == [Spent(5.0, 2), Spent(0.0, 50)]


async def test_before_anything_is_asked_the_first_requests_are_kept(storage: SqliteStorage, clock: ManualClock) -> None:
    await recalled(storage, clock)
    assert await recalled(storage, clock) == [Spent(0.0, 50)]


async def test_a_clock_set_back_forgets_nothing(storage: SqliteStorage, clock: ManualClock) -> None:
    stop = asyncio.Event()
    stop.set()
    await Spending("panels", asked(Spent(5.0, 7)), storage, clock).run(stop)
    earlier = ManualClock(clock.now() - timedelta(hours=2))
    assert await recalled(storage, earlier) == [Spent(0.0, 7)]


async def test_nobody_spends_what_is_not_kept_yet(storage: SqliteStorage, clock: ManualClock) -> None:
    gate = Gate(clock, [RateValue(500, 86400.0)], in_flight=1)
    spending = Spending("panels", gate, storage, clock)
    await spending.recall()
    asking = asyncio.create_task(pass_through(gate, 12))
    await clock.advance(1)
    assert gate.passed == 5
    stop = asyncio.Event()
    running = asyncio.create_task(spending.run(stop))
    await asking
    assert sum(many for _, many in await storage.time.spent("panels")) in (15, 20)
    stop.set()
    await running
    assert sum(many for _, many in await storage.time.spent("panels")) == 12


async def test_a_process_that_is_killed_again_and_again_leaves_little_of_what_it_did_not_spend(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    for _ in range(3):
        gate = Gate(clock, [RateValue(60, 60.0), RateValue(100, 86400.0)], in_flight=1)
        await Spending("panels", gate, storage, clock).recall()
        await pass_through(gate, 1)
    assert sum(many for _, many in await storage.time.spent("panels")) == 3


async def pass_through(gate: Gate, times: int) -> None:
    for _ in range(times):
        async with gate.turn():
            pass
