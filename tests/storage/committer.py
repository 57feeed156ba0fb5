"""Commits, claims and settles for ever, and says after each round what is safe: to be killed by a test."""

import asyncio
import sys
from pathlib import Path

from bot.clock import SystemClock
from bot.storage.sqlite import SqliteStorage
from tests.storage.making import NINE, TEN, a_record, an_order, an_update, claimed, news, sent


async def commit_for_ever(path: Path) -> None:
    """Each round writes one more version of the same ten orders, and tells of it."""
    storage = SqliteStorage(path, SystemClock(), holder="committer")
    await storage.open()
    versions = [state.seq for state in await storage.load("panels")]
    seq = max(versions, default=0)
    while True:
        seq += 1
        records = (
            a_record(an_update(an_order(f"FR/{key}"), seq), tell=[news(f"{key}-{seq}", order=f"FR/{key}")])
            for key in range(10)
        )
        await asyncio.gather(*map(storage.commit, records))
        sys.stdout.write(f"{seq}\n")
        sys.stdout.flush()
        rows = await claimed(storage, "ops", 5, now=TEN)
        await storage.settle([sent(row.id, "m", at=NINE) for row in rows[:3]])


if __name__ == "__main__":
    asyncio.run(commit_for_ever(Path(sys.argv[1])))
