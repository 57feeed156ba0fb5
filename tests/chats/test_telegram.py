"""Telegram: what a message looks like there, what its answers mean, and where it goes."""

from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from telegram.error import NetworkError, TimedOut

from bot.chats._telegram_http import Refusal, verdict
from bot.chats._text import is_web_address
from bot.chats.telegram import Address
from bot.clock import ManualClock
from bot.errors import (
    ChatBusy,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
)
from bot.model.message import Message, Text, When
from bot.model.moment import Moment
from bot.model.sending import Part
from bot.ports import Chat
from bot.sandbox._telegram_html import read_html, read_plain
from bot.sandbox.telegram import TelegramTwin
from tests.chats.harness import alert, built, chat_to, line, message, telegram_place
from tests.chats.outside import messages

PLACE = telegram_place(topic=7)
OFFLINE = built("telegram", {"bot_token": "1:x"})


@pytest.fixture
def twin() -> TelegramTwin:
    return TelegramTwin(ManualClock())


@pytest.fixture
async def telegram(twin: TelegramTwin) -> AsyncIterator[Chat]:
    async with chat_to(twin, "telegram") as chat:
        yield chat


def part() -> Part:
    return OFFLINE.compose(alert(), PLACE)[0]


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


# What a message looks like


@given(messages, st.booleans())
@settings(max_examples=200)
def test_nothing_from_outside_pings_forges_or_breaks_anything(given_message: Message, repeated: bool) -> None:
    for one in OFFLINE.compose(given_message, PLACE, repeated=repeated):
        rich, plain = read_html(one.rich["text"]), read_plain(one.plain)
        assert rich.callers == plain.callers == []
        assert max(units(rich.visible), units(plain.visible)) <= 4096
        assert all(is_web_address(url) for _, _, url in rich.links)
        assert _bare(rich.readable) == _bare(plain.visible)


def _bare(text: str) -> str:
    """Without what has no width: it may stand at other places where spans meet."""
    return text.replace("\u2060", "")


def test_an_alert_reads_well() -> None:
    assert part().rich["text"] == "\n".join(
        [
            "🚚 <b>Dispatched</b> · <b>45001234</b>",
            "Delivery: <s>Tue 24 Nov 2026</s> → Fri 27 Nov 2026",
            "Line 000010 · ATV320 drive",
            '    • DHL <a href="https://dhl.example/track?a=1&amp;b=2">JD0146</a>',
            "<i>panels (Schneider Electric) · seen Fri 20 Nov 2026, 09:15 CET</i>",
        ]
    )


def test_a_headline_without_strong_words_is_strong_as_a_whole() -> None:
    assert OFFLINE.compose(message(), PLACE)[0].rich["text"] == "<b>🚚 Dispatched · 45001234</b>"


def test_ten_orders_in_words_that_are_hardly_set_off_are_one_message() -> None:
    dates = [part for at in ("2026-12-28", "2026-11-22") for part in (" · Confirmed · due ", When(at=Moment(at)))]
    row = line(
        Text(text="0045001049 · PO 26-40021", style="strong"), *dates, " · panels · ", When(at=Moment("2026-11-22"))
    )
    assert len(OFFLINE.compose(message(*[row] * 10), PLACE)) == 1


def test_no_message_has_more_set_off_than_telegram_shows() -> None:
    composed = OFFLINE.compose(message(*[line(Text(text="x", style="strong"))] * 300), PLACE)
    assert all(str(one.rich["text"]).count("<b>") <= 100 for one in composed)


def test_a_name_that_is_torn_apart_still_calls_nobody() -> None:
    (one,) = OFFLINE.compose(message(line("@", Text(text="alice", style="strong"))), PLACE)
    assert read_html(one.rich["text"]).callers == []


def test_a_mail_address_stays_as_it_is() -> None:
    assert "joe@example.com" in OFFLINE.compose(message("joe@example.com"), PLACE)[0].rich["text"]


