"""A world in which nothing happens costs next to nothing and is told to nobody; what was owed survives any stop."""

import pytest

from tests.journeys.conftest import Stage


async def test_a_second_pass_over_an_unchanged_world_sends_nothing_and_writes_no_order(stage: Stage) -> None:
    scene = await stage()
    await scene.start()
    before = {table: scene.rows(table) for table in ("orders", "snapshots", "changes", "notifications", "messages")}
    await scene.restart()
    done = await scene.once()
    assert (done.changes, done.sent, done.waiting, dict(done.failing)) == (0, 0, 0, {})
    assert scene.news().is_none
    assert {table: scene.rows(table) for table in before} == before


@pytest.mark.parametrize(("account", "requests"), [("schneider", 2), ("stateset", 1), ("twoservice", 2)])
async def test_a_second_pass_asks_no_more_than_the_listing_and_its_key(
    stage: Stage, account: str, requests: int
) -> None:
    scene = await stage(account)
    scene.set(f"watchlists.all of {account}.details", "4h")
    await scene.start()
    await scene.restart()
    before = scene.requests(account)
    assert (await scene.look(600)).is_none
    assert scene.requests(account) - before == requests


async def test_one_change_among_many_orders_costs_the_requests_of_one_order(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("watchlists.all of stateset.details", "4h")
    await scene.start()
    before = scene.requests("stateset")
    scene.world.confirm(scene.order("stateset", "placed"))
    assert (await scene.look(600)).is_one_message_with("→ Confirmed")
    assert scene.requests("stateset") - before == 2


async def test_a_restart_between_a_change_and_its_telling_loses_nothing_and_repeats_nothing(stage: Stage) -> None:
    scene = await (await stage()).start()
    for chat in ("slack", "telegram"):
        scene.sandbox.faults[chat].add("status", times=None)
    scene.world.dispatch(scene.order("schneider", "placed"))
    assert (await scene.look()).is_none
    await scene.close()
    for chat in ("slack", "telegram"):
        scene.sandbox.faults[chat].clear()
    await scene.open()
    assert (await scene.look()).is_one_message_with("Dispatched · ")
    assert (await scene.look()).is_none
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_what_happens_while_nobody_watches_is_told_after_the_start(stage: Stage) -> None:
    scene = await (await stage()).start()
    await scene.close()
    for account in scene.sandbox.accounts:
        scene.world.cancel(scene.order(account, "placed"))
    await scene.open()
    assert len((await scene.look(7200)).slack) == 3
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_an_order_placed_while_nobody_watches_is_new_after_the_start(stage: Stage) -> None:
    scene = await (await stage("stateset")).start()
    await scene.close()
    order = scene.world.place("stateset")
    await scene.open()
    assert (await scene.look(7200)).is_one_message_with("New order · ", order.name)
