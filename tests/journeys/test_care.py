"""What goes wrong with an order is told once by what it comes to, waits for somebody, and is theirs then."""

from datetime import timedelta

from bot.model.command import Question
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene

HOUR = 3600.0


async def only_slips(stage: Stage, account: str, **alarms: object) -> Scene:
    """A scene in which a slip is three days."""
    scene = await stage(account)
    quiet = {"stuck": "off", "due_today": "off", "overdue": False, "not_moving": "off", "archive": "off"}
    scene.settings["alarms"] = {**quiet, "slipped": "3d", **alarms}
    return await scene.start()


async def ask(scene: Scene, text: str) -> str:
    """What is answered to somebody in Slack who may do everything."""
    question = Question(
        id=f"{scene.clock.monotonic()} {text}", chat="slack", person="U0123456789", text=text, via="cli"
    )
    reply = await scene.app.desk.answer(question)
    return reply.outcome if reply else ""


async def test_a_promise_that_slips_by_a_day_three_times_is_one_alert_and_an_earlier_one_is_milder(
    stage: Stage,
) -> None:
    scene = await only_slips(stage, "stateset")
    order = scene.order("stateset", "placed")
    first = order.promised
    for days in (1, 2):
        scene.world.move_promise(order, first + timedelta(days=days))
        assert (await scene.look()).is_none
    await scene.restart()
    scene.world.move_promise(order, first + timedelta(days=3))
    assert (await scene.look()).is_one_message_with("Slipped · ", "(3 days later)")
    scene.world.move_promise(order, first + timedelta(days=1))
    assert (await scene.look()).is_one_message_with("Moved earlier · ", "(2 days earlier)", "first promised for")


async def test_a_delivery_taken_back_is_one_alert_and_nothing_follows_while_nothing_happens(stage: Stage) -> None:
    scene = await only_slips(stage, "stateset")
    order = scene.order("stateset", "shipped")
    scene.world.deliver(order)
    assert (await scene.look()).is_one_message_with("Completed · ")
    scene.world.move_backwards(order)
    told = [text for _ in range(6) for text in (await scene.look(HOUR)).slack]
    assert len(told) == 1
    assert "Moved backwards · " in told[0]


async def test_later_news_of_an_assigned_order_calls_that_person_alone_until_it_is_given_up(stage: Stage) -> None:
    scene = await only_slips(stage, "stateset")
    order = scene.order("stateset", "placed")
    assert await ask(scene, f"assign {order.number} me") == "done"
    scene.world.confirm(order)
    (told,) = (await scene.look()).slack
    assert told.split("\n")[0].endswith("@U0123456789")
    assert await ask(scene, f"unassign {order.number}") == "done"
    scene.world.start_production(order)
    assert "@U0123456789" not in (await scene.look()).slack[0]


async def test_what_nobody_acknowledges_is_passed_on_and_what_somebody_did_is_not(stage: Stage) -> None:
    scene = await only_slips(stage, "stateset", escalate={"after": "4h", "to": "sales"})
    left, seen = scene.order("stateset", "placed"), scene.order("stateset", "confirmed")
    for order in (left, seen):
        scene.world.move_promise(order, order.promised + timedelta(days=5))
    await scene.look()
    assert await ask(scene, f"ack {seen.number} note they know") == "done"
    (passed,) = (await scene.look(4 * HOUR)).telegram
    assert "Passed on: nobody has acknowledged it" in passed
    assert left.name in passed
    assert (await scene.look(4 * HOUR)).is_none
