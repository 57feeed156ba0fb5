"""Who is told: the first route that matches, each destination once, and nobody who did not ask."""

from tests.journeys.conftest import Stage


async def test_each_change_goes_where_the_first_matching_route_sends_it(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("watchlists.all of stateset.notify", [{"to": "sales", "on": ["dispatched"]}, {"to": "ops"}])
    await scene.start()
    scene.world.dispatch(scene.order("stateset", "placed"))
    news = await scene.look()
    assert (len(news.telegram), len(news.slack)) == (1, 1)
    assert news.telegram[0].startswith("🚚 Dispatched · ")
    assert news.slack[0].startswith("🔄 Status · ")


async def test_an_order_on_two_watchlists_is_told_once_in_each_place(stage: Stage) -> None:
    scene = await stage("stateset")
    order = scene.order("stateset", "placed")
    vip = {"source": "stateset", "orders": [order.number], "every": "60s", "notify": [{"to": ["ops", "sales"]}]}
    scene.set("watchlists.vip", vip)
    await scene.start()
    scene.world.confirm(order)
    assert (await scene.look()).is_one_message_with("→ Confirmed")


async def test_a_watchlist_of_one_order_hears_nothing_of_the_others(stage: Stage) -> None:
    scene = await stage("schneider")
    scene.set("watchlists.all of schneider.orders", [scene.order("schneider", "placed").number])
    await scene.start()
    scene.world.cancel(scene.order("schneider", "confirmed"))
    assert (await scene.look()).is_none
    scene.world.cancel(scene.order("schneider", "placed"))
    assert (await scene.look()).is_one_message_with("→ Cancelled")


async def test_an_order_number_nobody_knows_is_named_in_the_summary_and_its_order_is_news_when_it_comes(
    stage: Stage,
) -> None:
    scene = await stage("stateset")
    order = scene.order("stateset", "placed")
    scene.world.vanish(order)
    scene.set("watchlists.all of stateset.orders", [order.number, scene.order("stateset", "confirmed").number])
    await scene.open()
    assert (await scene.look()).is_one_message_with("1 order ", "Not known to the source", order.number)
    scene.world.reappear(order)
    assert (await scene.look(4000)).is_one_message_with("New order · ", order.name)


async def test_a_filter_of_the_source_keeps_others_out(stage: Stage) -> None:
    scene = await stage("schneider")
    order = scene.order("schneider", "placed")
    scene.set("watchlists.all of schneider.where", {"order_number": order.number})
    await scene.start()
    scene.world.cancel(scene.order("schneider", "confirmed"))
    scene.world.confirm(order)
    assert (await scene.look()).is_one_message_with(order.number, "Order received → Confirmed")


async def test_a_watchlist_added_later_is_a_silent_baseline_too(stage: Stage) -> None:
    scene = await stage("stateset", "schneider")
    later = scene.settings["watchlists"].pop("all of schneider")
    await scene.start()
    scene.set("watchlists.all of schneider", later)
    await scene.restart()
    assert (await scene.look()).is_one_message_with("Now watching · all of schneider: 6 orders")


async def test_a_rule_calls_whom_it_names_and_nobody_else_does(stage: Stage) -> None:
    scene = await stage("stateset")
    urgent = {"to": "ops", "severity": "urgent", "mention": "U0123456789"}
    scene.set("watchlists.all of stateset.notify", [urgent, {"to": "ops"}])
    await scene.start()
    scene.world.confirm(scene.order("stateset", "placed"))
    await scene.look()
    assert scene.sandbox.slack.pings == []
    scene.world.cancel(scene.order("stateset", "confirmed"))
    news = await scene.look()
    assert news.slack[0].split("\n")[0].endswith("→ Cancelled @U0123456789")
    assert set(scene.sandbox.slack.pings) == {"@U0123456789", '{"type": "user", "user_id": "U0123456789"}'}


async def test_a_rule_that_makes_news_low_tells_it_without_a_sound(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("watchlists.all of stateset.notify", [{"to": "sales", "on": "status", "as": "low"}, {"to": "sales"}])
    await scene.start()
    scene.world.confirm(scene.order("stateset", "placed"))
    await scene.look()
    scene.world.cancel(scene.order("stateset", "in_production"))
    await scene.look()
    sounds = [one.payload.get("disable_notification") for one in scene.sandbox.telegram.accepted[-2:]]
    assert [str(sound).lower() for sound in sounds] == ["true", "none"]
