"""How long the event loop was blocked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

TICK = 0.002


@dataclass(slots=True)
class Lag:
    """`longest` is in seconds: how much later than asked a sleeper of a few milliseconds woke."""

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
        before = time.monotonic()
        await asyncio.sleep(TICK)
        found.longest = max(found.longest, time.monotonic() - before - TICK)
