"""What the twins of Slack and Telegram ask of whoever listens to them, as the platforms do."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.clock import ManualClock
from bot.sandbox._telegram_refusal import Refused
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.chats.harness import served

CHANNEL, ANN, ROOM = "C0123456789", "U0ANN", 1001


class Asker:
    """Asks a twin as any client would."""

    def __init__(self, session: aiohttp.ClientSession, base: str, twin: Any, clock: ManualClock) -> None:
        self.session = session
        self.base = base
        self.twin = twin
        self.clock = clock

    async def __call__(self, path: str, token: str = "", **arguments: Any) -> tuple[int, Any]:
        """Status and body."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.post(f"{self.base}{path}", json=arguments, headers=headers) as response:
            body = await response.text()
            return response.status, json.loads(body) if body.startswith("{") else body


@pytest.fixture
async def slack() -> AsyncIterator[Asker]:
    clock = ManualClock()
    twin = SlackTwin(clock)
    async with served(twin.application()) as base, aiohttp.ClientSession() as session:
        twin.settings(base)
        yield Asker(session, base, twin, clock)


@pytest.fixture
async def telegram() -> AsyncIterator[Asker]:
    clock = ManualClock()
    twin = TelegramTwin(clock)
    async with served(twin.application()) as base, aiohttp.ClientSession() as session:
        yield Asker(session, f"{base}/bot{twin.settings('')['bot_token']}/", twin, clock)


async def _answering_path(slack: Asker) -> str:
    await slack.twin.slash(ANN, CHANNEL, "x", answers=0)
    _, payload = slack.twin.delivery.delivered[-1]
    return str(payload["response_url"]).removeprefix(slack.base)


# Slack


async def test_an_answering_address_takes_five_answers(slack: Asker) -> None:
    path = await _answering_path(slack)
    assert [(await slack(path, text="x"))[0] for _ in range(6)] == [200] * 5 + [404]
    assert len(slack.twin.seen) == 5


async def test_an_answering_address_lives_half_an_hour(slack: Asker) -> None:
    path = await _answering_path(slack)
    await slack.clock.advance(30 * 60)
    assert await slack(path, text="x") == (404, "expired_url")


async def test_an_answer_that_slack_cannot_show_is_refused(slack: Asker) -> None:
    path = await _answering_path(slack)
    assert await slack(path, blocks=[{"type": "nonsense"}]) == (400, "invalid_blocks")


@pytest.mark.parametrize(
    "elements",
    [
        [],
        [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x" * 76}, "value": "v"}],
        [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "x"}, "value": "v"}] * 2,
        [{"type": "nonsense", "action_id": "a"}],
    ],
)
async def test_buttons_that_slack_refuses_are_refused(slack: Asker, elements: list[Any]) -> None:
    path = await _answering_path(slack)
    assert (await slack(path, blocks=[{"type": "actions", "elements": elements}]))[0] == 400


async def test_the_address_of_a_socket_is_good_once(slack: Asker) -> None:
    _, answer = await slack("/api/apps.connections.open", "xapp-sandbox")
    async with slack.session.ws_connect(answer["url"]) as socket:
        assert (await socket.receive_json())["type"] == "hello"
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await slack.session.ws_connect(answer["url"])


async def test_a_socket_needs_the_token_of_the_app(slack: Asker) -> None:
    assert (await slack("/api/apps.connections.open", "xoxb-sandbox"))[1]["error"] == "invalid_auth"


async def test_what_is_not_acknowledged_in_time_is_known(slack: Asker) -> None:
    assert (await slack.twin.slash(ANN, CHANNEL, "x", answers=0)).ack_ms is None


