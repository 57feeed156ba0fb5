"""A store that moves to PostgreSQL in the middle of its life, and back: nothing is missed, and nothing told again."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.model.database import Database, Dsn
from bot.storage.doors import move
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene
from tests.postgres import empty_database


async def moved(scene: Scene, source: Database, target: Database) -> dict[str, int]:
    """Copy a store that nobody works on, and let the product use the copy from its next start on; rows by table."""
    tables = await asyncio.to_thread(lambda: move(source, target, scene.clock.now(), lambda *_: None))
    scene.set("database", target.secret if isinstance(target, Dsn) else str(target))
    return {each.table: each.rows for each in tables}


def happen(scene: Scene, number: int, verb: str) -> None:
    """Something that is news, about one of the orders."""
    scene.world.say(scene.world.orders("stateset")[number], verb)


async def on_a_file(stage: Stage) -> Scene:
    """A scene whose orders have been seen once, on a file whatever the journeys run on."""
    scene = await stage("stateset")
    scene.set("database", str(scene.database))
    return await scene.start()


async def test_news_goes_on_after_a_move_and_after_the_way_back(stage: Stage, tmp_path: Path) -> None:
    scene = await on_a_file(stage)
    happen(scene, 0, "Under review")
    await scene.look()
    await scene.close()
    server, file = empty_database(), tmp_path / "back.db"
    for source, target, verb in ((scene.database, server, "Packed"), (server, file, "Checked")):
        assert (await moved(scene, source, target))["orders"] == 6
        happen(scene, 1, verb)
        await scene.open()
        await scene.look()
        happen(scene, 2, verb)
        await scene.look()
        await scene.close()
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_copy_that_was_broken_off_goes_on_and_ends_the_same(stage: Stage, tmp_path: Path) -> None:
    scene = await on_a_file(stage)
    await scene.close()
    server = empty_database()

    def break_off(table: str, done: int, total: int) -> None:
        if table == "orders":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await asyncio.to_thread(lambda: move(scene.database, server, scene.clock.now(), break_off))
    scene.set("database", server.secret)
    with pytest.raises(StorageError, match="only half filled by `orderwatch migrate`"):
        await scene.open()
    with closing(sqlite3.connect(scene.database)) as connection:  # the bot went on with the old one meanwhile
        connection.execute("update audit set text = text")
        connection.execute("update orders set missing = 1")
        connection.commit()
    assert (await moved(scene, scene.database, server))["orders"] == 6
    await scene.open()
    assert (await scene.look()).is_none


async def test_a_database_that_holds_orders_already_is_left_alone(stage: Stage, tmp_path: Path) -> None:
    scene = await on_a_file(stage)
    await scene.close()
    server = empty_database()
    await moved(scene, scene.database, server)
    with pytest.raises(StorageError, match="holds orders already, and nothing is overwritten"):
        await moved(scene, scene.database, server)
