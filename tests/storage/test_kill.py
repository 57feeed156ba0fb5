"""A process killed at any moment leaves a sound file that holds everything it said was committed."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage

_ROUNDS = (1, 2, 5)


async def committed_until_killed(path: Path, rounds: int) -> int:
    """Let another process commit, kill it in the middle of a later round, and return the last round it spoke of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.committer", str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        for _ in range(rounds):
            await process.stdout.readline()
        process.kill()
        lines = (await process.stdout.read()).splitlines(keepends=True)
        await process.wait()
    whole = [int(line) for line in lines if line.endswith(b"\n")]
    return max(whole, default=0)


async def test_a_killed_process_loses_nothing_it_committed(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    for rounds in _ROUNDS:
        spoken_of = await committed_until_killed(path, rounds)
        storage = SqliteStorage(path, ManualClock())
        await storage.open()
        versions = {state.seq for state in await storage.load("panels")}
        counts = await storage.counts()
        await storage.close()
        assert min(versions) >= spoken_of
        assert counts["snapshots"] == counts["changes"] == counts["pending"] + counts["sending"] + counts["sent"]
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
