"""How long the event loop was blocked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

TICK = 0.002


@dataclass(slots=True)
class Lag:
    """`longest` is in seconds: CPU of the loop's own thread between two wakes of a sleeper of a few milliseconds.

    CPU and no clock time, so that a busy machine is not taken for a blocked loop.
    """

    longest: float = 0.0


@asynccontextmanager
async def lag() -> AsyncIterator[Lag]:
    """Watch the loop during the block."""
    found = Lag()
    watch = asyncio.create_task(_watch(found))
    try:
        yield found
        await asyncio.sleep(2 * TICK)  # let it wake once more from the last block
    finally:
        watch.cancel()


async def _watch(found: Lag) -> None:
    while True:
        before = time.thread_time()
        await asyncio.sleep(TICK)
        found.longest = max(found.longest, time.thread_time() - before)
