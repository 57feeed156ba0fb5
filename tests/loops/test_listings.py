"""Listings too long to be read whole each time, at a source that can list what was updated."""

from datetime import timedelta

from bot.clock import ManualClock
from bot.loops.listings import SHORT
from bot.loops.rounds import Rounds
from bot.model.moment import from_instant
from bot.model.order import Order
from bot.model.poll import Listing, Scope
from bot.storage.sqlite import SqliteStorage
from tests.core.making import SHIPPED, order, watchlist
from tests.loops.scripted import PAGE_SIZE, ScriptedSource, owed, started, work

EVERY = timedelta(minutes=15)
MANY = (SHORT + 1) * PAGE_SIZE


def one(clock: ManualClock, number: int, **members: object) -> Order:
    return order(key=f"{number:02}", number=f"{number:02}", version=from_instant(clock.now()), **members)


def account(clock: ManualClock, orders: int = MANY) -> ScriptedSource:
    made = ScriptedSource(*(one(clock, number) for number in range(orders)), listing=Listing.COMPLETE)
    made.can_narrow = True
    return made


async def watching(source: ScriptedSource, storage: SqliteStorage, clock: ManualClock) -> Rounds:
    """A poller that has swept the whole account once, and a quarter of an hour has passed."""
    rounds = await started(source, storage, clock, watchlist(every=EVERY))
    await work(rounds, clock)
    await clock.advance(EVERY.total_seconds())
    source.asked.clear()
    return rounds


async def test_between_whole_sweeps_only_what_was_updated_is_listed(storage: SqliteStorage, clock: ManualClock) -> None:
    source = account(clock)
    rounds = await watching(source, storage, clock)
    source.set(one(clock, 3, status=SHIPPED))
    await work(rounds, clock)
    assert source.asked == ["updates", "03"]
    assert ("ops", ("status",)) in await owed(storage)


async def test_a_short_listing_is_always_read_whole(storage: SqliteStorage, clock: ManualClock) -> None:
    source = account(clock, orders=3)
    rounds = await watching(source, storage, clock)
    await work(rounds, clock)
    assert source.asked == ["listing"]


async def test_the_whole_listing_is_read_as_often_as_details_may_grow_old(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = account(clock)
    rounds = await watching(source, storage, clock)
    for _ in range(16):
        await work(rounds, clock)
        await clock.advance(EVERY.total_seconds())
    listings = [asked for asked in source.asked if not asked.isdigit()]
    assert listings == [*["updates"] * 15, "listing"]


async def test_an_order_that_no_update_shows_is_not_missing(storage: SqliteStorage, clock: ManualClock) -> None:
    source = account(clock)
    rounds = await watching(source, storage, clock)
    await work(rounds, clock)
    assert {state.missing for state in rounds.ledger.states.values()} == {0}


async def test_a_filter_that_hides_an_update_is_not_used_again(storage: SqliteStorage, clock: ManualClock) -> None:
    source = account(clock)
    rounds = await watching(source, storage, clock)
    source.set(one(clock, 3, status=SHIPPED))
    source.filtered_out = {"03"}
    for _ in range(18):
        await work(rounds, clock)
        await clock.advance(EVERY.total_seconds())
    listings = [asked for asked in source.asked if not asked.isdigit()]
    assert listings[-3:] == ["listing", "listing", "listing"]
    assert ("ops", ("status",)) in await owed(storage)


async def test_a_sweep_that_fails_is_no_reason_to_skip_what_it_did_not_show(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = account(clock)
    rounds = await watching(source, storage, clock)
    source.set(one(clock, 3, status=SHIPPED))
    source.break_after_page = 0
    await rounds.do(Scope())
    await clock.advance(2 * EVERY.total_seconds())
    source.break_after_page = None
    await rounds.do(Scope())
    assert "03" in rounds.ledger.moved
