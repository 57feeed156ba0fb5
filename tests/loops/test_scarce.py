"""Whose turn it is where a day's budget is too small to look at every order, pass after pass and start after start."""

import asyncio
from datetime import UTC, timedelta

import pytest

from bot.budget import Budget
from bot.clock import ManualClock
from bot.core.turns import Turns
from bot.core.watchbook import WatchBook
from bot.gate import Gate
from bot.loops.ledger import Ledger
from bot.loops.poller import Poller
from bot.loops.rounds import Rounds
from bot.model.poll import Listing, Payload
from bot.model.units import RateValue
from bot.storage.sqlite import SqliteStorage
from tests.core.making import TELLING, order, watchlist
from tests.loops.scripted import ScriptedSource

KEYS = [f"{number:02}" for number in range(1, 31)]
A_DAY = RateValue(12, 86400.0)


class ScarceSource(ScriptedSource):
    """Thirty orders, and a budget of twelve looks a day. Answers once `answers` is set."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(*(order(key=key, number=key) for key in KEYS), listing=Listing.NONE)
        self.gate = Gate(clock, [A_DAY], in_flight=4)
        self.answers = asyncio.Event()
        self.answers.set()

    @property
    def budget(self) -> Budget:  # type: ignore[override]  # a real one
        return self.gate

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        async with self.gate.turn():
            payload = await super().fetch(key, known=known, urgent=urgent)
            await self.answers.wait()
            return payload


@pytest.fixture
def source(clock: ManualClock) -> ScarceSource:
    return ScarceSource(clock)


def poller(source: ScarceSource, storage: SqliteStorage, clock: ManualClock) -> Poller:
    """Of a process that has just been started."""
    named = watchlist(orders=tuple(KEYS), every=timedelta(minutes=5))
    ledger = Ledger(storage, clock, WatchBook([named], source.key_of), TELLING)
    return Poller(Rounds(source, clock, ledger, Turns([A_DAY], UTC)), clock, workers=4)


async def passes(source: ScarceSource, storage: SqliteStorage, clock: ManualClock, days: int) -> list[set[str]]:
    """What each of some daily passes looks at."""
    asked: list[set[str]] = []
    for _ in range(days):
        source.asked.clear()
        await poller(source, storage, clock).once()
        asked.append(set(source.asked))
        await clock.advance(A_DAY.seconds + 60)
    return asked


async def test_orders_never_looked_at_go_first(
    source: ScarceSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    first, second, third = await passes(source, storage, clock, days=3)
    assert [len(first), len(second), len(third)] == [12, 12, 12]
    assert not first & second
    assert first | second | third == set(KEYS)


async def test_of_orders_that_never_change_each_pass_looks_at_others(
    source: ScarceSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    asked = await passes(source, storage, clock, days=15)
    assert set.union(*asked[3:]) == set(KEYS)
    assert len({frozenset(each) for each in asked[3:]}) == 12


async def test_a_bot_that_starts_again_goes_on_with_those_it_never_looked_at(
    source: ScarceSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    (first,) = await passes(source, storage, clock, days=1)
    source.asked.clear()
    running = asyncio.create_task(poller(source, storage, clock).run(asyncio.Event()))
    await asyncio.wait_for(source.gate.stalled.wait(), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not first & set(source.asked)


async def test_an_order_whose_turn_is_in_some_days_keeps_it_over_a_restart(
    source: ScarceSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    (first,) = await passes(source, storage, clock, days=1)
    again = poller(source, storage, clock)
    await again.rounds.load()
    assert again.rounds.ledger.agenda.due_by(clock.monotonic()) == set(KEYS) - first


async def test_what_was_asked_before_the_budget_was_spent_is_kept(
    source: ScarceSource, storage: SqliteStorage, clock: ManualClock
) -> None:
    source.answers.clear()
    source.gate = Gate(clock, [RateValue(3, 86400.0)], in_flight=4)
    going = asyncio.create_task(poller(source, storage, clock).once())
    await asyncio.wait_for(source.gate.stalled.wait(), 5)
    source.answers.set()
    await asyncio.wait_for(going, 5)
    assert {row.key for row in await storage.orders()} == set(source.asked)
    assert len(source.asked) == 3
