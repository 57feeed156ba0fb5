"""Slack: what a message looks like there, what its answers mean, and looking back."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chats._slack_errors import of_lost_answer, reading_verdict, verdict
from bot.chats._text import is_web_address
from bot.chats.slack import Address
from bot.clock import ManualClock
from bot.errors import (
    CannotLookBack,
    ChatBusy,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    MessageRefused,
    SendUnclear,
)
from bot.model.message import Message, Text, When
from bot.model.moment import Moment, from_instant
from bot.model.sending import Part
from bot.ports import Chat
from bot.sandbox._slack_reading import callers, is_too_long, problems, readable, readable_text, stray_brackets
from bot.sandbox.slack import SlackTwin
from tests.chats.harness import alert, built, chat_to, line, message, served, slack_place
from tests.chats.outside import messages

PLACE = slack_place()
SINCE = Moment("2026-01-05T09:00:00Z")
OFFLINE = built("slack", {"bot_token": "xoxb-1"})


@pytest.fixture
def twin() -> SlackTwin:
    return SlackTwin(ManualClock())


@pytest.fixture
async def slack(twin: SlackTwin) -> AsyncIterator[Chat]:
    async with chat_to(twin, "slack") as chat:
        yield chat


def part() -> Part:
    return OFFLINE.compose(alert(), PLACE)[0]


def nodes(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [node for member in value for node in nodes(member)]
    return [value, *nodes(list(value.values()))] if isinstance(value, dict) else []


# What a message looks like


@given(messages, st.booleans())
@settings(max_examples=200)
def test_nothing_from_outside_pings_forges_or_breaks_anything(given_message: Message, repeated: bool) -> None:
    for one in OFFLINE.compose(given_message, PLACE, repeated=repeated):
        text, blocks = one.rich["text"], one.rich["blocks"]
        assert problems(blocks) == []
        assert not is_too_long(blocks)
        assert len(text) <= 4000
        assert callers(text, blocks) == []
        assert stray_brackets(text, blocks) == []
        assert all(is_web_address(node["url"]) for node in nodes(blocks) if node.get("type") == "link")
        assert readable_text(text) == one.plain
        json.dumps(one.rich).encode("utf-8")


def test_an_alert_reads_well() -> None:
    assert readable(part().rich["blocks"]) == "\n".join(
        [
            "🚚 Dispatched · 45001234",
            "Delivery: Tue 24 Nov 2026 → Fri 27 Nov 2026",
            "Line 000010 · ATV320 drive",
            "• DHL JD0146 (https://dhl.example/track?a=1&b=2)",
            "panels (Schneider Electric) · seen Fri 20 Nov 2026, 09:15 CET",
        ]
    )


def test_an_instant_is_a_date_in_the_readers_own_zone() -> None:
    (one,) = OFFLINE.compose(message(line(When(at=Moment("2026-11-24T13:30:00Z"), style="strong"))), PLACE)
    (date,) = [node for node in nodes(one.rich["blocks"]) if node.get("type") == "date"]
    assert (date["timestamp"], date["style"]) == (1795527000, {"bold": True})
    assert date["fallback"] == "Tue 24 Nov 2026, 14:30 CET"


def test_a_headline_with_strong_words_keeps_them_and_one_without_is_strong_as_a_whole() -> None:
    styles = [
        [node.get("style") for node in nodes(one.rich["blocks"][0]) if node.get("text") == " · 1"]
        for head in (line("Source failing", " · 1"), line(alert().headline.spans[0], " · 1"))
        for one in OFFLINE.compose(message(headline=head), PLACE)
    ]
    assert styles == [[{"bold": True}], [None]]


def test_the_footer_is_small_and_holds_no_more_than_slack_allows() -> None:
    when = When(at=Moment("2026-11-24T13:30:00Z"))
    footer = line(*(span for _ in range(9) for span in (Text(text="at "), when)))
    (one,) = OFFLINE.compose(message(footer=footer), PLACE)
    assert one.rich["blocks"][-1]["type"] == "context"
    assert problems(one.rich["blocks"]) == []


# Who is called


@given(messages, st.lists(st.sampled_from(["U0123456789", "W7AB", "S0123456789"]), max_size=10, unique=True))
@settings(max_examples=100)
def test_whoever_the_config_calls_is_called_once_and_nobody_else(given_message: Message, people: list[str]) -> None:
    called = given_message.model_copy(update={"mentions": tuple(people)})
    first, *rest = [callers(one.rich["text"], one.rich["blocks"]) for one in OFFLINE.compose(called, PLACE)]
    tokens = [f"!subteam^{one}" if one.startswith("S") else f"@{one}" for one in people]
    assert first[: len(people)] == tokens
    assert len(first) == 2 * len(people)
    assert not any(rest)


@given(messages)
@settings(max_examples=50)
def test_a_message_that_calls_as_many_as_may_be_is_still_taken(given_message: Message) -> None:
    people = tuple(f"S012345678{number}" for number in range(10))
    for one in OFFLINE.compose(given_message.model_copy(update={"mentions": people}), PLACE):
        assert problems(one.rich["blocks"]) == []
        assert not is_too_long(one.rich["blocks"])
        assert len(one.rich["text"]) <= 4000
        assert readable_text(one.rich["text"]) == one.plain


async def test_a_call_stands_at_the_end_of_the_first_line(slack: Chat, twin: SlackTwin) -> None:
    said = alert().model_copy(update={"mentions": ("U0123456789", "S01")})
    await slack.send(OFFLINE.compose(said, PLACE)[0], PLACE, key="k")
    assert twin.accepted[0].text.split("\n")[0] == "🚚 Dispatched · 45001234 @U0123456789 @S01"


async def test_refused_blocks_call_all_the_same(slack: Chat, twin: SlackTwin) -> None:
    twin.refuse_markup()
    said = alert().model_copy(update={"mentions": ("U0123456789",)})
    await slack.send(OFFLINE.compose(said, PLACE)[0], PLACE, key="k")
    assert twin.pings == ["@U0123456789"]


@pytest.mark.parametrize("person", ["alice", "@alice", "1001", "U1|x", "!here", "C0123456789", ""])
def test_what_is_no_id_of_somebody_calls_nobody(person: str) -> None:
    (one,) = OFFLINE.compose(message().model_copy(update={"mentions": (person,)}), PLACE)
    assert one == OFFLINE.compose(message(), PLACE)[0]


# What goes along


async def test_links_are_not_unfolded_and_the_key_goes_along_unseen(slack: Chat, twin: SlackTwin) -> None:
    await slack.send(part(), PLACE, key="k-1")
    payload = twin.accepted[0].payload
    assert (payload["unfurl_links"], payload["unfurl_media"]) == (False, False)
    assert twin.accepted[0].key == "k-1"


async def test_the_token_is_only_in_the_header(slack: Chat, twin: SlackTwin) -> None:
    await slack.send(part(), PLACE, key="k")
    assert "xoxb" not in json.dumps(twin.calls[0].arguments)


async def test_a_key_that_is_refused_is_left_away(slack: Chat, twin: SlackTwin) -> None:
    await slack.send(part(), PLACE, key="k" * 9000)
    assert [one.key for one in twin.accepted] == [None]


# What answers mean


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("channel_not_found", DestinationBroken),
        ("is_archived", DestinationBroken),
        ("restricted_action_read_only_channel", DestinationBroken),
        ("invalid_auth", ChatRefused),
        ("missing_scope", ChatRefused),
        ("internal_error", SendUnclear),
        ("fatal_error", SendUnclear),
        ("message_limit_exceeded", ChatBusy),
        ("rate_limited", ChatBusy),
        ("msg_too_long", MessageRefused),
        ("a_code_of_next_year", MessageRefused),
    ],
)
def test_a_code_has_its_verdict(code: str, expected: type[Exception]) -> None:
    assert type(verdict(200, {}, {"ok": False, "error": code})) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, ChatBusy), (500, SendUnclear), (503, SendUnclear), (200, SendUnclear), (404, ChatRefused)],
)
def test_a_web_page_is_judged_by_its_status(status: int, expected: type[Exception]) -> None:
    assert type(verdict(status, {}, "<html>")) is expected


def test_a_wait_is_for_the_whole_workspace() -> None:
    busy = verdict(429, {"retry-after": "7"}, {})
    assert isinstance(busy, ChatBusy)
    assert (busy.retry_after, busy.whole_chat) == (7.0, True)


def test_a_missing_scope_is_named() -> None:
    assert "chat:write" in str(verdict(200, {}, {"error": "missing_scope", "needed": "chat:write"}))


def test_refused_blocks_say_where() -> None:
    data = {"error": "invalid_blocks", "response_metadata": {"messages": ["bad [json-pointer:/blocks/0]"]}}
    assert "/blocks/0" in str(verdict(200, {}, data))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aiohttp.ConnectionTimeoutError(), ChatUnreachable),
        (aiohttp.InvalidURL("x"), ChatUnreachable),
        (TimeoutError(), SendUnclear),
        (aiohttp.SocketTimeoutError(), SendUnclear),
        (aiohttp.ServerDisconnectedError(), SendUnclear),
        (ConnectionResetError(), SendUnclear),
    ],
)
def test_only_what_never_connected_was_surely_not_sent(error: OSError, expected: type[Exception]) -> None:
    assert type(of_lost_answer(error, "slack.example")) is expected


@pytest.mark.parametrize(
    ("body", "kind"), [("ok", "text/plain"), ("[]", "application/json"), ("{", "application/json")]
)
async def test_an_answer_that_is_not_slacks_is_unclear(body: str, kind: str) -> None:
    async def strange(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type=kind)

    application = web.Application()
    application.router.add_route("*", "/api/{method}", strange)
    async with served(application) as base:
        chat = built("slack", {"bot_token": "xoxb-1", "base_url": f"{base}/api/"})
        with pytest.raises(SendUnclear):
            await chat.send(part(), PLACE, key="k")
        await chat.close()


async def test_a_channel_the_bot_is_not_in_says_what_to_do(slack: Chat, twin: SlackTwin) -> None:
    twin.add_channel("C2", "private", member=False)
    with pytest.raises(DestinationBroken, match="invite the bot"):
        await slack.send(part(), slack_place("C2"), key="k")


# Looking back


async def test_a_message_whose_answer_was_lost_is_found(slack: Chat, twin: SlackTwin) -> None:
    twin.drop_after()
    with pytest.raises(SendUnclear):
        await slack.send(part(), PLACE, key="lost")
    assert await slack.find(PLACE, key="lost", since=SINCE) == twin.accepted[0].message_id


async def test_a_message_that_never_arrived_is_surely_not_there(slack: Chat, twin: SlackTwin) -> None:
    await slack.send(part(), PLACE, key="other")
    assert await slack.find(PLACE, key="lost", since=SINCE) is None


async def test_a_message_is_found_behind_many_others(slack: Chat, twin: SlackTwin) -> None:
    sent = await slack.send(part(), PLACE, key="early")
    twin.channels["C0123456789"].messages += [{"ts": f"1767603600.{number:06d}"} for number in range(450)]
    assert await slack.find(PLACE, key="early", since=SINCE) == sent


async def test_a_message_that_stands_a_day_back_is_found_for_our_clock_may_have_been_wrong(slack: Chat) -> None:
    sent = await slack.send(part(), PLACE, key="lost")
    a_day_later = from_instant(datetime.fromtimestamp(float(sent), UTC) + timedelta(days=1))
    assert await slack.find(PLACE, key="lost", since=a_day_later) == sent


async def test_what_is_more_than_can_be_read_but_older_than_the_send_proves_that_it_is_not_there(
    slack: Chat, twin: SlackTwin
) -> None:
    twin.channels["C0123456789"].messages += [{"ts": f"1767603600.{number:06d}"} for number in range(2500)]
    two_hours_later = from_instant(datetime.fromtimestamp(1767603600, UTC) + timedelta(hours=2))
    assert await slack.find(PLACE, key="k", since=two_hours_later) is None


async def test_a_history_without_end_cannot_be_read_to_its_end(slack: Chat, twin: SlackTwin) -> None:
    twin.channels["C0123456789"].messages += [{"ts": f"1767603600.{number:06d}"} for number in range(2500)]
    with pytest.raises(CannotLookBack, match="more than 2000"):
        await slack.find(PLACE, key="k", since=SINCE)


async def test_without_the_scope_nobody_can_look_back(slack: Chat, twin: SlackTwin) -> None:
    twin.scopes.discard("channels:history")
    with pytest.raises(CannotLookBack, match="channels:history"):
        await slack.find(PLACE, key="k", since=SINCE)


async def test_looking_back_too_often_has_to_wait(slack: Chat) -> None:
    for _ in range(50):
        await slack.find(PLACE, key="k", since=SINCE)
    with pytest.raises(ChatBusy):
        await slack.find(PLACE, key="k", since=SINCE)


async def test_a_talk_with_a_person_is_read_by_the_id_of_the_talk(slack: Chat, twin: SlackTwin) -> None:
    twin.add_channel("D0ANN", "U0ANN")
    place = slack_place("U0ANN")
    sent = await slack.send(part(), place, key="k")
    assert await slack.find(place, key="k", since=SINCE) == sent


@pytest.mark.parametrize("name", ["#orders", "@ann"])
def test_a_name_is_refused_where_an_id_belongs(name: str) -> None:
    with pytest.raises(ValueError, match=r"write the id, such as C0123456789.*details"):
        Address(channel=name)


def test_an_outage_while_looking_back_can_be_asked_again() -> None:
    assert type(reading_verdict(verdict(503, {}, None))) is ChatUnreachable
    assert type(reading_verdict(verdict(200, {}, {"error": "channel_not_found"}))) is CannotLookBack
    assert type(reading_verdict(verdict(200, {}, {"error": "token_revoked"}))) is ChatRefused
