"""One worker is frozen until another has taken over, and wakes: how often does it write?"""

import asyncio
import json
import tempfile
from pathlib import Path

from bot.sandbox.server import Sandbox
from tests.chaos.crowd import STALL, Crowd
from tests.chaos.database import Database

PATIENCE = 60.0
AWAKE = 6.0
"""Seconds that it is watched after it woke: six polls."""


async def strangers_after_a_freeze(*, is_fenced: bool) -> int:
    """How many rows were written by a worker that did not hold the lease."""
    with tempfile.TemporaryDirectory(prefix="orderwatch-frozen-") as made:
        database, folder = Database(Path(made)), Path(made)
        try:
            await asyncio.to_thread(database.make)
            async with Sandbox(orders_per_account=6, dwell=0.5, speed=20_000.0) as sandbox:
                config = folder / "watchlists.yaml"
                config.write_text(json.dumps(sandbox.config(every="1s", one_by_one=True)), encoding="utf-8")
                crowd = Crowd(folder, config, database.address, 1, 1, is_fenced)
                try:
                    return await _freeze(sandbox, crowd, database)
                finally:
                    await crowd.end()
        finally:
            database.stop()


async def _freeze(sandbox: Sandbox, crowd: Crowd, database: Database) -> int:
    await crowd.start()
    await _until(database, "select count(*) >= 6 from orders")
    names = {name: chat for (chat, _), name in sandbox.names.items()}
    await asyncio.to_thread(database.watch, sandbox.accounts, names)  # it waits for locks, and the suppliers live here
    crowd.freeze("worker 0")
    await crowd.add("worker 1")
    await _until(database, "select bool_and(worker = 'worker 1') from leases")
    sandbox.begin()
    crowd.wake("worker 0")
    await asyncio.sleep(AWAKE)
    ((strangers,),) = database.ask("select count(*) from strangers")
    return int(str(strangers))


async def _until(database: Database, question: str) -> None:
    async with asyncio.timeout(PATIENCE + STALL):
        while True:
            try:
                if database.ask(question) == [(True,)]:
                    return
            except Exception as error:  # noqa: BLE001  the tables are not there yet
                del error
            await asyncio.sleep(0.2)