async def test_events_come_again_and_commands_do_not(slack: Asker) -> None:
    await slack.twin.mention(ANN, CHANNEL, "x", answers=0)
    await slack.twin.slash(ANN, CHANNEL, "x", answers=0)
    assert [kind for kind, _ in slack.twin.delivery.delivered] == ["events_api"] * 4 + ["slash_commands"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C9", "user": ANN, "text": "x"}, "channel_not_found"),
        ({"channel": "C2", "user": ANN, "text": "x"}, "not_in_channel"),
        ({"channel": CHANNEL, "user": ANN}, "no_text"),
    ],
)
async def test_an_ephemeral_message_that_slack_refuses_is_refused(
    slack: Asker, arguments: dict[str, Any], error: str
) -> None:
    slack.twin.add_channel("C2", "closed", member=False)
    assert (await slack("/api/chat.postEphemeral", "xoxb-sandbox", **arguments))[1]["error"] == error


async def test_a_home_tab_holds_a_hundred_blocks(slack: Asker) -> None:
    for count, is_taken in ((100, True), (101, False)):
        view = {"type": "home", "blocks": [{"type": "divider"}] * count}
        _, answer = await slack("/api/views.publish", "xoxb-sandbox", user_id=ANN, view=view)
        assert answer["ok"] is is_taken


# Telegram


async def test_updates_come_until_a_higher_offset_confirms_them(telegram: Asker) -> None:
    first = telegram.twin.delivery.put("message", {"text": "1"})
    telegram.twin.delivery.put("message", {"text": "2"})
    for offset, left in ((0, ["1", "2"]), (first, ["1", "2"]), (first + 1, ["2"]), (first + 2, [])):
        _, answer = await telegram("getUpdates", offset=offset)
        assert [one["message"]["text"] for one in answer["result"]] == left


async def test_a_second_poll_ends_the_first(telegram: Asker) -> None:
    waiting = asyncio.create_task(telegram("getUpdates", timeout=20))
    await _until_polled(telegram)
    await telegram("getUpdates")
    _, answer = await waiting
    assert (answer["error_code"], "terminated by other getUpdates" in answer["description"]) == (409, True)


async def _until_polled(telegram: Asker) -> None:
    async with asyncio.timeout(5):
        while True:
            if any(call.method == "getUpdates" for call in telegram.twin.calls):
                return
            await asyncio.sleep(0.005)


async def test_who_has_a_webhook_cannot_poll(telegram: Asker) -> None:
    assert (await telegram("setWebhook", url="https://bot.example/"))[1]["ok"]
    assert (await telegram("getUpdates"))[1]["error_code"] == 409
    await telegram("deleteWebhook")
    assert (await telegram("getUpdates"))[1]["ok"]


async def test_a_press_is_answered_once(telegram: Asker) -> None:
    telegram.twin._presses["p"] = None
    assert (await telegram("answerCallbackQuery", callback_query_id="p"))[1]["ok"]
    assert "query is too old" in (await telegram("answerCallbackQuery", callback_query_id="p"))[1]["description"]


@pytest.mark.parametrize(
    ("button", "complaint"),
    [
        ({"text": "x", "callback_data": "é" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": " ", "callback_data": "k"}, "text buttons are unallowed"),
    ],
)
async def test_a_button_that_telegram_refuses_is_refused(telegram: Asker, button: Any, complaint: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    _, answer = await telegram("sendMessage", chat_id=ROOM, text="x", reply_markup=markup)
    assert complaint in answer["description"]


@pytest.mark.parametrize(("name", "does"), [("Status", "x"), ("a" * 33, "x"), ("a", ""), ("a", "x" * 257)])
def test_a_menu_that_telegram_refuses_is_refused(name: str, does: str) -> None:
    twin = TelegramTwin(ManualClock())
    with pytest.raises(Refused, match="BOT_COMMAND"):
        twin._set_menu({"commands": json.dumps([{"command": name, "description": does}])})


async def test_a_message_can_be_deleted_once(telegram: Asker) -> None:
    sent = (await telegram("sendMessage", chat_id=ROOM, text="x"))[1]["result"]["message_id"]
    assert (await telegram("deleteMessage", chat_id=ROOM, message_id=sent))[1]["ok"]
    assert (await telegram("deleteMessage", chat_id=ROOM, message_id=sent))[1]["error_code"] == 400
