"""A poller at a source whose budget is too small for what people ask."""

from collections import Counter
from datetime import UTC, timedelta
from pathlib import Path

from bot.clock import ManualClock
from bot.core.turns import Turns
from bot.core.watchbook import WatchBook
from bot.loops.ledger import Ledger
from bot.loops.rounds import Rounds
from bot.model.poll import Listing
from bot.model.units import RateValue
from tests.core.making import DELIVERED, SHIPPED, TELLING, order, watchlist
from tests.loops.scripted import ScriptedSource, open_storage, work


async def looks(tmp_path: Path, source: ScriptedSource, hours: int) -> Counter[str]:
    """How often each order is looked at, with 12 looks an hour in the budget and each asked for every 5 minutes."""
    clock = ManualClock()
    storage = await open_storage(tmp_path, clock)
    book = WatchBook([watchlist(orders=tuple(source.orders), every=timedelta(minutes=5))], source.key_of)
    turns = Turns([RateValue(12, 3600.0)], UTC)
    rounds = Rounds(source, clock, Ledger(storage, clock, book, TELLING), turns)
    await rounds.load()
    await work(rounds, clock)
    source.asked.clear()
    for _ in range(hours * 60):
        await clock.advance(60, settle=1)
        await work(rounds, clock)
    await storage.close()
    return Counter(source.asked)


async def test_every_order_is_looked_at_in_turn_within_the_budget(tmp_path: Path) -> None:
    source = ScriptedSource(*(order(key=key, number=key) for key in "abcdef"), listing=Listing.NONE)
    found = await looks(tmp_path, source, hours=6)
    assert set(found) == set("abcdef")
    assert found.total() <= 6 * 12 + 6


async def test_an_order_on_its_way_is_looked_at_more_often_than_one_that_waits(tmp_path: Path) -> None:
    waiting = [order(key=key, number=key) for key in "abcde"]
    source = ScriptedSource(*waiting, order(key="f", number="f", status=SHIPPED), listing=Listing.NONE)
    found = await looks(tmp_path, source, hours=6)
    assert found["f"] > max(found[key] for key in "abcde")


async def test_a_completed_order_rests_and_leaves_its_turns_to_the_others(tmp_path: Path) -> None:
    source = ScriptedSource(
        order(key="a", number="a"), order(key="b", number="b", status=DELIVERED), listing=Listing.NONE
    )
    found = await looks(tmp_path, source, hours=3)
    assert found["b"] == 0
    assert found["a"] > 3 * 10
