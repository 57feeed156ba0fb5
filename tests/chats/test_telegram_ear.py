"""Questions asked in Telegram, by polling and at the webhook, and how each is answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.core.menus import menus
from bot.errors import ChatRefused
from bot.sandbox._telegram_refusal import BOT
from bot.sandbox.telegram import TelegramTwin
from tests.chats.hearing import (
    HurriedClock,
    Scene,
    ScriptedDesk,
    button,
    ear_for,
    hearing,
    long_reply,
    pictured,
    reply,
    until,
)

ANN, GROUP, TOPIC = 1001, -1001234567890, 7


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    twin = TelegramTwin(HurriedClock())
    async with hearing(twin, "telegram", twin.listening) as scene:
        yield scene


@pytest.fixture
async def hooked() -> AsyncIterator[Scene]:
    twin = TelegramTwin(HurriedClock())
    async with hearing(twin, "telegram", lambda base: twin.listening(base, over_http=True)) as scene:
        await scene.until(lambda: scene.ear.address is not None)
        twin.delivery.reach = f"{scene.ear.address}/telegram/webhook"
        yield scene


# What is asked


@pytest.mark.parametrize(
    ("said", "via", "text"),
    [
        ("/status 45001234", "command", "status 45001234"),
        ("/STATUS@Order_Status_Bot  45001234", "command", "status 45001234"),
        ("/nonsense x", "command", "nonsense x"),
        ("45001234", "message", "45001234"),
        ("/start", "start", ""),
        ("/start aB_-9", "start", "aB_-9"),
        ("/watch 1\n2", "command", "watch 1\n2"),
        ("/ 45001234", "message", "/ 45001234"),
    ],
)
async def test_everything_said_in_private_is_a_question(scene: Scene, said: str, via: str, text: str) -> None:
    await scene.twin.say(ANN, ANN, said, language="pt-br")
    (asked,) = scene.desk.asked
    assert (asked.via, asked.text, asked.person, asked.language) == (via, text, "1001", "pt")
    assert (asked.place, asked.is_private, asked.is_overheard) == ({"chat_id": ANN}, True, False)


async def test_a_picture_comes_behind_the_answer(scene: Scene) -> None:
    scene.desk.script = lambda _: pictured()
    await scene.twin.say(ANN, ANN, "/history 1 picture")
    await until(lambda: any(one.file for one in scene.twin.accepted))
    assert [one.text for one in scene.twin.accepted if one.file] == ["Since Monday: Placed"]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("/status 1", "status 1"),
        ("/about@order_status_bot", "about"),
        ("@order_status_bot where is 1?", "where is 1?"),
        ("is 1 late, @Order_Status_Bot", "is 1 late,"),
    ],
)
async def test_in_a_group_what_is_said_to_us_is_a_question(scene: Scene, said: str, text: str) -> None:
    await scene.twin.say(ANN, GROUP, said, topic=TOPIC)
    (asked,) = scene.desk.asked
    assert (asked.text, asked.place, asked.own_place) == (text, {"chat_id": GROUP, "topic": TOPIC}, {"chat_id": ANN})
    assert (asked.is_private, asked.is_overheard) == (False, True)


@pytest.mark.parametrize(
    "said", ["45001234", "/status@other_bot 1", "/unknown 1", "hi @order_status_bot2", "/start@x y"]
)
async def test_in_a_group_what_is_said_to_others_is_left_alone(scene: Scene, said: str) -> None:
    await scene.twin.say(ANN, GROUP, said, answers=0)
    await scene.quiet()
    assert (scene.desk.asked, scene.twin.seen) == ([], [])


async def test_a_reply_to_us_is_said_to_us(scene: Scene) -> None:
    (seen,) = (await scene.twin.say(ANN, GROUP, "/status 1")).seen
    await scene.twin.say(ANN, GROUP, "and 2?", reply_to=seen)
    assert scene.desk.texts == ["status 1", "and 2?"]


async def test_a_reply_says_what_it_replies_to_and_where_its_thread_began(scene: Scene) -> None:
    (seen,) = (await scene.twin.say(ANN, GROUP, "/status 1", topic=TOPIC)).seen
    await scene.twin.say(ANN, GROUP, "why", reply_to=seen, topic=TOPIC)
    assert scene.desk.asked[-1].under == (seen.message_id,)
    within = {"message_thread_id": 12, "reply_to_message": {"message_id": 15, "from": BOT}}
    scene.twin.delivery.put("message", _said(ANN, "why", **within))
    await scene.until(lambda: scene.desk.asked[-1].under == ("15", "12"))


async def test_a_press_says_under_which_message_and_is_answered_as_a_reply_to_it(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.via, buttons=(button("Mute", "k"),))
    (first,) = (await scene.twin.say(ANN, GROUP, "/status 1")).seen
    (seen,) = (await scene.twin.press(ANN, "Mute", under=first)).seen
    assert scene.desk.asked[-1].under == (first.message_id,)
    assert json.loads(seen.payload["reply_parameters"])["message_id"] == int(first.message_id)


async def test_an_update_nobody_can_read_holds_up_nothing(scene: Scene) -> None:
    known = {"message_id": 1, "chat": {"id": ANN, "type": "private"}, "from": {"id": ANN}, "text": "y"}
    for wrong in ({"from": 1}, {"chat": {"id": "x"}}, {"chat": ["x"]}, {"text": "\ud800"}, {"reply_to_message": 5}):
        scene.twin.delivery.put("message", known | {"chat": {"id": GROUP, "type": "group"}} | wrong)
    scene.twin.delivery.put("callback_query", {"id": 1, "data": "k"})
    assert (await scene.twin.say(ANN, ANN, "1")).text == "you asked: 1"


async def test_the_menu_is_shown_in_private_and_in_groups(scene: Scene) -> None:
    await scene.until(lambda: len(scene.twin.menus) == 2)
    assert set(scene.twin.menus) == {("all_private_chats", ""), ("all_group_chats", "")}
    assert scene.twin.menus[("all_group_chats", "")] == [{"command": "status", "description": "Where an order is"}]


async def test_everybody_sees_the_menu_in_their_language_and_others_in_english() -> None:
    twin = TelegramTwin(HurriedClock())
    async with hearing(twin, "telegram", twin.listening, menus=menus()) as scene:
        await scene.until(lambda: len(twin.menus) == 8)
        assert {language for _, language in twin.menus} == {"", "fr", "nl", "de"}
        (first, *_) = twin.menus[("all_private_chats", "de")]
        assert first == {"command": "status", "description": "wie es um eine Bestellung steht"}


async def test_a_menu_that_is_refused_does_not_keep_us_from_listening() -> None:
    twin = TelegramTwin(HurriedClock())
    async with hearing(twin, "telegram", twin.listening, menus={"": [("Bad Name", "x")]}):
        assert (await twin.say(ANN, ANN, "1")).text == "you asked: 1"


# How it is answered


async def test_an_answer_in_a_group_stays_in_its_topic_silently_under_the_question(scene: Scene) -> None:
    (seen,) = (await scene.twin.say(ANN, GROUP, "/status 1", topic=TOPIC)).seen
    assert seen.place == f"{GROUP}/{TOPIC}"
    assert json.loads(seen.payload["reply_parameters"])["allow_sending_without_reply"] is True
    assert seen.payload["disable_notification"] == "true"


async def test_a_press_edits_the_message_it_stands_under(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.text, buttons=(button("Next", "k2"),), replaces=True)
    first = await scene.twin.say(ANN, ANN, "list")
    (shown,) = (await scene.twin.press(ANN, "Next")).seen
    assert (shown.replaces, shown.message_id, shown.text) == (True, first.seen[0].message_id, "k2")
    assert [one.text for one in scene.twin.accepted] == ["k2"]


async def test_an_edit_that_changes_nothing_is_done(scene: Scene) -> None:
    scene.desk.script = lambda _: reply("same", buttons=(button("Again", "k"),), replaces=True)
    await scene.twin.say(ANN, ANN, "list")
    assert (await scene.twin.press(ANN, "Again", answers=0)).ack_ms is not None
    await scene.quiet()
    assert len(scene.twin.seen) == 1


async def test_a_message_that_is_gone_is_answered_by_a_new_one(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.text, buttons=(button("Next", "k2"),), replaces=True)
    await scene.twin.say(ANN, ANN, "list")
    scene.twin.rooms[ANN].texts.clear()
    (shown,) = (await scene.twin.press(ANN, "Next")).seen
    assert (shown.replaces, shown.text) == (False, "k2")


async def test_a_lost_edit_is_made_again(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.text, buttons=(button("Next", "k2"),), replaces=True)
    await scene.twin.say(ANN, ANN, "list")
    scene.twin.error_before()
    assert (await scene.twin.press(ANN, "Next")).text == "k2"


async def test_buttons_stand_in_rows_that_can_be_read(scene: Scene) -> None:
    labels = ["Check now", "Mute 1 h", "Mute 1 d", "Mute until it changes"]
    scene.desk.script = lambda _: reply("x", buttons=tuple(button(label, label[:20]) for label in labels))
    (seen,) = (await scene.twin.say(ANN, ANN, "1")).seen
    rows = json.loads(seen.payload["reply_markup"])["inline_keyboard"]
    assert [[one["text"] for one in row] for row in rows] == [labels[:3], labels[3:]]


async def test_a_long_answer_comes_in_parts_with_the_buttons_under_the_last(scene: Scene) -> None:
    scene.desk.script = lambda _: long_reply(buttons=(button("More", "k"),))
    await scene.twin.say(ANN, ANN, "1")
    await scene.until(lambda: bool(scene.twin.seen[-1].buttons), within=15)
    text = "\n".join(one.text for one in scene.twin.seen)
    assert [f"item {number:04d}" in text for number in range(700)] == [True] * 700
    assert scene.twin.violations == []


async def test_refused_markup_is_answered_in_plain_words(scene: Scene) -> None:
    scene.twin.refuse_markup()
    (seen,) = (await scene.twin.say(ANN, ANN, "1")).seen
    assert "parse_mode" not in seen.payload


async def test_a_group_that_moved_is_answered_at_its_new_place(scene: Scene) -> None:
    scene.twin.add_room(-5, "group", "old")
    scene.twin.migrate(-5, -1009)
    await scene.twin.say(ANN, -5, "/status 1", answers=0)
    (seen,) = await scene.twin.until_seen(1, place="-1009")
    assert seen.text == "you asked: status 1"


async def test_who_blocks_the_bot_while_it_answers_stops_nobody_else(scene: Scene) -> None:
    scene.twin.add_room(2002, "private", "bob")
    scene.twin.block(ANN)
    await scene.twin.say(ANN, ANN, "1", answers=0)
    assert (await scene.twin.say(2002, 2002, "2")).text == "you asked: 2"


async def test_one_that_hangs_holds_up_nobody_else_and_is_not_confirmed(scene: Scene) -> None:
    scene.desk.hangs.clear()
    await scene.twin.say(ANN, ANN, "slow", answers=0)
    await scene.twin.say(ANN, ANN, "second", answers=0)
    await scene.until(lambda: len(scene.desk.asked) == 2)
    assert len(scene.twin.delivery.unconfirmed) == 2
    scene.desk.hangs.set()
    await scene.until(lambda: scene.twin.delivery.unconfirmed == [])
    assert (len(scene.desk.asked), scene.twin.violations) == (2, [])


async def test_what_was_answered_is_confirmed_at_the_end(scene: Scene) -> None:
    scene.desk.hangs.clear()
    await scene.twin.say(ANN, ANN, "last", answers=0)
    await scene.until(lambda: scene.desk.texts == ["last"])
    scene.stop.set()
    await scene.quiet()
    scene.desk.hangs.set()
    await asyncio.wait_for(scene.running, 5)
    assert ([one.text for one in scene.twin.seen], scene.twin.delivery.unconfirmed) == (["you asked: last"], [])


# Polling


@pytest.mark.parametrize("kind", ["reset", "cut", "html", "status", "drop_after", "empty", "garbled"])
async def test_polls_that_fail_are_made_again(kind: Any) -> None:
    twin = TelegramTwin(HurriedClock())
    async with hearing(twin, "telegram", twin.listening) as scene:
        await scene.until(lambda: any(call.method == "getUpdates" for call in twin.calls))
        twin._faults.add(kind=kind, path="getUpdates")
        await twin.say(ANN, ANN, "1", answers=0)
        await twin.say(ANN, ANN, "2", answers=0)
        await scene.until(lambda: len(twin.seen) == 2)
        assert [one.text for one in twin.seen] == ["you asked: 1", "you asked: 2"]


async def test_a_second_poller_ends_exactly_one_with_a_clear_message(scene: Scene) -> None:
    second = ear_for("telegram", scene.twin.listening(scene.base), scene.twin._clock)
    other = asyncio.create_task(second.listen(ScriptedDesk(), scene.stop))
    done, left = await asyncio.wait((scene.running, other), timeout=15, return_when=asyncio.FIRST_COMPLETED)
    assert isinstance(done.pop().exception(), ChatRefused)
    await scene.quiet()
    assert not left.pop().done()


async def test_another_poller_that_comes_and_goes_now_and_then_ends_nothing(scene: Scene) -> None:
    delivery = scene.twin.delivery
    for number in range(3):
        await scene.until(lambda: delivery._poll is not None and not delivery._poll.done())
        await delivery.get({})
        assert (await scene.twin.say(ANN, ANN, str(number))).text == f"you asked: {number}"


async def test_a_webhook_that_is_left_over_is_taken_down() -> None:
    twin = TelegramTwin(HurriedClock())
    twin.delivery.set_webhook({"url": "https://old.example/"})
    async with hearing(twin, "telegram", twin.listening):
        assert (await twin.say(ANN, ANN, "1")).text == "you asked: 1"


async def test_a_refused_token_ends_listening_and_says_which(scene: Scene) -> None:
    scene.twin.revoke_token()
    await scene.twin.say(ANN, ANN, "1", answers=0, patience=0.1)
    with pytest.raises(ChatRefused, match="`bot_token`"):
        await asyncio.wait_for(scene.running, 5)


async def test_listening_ends_at_once_when_told_to(scene: Scene) -> None:
    scene.stop.set()
    await asyncio.wait_for(scene.running, 2)


def test_where_questions_are_not_wanted_nobody_listens() -> None:
    assert ear_for("telegram", {"bot_token": "1:x", "questions": False}) is None


# The webhook


async def test_at_the_webhook_everything_is_asked_the_same_way(hooked: Scene) -> None:
    hooked.desk.script = lambda question: reply(question.text, buttons=(button("B", "key"),))
    assert (await hooked.twin.say(ANN, ANN, "/status 1")).text == "status 1"
    assert (await hooked.twin.press(ANN, "B")).text == "key"
    await hooked.until(lambda: hooked.twin.delivery.statuses == [200, 200])


async def test_a_delivery_is_confirmed_when_it_is_safe_before_it_is_answered(hooked: Scene) -> None:
    hooked.desk.hangs.clear()
    await hooked.twin.say(ANN, ANN, "check 1", answers=0)
    assert (hooked.twin.delivery.statuses, hooked.twin.seen) == ([200], [])


async def test_a_delivery_that_is_not_safe_yet_is_asked_for_again_and_answered_once(hooked: Scene) -> None:
    hooked.desk.hangs.clear()
    hooked.desk.notes = False
    number = hooked.twin.delivery.put("message", _said(ANN, "check 1"))
    await hooked.until(lambda: 503 in hooked.twin.delivery.statuses)
    assert hooked.twin.delivery.unconfirmed == [number]
    hooked.desk.hangs.set()
    await hooked.until(lambda: hooked.twin.delivery.unconfirmed == [])
    assert [one.text for one in hooked.twin.seen] == ["you asked: check 1"]


@pytest.mark.parametrize("secret", ["", "wrong", "é"])
async def test_a_delivery_without_the_secret_has_no_effect(hooked: Scene, secret: str) -> None:
    await hooked.until(lambda: bool(hooked.twin.delivery._webhook))
    message = hooked.twin._message(ANN, None) | {"from": {"id": ANN}, "text": "1"}
    assert await hooked.twin.delivery.post({"update_id": 1, "message": message}, secret) == 401
    assert (hooked.desk.asked, hooked.ear.refused) == ([], {"forged": 1})


async def test_a_delivery_that_is_no_json_is_refused(hooked: Scene) -> None:
    await hooked.until(lambda: bool(hooked.twin.delivery._webhook))
    headers = {"X-Telegram-Bot-Api-Secret-Token": hooked.twin.delivery._webhook["secret_token"]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(hooked.twin.delivery.reach, data=b"{", headers=headers) as response,
    ):
        assert response.status == 400


async def test_a_webhook_that_telegram_refuses_ends_listening() -> None:
    twin = TelegramTwin(HurriedClock())
    settings = {"webhook_url": "http://bot.example/telegram/webhook", "listen": "127.0.0.1:0"}
    async with hearing(twin, "telegram", lambda base: twin.settings(base) | settings) as scene:
        with pytest.raises(ChatRefused, match="`webhook_url`"):
            await asyncio.wait_for(scene.running, 5)


def _said(chat: int, text: str, **more: Any) -> dict[str, Any]:
    """A message as Telegram delivers it."""
    return {"message_id": 99, "chat": {"id": chat, "type": "private"}, "from": {"id": chat}, "text": text, **more}
