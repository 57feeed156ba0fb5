"""What ports.Chat promises, held against every file in bot/chats/. A kind that speaks to a server has a twin."""

from typing import Any

import pytest

from bot.errors import (
    CannotLookBack,
    ChatBusy,
    ChatError,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    MessageGone,
    MessageRefused,
    SendUnclear,
)
from bot.model.message import Message
from tests.chats.harness import alert, built, line, message, served
from tests.contracts.chat_scene import KINDS, SINCE, WITH_SERVER, Scene, every_chat, every_server, place_in, twin_of

ITEMS = [f"item {number:04d} of the order" for number in range(1500)]
NASTY = "<!channel> <@U123> @alice </b> <b>x</i> &amp; *b* `c` ~s~ <https://evil.example|DHL> \x1b[31m \u202ergnitset 🏷️"


def test_every_chat_but_the_console_is_held_against_a_server() -> None:
    assert set(KINDS) - set(WITH_SERVER) == {"console"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_chat_says_its_own_kind(kind: str) -> None:
    settings = twin_of(kind).settings("http://127.0.0.1:1") if kind in WITH_SERVER else {}
    assert built(kind, settings).kind == kind


@every_chat
async def test_the_shortest_message_is_one_part(scene: Scene) -> None:
    assert len(scene.chat.compose(Message(headline=line()), scene.place)) == 1


@every_chat
async def test_the_same_message_always_gives_the_same_parts(scene: Scene) -> None:
    assert scene.chat.compose(alert(), scene.place) == scene.chat.compose(alert(), scene.place)


@every_chat
async def test_a_split_keeps_every_line_in_its_order(scene: Scene) -> None:
    parts = scene.chat.compose(message(*ITEMS), scene.place)
    lines = [text for part in parts for text in part.plain.split("\n") if text.startswith("item")]
    assert lines == ITEMS


@every_chat
async def test_every_part_begins_with_what_it_is_about(scene: Scene) -> None:
    parts = scene.chat.compose(message(*ITEMS), scene.place)
    assert all("Dispatched · 45001234" in part.plain.split("\n")[0] for part in parts)


@every_chat
async def test_a_repeat_says_so_and_falls_into_the_same_parts(scene: Scene) -> None:
    first = scene.chat.compose(message(*ITEMS), scene.place)
    again = scene.chat.compose(message(*ITEMS), scene.place, repeated=True)
    assert [part.plain.split("\n")[1:] for part in first] == [part.plain.split("\n")[1:] for part in again]
    assert all("(may be a repeat)" in part.plain.split("\n")[0] for part in again)


@every_chat
async def test_close_may_be_called_twice(scene: Scene) -> None:
    await scene.send()
    await scene.chat.close()
    await scene.chat.close()


@every_chat
async def test_a_message_sent_has_an_id(scene: Scene) -> None:
    assert await scene.send()


@every_chat
async def test_two_messages_have_two_ids(scene: Scene) -> None:
    assert await scene.send(key="a") != await scene.send(key="b")


@every_chat
async def test_a_message_can_be_found_or_the_chat_says_that_it_cannot(scene: Scene) -> None:
    sent = await scene.send(key="mine")
    await scene.send(key="other")
    try:
        found = await scene.chat.find(scene.place, key="mine", since=SINCE)
    except CannotLookBack:
        return
    assert found == sent


@every_chat
async def test_a_message_sent_under_another_can_be_found_or_the_chat_says_that_it_cannot(scene: Scene) -> None:
    parent = await scene.send(key="parent")
    sent = await scene.send(key="mine", under=parent)
    try:
        found = await scene.chat.find(scene.place, key="mine", since=SINCE, under=parent)
    except CannotLookBack:
        return
    assert found == sent


@every_chat
async def test_a_message_goes_under_any_message_and_may_be_said_aloud(scene: Scene) -> None:
    parent = await scene.send(key="parent")
    part = scene.part(message("aloud"))
    assert await scene.chat.send(part, scene.place, key="reply", under=parent, aloud=True) != parent


@every_chat
async def test_the_same_edit_twice_is_no_trouble(scene: Scene) -> None:
    sent = await scene.send()
    await scene.edit(sent, "as it is now")
    await scene.edit(sent, "as it is now")


@every_server
async def test_a_reply_stands_under_its_message(scene: Scene) -> None:
    parent = await scene.send(key="parent")
    await scene.send(key="reply", under=parent)
    assert [one.under for one in scene.twin.accepted] == [None, parent]


@every_server
async def test_an_edit_shows_in_the_place_of_what_was_said(scene: Scene) -> None:
    sent = await scene.send(message("first"))
    await scene.send(message("another"), key="k2")
    await scene.edit(sent, "second")
    shown = scene.twin.accepted[0]
    assert (shown.message_id, len(scene.twin.accepted), len(shown.said)) == (sent, 2, 1)
    assert "second" in shown.text
    assert "first" in shown.said[0]


@every_server
async def test_an_edit_of_a_deleted_message_says_that_it_is_gone(scene: Scene) -> None:
    sent = await scene.send()
    scene.twin.delete(sent)
    with pytest.raises(MessageGone):
        await scene.edit(sent, "second")


@every_server
async def test_a_reply_to_a_deleted_message_still_arrives(scene: Scene) -> None:
    parent = await scene.send(key="parent")
    scene.twin.delete(parent)
    sent = await scene.send(key="reply", under=parent)
    assert [(one.message_id, one.under) for one in scene.twin.accepted] == [(sent, None)]


@every_server
async def test_an_edit_whose_answer_is_lost_may_be_repeated(scene: Scene) -> None:
    sent = await scene.send()
    scene.twin.drop_after()
    with pytest.raises(ChatUnreachable):
        await scene.edit(sent, "second")
    await scene.edit(sent, "second")
    assert "second" in scene.twin.accepted[0].text


@every_server
async def test_an_edit_of_refused_markup_is_made_in_plain_words(scene: Scene) -> None:
    sent = await scene.send()
    scene.twin.refuse_markup()
    await scene.edit(sent, "second")
    assert "second" in scene.twin.accepted[0].text


@every_server
async def test_a_request_to_wait_with_an_edit_is_passed_on_exactly(scene: Scene) -> None:
    sent = await scene.send()
    scene.twin.rate_limit(1, seconds=17)
    with pytest.raises(ChatBusy) as caught:
        await scene.edit(sent, "second")
    assert caught.value.retry_after == 17


@every_server
async def test_keeping_the_limits_of_edits_meets_no_refusal(scene: Scene) -> None:
    sent = await scene.send()
    slowest = max(limit.rate.seconds / limit.rate.events for limit in scene.chat.edit_limits(scene.place))
    for number in range(60):
        await scene.twin._clock.advance(slowest)
        await scene.edit(sent, f"state {number}")
    assert scene.twin.violations == []
    assert "state 59" in scene.twin.accepted[0].text


@every_server
async def test_all_parts_of_a_long_message_are_taken_within_the_limits(scene: Scene) -> None:
    for part in scene.chat.compose(message(*ITEMS, "x" * 10_000, "wide 🏷️ " * 900), scene.place):
        await _sent_in_time(scene, part)
    assert scene.twin.violations == []
    assert all(any(item in one.text for one in scene.twin.accepted) for item in ITEMS)


async def _sent_in_time(scene: Scene, part: Any) -> None:
    await scene.twin._clock.advance(4.0)  # the pace is the notifier's concern
    await scene.chat.send(part, scene.place, key="k")


@every_server
async def test_what_comes_from_outside_stands_there_as_words(scene: Scene) -> None:
    await scene.send(message(NASTY, headline=NASTY, footer=line(NASTY)))
    text = scene.twin.accepted[0].text.replace("\u2060", "")
    assert text.count("</b> <b>x</i> &amp; *b* `c` ~s~ <https://evil.example|DHL>") == 3
    assert scene.twin.pings == []
    assert scene.twin.violations == []


@every_server
async def test_a_request_to_wait_is_passed_on_exactly(scene: Scene) -> None:
    scene.twin.rate_limit(1, seconds=17)
    with pytest.raises(ChatBusy) as caught:
        await scene.send()
    assert caught.value.retry_after == 17
    assert scene.twin.accepted == []


@every_server
async def test_a_lost_answer_is_unclear_and_not_repeated(scene: Scene) -> None:
    scene.twin.drop_after()
    with pytest.raises(SendUnclear):
        await scene.send()
    assert len(scene.twin.accepted) == 1


@every_server
async def test_a_server_error_after_acceptance_is_unclear(scene: Scene) -> None:
    scene.twin.error_after()
    with pytest.raises(SendUnclear):
        await scene.send()
    assert len(scene.twin.accepted) == 1


@every_server
async def test_a_gateways_web_page_is_unclear(scene: Scene) -> None:
    scene.twin.error_before()
    with pytest.raises(SendUnclear):
        await scene.send()


@every_server
async def test_a_refused_token_refuses_the_whole_chat(scene: Scene) -> None:
    scene.twin.revoke_token()
    with pytest.raises(ChatRefused, match="bot_token"):
        await scene.send()


@every_server
async def test_a_closed_destination_is_broken_alone(scene: Scene) -> None:
    scene.twin.break_destination()
    with pytest.raises(DestinationBroken):
        await scene.send()


@every_server
async def test_refused_markup_is_sent_again_in_plain_words(scene: Scene) -> None:
    scene.twin.refuse_markup()
    await scene.send()
    assert "Dispatched · 45001234" in scene.twin.accepted[0].text
    assert "JD0146 (https://dhl.example/track?a=1&b=2)" in scene.twin.accepted[0].text


@every_server
async def test_what_is_refused_as_plain_words_too_is_refused_for_good(scene: Scene) -> None:
    scene.twin.refuse_message(2)
    with pytest.raises(MessageRefused):
        await scene.send()
    assert len(scene.twin.calls) == 2


@pytest.mark.parametrize("kind", WITH_SERVER)
async def test_where_nobody_listens_nothing_was_sent(kind: str) -> None:
    twin = twin_of(kind)
    async with served(twin.application()) as base:
        pass  # and gone again: the port is surely free
    chat = built(kind, twin.settings(base))
    scene = Scene(chat, place_in(kind, twin.address()), twin)
    with pytest.raises(ChatUnreachable):
        await scene.send()
    with pytest.raises(ChatUnreachable):
        await chat.check()
    await chat.close()


@every_server
async def test_no_error_and_no_picture_of_a_chat_holds_its_token(scene: Scene) -> None:
    token = scene.twin.settings("http://127.0.0.1:1")["bot_token"]
    said = []
    for trouble in (scene.twin.drop_after, scene.twin.error_before, scene.twin.revoke_token):
        trouble()
        with pytest.raises(ChatError) as caught:
            await scene.send()
        said += [str(caught.value), repr(caught.value), repr(caught.value.__cause__), repr(scene.chat)]
    assert not any(token in words for words in said)


@every_chat
async def test_a_chat_that_takes_our_token_says_who_we_are(scene: Scene) -> None:
    assert await scene.chat.check()


@every_server
async def test_a_check_is_refused_with_the_token(scene: Scene) -> None:
    scene.twin.revoke_token()
    with pytest.raises(ChatRefused):
        await scene.chat.check()


@every_server
async def test_the_limit_of_the_whole_chat_comes_first(scene: Scene) -> None:
    assert scene.chat.limits(scene.place)[0].key == scene.chat.kind


@every_server
async def test_sends_to_one_place_share_its_limits(scene: Scene) -> None:
    limits = scene.chat.limits(scene.place)
    assert limits == scene.chat.limits(scene.place)
    assert all(limit.key.startswith(scene.chat.kind) for limit in limits)


@every_server
async def test_keeping_the_limits_meets_no_refusal_in_a_burst(scene: Scene) -> None:
    part = scene.chat.compose(message(), scene.place)[0]
    slowest = max(limit.rate.seconds / limit.rate.events for limit in scene.chat.limits(scene.place))
    for number in range(60):
        await scene.chat.send(part, scene.place, key=str(number))
        await scene.twin._clock.advance(slowest)
    assert scene.twin.violations == []
    assert len(scene.twin.accepted) == 60
