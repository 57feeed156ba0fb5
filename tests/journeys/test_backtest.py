"""What an edited config would have told of a real past: orders are judged as they were then."""

import asyncio
from typing import Any

from bot.backtest import Backtest, backtest
from bot.config.load import load
from bot.core.compare import Difference
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene


async def replayed(scene: Scene, *rules: dict[str, Any]) -> Backtest:
    """The past through the config with these rules for the watchlist, beside a bot that runs with it."""
    scene.set("watchlists.all of stateset.notify", list(rules))
    await scene.close()
    await scene.open()
    return await asyncio.to_thread(backtest, load(scene.path, {}), scene.clock, days=30)


async def test_a_rule_looks_at_the_order_as_its_answer_of_then_says(watching: Stage) -> None:
    scene = await watching("stateset")
    order = scene.order("stateset", "placed")
    scene.world.confirm(order)
    await scene.look()
    scene.world.cancel(order)
    await scene.look()
    found = await replayed(scene, {"to": "sales", "status": "confirmed", "continue": True}, {"to": "ops"})
    gone = [item for item in found.comparison.items if item.what is Difference.REMOVED]
    assert found.approximated == 0
    assert [(item.before, found.about[item.news][1]) for item in gone] == [("sales", ("cancelled",))]


async def test_the_config_that_ran_changes_nothing_of_what_the_chats_were_told(watching: Stage) -> None:
    scene = await watching("stateset")
    for order in scene.world.orders("stateset"):
        scene.world.say(order, "Under review")
    await scene.look()
    scene.world.dispatch(scene.world.orders("stateset")[0])
    await scene.look()
    found = await replayed(scene, {"to": ["ops", "sales"]})
    assert found.changes >= len(scene.world.orders("stateset")) + 1
    assert found.comparison.items == []
