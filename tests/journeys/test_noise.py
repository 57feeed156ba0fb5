"""Alerts that people keep switched on: what is one story comes as one message, at a time when it may be heard."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.model.outbox import State
from bot.sandbox.life import possible
from tests.journeys import store
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene

PARIS = ZoneInfo("Europe/Paris")
GATHERING = {"group_wait": "5s", "storm": 10}
WORDS = ("On hold", "Under review", "Checked", "Credit hold", "Released", "Picking", "Packed")
"""Steps of a supplier's own; a word that nobody can read would be news to operators."""


async def gathering(stage: Stage, *accounts: str, orders: int = 6, **more: object) -> Scene:
    """A scene whose destinations gather as they do by default, and whatever else they say."""
    scene = await stage(*accounts, orders=orders)
    for name in ("ops", "sales"):
        scene.set(f"destinations.{name}", {**scene.settings["destinations"][name], **GATHERING, **more})
    scene.set("sources.stateset.statuses", dict.fromkeys(WORDS, "on_hold"))
    return scene


def leap_to(scene: Scene, moment: datetime) -> None:
    scene.clock.leap((moment - scene.clock.now()).total_seconds())


def rows(scene: Scene) -> list[dict[str, Any]]:
    """The outbox as it stands in the database."""
    return store.named_rows(scene.path.parent, "notifications")


def live_on(scene: Scene, chance: random.Random) -> None:
    """One more thing happens to an order."""
    account = chance.choice(scene.sandbox.accounts)
    orders = scene.world.orders(account)
    for order in chance.sample(orders, len(orders)):
        if choices := possible(scene.world, order, chance):
            chance.choices(choices, weights=[weight for weight, _ in choices])[0][1]()
            return
    scene.world.place("stateset")


def is_quiet(at: datetime) -> bool:
    """Whether clocks in Paris stand in the night or at noon."""
    local = at.astimezone(PARIS)
    return local.hour >= 19 or local.hour < 7 or local.hour == 12


async def test_two_days_of_changes_with_quiet_hours_over_a_clock_change_are_all_told_at_their_time(
    stage: Stage,
) -> None:
    scene = await gathering(stage, "schneider", "stateset", quiet=["night", "noon"])
    scene.set("quiet", {"night": {"from": "19:00", "to": "07:00"}, "noon": {"from": "12:00", "to": "13:00"}})
    leap_to(scene, datetime(2026, 3, 28, 9, 10, tzinfo=UTC))  # the night to the 29th has an hour less
    await scene.start()
    chance = random.Random(8)
    for _ in range(200):
        live_on(scene, chance)
        await scene.look(864)
    for _ in range(3):
        await scene.look()
    told = [row for row in rows(scene) if row["order_key"]]
    assert {row["state"] for row in told} == {State.SENT, State.MERGED}
    found = {row[1:4] for row in scene.rows("changes")}
    for name in ("ops", "sales"):
        assert {(row["source"], row["order_key"], row["seq"]) for row in told if row["destination"] == name} == found
    at_night = [row for row in told if row["state"] == State.SENT and is_quiet(settled(row))]
    assert at_night
    assert {row["severity"] for row in at_night} == {"urgent"}
    assert scene.verdict().is_clean, str(scene.verdict())


def settled(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(row["settled_at"]))


async def test_what_goes_back_within_the_confirm_window_says_nothing_and_history_shows_both(stage: Stage) -> None:
    scene = await gathering(stage, "stateset")
    scene.set("confirm", {"status": "10m"})
    await scene.start()
    order = scene.order("stateset", "confirmed")
    for word in ("On hold", order.word):
        scene.world.say(order, word)
        assert (await scene.look(120)).is_none
    assert (await scene.look(660)).is_none
    history = await scene.app.storage.history("stateset", order.number)
    assert [row.change["after"] for row in history] == ["Confirmed", "On hold"]
    assert {row["reason"] for row in rows(scene) if row["order_key"]} == {"back where it began"}
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_what_lasts_is_told_once_it_is_confirmed_with_what_came_meanwhile(stage: Stage) -> None:
    scene = await gathering(stage, "stateset")
    scene.set("confirm", {"status": "10m"})
    order = (await scene.start()).order("stateset", "confirmed")
    for word in ("On hold", "Under review"):
        scene.world.say(order, word)
        assert (await scene.look(240)).is_none
    assert (await scene.look(400)).is_one_message_with("Confirmed → On hold → Under review")
    assert (await scene.look(900)).is_none


async def test_a_final_state_is_told_at_once_with_what_was_held(stage: Stage) -> None:
    scene = await gathering(stage, "stateset")
    scene.set("confirm", {"status": "10m"})
    order = (await scene.start()).order("stateset", "shipped")
    scene.world.say(order, "Under review")
    assert (await scene.look(60)).is_none
    scene.world.deliver(order)
    await scene.look(60)
    await scene.look(6)
    texts = [one.text for one in scene.sandbox.accepted if "→ Delivered" in one.text]
    assert len(texts) == 2
    assert all("Shipped → Under review → Delivered" in text for text in texts)
    assert scene.clock.now() - scene.baseline < timedelta(minutes=4)


async def test_five_changes_in_quiet_hours_come_as_one_entry_with_the_path(stage: Stage) -> None:
    scene = await gathering(stage, "stateset", quiet="night")
    scene.set("quiet", {"night": {"from": "19:00", "to": "07:00"}})
    order = (await scene.start()).order("stateset", "placed")
    leap_to(scene, datetime(2026, 3, 2, 19, 30, tzinfo=UTC))
    for word in ("Checked", "Credit hold", "Released", "Picking", "Packed"):
        scene.world.say(order, word)
        assert (await scene.look(600)).is_none
    leap_to(scene, datetime(2026, 3, 3, 6, 0, tzinfo=UTC))
    path = "Pending → Checked → Credit hold → Released → Picking → Packed"
    assert (await scene.look(1)).is_one_message_with(path)
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_what_waited_over_night_is_one_digest_and_what_came_to_nothing_is_only_counted(stage: Stage) -> None:
    scene = await gathering(stage, "stateset", quiet="night")
    scene.set("quiet", {"night": {"from": "19:00", "to": "07:00"}})
    await scene.start()
    orders = scene.world.orders("stateset")[:3]
    leap_to(scene, datetime(2026, 3, 2, 19, 30, tzinfo=UTC))
    words = {order.number: order.word for order in orders}
    for word in ("Under review", ""):
        for order in orders:
            scene.world.say(order, word or ("Picking" if order is orders[0] else words[order.number]))
        assert (await scene.look(600)).is_none
    leap_to(scene, datetime(2026, 3, 3, 6, 0, tzinfo=UTC))
    assert (await scene.look(1)).is_one_message_with("→ Under review → Picking", "2 orders are back where they began")
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_more_orders_than_the_cap_are_one_summary_that_names_each_and_urgent_news_comes_first(
    stage: Stage,
) -> None:
    scene = await gathering(stage, "stateset", orders=40)
    await scene.start()
    *orders, last = (order for order in scene.world.orders("stateset") if order.step != "cancelled")
    for order in orders:
        scene.world.say(order, "Under review")
    scene.world.cancel(last)
    first = await scene.look()
    then = await scene.look(10)
    for urgent, summary in ((first.slack, then.slack), (first.telegram, then.telegram)):
        assert sum(last.name in text and "→ Cancelled" in text for text in urgent) == 1
        assert all("News of" in text for text in summary)
        assert all(any(order.name in text for text in summary) for order in orders)
    assert scene.verdict().is_clean, str(scene.verdict())