# Who is called, and how loudly


@given(messages, st.lists(st.sampled_from(["1001", "@alice", "@Bob_7", "987654321"]), max_size=10, unique=True))
@settings(max_examples=100)
def test_whoever_the_config_calls_is_called_once_and_nobody_else(given_message: Message, people: list[str]) -> None:
    called = given_message.model_copy(update={"mentions": tuple(people)})
    first, *rest = [read_html(one.rich["text"]) for one in OFFLINE.compose(called, PLACE)]
    tokens = [one if one.startswith("@") else f"tg://user?id={one}" for one in people]
    assert sorted(first.callers) == sorted(tokens)
    assert not any(one.callers for one in rest)
    assert all(units(one.visible) <= 4096 for one in (first, *rest))


async def test_a_call_stands_at_the_end_of_the_first_line(telegram: Chat, twin: TelegramTwin) -> None:
    said = alert().model_copy(update={"mentions": ("1001", "@alice")})
    await telegram.send(OFFLINE.compose(said, PLACE)[0], PLACE, key="k")
    assert twin.accepted[0].text.split("\n")[0] == "🚚 Dispatched · 45001234 @1001 @alice"
    assert sorted(twin.pings) == ["@alice", "tg://user?id=1001"]


@pytest.mark.parametrize("person", ["alice", "@al", "U0123456789", "-100123", '1"><b>', ""])
def test_what_is_no_id_of_somebody_calls_nobody(person: str) -> None:
    (one,) = OFFLINE.compose(message().model_copy(update={"mentions": (person,)}), PLACE)
    assert one == OFFLINE.compose(message(), PLACE)[0]


@pytest.mark.parametrize("is_refused", [False, True])
async def test_what_can_wait_makes_no_sound(telegram: Chat, twin: TelegramTwin, is_refused: bool) -> None:
    if is_refused:
        twin.refuse_markup()
    for said in (alert(), alert().model_copy(update={"is_silent": True})):
        await telegram.send(OFFLINE.compose(said, PLACE)[0], PLACE, key="k")
    sounds = [one.payload.get("disable_notification") for one in twin.accepted]
    assert (sounds[0], str(sounds[1]).lower()) == (None, "true")


# Where it goes


async def test_a_topic_is_named_and_links_are_not_unfolded(telegram: Chat, twin: TelegramTwin) -> None:
    await telegram.send(part(), PLACE, key="k")
    assert twin.accepted[0].place == "-1001234567890/7"
    assert '"is_disabled": true' in twin.accepted[0].payload["link_preview_options"]


async def test_the_general_topic_is_named_by_naming_none(telegram: Chat, twin: TelegramTwin) -> None:
    await telegram.send(part(), telegram_place(topic=1), key="k")
    assert twin.accepted[0].place == "-1001234567890"


async def test_a_topic_that_is_gone_says_what_to_check(telegram: Chat) -> None:
    with pytest.raises(DestinationBroken, match="check `topic`"):
        await telegram.send(part(), telegram_place(topic=99), key="k")


async def test_a_group_that_moved_tells_its_new_address(telegram: Chat, twin: TelegramTwin) -> None:
    twin.migrate(-1001234567890, -1009999999999)
    with pytest.raises(DestinationMoved) as caught:
        await telegram.send(part(), PLACE, key="k")
    assert caught.value.address == {"chat_id": -1009999999999, "topic": 7}
    await telegram.send(part(), PLACE.model_copy(update={"address": caught.value.address}), key="k")
    assert [one.place for one in twin.accepted] == ["-1009999999999"]


async def test_a_person_who_blocked_the_bot_is_a_broken_destination(telegram: Chat, twin: TelegramTwin) -> None:
    twin.block(1001)
    with pytest.raises(DestinationBroken, match="unblock"):
        await telegram.send(part(), telegram_place(1001), key="k")


