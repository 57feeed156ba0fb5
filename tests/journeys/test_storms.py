"""Much at once: the platforms' limits are kept, urgent news is first, nobody starves, and imports are one line."""

import logging
from datetime import datetime, timedelta

import pytest

from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import Place, is_card, judge
from bot.sandbox.world import WorldOrder
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene

EACH = 10
"""Places in each chat; every second one wants summaries, the others each thing by itself."""


async def twenty_places(stage: Stage, *, orders: int) -> tuple[Scene, dict[str, Place]]:
    """A scene with a source of so many orders, whose news goes to ten channels and ten groups."""
    scene = await stage("stateset", orders=orders)
    places: dict[str, Place] = {}
    for number in range(EACH):
        channel, group = f"C00000000{number:02}", -1002000000000 - number
        scene.sandbox.slack.add_channel(channel, f"plant-{number}")
        scene.sandbox.telegram.add_room(group, "supergroup", f"plant {number}")
        gathers = {"storm": 10 if number % 2 else 0}
        scene.set(f"destinations.channel{number}", {"chat": "slack", "channel": channel, **gathers})
        scene.set(f"destinations.group{number}", {"chat": "telegram", "chat_id": group, **gathers})
        places |= {f"channel{number}": ("slack", channel), f"group{number}": ("telegram", str(group))}
    scene.set("watchlists.all of stateset.notify", [{"to": list(places)}])
    scene.set("sources.stateset.statuses", {"Under review": "on_hold", "Released": "confirmed"})
    return await scene.start(), places


def said_there(scene: Scene, place: Place, since: datetime) -> list[Accepted]:
    """The news in one place, without the cards that stand above it."""
    return [
        one for one in scene.sandbox.accepted if (one.chat, one.place) == place and one.at >= since and not is_card(one)
    ]


async def rush(scene: Scene) -> tuple[WorldOrder, datetime]:
    """25 changes, the last of them urgent, and five more on top while the rest is being told. When it began."""
    *orders, last = scene.world.orders("stateset")
    for order in orders:
        scene.world.say(order, "Under review")
    await scene.look(61)
    scene.world.cancel(last)
    scene.clock.leap(6)
    begun = scene.clock.now()
    await scene.once()
    for order in orders[:5]:
        scene.world.say(order, "Released")
    for after in (61, 10, 10):
        await scene.look(after)
    return last, begun


async def test_a_rush_to_twenty_places_keeps_every_limit_and_tells_all_of_it_everywhere(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    scene, places = await twenty_places(stage, orders=25)
    await rush(scene)
    assert [record.message for record in caplog.records if "send_failed" in record.message] == []
    assert scene.sandbox.slack.violations == scene.sandbox.telegram.violations == []
    hears = dict.fromkeys(places.values(), ("stateset",))
    found = judge(
        scene.world.facts, scene.sandbox.accepted, hears, baseline=scene.baseline, calm=scene.clock.now()
    )  # fmt: skip
    assert (found.changes, str(found).count("\n")) == (30 * 2 * EACH, 0), str(found)


async def test_in_a_rush_urgent_news_is_first_everywhere_and_no_place_waits_for_another(stage: Stage) -> None:
    scene, places = await twenty_places(stage, orders=25)
    last, begun = await rush(scene)
    for name, place in places.items():
        first, *others = said_there(scene, place, begun)
        assert last.name in first.text, name
        assert first.at - begun < timedelta(seconds=30), name
        if int(name[-1]) % 2:
            summaries = [one for one in others if "News of" in one.text]
            assert [one.text.count("SO-") for one in summaries] == [24], name
            assert summaries[0].at - begun < timedelta(seconds=60), name
        else:
            assert len(others) == 24 + 5, name
