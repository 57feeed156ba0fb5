"""What a lane does when the store fails under it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.clock import ManualClock
from bot.errors import StorageError
from bot.loops.notifier import LOOK_AT_LEAST_EVERY, Notifier
from bot.model.moment import Moment
from bot.model.outbox import Destination, Notification
from bot.storage.sqlite import SqliteStorage
from tests.loops.scripted import ScriptedChat
from tests.storage.making import a_record, news


class FullStorage(SqliteStorage):
    """A store on a full disk: nothing can be claimed."""

    claims = 0

    async def claim(self, ids: Sequence[int], *, now: Moment) -> list[Notification]:
        self.claims += 1
        raise StorageError("orderwatch.db: the disk is full")


async def test_a_lane_that_cannot_claim_tries_again_at_the_next_regular_look_and_not_at_once(tmp_path: Path) -> None:
    clock = ManualClock()
    storage = FullStorage(tmp_path / "orders.db", clock)
    await storage.open()
    await storage.commit(a_record(tell=[news("n1")]))
    place = Destination(name="ops", chat="scripted")
    stop, telling = (
        asyncio.Event(),
        Notifier(storage, clock, {"scripted": ScriptedChat()}, {"ops": place}, operators=(), labels={}),
    )
    running = asyncio.create_task(telling.run(stop))
    for _ in range(20):
        await asyncio.sleep(0.01)  # its reads of the store take a thread
    assert storage.claims == 1
    await clock.advance(LOOK_AT_LEAST_EVERY)
    async with asyncio.timeout(5):
        while storage.claims < 2:  # noqa: ASYNC110 - the other side is a thread
            await asyncio.sleep(0.01)
    stop.set()
    await running
    await storage.close()