async def test_an_unknown_chat_says_what_to_check(telegram: Chat) -> None:
    with pytest.raises(DestinationBroken, match="check `chat_id`"):
        await telegram.send(part(), telegram_place(5), key="k")


@pytest.mark.parametrize(("written", "read"), [(-100123, -100123), ("-100123", -100123), ("@orders", "@orders")])
def test_a_chat_is_given_by_number_or_name(written: int | str, read: int | str) -> None:
    assert Address(chat_id=written).chat_id == read


@pytest.mark.parametrize("written", ["orders", "@x", "https://t.me/orders", ""])
def test_anything_else_is_no_chat(written: str) -> None:
    with pytest.raises(ValidationError, match="neither a number"):
        Address(chat_id=written)


def test_groups_are_slower_than_people() -> None:
    person, group, named = (OFFLINE.limits(telegram_place(chat_id)) for chat_id in (1001, -5, "@orders"))
    assert len(person) < len(group) == len(named)


def test_topics_of_a_group_share_its_limits() -> None:
    assert OFFLINE.limits(telegram_place(topic=7)) == OFFLINE.limits(telegram_place(topic=8))


# What answers mean


@pytest.mark.parametrize(
    ("status", "description", "expected"),
    [
        (400, "Bad Request: can't parse entities: Unclosed start tag at byte offset 3", MessageRefused),
        (400, "Bad Request: message is too long", MessageRefused),
        (400, "Bad Request: BUTTON_DATA_INVALID", MessageRefused),
        (400, "Bad Request: chat not found", DestinationBroken),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", DestinationBroken),
        (400, "Bad Request: TOPIC_CLOSED", DestinationBroken),
        (400, "Bad Request: not enough rights to send text messages to the chat", DestinationBroken),
        (403, "Forbidden: bot was kicked from the supergroup chat", DestinationBroken),
        (401, "Unauthorized", ChatRefused),
        (404, "Not Found", ChatRefused),
        (500, "Internal Server Error", SendUnclear),
        (429, "Too Many Requests", ChatBusy),
    ],
)
def test_a_refusal_has_its_verdict(status: int, description: str, expected: type[Exception]) -> None:
    assert type(verdict(Refusal(status, description, {}), host="h")) is expected


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (httpx.ConnectError("x"), ChatUnreachable),
        (httpx.ConnectTimeout("x"), ChatUnreachable),
        (httpx.PoolTimeout("x"), ChatUnreachable),
        (httpx.ReadTimeout("x"), SendUnclear),
        (httpx.WriteTimeout("x"), SendUnclear),
        (httpx.RemoteProtocolError("x"), SendUnclear),
    ],
)
def test_only_what_never_connected_was_surely_not_sent(cause: Exception, expected: type[Exception]) -> None:
    error = TimedOut() if isinstance(cause, httpx.TimeoutException) else NetworkError("x")
    error.__cause__ = cause
    assert type(verdict(error, host="h")) is expected


@pytest.mark.parametrize(("status", "expected"), [(200, SendUnclear), (502, SendUnclear), (404, ChatRefused)])
def test_a_web_page_is_judged_by_its_status(status: int, expected: type[Exception]) -> None:
    assert type(verdict(Refusal(status, "Sign in", {}, foreign=True), host="h")) is expected


def test_a_wait_is_for_one_chat_only() -> None:
    busy = verdict(Refusal(429, "Too Many Requests: retry after 9", {"retry_after": 9}), host="h")
    assert isinstance(busy, ChatBusy)
    assert (busy.retry_after, busy.whole_chat) == (9.0, False)


async def test_the_token_is_not_logged_with_every_request(
    telegram: Chat, twin: TelegramTwin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    await telegram.send(part(), PLACE, key="k")
    token = twin.settings("")["bot_token"]
    ours = [record for record in caplog.records if record.name != "aiohttp.access"]  # the twin's own log
    assert not any(token in record.getMessage() for record in ours)
