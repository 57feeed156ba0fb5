"""Questions asked in Slack, over real sockets and signed requests, and how each is answered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.errors import ChatRefused
from bot.sandbox.slack import SlackTwin
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

CHANNEL, ANN, BOB = "C0123456789", "U0ANN", "U0BOB"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    twin = SlackTwin(HurriedClock())
    async with hearing(twin, "slack", twin.listening) as scene:
        await twin.delivery.until_connected()
        yield scene


@pytest.fixture
async def http() -> AsyncIterator[Scene]:
    twin = SlackTwin(HurriedClock())
    async with hearing(twin, "slack", lambda base: twin.listening(base, over_http=True)) as scene:
        await scene.until(lambda: scene.ear.address is not None)
        twin.delivery.post_to = f"{scene.ear.address}/slack/events"
        yield scene


# What is asked


async def test_a_command_is_asked_as_it_was_typed(scene: Scene) -> None:
    scene.twin.zones[ANN] = "Europe/Paris"
    heard = await scene.twin.slash(ANN, CHANNEL, "status 45001234")
    (asked,) = scene.desk.asked
    assert heard.text == "you asked: status 45001234"
    assert (asked.person, asked.place, asked.via, asked.is_private) == (ANN, {"channel": CHANNEL}, "command", False)
    assert (asked.timezone, asked.language, asked.own_place) == ("Europe/Paris", "en", {"channel": ANN})


async def test_the_zone_of_a_person_is_asked_for_once(scene: Scene) -> None:
    for _ in range(3):
        await scene.twin.slash(ANN, CHANNEL, "list")
    assert [call.method for call in scene.twin.calls].count("users.info") == 1


async def test_an_answer_to_a_command_is_seen_by_nobody_else(scene: Scene) -> None:
    (seen,) = (await scene.twin.slash(ANN, CHANNEL, "list")).seen
    assert (seen.person, scene.twin.accepted) == (ANN, [])


async def test_a_picture_of_a_private_answer_goes_to_the_person_alone(scene: Scene) -> None:
    scene.desk.script = lambda _: pictured()
    await scene.twin.slash(ANN, CHANNEL, "history 1 picture")
    await until(lambda: any(one.file for one in scene.twin.accepted))
    (shown,) = [one for one in scene.twin.accepted if one.file]
    assert (shown.place, shown.text) == (ANN, "Since Monday: Placed")


async def test_a_public_answer_is_seen_by_everybody(scene: Scene) -> None:
    scene.desk.script = lambda _: reply("for all", is_public=True)
    (seen,) = (await scene.twin.slash(ANN, CHANNEL, "list")).seen
    assert seen.person is None


async def test_a_mention_in_a_thread_is_answered_in_the_thread(scene: Scene) -> None:
    (seen,) = (await scene.twin.mention(ANN, CHANNEL, "status &lt;1&gt; <tel:450|450>", thread="17.1")).seen
    assert (scene.desk.texts, scene.desk.asked[0].via) == (["status <1> 450"], "message")
    assert (seen.thread, seen.person) == ("17.1", ANN)
    assert scene.desk.asked[0].under == ("17.1",)


async def test_a_press_in_a_thread_is_answered_in_the_thread(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.via, buttons=(button("Why", "k"),))
    await scene.twin.mention(ANN, CHANNEL, "status 1", thread="17.1")
    (seen,) = (await scene.twin.press(ANN, "Why")).seen
    assert (seen.text, seen.thread) == ("button", "17.1")


async def test_a_direct_message_is_a_private_question(scene: Scene) -> None:
    heard = await scene.twin.write(ANN, "45001234")
    (asked,) = scene.desk.asked
    assert (asked.text, asked.place, asked.is_private) == ("45001234", {"channel": ANN}, True)
    assert heard.text == "you asked: 45001234"


@pytest.mark.parametrize(
    "extra", [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"user": "U0BOT000000"}, {"channel_type": "channel"}]
)
async def test_what_nobody_asked_us_is_left_alone(scene: Scene, extra: dict[str, str]) -> None:
    event = {"type": "message", "channel_type": "im", "user": ANN, "channel": "D1", "text": "x", **extra}
    ack = await scene.twin.delivery.deliver("events_api", {"type": "event_callback", "event_id": "E", "event": event})
    await scene.quiet()
    assert ack.ms is not None
    assert scene.desk.asked == []


async def test_opening_the_home_tab_shows_my_orders_there(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(f"{question.via} {question.text}")
    await scene.twin.open_home(ANN)
    assert scene.twin.homes[ANN].text == "home list mine"


async def test_a_home_tab_shows_as_much_as_has_room(scene: Scene) -> None:
    scene.desk.script = lambda _: reply(*map(str, range(120)))
    await scene.twin.open_home(ANN)
    assert scene.twin.homes[ANN].text.split("\n") == [str(number) for number in range(100)]


async def test_a_button_in_the_home_tab_renews_it(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.via, buttons=(button("Next", "n2"),), replaces=True)
    await scene.twin.open_home(ANN)
    await scene.twin.press(ANN, "Next")
    assert scene.twin.homes[ANN].text == "button"


async def test_another_command_of_the_app_is_told_which_one_to_use(scene: Scene) -> None:
    heard = await scene.twin.slash(ANN, CHANNEL, "x", command="/other")
    assert "/order help" in heard.text
    assert scene.desk.asked == []


async def test_what_nobody_handles_is_acknowledged(scene: Scene, http: Scene) -> None:
    payload = {"type": "shortcut", "callback_id": "x", "user": {"id": ANN}, "team": {"id": "T1"}}
    for one in (scene, http):
        assert (await one.twin.delivery.deliver("interactive", payload)).ms is not None


# How it is answered


async def test_a_pressed_button_asks_its_key_and_replaces_its_message(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(question.text, buttons=(button("Next page", "k1"),), replaces=True)
    first = await scene.twin.slash(ANN, CHANNEL, "list")
    (shown,) = (await scene.twin.press(ANN, "Next page")).seen
    assert (shown.replaces, shown.message_id, shown.text) == (True, first.seen[0].message_id, "k1")
    assert scene.desk.asked[1].via == "button"


async def test_a_long_answer_comes_in_parts_with_the_buttons_under_the_last(scene: Scene) -> None:
    scene.desk.script = lambda _: long_reply(buttons=(button("More", "k"),))
    await scene.twin.slash(ANN, CHANNEL, "status 1")
    await scene.until(lambda: bool(scene.twin.seen[-1].buttons))
    text = "\n".join(one.text for one in scene.twin.seen)
    assert [f"item {number:04d}" in text for number in range(700)] == [True] * 700
    assert [bool(one.buttons) for one in scene.twin.seen[:-1]] == [False] * (len(scene.twin.seen) - 1)


async def test_an_answer_of_more_than_five_messages_goes_on_without_the_answering_address(scene: Scene) -> None:
    scene.desk.script = lambda _: reply(*"123456")
    heard = await scene.twin.slash(ANN, CHANNEL, "list", answers=6)
    assert [one.text for one in heard.seen] == list("123456")
    assert {one.person for one in heard.seen} == {ANN}
    assert scene.twin.violations == []


async def test_an_answering_address_that_has_expired_is_not_needed(scene: Scene) -> None:
    scene.desk.hangs.clear()
    await scene.twin.slash(ANN, CHANNEL, "list", answers=0)
    for interaction in scene.twin._interactions.values():
        interaction.until -= timedelta(hours=1)
    scene.desk.hangs.set()
    (seen,) = await scene.twin.until_seen(1, person=ANN)
    assert seen.text == "you asked: list"


async def test_where_the_bot_is_no_member_the_person_is_answered_directly(scene: Scene) -> None:
    scene.twin.add_channel("C2", "closed", member=False)
    (seen,) = (await scene.twin.mention(ANN, "C2", "status 1")).seen
    assert (seen.place, seen.text) == (ANN, "you asked: status 1")


async def test_blocks_that_are_refused_are_said_in_plain_words(scene: Scene) -> None:
    scene.twin.refuse_markup()
    (seen,) = (await scene.twin.mention(ANN, CHANNEL, "status 1")).seen
    assert "blocks" not in seen.payload


async def test_a_request_to_wait_is_kept_and_the_answer_comes(scene: Scene) -> None:
    scene.twin.rate_limit(1, seconds=1)
    assert (await scene.twin.slash(ANN, CHANNEL, "list")).text == "you asked: list"


async def test_a_lost_answer_to_a_command_is_said_again(scene: Scene) -> None:
    scene.twin.drop_after()
    heard = await scene.twin.slash(ANN, CHANNEL, "list", answers=2)
    assert [one.person for one in heard.seen] == [ANN, ANN]


async def test_what_all_may_have_read_is_not_said_again_but_its_asker_told(scene: Scene) -> None:
    scene.desk.script = lambda _: reply("for all", is_public=True)
    scene.twin.drop_after()
    heard = await scene.twin.slash(ANN, CHANNEL, "list", answers=2)
    await scene.quiet()
    assert [one.person for one in scene.twin.seen] == [None, ANN]
    assert "ask again" in heard.seen[1].text


async def test_answers_sent_again_use_up_the_answering_address_too(scene: Scene) -> None:
    scene.desk.script = lambda _: reply(*"12345")
    scene.twin.drop_after(2)
    heard = await scene.twin.slash(ANN, CHANNEL, "list", answers=7)
    assert [one.text for one in heard.seen] == list("1112345")
    assert scene.twin.violations == []


async def test_a_press_under_what_all_read_is_answered_privately(scene: Scene) -> None:
    scene.desk.script = lambda question: reply(
        question.via, buttons=(button("Why", "k"),), is_public=question.via != "button", replaces=True
    )
    await scene.twin.slash(ANN, CHANNEL, "status 1 share")
    (seen,) = (await scene.twin.press(BOB, "Why")).seen
    assert (seen.text, seen.person, seen.replaces) == ("button", BOB, False)


# Socket Mode


async def test_a_warning_opens_the_next_connection_before_the_old_one_ends(scene: Scene) -> None:
    refreshing = asyncio.create_task(scene.twin.delivery.refresh("warning", grace=1.0))
    await scene.twin.delivery.until_connected(opened=2)
    assert len(scene.twin.delivery.sockets) == 2
    assert (await scene.twin.slash(ANN, CHANNEL, "during")).ack_ms is not None
    await refreshing
    assert (await scene.twin.slash(ANN, CHANNEL, "after")).ack_ms is not None
    assert scene.twin.delivery.opened == 2


async def test_a_failed_connection_asks_for_a_new_address(scene: Scene) -> None:
    scene.twin._faults.add(kind="status", path="/link/", status=500)
    scene.twin.delivery.drop()
    await scene.twin.delivery.until_connected(opened=2)
    assert [call.method for call in scene.twin.calls].count("apps.connections.open") == 3


@pytest.mark.parametrize("setting", ["bot_token", "app_token"])
async def test_a_refused_token_ends_listening_and_says_which(setting: str) -> None:
    twin = SlackTwin(HurriedClock())
    async with hearing(twin, "slack", lambda base: twin.listening(base) | {setting: "xwrong"}) as scene:
        with pytest.raises(ChatRefused, match=f"`{setting}`"):
            await asyncio.wait_for(scene.running, 5)


async def test_listening_ends_at_once_when_told_to(scene: Scene) -> None:
    scene.stop.set()
    await asyncio.wait_for(scene.running, 2)
    assert scene.twin.delivery.sockets == []


async def test_a_question_being_answered_at_the_end_is_still_answered(scene: Scene) -> None:
    scene.desk.hangs.clear()
    await scene.twin.slash(ANN, CHANNEL, "last", answers=0)
    scene.stop.set()
    await scene.quiet()
    scene.desk.hangs.set()
    assert len(await scene.twin.until_seen(1, person=ANN)) == 1


# HTTP


async def test_over_http_everything_is_asked_the_same_way(http: Scene) -> None:
    http.desk.script = lambda question: reply(question.text, buttons=(button("B", "key"),))
    assert (await http.twin.slash(ANN, CHANNEL, "status 1")).text == "status 1"
    assert (await http.twin.press(ANN, "B")).text == "key"
    assert (await http.twin.mention(ANN, CHANNEL, "due")).text == "due"


async def test_the_address_is_verified_as_slack_asks(http: Scene) -> None:
    ack = await http.twin.delivery.deliver("events_api", {"type": "url_verification", "challenge": "c"})
    assert ack.status == 200


@pytest.mark.parametrize(
    ("header", "value", "reason"),
    [
        ("X-Slack-Signature", "v0=00", "forged"),
        ("X-Slack-Signature", "v0=é", "forged"),
        ("X-Slack-Signature", "", "forged"),
        ("X-Slack-Request-Timestamp", "now", "forged"),
        ("X-Slack-Request-Timestamp", "1700000000", "stale"),
    ],
)
async def test_a_tampered_request_has_no_effect(http: Scene, header: str, value: str, reason: str) -> None:
    request = http.twin.delivery.signed("slash_commands", {"command": "/order", "text": "x", "user_id": ANN})
    request.headers[header] = value
    assert (await http.twin.delivery.post(request)).status == 401
    assert (http.desk.asked, http.ear.refused) == ([], {reason: 1})


async def test_a_body_that_is_no_text_is_forged(http: Scene) -> None:
    request = http.twin.delivery.signed("slash_commands", {"command": "/order"})
    ack = await http.twin.delivery.post(type(request)(request.headers, b"\xff\xfe"))
    assert (ack.status, http.ear.refused["forged"]) == (401, 1)


async def test_a_body_beyond_reason_is_refused(http: Scene) -> None:
    request = http.twin.delivery.signed("slash_commands", {"text": "x" * 600_000})
    assert (await http.twin.delivery.post(request)).status == 413


async def test_an_address_in_use_is_said(http: Scene) -> None:
    listen = http.ear.address.removeprefix("http://")
    second = ear_for("slack", http.twin.listening(http.base, over_http=True) | {"listen": listen})
    with pytest.raises(ChatRefused, match="listen"):
        await asyncio.wait_for(second.listen(ScriptedDesk(), asyncio.Event()), 5)


def test_without_tokens_for_it_nobody_listens() -> None:
    assert ear_for("slack", {"bot_token": "xoxb-1"}) is None


@pytest.mark.parametrize("listen", ["8080", "host:", "host:http", "host:70000", "::1:80"])
def test_an_address_that_cannot_be_listened_on_is_refused_in_the_settings(listen: str) -> None:
    with pytest.raises(ValueError, match=r"host:port"):
        ear_for("slack", {"bot_token": "xoxb-1", "listen": listen})
