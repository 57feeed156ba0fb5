"""A poller that starts with more orders than it can remember in one go."""

import asyncio
from pathlib import Path

from bot.clock import ManualClock
from bot.core.watchbook import WatchBook
from bot.loops.ledger import Ledger
from bot.loops.poller import Poller
from bot.loops.rounds import Rounds
from bot.model.order import Order
from bot.model.poll import OrderUpdate, Payload, PollRecord, Scope
from tests.core.making import TELLING, order, snapshot, watchlist
from tests.loops.scripted import ScriptedSource, open_storage

MANY = 4100


class FirstLook(ScriptedSource):
    """Notes how many orders were known at the first look, and whether all are now."""

    rounds: Rounds
    known = 0
    all_known = asyncio.Event()

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        self.known = self.known or len(self.rounds.ledger.states)
        if len(self.rounds.ledger.states) == MANY:
            self.all_known.set()
        return await super().fetch(key, known=known, urgent=urgent)


def one(number: int) -> Order:
    return order(key=f"{number:05}", number=f"{number:05}")


async def test_the_first_orders_are_looked_at_before_the_last_are_remembered(tmp_path: Path) -> None:
    clock = ManualClock()
    storage = await open_storage(tmp_path, clock)
    updates = (OrderUpdate(f"{number:05}", 0, snapshot=snapshot(one(number))) for number in range(MANY))
    await storage.commit(PollRecord("panels", snapshot(one(0)).seen_at, updates=tuple(updates)))
    source, stop = FirstLook(*map(one, range(MANY))), asyncio.Event()
    book = WatchBook([watchlist(orders=tuple(source.orders))], source.key_of)
    source.rounds = Rounds(source, clock, Ledger(storage, clock, book, TELLING))
    running = asyncio.create_task(Poller(source.rounds, clock, workers=1).run(stop))
    await asyncio.wait_for(source.all_known.wait(), 10)
    stop.set()
    await running
    assert 0 < source.known < len(source.rounds.ledger.states) == MANY
    await storage.close()


async def test_no_listing_is_swept_before_all_orders_are_remembered(tmp_path: Path) -> None:
    clock = ManualClock()
    storage = await open_storage(tmp_path, clock)
    source = ScriptedSource(*map(one, range(3)))
    book = WatchBook([watchlist(), watchlist("named", orders=("00000",))], source.key_of)
    rounds = Rounds(source, clock, Ledger(storage, clock, book, TELLING))
    noted = [(rounds.is_loaded, rounds.ledger.agenda.pop(clock.monotonic())) async for _ in rounds.loading()]
    assert noted == [(False, "00000"), (True, Scope())]
    await storage.close()
