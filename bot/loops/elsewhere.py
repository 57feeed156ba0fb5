"""Questions about a source that another worker polls: one asks through the database, the other looks and answers."""

import asyncio
from collections.abc import Mapping

from bot.clock import sleep_unless
from bot.model.moment import Moment
from bot.model.poll import Looked
from bot.ports import Askable, Clock
from bot.storage.leases import Leases

LOOK_EVERY = 0.3
"""Seconds between two looks for questions and for answers."""
PATIENCE = 10.0
"""Seconds that somebody waits for an answer: some more than the one who polls takes at most."""


class Elsewhere:
    """A source that some worker polls, maybe this one's neighbour."""

    def __init__(self, source: str, leases: Leases, clock: Clock) -> None:
        self._source = source
        self._leases = leases
        self._clock = clock

    async def check(self, key: str) -> Looked:
        """Let whoever polls the source look at an order now. Raises StorageError."""
        question = await self._leases.ask(self._source, key)
        end = self._clock.monotonic() + PATIENCE
        while self._clock.monotonic() < end:
            await self._clock.sleep(LOOK_EVERY)
            if (looked := await self._leases.answer_to(question)) is not None:
                return looked
        return Looked(reason="no worker polls it at the moment")

    def looked_at(self, key: str) -> Moment | None:
        """Nobody here knows."""
        return None

    def next_look(self, key: str) -> Moment | None:
        """Nobody here knows."""
        return None


class Answering:
    """Answers what other workers ask about the sources that are polled here."""

    def __init__(self, pollers: Mapping[str, Askable], leases: Leases, clock: Clock) -> None:
        """`pollers` changes as leases come and go."""
        self._pollers = pollers
        self._leases = leases
        self._clock = clock
        self._last = 0
        self._looking: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Answer until `stop` is set."""
        try:
            while not await sleep_unless(stop, LOOK_EVERY, self._clock):
                if self._pollers:
                    await self._take()
        finally:
            for task in self._looking:
                task.cancel()

    async def _take(self) -> None:
        for question, source, key in await self._leases.asked(list(self._pollers), after=self._last):
            self._last = question
            if poller := self._pollers.get(source):
                task = asyncio.create_task(self._answer(question, poller, key))
                self._looking.add(task)
                task.add_done_callback(self._looking.discard)

    async def _answer(self, question: int, poller: Askable, key: str) -> None:
        await self._leases.answer(question, await poller.check(key))
