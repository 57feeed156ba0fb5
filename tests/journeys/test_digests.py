"""Each morning says what is due and what is late, on days when the clocks change too, and a picture comes with it."""

from datetime import UTC, date, datetime

import pytest

from bot.sandbox.accepted import Accepted
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene

DAY = 24 * 3600.0


async def in_paris(stage: Stage, **digest: object) -> Scene:
    """A scene with a digest at seven in Paris, and no other news of time. It is Monday, 2 March 2026, 10:00 there."""
    scene = await stage("stateset", orders=3)
    scene.settings["timezone"] = "Europe/Paris"
    scene.settings["digests"] = {"morning": {"to": ["ops", "sales"], "at": "07:00", **digest}}
    scene.settings["alarms"] = {"due_today": "off", "overdue": "off", "stuck": "off", "not_moving": "off"}
    return scene


async def at(scene: Scene, moment: str) -> list[Accepted]:
    """What digests there are after a look at that moment, UTC, that were not there before."""
    before = len(digests(scene))
    await scene.look((datetime.fromisoformat(moment).replace(tzinfo=UTC) - scene.clock.now()).total_seconds())
    return digests(scene)[before:]


def digests(scene: Scene) -> list[Accepted]:
    return [one for one in scene.sandbox.accepted if "morning: " in one.text]


def sections(digest: Accepted) -> dict[str, str]:
    """Title of each part to what stands in it."""
    parts: dict[str, str] = {}
    title = ""
    for line in digest.text.splitlines()[1:]:
        if line.startswith(("Overdue", "Due today", "Stuck", "Moved", "Open exceptions")):
            title = line.partition(" ·")[0]
        parts[title] = parts.get(title, "") + line
    return parts


async def test_an_order_is_due_on_its_day_and_overdue_the_day_after_also_when_clocks_change(stage: Stage) -> None:
    scene = await (await in_paris(stage)).start()
    order = scene.order("stateset", "placed")
    scene.world.move_promise(order, date(2026, 3, 29))  # clocks go forward that night
    await at(scene, "2026-03-28T10:00")
    assert await at(scene, "2026-03-29T04:59") == []
    for digest in await at(scene, "2026-03-29T05:00"):
        assert order.name in sections(digest)["Due today"]
    for digest in await at(scene, "2026-03-30T05:00"):
        assert order.name in sections(digest)["Overdue"]
    assert {one.chat for one in digests(scene)[-2:]} == {"slack", "telegram"}


async def test_a_restart_after_the_time_neither_repeats_nor_loses_a_digest(stage: Stage) -> None:
    scene = await (await in_paris(stage, when_empty=True)).start()
    assert len(await at(scene, "2026-03-03T06:00")) == 2
    await scene.restart()
    assert await at(scene, "2026-03-03T08:00") == []
    await scene.close()
    scene.clock.leap(DAY)
    await scene.open()
    late = await at(scene, "2026-03-04T12:00")
    assert [one.chat for one in late].count("slack") == 1
    assert "late, for nothing ran at" in late[0].text


async def test_a_picture_comes_with_it_and_where_none_is_taken_its_words_do(stage: Stage) -> None:
    scene = await in_paris(stage, picture=True, when_empty=True)
    scene.sandbox.slack.take_words_only()
    await scene.start()
    shown = {one.chat: one for one in scene.sandbox.accepted if "open orders by status" in one.text}
    assert shown["telegram"].file is not None
    assert shown["telegram"].file.data.startswith(b"\x89PNG")
    assert shown["slack"].file is None
    assert "files:write" in shown["slack"].text


@pytest.mark.parametrize(("shown_after", "repeats"), [(0, []), (6, []), (3600, ["(may be a repeat)"])])
async def test_a_picture_whose_answer_is_lost_is_found_again_in_slack_or_says_that_it_may_be_a_repeat(
    stage: Stage, shown_after: float, repeats: list[str]
) -> None:
    scene = await in_paris(stage, picture=True, when_empty=True)
    scene.sandbox.slack.files_show_after = shown_after
    scene.sandbox.faults["slack"].add("drop_after", times=1, path="files.completeUploadExternal")
    await scene.start()
    for _ in range(3):
        await scene.look(2)
    _, *again = [one.text for one in scene.sandbox.accepted if one.chat == "slack" and one.file]
    assert [text[-17:] for text in again] == repeats
