"""The twins of Slack and Telegram are as strict as the platforms, so that what passes here passes there."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.clock import ManualClock
from bot.sandbox._slack_reading import callers, problems, readable_text, stray_brackets
from bot.sandbox._telegram_html import CannotParse, read_html, read_plain
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.chats.harness import served

CHANNEL = "C0123456789"


class Caller:
    """Calls methods of a twin as any client would."""

    def __init__(self, session: aiohttp.ClientSession, base: str, twin: Any, clock: ManualClock) -> None:
        self.session = session
        self.base = base
        self.twin = twin
        self.clock = clock

    async def __call__(self, method: str, **arguments: Any) -> dict[str, Any]:
        """The answer to JSON, in which `status` stands for the HTTP status."""
        headers = {"Authorization": "Bearer xoxb-sandbox"}
        async with self.session.post(f"{self.base}{method}", json=arguments, headers=headers) as response:
            return {"status": response.status, **await response.json()}


@pytest.fixture
async def slack() -> AsyncIterator[Caller]:
    clock = ManualClock()
    twin = SlackTwin(clock)
    async with served(twin.application()) as base, aiohttp.ClientSession() as session:
        yield Caller(session, f"{base}/api/", twin, clock)


@pytest.fixture
async def telegram() -> AsyncIterator[Caller]:
    clock = ManualClock()
    twin = TelegramTwin(clock)
    async with served(twin.application()) as base, aiohttp.ClientSession() as session:
        yield Caller(session, f"{base}/bot{twin.settings('')['bot_token']}/", twin, clock)


# Telegram's HTML


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("é<x>", 'Unsupported start tag "x" at byte offset 2'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<br>", 'Unsupported start tag "br" at byte offset 0'),
        ("<b", "Unclosed start tag at byte offset 0"),
        ("</b>", "Unexpected end tag at byte offset 0"),
        ("<b></b", "Unclosed end tag at byte offset 3"),
        ("<b><i></b></i>", 'Unmatched end tag at byte offset 6, expected "</i>", found "</b>"'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ('<a href="x"y">z</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
    ],
)
def test_broken_markup_is_refused_in_telegrams_words(written: str, complaint: str) -> None:
    with pytest.raises(CannotParse) as caught:
        read_html(written)
    assert str(caught.value) == complaint


def test_only_four_entities_have_names() -> None:
    assert read_html("&lt;&gt;&amp;&quot;&#39;&#x27;&nbsp;&apos;").visible == "<>&\"''&nbsp;&apos;"


def test_a_link_is_written_out_behind_its_words() -> None:
    assert read_html('<a href="https://a.example/?x=1&amp;y=2">here</a>!').readable == (
        "here (https://a.example/?x=1&y=2)!"
    )


def test_names_call_people_but_not_in_code() -> None:
    assert read_html("@alice <code>@bob</code> joe@example.com").callers == ["@alice"]
    assert read_plain("hi @alice").callers == ["@alice"]


def test_a_link_to_a_person_calls_them() -> None:
    assert read_html('<a href="tg://user?id=1">x</a>').callers == ["tg://user?id=1"]


# Slack's blocks


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        {"type": "context", "elements": []},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": ""}]},
        {"type": "rich_text", "elements": []},
        {"type": "rich_text", "elements": [{"type": "text", "text": "x"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
        {"type": "nonsense"},
    ],
)
def test_a_block_that_slack_refuses_is_refused(block: dict[str, Any]) -> None:
    assert problems([{"type": "divider"}, block])[0].count("/blocks/1") == 1


def test_more_than_fifty_blocks_are_refused() -> None:
    assert problems([{"type": "divider"}] * 50) == []
    assert problems([{"type": "divider"}] * 51) != []


def test_tokens_are_shown_as_people_see_them() -> None:
    written = "&lt;b&gt; <https://a.example|here> <!date^1^{date}|Tue 24 Nov 2026> <https://b.example>"
    assert readable_text(written) == "<b> here (https://a.example) Tue 24 Nov 2026 https://b.example"


def test_whoever_is_called_is_seen() -> None:
    broadcast = {"type": "broadcast", "range": "here"}
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [broadcast]}]}]
    assert len(callers("<!channel> <@U1> <!date^1^{date}|x> &lt;@U2&gt;", blocks)) == 3


def test_what_is_not_escaped_is_seen() -> None:
    assert stray_brackets("2 < 3", []) == ["2 < 3"]


# Slack's methods


async def test_a_form_is_read_like_json(slack: Caller) -> None:
    metadata = json.dumps({"event_type": "e", "event_payload": {"key": "k"}})
    form = {"token": "xoxb-sandbox", "channel": CHANNEL, "text": "hi", "metadata": metadata}
    async with slack.session.post(f"{slack.base}chat.postMessage", data=form) as response:
        assert (await response.json())["ok"]
    assert slack.twin.accepted[0].key == "k"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C9", "text": "x"}, "channel_not_found"),
        ({"channel": CHANNEL}, "no_text"),
        ({"channel": CHANNEL, "text": "x", "blocks": {"a": 1}}, "invalid_blocks_format"),
        ({"channel": CHANNEL, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_schema"),
        ({"channel": CHANNEL, "text": "x", "metadata": "a"}, "invalid_metadata_format"),
    ],
)
async def test_a_post_that_slack_refuses_is_refused(slack: Caller, arguments: dict[str, Any], error: str) -> None:
    assert (await slack("chat.postMessage", **arguments))["error"] == error
    assert slack.twin.accepted == []


async def test_blocks_that_are_too_long_together_are_refused(slack: Caller) -> None:
    section = {"type": "section", "text": {"type": "plain_text", "text": "x" * 2900}}
    assert (await slack("chat.postMessage", channel=CHANNEL, blocks=[section] * 5))["error"] == "msg_blocks_too_long"


async def test_a_short_burst_passes_and_then_a_wait_is_asked_for(slack: Caller) -> None:
    answers = [await slack("chat.postMessage", channel=CHANNEL, text="x") for _ in range(4)]
    assert [answer["status"] for answer in answers] == [200, 200, 200, 429]
    assert len(slack.twin.violations) == 1


async def test_coming_before_the_end_of_a_wait_is_written_down_for_every_channel(slack: Caller) -> None:
    slack.twin.add_channel("C2", "other")
    slack.twin.rate_limit(1, seconds=5)
    await slack("chat.postMessage", channel=CHANNEL, text="x")
    await slack.clock.advance(4)
    assert (await slack("chat.postMessage", channel="C2", text="x"))["status"] == 429
    assert "1.00 s before the end" in slack.twin.violations[0]


async def test_keeping_a_wait_is_no_violation(slack: Caller) -> None:
    slack.twin.rate_limit(1, seconds=5)
    await slack("chat.postMessage", channel=CHANNEL, text="x")
    await slack.clock.advance(5)
    assert (await slack("chat.postMessage", channel=CHANNEL, text="x"))["ok"]
    assert slack.twin.violations == []


async def test_an_update_replaces_what_people_see(slack: Caller) -> None:
    posted = await slack("chat.postMessage", channel=CHANNEL, text="old")
    assert (await slack("chat.update", channel=CHANNEL, ts=posted["ts"], text="new"))["ok"]
    assert [one.text for one in slack.twin.accepted] == ["new"]
    assert (await slack("chat.update", channel=CHANNEL, ts="1.0", text="x"))["error"] == "message_not_found"


async def test_a_reply_to_a_reply_lands_under_the_root(slack: Caller) -> None:
    root = await slack("chat.postMessage", channel=CHANNEL, text="root")
    reply = await slack("chat.postMessage", channel=CHANNEL, text="reply", thread_ts=root["ts"])
    await slack("chat.postMessage", channel=CHANNEL, text="reply", thread_ts=reply["ts"])
    assert [one.under for one in slack.twin.accepted] == [None, root["ts"], root["ts"]]


async def test_a_ts_that_names_nothing_posts_in_the_channel_and_one_that_is_none_is_refused(slack: Caller) -> None:
    assert (await slack("chat.postMessage", channel=CHANNEL, text="x", thread_ts="1700000000.000001"))["ok"]
    assert slack.twin.accepted[0].under is None
    refused = await slack("chat.postMessage", channel=CHANNEL, text="x", thread_ts="yesterday")
    assert refused["error"] == "invalid_thread_ts"


async def test_updates_and_replies_count_by_themselves(slack: Caller) -> None:
    root = await slack("chat.postMessage", channel=CHANNEL, text="x")
    updates = [await slack("chat.update", channel=CHANNEL, ts=root["ts"], text=f"{n}") for n in range(51)]
    assert (updates[49]["status"], updates[50]["status"]) == (200, 429)
    assert (await slack("conversations.replies", channel=CHANNEL, ts=root["ts"]))["ok"]


async def test_history_shows_payloads_only_when_asked_and_no_replies(slack: Caller) -> None:
    metadata = {"event_type": "e", "event_payload": {"key": "k"}}
    root = await slack("chat.postMessage", channel=CHANNEL, text="x", metadata=metadata)
    await slack("chat.postMessage", channel=CHANNEL, text="reply", thread_ts=root["ts"])
    (bare,) = (await slack("conversations.history", channel=CHANNEL))["messages"]
    (whole,) = (await slack("conversations.history", channel=CHANNEL, include_all_metadata=True))["messages"]
    assert (bare["metadata"], whole["metadata"]) == ({"event_type": "e"}, metadata)
    assert len((await slack("conversations.replies", channel=CHANNEL, ts=root["ts"]))["messages"]) == 2


async def test_who_one_is_can_be_asked(slack: Caller, telegram: Caller) -> None:
    assert (await slack("auth.test"))["user"] == "order-status"
    assert (await telegram("getMe"))["result"]["is_bot"]


async def test_an_unknown_method_is_refused(slack: Caller, telegram: Caller) -> None:
    assert (await slack("chat.shout"))["error"] == "unknown_method"
    assert (await telegram("shout"))["status"] == 404


async def test_a_wrong_token_is_refused(slack: Caller, telegram: Caller) -> None:
    for token, status in (("123:wrong", 401), ("malformed", 404)):
        async with telegram.session.get(f"{telegram.base.rpartition('/bot')[0]}/bot{token}/getMe") as response:
            assert response.status == status
    async with slack.session.post(f"{slack.base}auth.test", headers={"Authorization": "Bearer no"}) as response:
        assert (await response.json())["error"] == "invalid_auth"
    async with slack.session.post(f"{slack.base}auth.test") as response:
        assert (await response.json())["error"] == "not_authed"


# Telegram's methods


@pytest.mark.parametrize(
    ("arguments", "description"),
    [
        ({"chat_id": 1001, "text": " "}, "Bad Request: message text is empty"),
        ({"chat_id": 1001, "text": "😀" * 2049}, "Bad Request: message is too long"),
        ({"chat_id": 5, "text": "x"}, "Bad Request: chat not found"),
        ({"text": "x"}, "Bad Request: chat_id is empty"),
        ({"chat_id": -1001234567890, "message_thread_id": 1, "text": "x"}, "Bad Request: message thread not found"),
    ],
)
async def test_a_message_that_telegram_refuses_is_refused(
    telegram: Caller, arguments: dict[str, Any], description: str
) -> None:
    answer = await telegram("sendMessage", **arguments)
    assert (answer["error_code"], answer["description"]) == (400, description)


async def test_length_counts_after_the_markup_is_read(telegram: Caller) -> None:
    text = "<b>" + "&lt;" * 4096 + "</b>"
    assert (await telegram("sendMessage", chat_id=1001, text=text, parse_mode="HTML"))["ok"]


async def test_a_group_takes_twenty_a_minute(telegram: Caller) -> None:
    for _ in range(20):
        await telegram("sendMessage", chat_id=-1001234567890, text="x")
        await telegram.clock.advance(1)
    answer = await telegram("sendMessage", chat_id=-1001234567890, text="x")
    assert answer["parameters"] == {"retry_after": 40}


async def test_all_chats_together_take_thirty_a_second(telegram: Caller) -> None:
    for number in range(31):
        telegram.twin.add_room(2000 + number, "private", f"person{number}")
    answers = [await telegram("sendMessage", chat_id=2000 + number, text="x") for number in range(31)]
    assert [answer["status"] for answer in answers] == [200] * 30 + [429]


async def test_an_edit_replaces_what_people_see_and_needs_a_difference(telegram: Caller) -> None:
    sent = await telegram("sendMessage", chat_id=1001, text="old")
    number = sent["result"]["message_id"]
    assert (await telegram("editMessageText", chat_id=1001, message_id=number, text="new"))["ok"]
    assert [one.text for one in telegram.twin.accepted] == ["new"]
    same = await telegram("editMessageText", chat_id=1001, message_id=number, text="new")
    assert "message is not modified" in same["description"]


async def test_what_was_never_sent_cannot_be_edited(telegram: Caller) -> None:
    answer = await telegram("editMessageText", chat_id=1001, message_id=99, text="x")
    assert answer["description"] == "Bad Request: message to edit not found"
