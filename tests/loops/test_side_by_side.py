"""The workers of a poller: what is due together is looked at side by side, also after they were idle."""

import asyncio
from pathlib import Path

from bot.clock import ManualClock
from bot.core.watchbook import WatchBook
from bot.loops.ledger import Ledger
from bot.loops.poller import Poller
from bot.loops.rounds import Rounds
from bot.model.poll import Listing, Payload
from tests.core.making import TELLING, order, watchlist
from tests.loops.scripted import ScriptedSource, open_storage

KEYS = ("a", "b", "c")


class TogetherSource(ScriptedSource):
    """Answers nobody before as many ask as there are orders."""

    def __init__(self) -> None:
        super().__init__(*(order(key=key, number=key) for key in KEYS), listing=Listing.NONE)
        self.together = asyncio.Barrier(len(KEYS))
        self.answered = asyncio.Semaphore(0)

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        await self.together.wait()
        self.answered.release()
        return await super().fetch(key, known=known, urgent=urgent)

    async def until_answered(self) -> None:
        async with asyncio.timeout(10):
            for _ in KEYS:
                await self.answered.acquire()


async def test_workers_that_were_idle_look_side_by_side_again(tmp_path: Path) -> None:
    clock, source, stop = ManualClock(), TogetherSource(), asyncio.Event()
    storage = await open_storage(tmp_path, clock)
    book = WatchBook([watchlist(orders=KEYS)], source.key_of)
    poller = Poller(Rounds(source, clock, Ledger(storage, clock, book, TELLING)), clock, workers=len(KEYS))
    running = asyncio.create_task(poller.run(stop))
    for _ in range(3):
        await source.until_answered()
        while not poller.has_looked:
            await clock.advance(0)
        await clock.advance(900)
    stop.set()
    await running
    await storage.close()
