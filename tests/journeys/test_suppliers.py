"""The dialects of the suppliers, the size of their listings, and the texts they carry."""

import pytest

from bot.sandbox import stateset
from bot.sandbox.faults import Faults
from bot.sandbox.goods import Article
from bot.sandbox.stateset import Style
from tests.journeys.conftest import Stage
from tests.journeys.scene import until

HOSTILE = "Coil <!channel> <@U123> @here <b>bold</b> *x* [y](http://evil.example) \u202egnp.exe & 'q\" {0} %s \x07"


@pytest.mark.parametrize("setting", ["auto", "exact"])
@pytest.mark.parametrize("style", ["path", "body", "plural"])
async def test_stateset_is_watched_in_each_of_its_ways_to_ask(stage: Stage, style: Style, setting: str) -> None:
    scene = await stage("stateset")
    application = stateset.application(scene.world, "stateset", Faults(), style=style)
    await scene.serve("stateset", application)
    scene.set("sources.stateset.retrieve", style if setting == "exact" else "auto")
    order = scene.order("stateset", "placed")
    scene.set("watchlists.all of stateset.orders", [order.number])
    await scene.start()
    scene.world.dispatch(order)
    assert (await scene.look()).is_one_message_with("Dispatched · ", order.name, "Pending → Shipped")


async def test_2service_in_jsv_is_told_as_in_json(stage: Stage) -> None:
    scene = await stage("twoservice")
    scene.set("sources.twoservice.format", "jsv")
    await scene.start()
    order = scene.order("twoservice", "placed")
    scene.world.dispatch(order)
    parcel = scene.world.add_tracking(order)
    assert (await scene.look()).is_one_message_with("Dispatched · ", parcel.tracking_number, parcel.tracking_url)
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_listing_of_250_orders_on_three_pages_is_one_baseline(stage: Stage) -> None:
    scene = await stage("schneider", orders=250)
    scene.set("watchlists.all of schneider.details", "1d")
    await scene.open()
    assert (await scene.look()).is_one_message_with("Now watching", "250 orders")
    for order in (scene.world.orders("schneider")[place] for place in (0, 120, 240)):
        scene.world.confirm(order)
    before = scene.requests("schneider")
    assert len((await scene.look()).slack) == 3
    assert scene.requests("schneider") - before < 3 + 3 * 8
    assert len(scene.rows("orders")) == 250


async def test_an_order_that_shifts_between_pages_while_they_are_read_is_not_gone(stage: Stage) -> None:
    scene = await stage("schneider", orders=12)
    scene.set("sources.schneider.page_size", 5)
    scene.set("watchlists.all of schneider.details", "7d")
    await scene.start()
    faults = scene.sandbox.faults["schneider"]
    for _ in range(4):
        faults.add("slow", r"/orders/FR$", skip=1, seconds=60)
        newest = scene.world.orders("schneider")[-1]
        async with scene.meanwhile(61):
            await until(lambda: faults.injected["slow"] > 0)
            scene.world.vanish(newest)  # what was first on page 2 is last on page 1 now, and is not seen
            faults.clear()
        scene.world.reappear(newest)
        faults.injected.clear()
    assert scene.news().is_none


async def test_a_new_order_that_pushes_others_to_the_next_page_is_the_only_news(stage: Stage) -> None:
    scene = await stage("schneider", orders=12)
    scene.set("sources.schneider.page_size", 5)
    await scene.start()
    scene.world.place("schneider")
    assert (await scene.look()).is_one_message_with("New order · ")
    assert (await scene.look()).is_none


@pytest.mark.parametrize("account", ["schneider", "stateset"])
async def test_hostile_texts_ping_nobody_and_break_nothing(watching: Stage, account: str) -> None:
    scene = await watching(account)
    order = scene.order(account, "placed")
    order.reference = order.customer = HOSTILE
    scene.world.add_line(order, Article("A<!here>1", HOSTILE, 100))
    scene.world.say(order, f"Held {HOSTILE}")
    await scene.look()
    parcel = scene.world.add_tracking(order)
    parcel.carrier, parcel.tracking_url = HOSTILE, "javascript:alert(1)//<!channel>"
    await scene.look()
    assert len([one for one in scene.sandbox.accepted if "Coil <!channel>" in one.text]) >= 4
    assert scene.sandbox.slack.pings == scene.sandbox.telegram.pings == []
    assert scene.sandbox.slack.violations == scene.sandbox.telegram.violations == []
    assert scene.rows("notifications") == [row for row in scene.rows("notifications") if "sent" in row]
