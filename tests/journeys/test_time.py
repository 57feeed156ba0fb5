"""Nothing happens at the supplier, and that is the news: stuck, due today, overdue, and archived in the end."""

from datetime import UTC, datetime, timedelta

from bot.model.command import Question
from bot.sandbox.orders import WorldOrder
from tests.core.making import words
from tests.journeys.conftest import Stage
from tests.journeys.scene import News, Scene

HOUR = 3600.0
DAY = 86400.0


async def quietly(stage: Stage, account: str, alarms: dict[str, object]) -> Scene:
    """A scene in which only what time makes of one account's orders is told, and only as these settings say."""
    scene = await stage(account, orders=3)
    quiet = {"stuck": "off", "due_today": "off", "overdue": False, "not_moving": "off", "archive": "off"}
    scene.settings["alarms"] = {**quiet, **alarms}
    return scene


async def until(scene: Scene, moment: datetime) -> News:
    """One pass at that very moment."""
    return await scene.look((moment - scene.clock.now()).total_seconds())


def texts(news: News, order: WorldOrder) -> list[str]:
    """What Slack was told of an order."""
    return [text for text in news.slack if any(name in text for name in order.names)]


async def answer(scene: Scene, text: str) -> str:
    """What is answered at the terminal."""
    question = Question(id=text + str(scene.clock.monotonic()), chat="slack", person="U1", text=text, via="cli")
    reply = await scene.app.desk.answer(question)
    return "\n".join(words(message) for message in reply.messages) if reply else ""


async def test_confirmed_on_a_thursday_before_a_holiday_monday_is_stuck_on_wednesday_and_told_once(
    stage: Stage,
) -> None:
    scene = await quietly(
        stage, "schneider", {"holidays": "FR", "stuck": {"confirmed": "3 working days", "others": "off"}}
    )
    await scene.start()
    order = scene.order("schneider", "placed")
    await until(scene, datetime(2026, 4, 2, 8, tzinfo=UTC) - timedelta(minutes=1))
    scene.world.confirm(order)
    await until(scene, datetime(2026, 4, 2, 8, tzinfo=UTC))  # 10:00 in Paris
    wednesday = datetime(2026, 4, 8, 8, tzinfo=UTC)
    assert texts(await until(scene, wednesday - timedelta(minutes=5)), order) == []
    (stuck,) = texts(await until(scene, wednesday + timedelta(seconds=30)), order)
    assert "Stuck" in stuck
    assert "In 'Confirmed' for 3 working days" in stuck
    assert order.names[0] in await answer(scene, "list stuck")
    assert texts(await scene.look(6 * DAY), order) == []
    (again,) = texts(await scene.look(DAY + HOUR), order)
    assert "(reminder 1)" in again
    scene.world.start_production(order)
    assert len(texts(await scene.look(HOUR), order)) == 1
    assert order.names[0] not in await answer(scene, "list stuck")
    assert texts(await scene.look(20 * DAY), order) == []
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_no_order_is_called_stuck_while_its_source_is_down(stage: Stage) -> None:
    scene = await quietly(stage, "stateset", {"stuck": {"confirmed": "3 working days", "others": "off"}})
    await scene.start()
    order = scene.order("stateset", "placed")
    scene.world.confirm(order)
    await scene.look(HOUR)
    scene.sandbox.faults["stateset"].add("status", times=None)
    assert texts(await scene.look(6 * DAY), order) == []
    scene.sandbox.faults["stateset"].clear()
    scene.world.start_production(order)
    (news,) = texts(await scene.look(HOUR), order)
    assert "Stuck" not in news


async def test_an_order_is_due_at_seven_on_its_day_and_overdue_after_midnight(stage: Stage) -> None:
    scene = await quietly(stage, "schneider", {"due_today": "07:00", "overdue": True})
    scene.settings["timezone"] = "Europe/Paris"
    await scene.start()
    order = scene.order("schneider", "placed")
    day = datetime(order.promised.year, order.promised.month, order.promised.day, 5, tzinfo=UTC)
    if day < datetime(2026, 3, 29, tzinfo=UTC):
        day += timedelta(hours=1)
    assert texts(await until(scene, day - timedelta(seconds=30)), order) == []
    (due,) = texts(await until(scene, day + timedelta(seconds=30)), order)
    assert "Due today" in due
    assert texts(await scene.look(16 * HOUR), order) == []
    (late,) = texts(await scene.look(HOUR), order)
    assert "Overdue" in late
    assert texts(await scene.look(DAY), order) == []
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_an_order_that_is_over_is_archived_after_a_fortnight_and_reopened_by_a_late_change(stage: Stage) -> None:
    scene = await quietly(stage, "schneider", {"archive": "14d"})
    await scene.start()
    order = scene.order("schneider", "placed")
    scene.world.deliver(order)
    await scene.look(HOUR)
    assert texts(await scene.look(14 * DAY - 2 * HOUR), order) == []
    (note,) = texts(await scene.look(4 * HOUR), order)
    assert "Archived" in note
    assert "days from order to end, 0 slips" in note
    scene.world.move_backwards(order)
    await scene.look(2 * DAY)
    (back,) = texts(await scene.look(), order)  # a step back is believed at the second look
    assert "Reopened" in back
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_closing_note_counts_no_move_below_the_threshold_as_a_slip(stage: Stage) -> None:
    scene = await quietly(stage, "stateset", {"archive": "14d", "slipped": "3d"})
    await scene.start()
    order = scene.order("stateset", "placed")
    for days in (1, 3):
        scene.world.move_promise(order, order.promised + timedelta(days=days))
        await scene.look(HOUR)
    scene.world.deliver(order)
    await scene.look(HOUR)
    (note,) = texts(await scene.look(15 * DAY), order)
    assert ", 1 slip, " in note


async def test_lines_that_slip_together_are_one_slip_in_the_closing_note(stage: Stage) -> None:
    scene = await quietly(stage, "schneider", {"archive": "14d"})
    await scene.start()
    order = scene.order("schneider", "placed")
    assert len(order.lines) > 1
    scene.world.move_promise(order, max(line.promised for line in order.lines) + timedelta(days=5))
    await scene.look(HOUR)
    scene.world.deliver(order)
    await scene.look(HOUR)
    (note,) = texts(await scene.look(15 * DAY), order)
    assert ", 1 slip, " in note


async def test_what_was_late_before_we_looked_is_counted_once_and_told_to_nobody_by_itself(stage: Stage) -> None:
    scene = await stage("stateset", orders=3)
    order = scene.order("stateset", "placed")
    scene.world.move_promise(order, (scene.clock.now() - timedelta(days=3)).date())
    await scene.open()
    first = await scene.look()
    assert "Now watching" in first.slack[0]
    assert texts(first, order) == []
    assert texts(await scene.look(HOUR), order) == []
