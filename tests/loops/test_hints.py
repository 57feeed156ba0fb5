"""Orders followed by name, at a source that lists only what was shipped."""

from datetime import UTC, timedelta

import pytest

from bot.clock import ManualClock
from bot.core.turns import Turns
from bot.core.watchbook import WatchBook
from bot.errors import AnswerUnreadable
from bot.loops.ledger import Ledger
from bot.loops.rounds import Rounds
from bot.model.order import Order
from bot.model.poll import Listing
from bot.model.units import RateValue
from bot.storage.sqlite import SqliteStorage
from tests.core.making import SHIPPED, TELLING, order, watchlist
from tests.loops.scripted import ScriptedSource, owed, started, work

NAMED = watchlist(orders=("a", "b", "c"), every=timedelta(hours=4))


def one(key: str, **members: object) -> Order:
    return order(key=key, number=key, **members)


@pytest.fixture
def source() -> ScriptedSource:
    made = ScriptedSource(one("a"), one("b"), one("c"), one("z"), listing=Listing.HINTS)
    made.unlisted = {"b", "c"}
    return made


async def settle(source: ScriptedSource, storage: SqliteStorage, clock: ManualClock) -> list[str]:
    """What is asked by a poller that starts and looks at everything."""
    source.asked.clear()
    await work(await started(source, storage, clock, NAMED), clock)
    return source.asked


async def test_what_the_listing_shows_is_looked_at_before_its_time(
    source: ScriptedSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    rounds = await started(source, storage, clock, NAMED)
    await work(rounds, clock)
    source.set(one("a", status=SHIPPED))
    source.asked.clear()
    rounds.ledger.agenda.put(rounds.hints.scope, clock.monotonic())
    await work(rounds, clock)
    assert source.asked == ["listing", "a"]
    assert ("ops", ("status",)) in await owed(storage)


async def test_a_listing_that_says_nothing_new_costs_no_look(
    source: ScriptedSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    await settle(source, storage, clock)
    assert await settle(source, storage, clock) == ["listing"]


async def test_orders_that_nobody_named_are_not_looked_at(
    source: ScriptedSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    assert "z" not in await settle(source, storage, clock)


async def test_an_order_that_is_named_no_more_is_not_looked_at(
    source: ScriptedSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    rounds = await started(source, storage, clock, NAMED)
    await work(rounds, clock)
    del rounds.ledger.book.named["a"]
    source.set(one("a", status=SHIPPED))
    source.asked.clear()
    rounds.ledger.agenda.put(rounds.hints.scope, clock.monotonic())
    await work(rounds, clock)
    assert source.asked == ["listing"]


async def test_what_was_shipped_while_nobody_watched_is_seen_at_the_start(
    source: ScriptedSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    await settle(source, storage, clock)
    source.set(one("a", status=SHIPPED))
    assert await settle(source, storage, clock) == ["listing", "a"]


async def test_an_account_without_the_listing_is_read_order_by_order_and_is_well(
    source: ScriptedSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    source.trouble = [AnswerUnreadable("parts", "GET /dealers/shipments", "came HTTP 404")]
    rounds = await started(source, storage, clock, NAMED)
    await work(rounds, clock)
    assert sorted(source.asked) == ["a", "b", "c", "listing"]
    assert rounds.ledger.health.failures == 0


# A listing of everything, and a budget too small to look at each order as often as asked for

OFTEN = watchlist(orders=tuple("abcdefgh"), every=timedelta(minutes=5))
SCARCE, PLENTY = RateValue(12, 3600.0), RateValue(100, 60.0)


async def listed(
    storage: SqliteStorage, clock: ManualClock, rate: RateValue, count: int
) -> tuple[Rounds, ScriptedSource]:
    """A poller of eight named orders of an account with `count`, who has looked at each of them and at the listing."""
    source = ScriptedSource(*(one(chr(97 + number)) for number in range(count)), listing=Listing.COMPLETE)
    ledger = Ledger(storage, clock, WatchBook([OFTEN], source.key_of), TELLING)
    rounds = Rounds(source, clock, ledger, Turns([rate], UTC))
    await rounds.load()
    await work(rounds, clock)
    await rounds.do(rounds.hints.scope)
    source.asked.clear()
    return rounds, source


async def test_where_looking_at_each_takes_too_long_the_listing_tells_which_moved(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    rounds, source = await listed(storage, clock, SCARCE, 8)
    for key in OFTEN.orders or ():
        await rounds.do(key)
    source.set(one("f", status=SHIPPED))
    source.asked.clear()
    await clock.advance(301)
    await work(rounds, clock)
    assert source.asked[:2] == ["listing", "f"]


async def test_a_listing_is_not_read_where_each_can_be_looked_at_as_often_as_asked_for(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    rounds, source = await listed(storage, clock, PLENTY, 8)
    await rounds.do(rounds.hints.scope)
    assert source.asked == []


async def test_a_listing_longer_than_looking_at_each_is_left_alone_for_a_day(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    rounds, source = await listed(storage, clock, SCARCE, 26)
    await clock.advance(3600)
    await work(rounds, clock)
    assert "listing" not in source.asked
