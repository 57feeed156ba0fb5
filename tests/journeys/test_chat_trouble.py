"""Chats that are down, slow to answer, or closed: nothing is lost, nothing is said twice, nobody waits for another."""

from bot.sandbox.server import TELEGRAM_CHAT
from tests.journeys.conftest import Stage
from tests.journeys.scene import News, Scene


async def looks(scene: Scene, most: int = 40, after: float = 61.0) -> News:
    """Passes until nothing waits any more, and everything the chats have shown meanwhile."""
    for _ in range(most):
        scene.clock.leap(after)
        if not (await scene.once()).waiting:
            break
    return scene.news()


async def test_both_chats_down_for_hours_then_everything_is_told_once_and_in_order(watching: Stage) -> None:
    scene = await watching("stateset")
    order = scene.order("stateset", "placed")
    for chat in ("slack", "telegram"):
        scene.sandbox.faults[chat].add("status", times=None)
    for step in (scene.world.confirm, scene.world.start_production, scene.world.cancel):
        step(order)
        assert (await scene.look(3600)).is_none
    for chat in ("slack", "telegram"):
        scene.sandbox.faults[chat].clear()
    news = await looks(scene)
    moves = ["Pending → Confirmed", "Confirmed → Processing", "Processing → Cancelled"]
    for texts in (news.slack, news.telegram):
        assert [move for text in texts for move in moves if move in text] == moves
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_lost_answer_of_slack_is_looked_up_and_not_sent_again(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.slack.drop_after()
    scene.world.confirm(scene.order("stateset", "placed"))
    news = await looks(scene)
    assert len(news.slack) == len(news.telegram) == 1
    assert "repeat" not in news.slack[0]
    assert scene.rows("notifications") == [row for row in scene.rows("notifications") if "sent" in row]


async def test_a_lost_answer_of_telegram_is_repeated_once_and_the_repeat_says_so(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.telegram.drop_after()
    scene.world.confirm(scene.order("stateset", "placed"))
    news = await looks(scene)
    assert ["may be a repeat" in text for text in news.telegram] == [False, True]
    assert len(news.slack) == 1
    verdict = scene.verdict()
    assert (verdict.is_clean, verdict.repeats) == (True, 1)


async def test_two_lost_answers_of_telegram_are_still_only_one_repeat(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.telegram.drop_after(2)
    scene.world.confirm(scene.order("stateset", "placed"))
    news = await looks(scene)
    assert ["may be a repeat" in text for text in news.telegram] == [False, True]


async def test_a_burst_of_forty_changes_obeys_every_limit_and_every_wait(watching: Stage) -> None:
    scene = await watching("stateset", orders=40)
    scene.sandbox.slack.pass_by(3)
    scene.sandbox.slack.rate_limit(seconds=17)
    scene.sandbox.telegram.pass_by(5)
    scene.sandbox.telegram.rate_limit(2, seconds=33)
    for order in scene.world.orders("stateset"):
        scene.world.say(order, "Under review")
    news = await looks(scene, after=10)
    for texts in (news.slack, news.telegram):
        assert len([text for text in texts if "→ Under review" in text]) == 40
    assert scene.sandbox.slack.violations == scene.sandbox.telegram.violations == []
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_an_archived_channel_does_not_hold_up_telegram_and_operators_are_told_once(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("operators.to", "sales")
    await scene.start()
    scene.sandbox.slack.break_destination()
    scene.world.confirm(scene.order("stateset", "placed"))
    scene.world.dispatch(scene.order("stateset", "in_production"))
    texts = [text for _ in range(4) for text in (await scene.look(600)).telegram]
    assert len([text for text in texts if "Status · " in text]) == 1
    assert len([text for text in texts if "Dispatched · " in text]) == 1
    assert len([text for text in texts if "Cannot deliver · ops" in text and "archived" in text]) == 1


async def test_what_waited_for_an_archived_channel_arrives_in_order_once_it_is_open_again(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("operators.to", "sales")
    await scene.start()
    channel = scene.sandbox.slack.channels["C0123456789"]
    channel.is_archived, order = True, scene.order("stateset", "placed")
    scene.world.confirm(order)
    await scene.look(600)
    scene.world.cancel(order)
    await scene.look(600)
    channel.is_archived = False
    slack = (await looks(scene, after=3600)).slack
    assert ["→ Confirmed" in text or "→ Cancelled" in text for text in slack] == [True, True]
    assert "→ Confirmed" in slack[0]


async def test_a_person_who_blocks_the_bot_costs_slack_nothing(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.telegram.block(TELEGRAM_CHAT)
    scene.world.confirm(scene.order("stateset", "placed"))
    slack = (await scene.look()).slack
    assert any("→ Confirmed" in text for text in slack)
    assert any("Cannot deliver · sales" in text for text in slack)


async def test_refused_markup_arrives_as_plain_text(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.slack.refuse_markup()
    scene.sandbox.telegram.refuse_markup()
    scene.world.confirm(scene.order("stateset", "placed"))
    assert (await looks(scene)).is_one_message_with("Status · ", "Pending → Confirmed")


async def test_a_lost_answer_of_slack_before_a_restart_is_looked_up_after_it(watching: Stage) -> None:
    scene = await watching("stateset")
    scene.sandbox.slack.pass_by()  # the card
    scene.sandbox.slack.drop_after()
    scene.world.confirm(scene.order("stateset", "placed"))
    await scene.look()
    assert any("pending" in row for row in scene.rows("notifications"))
    await scene.restart()
    assert (await looks(scene)).is_none
    assert not any("pending" in row for row in scene.rows("notifications"))


async def test_a_group_that_moved_is_followed_and_stays_so_after_a_restart(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.sandbox.telegram.add_room(-5000, "group", "team")
    scene.set("destinations.sales.chat_id", -5000)
    await scene.start()
    scene.sandbox.telegram.migrate(-5000, -1005000)
    scene.world.confirm(scene.order("stateset", "placed"))
    await scene.look()
    await scene.restart()
    scene.world.cancel(scene.order("stateset", "confirmed"))
    await looks(scene)
    places = [(one.place, "Now watching" in one.text) for one in scene.sandbox.telegram.accepted]
    assert places == [("-5000", True), ("-1005000", False), ("-1005000", False)]


async def test_a_group_that_moved_is_not_followed_any_more_once_people_write_another_one(stage: Stage) -> None:
    scene = await stage("stateset")
    for group in (-5000, -6000):
        scene.sandbox.telegram.add_room(group, "group", f"team {group}")
    scene.set("destinations.sales.chat_id", -5000)
    await scene.start()
    scene.sandbox.telegram.migrate(-5000, -1005000)
    scene.world.confirm(scene.order("stateset", "placed"))
    await scene.look()
    scene.set("destinations.sales.chat_id", -6000)
    await scene.restart()
    scene.world.cancel(scene.order("stateset", "confirmed"))
    await looks(scene)
    assert [one.place for one in scene.sandbox.telegram.accepted] == ["-5000", "-1005000", "-6000"]


async def test_what_is_owed_to_a_destination_that_left_the_config_waits_a_day_and_operators_hear_of_it_twice(
    watching: Stage,
) -> None:
    scene = await watching("stateset")
    scene.sandbox.faults["telegram"].add("status", times=None)
    scene.world.confirm(scene.order("stateset", "placed"))
    await scene.look()
    scene.settings["destinations"].pop("sales")
    scene.set("watchlists.all of stateset.notify", [{"to": "ops"}])
    await scene.restart()
    waiting, given_up = (await looks(scene)).slack, (await scene.look(25 * 3600)).slack
    assert [text.splitlines()[0] for text in (*waiting, *given_up)] == [
        "📪 Cannot deliver · sales",
        "☠️ Not delivered · everything owed to sales",
    ]
