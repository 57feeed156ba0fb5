"""Messages that hang together: threads in Slack, replies in Telegram."""

from collections.abc import AsyncIterator

import pytest

from bot.chats._slack_errors import verdict
from bot.clock import ManualClock
from bot.errors import DestinationBroken, DestinationMoved, MessageGone, MessageRefused
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.sending import Part, Threads
from bot.ports import Chat
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.chats.harness import alert, built, chat_to, message, slack_place, telegram_place

PLACE, SALES = slack_place(), telegram_place(topic=7)
SINCE = Moment("2026-01-05T09:00:00Z")
SLACK = built("slack", {"bot_token": "xoxb-1"})
TELEGRAM = built("telegram", {"bot_token": "1:AA"})


@pytest.fixture
def workspace() -> SlackTwin:
    return SlackTwin(ManualClock())


@pytest.fixture
def rooms() -> TelegramTwin:
    return TelegramTwin(ManualClock())


@pytest.fixture
async def slack(workspace: SlackTwin) -> AsyncIterator[Chat]:
    async with chat_to(workspace, "slack") as chat:
        yield chat


@pytest.fixture
async def telegram(rooms: TelegramTwin) -> AsyncIterator[Chat]:
    async with chat_to(rooms, "telegram") as chat:
        yield chat


def part(chat: Chat, *lines: str) -> Part:
    return chat.compose(message(*lines) if lines else alert(), PLACE)[0]


# Slack


@pytest.mark.parametrize(
    ("channel", "can"),
    [("C0123456789", Threads.CARD), ("G1", Threads.CARD), ("U1", Threads.NONE), ("D1", Threads.NONE)],
)
def test_a_slack_channel_has_threads_and_a_person_has_none(channel: str, can: Threads) -> None:
    assert SLACK.threads(slack_place(channel)) is can


async def test_a_reply_said_aloud_shows_in_the_channel_too(slack: Chat, workspace: SlackTwin) -> None:
    parent = await slack.send(part(slack), PLACE, key="parent")
    await slack.send(part(slack), PLACE, key="quiet", under=parent)
    await slack.send(part(slack), PLACE, key="loud", under=parent, aloud=True)
    assert [(one.key, one.aloud) for one in workspace.accepted] == [
        ("parent", False),
        ("quiet", False),
        ("loud", True),
    ]
    assert len(workspace.channels["C0123456789"].top()) == 2


async def test_a_thread_whose_parent_was_deleted_goes_on_and_only_an_edit_tells(
    slack: Chat, workspace: SlackTwin
) -> None:
    parent = await slack.send(part(slack), PLACE, key="parent")
    await slack.send(part(slack), PLACE, key="first", under=parent)
    workspace.delete(parent)
    late = await slack.send(part(slack), PLACE, key="late", under=parent)
    assert workspace.accepted[-1].under == parent
    assert await slack.find(PLACE, key="late", since=SINCE, under=parent) == late
    with pytest.raises(MessageGone):
        await slack.edit(parent, part(slack, "new"), PLACE)


async def test_a_reply_that_landed_beside_its_deleted_parent_is_found(slack: Chat, workspace: SlackTwin) -> None:
    parent = await slack.send(part(slack), PLACE, key="parent")
    workspace.delete(parent)
    sent = await slack.send(part(slack), PLACE, key="k", under=parent)
    assert await slack.find(PLACE, key="k", since=SINCE, under=parent) == sent


async def test_a_reply_is_not_in_the_history_of_the_channel(slack: Chat) -> None:
    parent = await slack.send(part(slack), PLACE, key="parent")
    await slack.send(part(slack), PLACE, key="k", under=parent)
    assert await slack.find(PLACE, key="k", since=SINCE) is None


async def test_a_message_that_takes_no_replies_is_as_good_as_gone(slack: Chat, workspace: SlackTwin) -> None:
    parent = await slack.send(part(slack), PLACE, key="parent")
    workspace.refuse_reply()
    with pytest.raises(MessageGone, match="takes no replies"):
        await slack.send(part(slack), PLACE, key="k", under=parent)
    assert len(workspace.accepted) == 1


async def test_an_edit_keeps_the_key(slack: Chat, workspace: SlackTwin) -> None:
    parent = await slack.send(part(slack), PLACE, key="parent")
    await slack.edit(parent, part(slack, "new"), PLACE)
    assert workspace.accepted[0].key == "parent"
    assert await slack.find(PLACE, key="parent", since=SINCE) == parent


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("thread_not_found", MessageGone),
        ("cant_update_message", MessageGone),
        ("edit_window_closed", MessageGone),
        ("restricted_action_thread_locked", MessageGone),
        ("restricted_action_thread_only_channel", DestinationBroken),
        ("msg_too_long", MessageRefused),
    ],
)
def test_a_refusal_of_the_thread_is_told_from_one_of_the_channel(code: str, error: type[Exception]) -> None:
    assert type(verdict(200, {}, {"ok": False, "error": code})) is error


# Telegram


@pytest.mark.parametrize("chat_id", [1001, -1001234567890])
def test_every_telegram_chat_has_replies(chat_id: int) -> None:
    assert TELEGRAM.threads(telegram_place(chat_id)) is Threads.CHAIN


async def test_a_reply_in_a_topic_stays_in_it(telegram: Chat, rooms: TelegramTwin) -> None:
    parent = await telegram.send(part(telegram), SALES, key="a")
    await telegram.send(part(telegram), SALES, key="b", under=parent, aloud=True)
    assert [(one.place, one.under) for one in rooms.accepted] == [
        ("-1001234567890/7", None),
        ("-1001234567890/7", parent),
    ]


async def test_an_edit_in_a_group_that_moved_says_where_to(telegram: Chat, rooms: TelegramTwin) -> None:
    place: Destination = telegram_place(-1001234567890)
    sent = await telegram.send(part(telegram), place, key="a")
    rooms.migrate(-1001234567890, -1009999999999)
    with pytest.raises(DestinationMoved) as caught:
        await telegram.edit(sent, part(telegram, "new"), place)
    assert caught.value.address == {"chat_id": -1009999999999}
