"""How orders live by themselves."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from bot.clock import ManualClock
from bot.sandbox.life import Life
from bot.sandbox.world import Fact, World


async def lived(seed: int = 1, *, seconds: int = 400, step: float = 1.0, dwell: float = 3.0) -> tuple[World, Life]:
    clock = ManualClock()
    world = World(clock, seed)
    life = Life(world, clock, seed=seed, dwell=dwell)
    for _ in range(int(seconds / step)):
        await clock.advance(step, settle=1)
        life.advance()
    return world, life


def moments(facts: list[Fact]) -> dict[str, list[datetime]]:
    times: dict[str, list[datetime]] = defaultdict(list)
    for fact in facts:
        if fact.at not in times[fact.order]:
            times[fact.order].append(fact.at)
    return times


async def test_equal_seeds_live_equal_lives() -> None:
    assert (await lived(4))[0].facts == (await lived(4))[0].facts
    assert (await lived(4))[0].facts != (await lived(5))[0].facts


async def test_a_long_life_shows_every_kind_that_needs_no_script() -> None:
    world, _ = await lived(2, seconds=1500)
    assert {fact.kind for fact in world.facts} == {
        *("appeared", "status", "dispatched", "tracking_added", "tracking_replaced", "tracking_removed"),
        *("promise_moved", "line_added", "line_cancelled", "quantity", "cancelled", "completed", "moved_backwards"),
    }


async def test_between_two_events_of_an_order_at_least_the_dwell_passes_even_for_a_late_clock() -> None:
    world, _ = await lived(3, seconds=600, step=2.0, dwell=20.0)
    for times in moments(world.facts).values():
        assert all(after - before >= timedelta(seconds=20) for before, after in pairwise(times))


async def test_orders_that_end_are_followed_by_new_ones() -> None:
    world, _ = await lived(1, seconds=900)
    assert len(world.orders("schneider")) > 6
    assert len(world.orders("twoservice")) == 6


async def test_after_calm_nothing_happens() -> None:
    world, life = await lived()
    facts, calm = len(world.facts), life.calm()
    await life.live(until=calm + timedelta(days=1))
    assert len(world.facts) == facts


async def test_a_bound_on_events_is_kept() -> None:
    clock = ManualClock()
    life = Life(World(clock), clock, most=5)
    await clock.advance(86400, settle=1)
    life.advance()
    assert life.events == 5
