"""What happens to one order hangs together: a card with replies in Slack, a chain of replies in Telegram."""

import pytest

from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import is_card
from tests.journeys.conftest import Stage
from tests.journeys.scene import Scene
from tests.journeys.test_chat_trouble import looks


@pytest.fixture
def told_apart(stage: Stage) -> Stage:
    """Operators are told in Telegram, so that Slack shows news of orders alone."""

    async def start(*accounts: str, orders: int = 6) -> Scene:
        scene = await stage(*accounts, orders=orders)
        scene.set("operators.to", "sales")
        return await scene.start()

    return start


def cards(scene: Scene) -> list[Accepted]:
    return [one for one in scene.sandbox.slack.accepted if is_card(one)]


def replies(scene: Scene, card: Accepted) -> list[Accepted]:
    return [one for one in scene.sandbox.slack.accepted if one.under == card.message_id]


async def say(scene: Scene, *words: str) -> None:
    """Let an order that is placed say these words, one after the other, each of them told before the next."""
    order = scene.order("stateset", "placed")
    for word in words:
        scene.world.say(order, word)
        await looks(scene)


async def test_ten_changes_over_two_restarts_are_one_card_kept_current_and_ten_replies(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1", "Step 2", "Step 3")
    await scene.restart()
    await say(scene, "Step 4", "Step 5", "Step 6", "Step 7")
    await scene.restart()
    await say(scene, "Step 8", "Step 9", "Step 10")
    (card,) = cards(scene)
    assert "Step 10" in card.text
    assert ["Step 1" in card.said[0], len(card.said)] == [True, 9]
    assert [f"→ Step {number}" in one.text for number, one in enumerate(replies(scene, card), 1)] == [True] * 10
    assert scene.verdict().is_clean, str(scene.verdict())
    assert scene.sandbox.slack.violations == []


async def test_in_telegram_each_message_answers_the_one_before_it_also_over_a_restart(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1", "Step 2")
    await scene.restart()
    await say(scene, "Step 3")
    first, second, third = (one for one in scene.sandbox.telegram.accepted if "→ Step" in one.text)
    assert (first.under, second.under, third.under) == (None, first.message_id, second.message_id)


async def test_a_card_deleted_by_hand_is_followed_by_a_new_one_with_the_next_change(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1", "Step 2")
    scene.sandbox.slack.delete(cards(scene)[0].message_id)
    await say(scene, "Step 3", "Step 4")
    (card,) = cards(scene)
    assert ["→ Step 3" in one.text or "→ Step 4" in one.text for one in replies(scene, card)] == [True, True]
    assert {row[3] for row in scene.rows("notifications")} == {"sent"}


async def test_a_message_deleted_in_telegram_costs_no_news(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1")
    (told,) = (one for one in scene.sandbox.telegram.accepted if "→ Step 1" in one.text)
    scene.sandbox.telegram.delete(told.message_id)
    await say(scene, "Step 2")
    assert [one.under for one in scene.sandbox.telegram.accepted if "→ Step" in one.text] == [None]


async def test_a_locked_thread_is_left_for_a_new_one(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1")
    scene.sandbox.slack.pass_by(1)
    scene.sandbox.slack.refuse_reply()
    await say(scene, "Step 2")
    assert [len(replies(scene, card)) for card in cards(scene)] == [1, 1]


async def test_where_no_reply_is_taken_at_all_the_news_stands_by_itself(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    for _ in range(2):
        scene.sandbox.slack.pass_by(1)
        scene.sandbox.slack.refuse_reply()
    await say(scene, "Step 1")
    told = [one for one in scene.sandbox.slack.accepted if "→ Step 1" in one.text]
    assert [one.under for one in told] == [None]


async def test_an_edit_that_has_to_wait_holds_back_no_news(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1")
    scene.sandbox.slack.rate_limit(seconds=3600)
    scene.world.say(scene.order("stateset", "placed"), "Step 2")
    news = await looks(scene, after=10)
    assert [("→ Step 2" in text) for text in news.slack] == [True]
    assert "Step 1" in cards(scene)[0].text
    scene.clock.leap(3600)
    await say(scene, "Step 3")
    assert "Step 3" in cards(scene)[0].text


async def test_a_card_whose_answer_was_lost_is_looked_up_and_not_posted_again(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    scene.sandbox.slack.drop_after()
    await say(scene, "Step 1")
    (card,) = cards(scene)
    assert len(replies(scene, card)) == 1


async def test_a_reply_whose_answer_was_lost_is_looked_up_in_its_thread(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    scene.sandbox.slack.pass_by(1)
    scene.sandbox.slack.drop_after()
    await say(scene, "Step 1")
    (card,) = cards(scene)
    assert len(replies(scene, card)) == 1


async def test_without_the_right_to_read_a_lost_card_is_not_posted_again_either(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    scene.sandbox.slack.scopes.discard("channels:history")
    scene.sandbox.slack.drop_after()
    await say(scene, "Step 1")
    assert len(cards(scene)) == 1
    (told,) = (one for one in scene.sandbox.slack.accepted if "→ Step 1" in one.text)
    assert told.under is None
    assert "may be a repeat" in told.text


async def test_what_is_urgent_is_said_aloud(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    order = scene.order("stateset", "placed")
    scene.world.confirm(order)
    await looks(scene)
    scene.world.cancel(order)
    await looks(scene)
    (card,) = cards(scene)
    assert [one.aloud for one in replies(scene, card)] == [False, True]


async def test_a_refused_card_costs_no_news(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    scene.sandbox.slack.refuse_message(2)
    await say(scene, "Step 1")
    told = [one for one in scene.sandbox.slack.accepted if "→ Step 1" in one.text]
    assert ([one.under for one in told], cards(scene)) == ([None], [])


async def test_a_destination_that_wants_no_threads_has_none(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.set("destinations.ops.threads", False)
    scene.set("destinations.sales.threads", False)
    await scene.start()
    await say(scene, "Step 1", "Step 2")
    assert cards(scene) == []
    assert {one.under for one in scene.sandbox.accepted} == {None}


async def test_a_destination_that_moved_to_another_channel_starts_anew(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1")
    scene.sandbox.slack.add_channel("C0999", "other")
    scene.set("destinations.ops.channel", "C0999")
    await scene.restart()
    await say(scene, "Step 2")
    assert [card.place for card in cards(scene)] == ["C0123456789", "C0999"]


async def test_a_group_that_moved_starts_a_new_chain(stage: Stage) -> None:
    scene = await stage("stateset")
    scene.sandbox.telegram.add_room(-5000, "group", "team")
    scene.set("destinations.sales.chat_id", -5000)
    await scene.start()
    await say(scene, "Step 1")
    scene.sandbox.telegram.migrate(-5000, -1005000)
    await say(scene, "Step 2", "Step 3")
    told = [one for one in scene.sandbox.telegram.accepted if "→ Step" in one.text]
    assert [(one.place, one.under) for one in told] == [
        ("-5000", None),
        ("-1005000", None),
        ("-1005000", told[1].message_id),
    ]


async def test_what_is_said_under_a_card_is_about_its_order(told_apart: Stage) -> None:
    scene = await told_apart("stateset")
    await say(scene, "Step 1")
    order = scene.order("stateset", "placed")
    behind = await scene.app.storage.notification_behind("ops", cards(scene)[0].message_id)
    assert behind is not None
    assert behind.order == order.number
