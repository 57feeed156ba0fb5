"""What happens to an order at a supplier is what people read about it, in both chats."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.sandbox.goods import workday
from bot.sandbox.orders import Step, WorldOrder
from bot.sandbox.world import World
from tests.journeys.conftest import Stage

Verb = Callable[[World, WorldOrder], object]


def promise_later(world: World, order: WorldOrder) -> None:
    world.move_promise(order, order.promised + timedelta(days=3))


def promise_earlier(world: World, order: WorldOrder) -> None:
    world.move_promise(order, order.promised - timedelta(days=1))


def a_line_later(world: World, order: WorldOrder) -> None:
    line = order.lines[0]
    world.move_promise(order, workday(line.promised) + timedelta(days=7), line=line.number)


def more_of_a_line(world: World, order: WorldOrder) -> None:
    world.change_quantity(order, order.lines[0].number, 77)


def fewer_lines(world: World, order: WorldOrder) -> None:
    world.cancel_line(order, order.lines[0].number)


NEWS: list[tuple[str, Step, Verb, tuple[str, ...]]] = [
    ("schneider", "placed", World.confirm, ("Status · ", "Order received → Confirmed")),
    ("schneider", "placed", World.dispatch, ("Dispatched · ", "Order received → Shipped", "line")),
    ("schneider", "shipped", World.add_tracking, ("Tracking added · ", "Tracking: ", "(line 000010)")),
    ("schneider", "shipped", World.replace_tracking, ("Tracking replaced · ", " → ")),
    ("schneider", "placed", promise_later, ("Slipped · ", "Delivery", "(3 days later)")),
    ("schneider", "placed", promise_earlier, ("Moved earlier · ", "(1 day earlier)")),
    ("schneider", "placed", a_line_later, ("Slipped · ", " later)")),
    ("schneider", "placed", more_of_a_line, ("Quantity changed · ", "Line 000010: quantity", "→ 77")),
    ("schneider", "placed", World.add_line, ("Line added · ", "added: ", " × ")),
    ("schneider", "placed", fewer_lines, ("Line cancelled · ", "Line 000010 cancelled")),
    ("schneider", "placed", World.cancel, ("Cancelled · ", "Order received → Cancelled")),
    ("schneider", "shipped", World.deliver, ("Completed · ", "Shipped → Delivered")),
    ("stateset", "placed", World.confirm, ("Status · ", "Pending → Confirmed")),
    ("stateset", "placed", World.dispatch, ("Dispatched · ", "Pending → Shipped")),
    ("stateset", "placed", World.add_tracking, ("Tracking added · ", "Tracking: ")),
    ("stateset", "shipped", World.replace_tracking, ("Tracking replaced · ", " → ")),
    ("stateset", "placed", promise_later, ("Slipped · ", "Delivery: ", "(3 days later)")),
    ("stateset", "placed", more_of_a_line, ("Quantity changed · ", "→ 77")),
    ("stateset", "placed", World.add_line, ("Line added · ", " × ")),
    ("stateset", "placed", fewer_lines, ("Line cancelled · ", "cancelled")),
    ("stateset", "placed", World.cancel, ("Cancelled · ", "Pending → Cancelled")),
    ("stateset", "shipped", World.deliver, ("Completed · ", "Shipped → Delivered")),
    ("twoservice", "placed", World.dispatch, ("Dispatched · ", "shipment")),
    ("twoservice", "shipped", World.add_tracking, ("Tracking added · ", "Tracking: ")),
    ("twoservice", "shipped", World.replace_tracking, ("Tracking replaced · ", " → ")),
    ("twoservice", "placed", World.cancel, ("Cancelled · ", "Open → Cancelled")),
    ("twoservice", "shipped", World.deliver, ("Completed · ", "Open → Completed")),
]
SECOND_LOOKS: list[tuple[str, Step, Verb, tuple[str, ...]]] = [
    ("schneider", "shipped", World.remove_tracking, ("Tracking removed: ",)),
    ("schneider", "delivered", World.move_backwards, ("Moved backwards · ", "Delivered → Shipped")),
    ("stateset", "shipped", World.remove_tracking, ("Tracking removed: ",)),
    ("twoservice", "shipped", World.remove_tracking, ("Tracking removed: ",)),
]


@pytest.mark.parametrize(("account", "step", "verb", "words"), NEWS)
async def test_what_happens_at_a_supplier_arrives_in_both_chats(
    watching: Stage, account: str, step: Step, verb: Verb, words: tuple[str, ...]
) -> None:
    scene = await watching(account)
    order = scene.order(account, step)
    verb(scene.world, order)
    news = await scene.look()
    assert news.is_one_message_with(order.names[0], *words)
    assert (await scene.look()).is_none
    assert scene.verdict().is_clean, str(scene.verdict())


@pytest.mark.parametrize(("account", "step", "verb", "words"), SECOND_LOOKS)
async def test_a_step_back_is_told_once_a_second_look_confirms_it(
    watching: Stage, account: str, step: Step, verb: Verb, words: tuple[str, ...]
) -> None:
    scene = await watching(account)
    verb(scene.world, scene.order(account, step))
    assert (await scene.look()).is_none
    assert (await scene.look()).is_one_message_with(*words)
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_step_back_with_a_newer_update_time_is_told_at_once(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.world.move_backwards(scene.order("stateset", "delivered"))
    assert (await scene.look()).is_one_message_with("Moved backwards · ", "Delivered → Shipped")
    assert scene.verdict().is_clean, str(scene.verdict())


@pytest.mark.parametrize("account", ["schneider", "stateset", "twoservice"])
async def test_a_new_order_is_told_after_the_silent_baseline(watching: Stage, account: str) -> None:
    scene = await watching(account)
    order = scene.world.place(account)
    assert (await scene.look()).is_one_message_with("New order · ", order.names[0])
    assert (await scene.look()).is_none
    assert scene.verdict().is_clean, str(scene.verdict())


@pytest.mark.parametrize("account", ["schneider", "stateset", "twoservice"])
async def test_an_order_that_vanishes_and_comes_back_is_told_once_each(watching: Stage, account: str) -> None:
    scene = await watching(account)
    order = scene.order(account, "confirmed")
    scene.world.vanish(order)
    gone = [await scene.look(4000) for _ in range(5)]
    assert [news.is_one_message_with("No longer listed · ", order.names[0]) for news in gone if not news.is_none] == [
        True
    ]
    scene.world.reappear(order)
    back = [await scene.look(4000) for _ in range(2)]
    assert [news.is_one_message_with("Listed again · ", order.names[0]) for news in back if not news.is_none] == [True]
    assert scene.verdict().is_clean, str(scene.verdict())


@pytest.mark.parametrize("account", ["schneider", "stateset", "twoservice"])
async def test_the_first_look_at_many_orders_is_one_line_a_watchlist(stage: Stage, account: str) -> None:
    scene = await stage(account)
    await scene.open()
    assert (await scene.look()).is_one_message_with("Now watching", f"all of {account}: 6 orders")


async def test_what_changed_at_once_is_one_message(watching: Stage) -> None:
    scene = await watching("schneider")
    order = scene.order("schneider", "placed")
    scene.world.dispatch(order)
    parcel = scene.world.add_tracking(order)
    promise_later(scene.world, order)
    news = await scene.look()
    assert news.is_one_message_with("Dispatched · ", parcel.tracking_number, "(3 days later)", "→ Shipped")


async def test_news_of_all_suppliers_come_in_one_pass(watching: Stage) -> None:
    scene = await watching()
    for account in scene.sandbox.accounts:
        scene.world.cancel(scene.order(account, "placed"))
    news = await scene.look()
    assert len(news.slack) == len(news.telegram) == 3
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_status_word_nobody_knows_is_passed_on_and_operators_hear_of_it_once(watching: Stage) -> None:
    scene = await watching("stateset")
    first, second = scene.order("stateset", "placed"), scene.order("stateset", "confirmed")
    scene.world.say(first, "Zur Klärung")
    news = await scene.look()
    assert any("Pending → Zur Klärung" in text for text in news.telegram)
    assert any("Unknown status · " in text and "statuses: {'Zur Klärung'" in text for text in news.slack)
    scene.world.say(second, "Zur Klärung")
    assert (await scene.look()).is_one_message_with("Confirmed → Zur Klärung")
