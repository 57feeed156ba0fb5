"""What can happen in the sandbox's world, and which facts each source can express of it."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bot.clock import ManualClock
from bot.sandbox.world import ACCOUNTS, World, WorldOrder


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def world(clock: ManualClock) -> World:
    return World(clock)


def at_step(world: World, account: str, step: str) -> WorldOrder:
    return next(order for order in world.orders(account) if order.step == step)


def kinds(world: World) -> list[tuple[str, str]]:
    return [(fact.kind, fact.needle) for fact in world.facts]


def test_equal_seeds_give_equal_worlds(clock: ManualClock) -> None:
    assert World(clock, seed=7).orders("schneider") == World(clock, seed=7).orders("schneider")
    assert World(clock, seed=7).orders("schneider") != World(clock, seed=8).orders("schneider")


def test_a_new_world_has_every_step_and_no_facts(world: World) -> None:
    assert {order.step for order in world.orders("stateset")} >= {"placed", "confirmed", "shipped", "delivered"}
    assert world.facts == []


def test_order_numbers_and_parcels_are_unique_and_none_is_part_of_another(clock: ManualClock) -> None:
    world = World(clock, orders_per_account=60)
    orders = [order for account in ACCOUNTS for order in world.orders(account)]
    names = [name for order in orders for name in order.names]
    parcels = [p.tracking_number for order in orders for each in order.shipments for p in each.packages]
    for texts in (names, parcels):
        assert len(set(texts)) == len(texts)
        assert not any(one in other for one in texts for other in texts if one != other)


@pytest.mark.parametrize(
    ("account", "told"),
    [("schneider", [("status", "Confirmed")]), ("stateset", [("status", "Confirmed")]), ("twoservice", [])],
)
def test_a_confirmation_is_a_fact_where_the_source_has_a_word_for_it(
    world: World, account: str, told: list[tuple[str, str]]
) -> None:
    world.confirm(at_step(world, account, "placed"))
    assert kinds(world) == told


def test_a_whole_dispatch_at_schneider_is_a_status_and_one_dispatch_for_each_line(world: World) -> None:
    order = world.place("schneider")
    world.facts.clear()
    world.dispatch(order)
    assert kinds(world) == [("status", "Shipped"), *(("dispatched", line.number) for line in order.lines)]


def test_a_partial_dispatch_leaves_the_rest_here(world: World) -> None:
    order = world.place("schneider")
    world.add_line(order)
    world.facts.clear()
    world.dispatch(order, partial=True)
    assert kinds(world) == [("status", "Partly shipped"), ("dispatched", "000010")]
    assert order.line_step("000010") == "shipped"
    assert order.line_step("000020") == "placed"


def test_a_dispatch_at_stateset_is_a_status_and_one_dispatch(world: World) -> None:
    world.dispatch(at_step(world, "stateset", "in_production"))
    assert kinds(world) == [("status", "Shipped"), ("dispatched", "Dispatched")]


def test_a_dispatch_at_twoservice_names_the_shipment_and_leaves_the_status(world: World) -> None:
    order = at_step(world, "twoservice", "in_production")
    world.dispatch(order, partial=True)
    assert kinds(world) == [("dispatched", str(order.shipments[0].id))]
    assert order.word == "Open"


def test_what_is_dispatched_already_cannot_be_dispatched_again(world: World) -> None:
    with pytest.raises(ValueError, match=r"nothing of .* is left"):
        world.dispatch(at_step(world, "schneider", "shipped"))


def test_a_tracking_number_is_added_replaced_and_removed(world: World) -> None:
    order = world.place("schneider")
    world.facts.clear()
    first, second = world.add_tracking(order), world.replace_tracking(order)
    world.remove_tracking(order)
    numbers = [first.tracking_number, second.tracking_number, second.tracking_number]
    assert kinds(world) == list(zip(["tracking_added", "tracking_replaced", "tracking_removed"], numbers, strict=True))


def test_stateset_has_room_for_one_tracking_number(world: World) -> None:
    order = world.place("stateset")
    world.add_tracking(order)
    with pytest.raises(ValueError, match="one tracking number"):
        world.add_tracking(order)


@pytest.mark.parametrize("account", ["schneider", "stateset"])
def test_a_moved_promise_is_one_fact_with_the_day_as_people_write_it(world: World, account: str) -> None:
    order = at_step(world, account, "confirmed")
    world.move_promise(order, date(2026, 11, 4))
    assert [(fact.kind, fact.needle, fact.also[0]) for fact in world.facts] == [
        ("promise_moved", "2026-11-04", "4 Nov 2026")
    ]
    assert {order.promised, *(each.promised for each in order.shipments)} == {date(2026, 11, 4)}


def test_twoservice_promises_nothing(world: World) -> None:
    world.move_promise(at_step(world, "twoservice", "confirmed"), date(2026, 11, 4))
    assert world.facts == []


def test_a_line_added_with_its_quantity_is_only_a_line_added(world: World) -> None:
    line = world.add_line(at_step(world, "stateset", "placed"))
    assert kinds(world) == [("line_added", line.product)]


@pytest.mark.parametrize(
    "verb",
    [World.add_line, lambda world, order: world.cancel_line(order, "000010")],
)
def test_twoservice_knows_no_order_lines(world: World, verb: Callable[[World, WorldOrder], object]) -> None:
    with pytest.raises(ValueError, match="no order lines"):
        verb(world, at_step(world, "twoservice", "placed"))


def test_a_cancelled_line_is_not_dispatched(world: World) -> None:
    order = world.place("schneider")
    world.add_line(order)
    world.cancel_line(order, "000010")
    assert [shipment.line_number for shipment in order.here()] == [line.number for line in order.lines[1:]]


@pytest.mark.parametrize(("account", "word"), [("schneider", "Delivered"), ("twoservice", "Completed")])
def test_delivered_is_completed_in_the_word_of_the_source(world: World, account: str, word: str) -> None:
    world.deliver(at_step(world, account, "shipped"))
    assert kinds(world) == [("completed", word)]


def test_what_is_taken_back_moved_backwards(world: World) -> None:
    world.move_backwards(at_step(world, "stateset", "delivered"))
    assert kinds(world) == [("moved_backwards", "Shipped")]


def test_a_vanished_order_is_unknown_until_it_reappears(world: World) -> None:
    order = world.orders("schneider")[2]
    world.vanish(order)
    assert world.order("schneider", order.number) is None
    assert order not in world.orders("schneider")
    world.reappear(order)
    assert world.orders("schneider")[2] is order
    assert [fact.kind for fact in world.facts] == ["vanished", "reappeared"]


def test_every_account_can_show_that_an_order_is_new(world: World) -> None:
    for account in ACCOUNTS:
        world.place(account)
    assert [fact.account for fact in world.facts if fact.kind == "appeared"] == list(ACCOUNTS)


async def test_every_event_moves_the_update_time(clock: ManualClock, world: World) -> None:
    order = at_step(world, "stateset", "placed")
    await clock.advance(60)
    world.confirm(order)
    assert order.updated_at == clock.now()
    assert clock.now() - world.orders("stateset")[1].updated_at > timedelta(hours=1)
