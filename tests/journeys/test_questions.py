"""People ask in Slack and in Telegram, and get the same answers: the whole product beside the whole sandbox."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.clock import SystemClock
from bot.config import load as config
from bot.model.moment import Moment
from bot.model.outbox import State
from bot.sandbox.seen import Seen
from bot.sandbox.server import SLACK_CHANNEL, TELEGRAM_CHAT, Sandbox
from tests.journeys.scene import PATIENCE, until
from tests.journeys.store import placed

PERSON, STRANGER = "U0000000001", "U0000000666"


@dataclass
class Street:
    """The sandbox, the product that runs, and one order of it."""

    sandbox: Sandbox
    app: App
    number: str

    async def slack(self, text: str, *, person: str = PERSON, answers: int = 1) -> str:
        """What one sees who types `/order text` in the channel."""
        return (await self.sandbox.slack.slash(person, SLACK_CHANNEL, text, answers=answers)).text

    async def telegram(self, text: str, *, person: int = TELEGRAM_CHAT, answers: int = 1) -> str:
        """What one sees who writes the bot in private."""
        return (await self.sandbox.telegram.say(person, person, text, answers=answers)).text


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Street]:
    """The product runs, listens in both chats, and has seen every order."""
    clock = SystemClock()
    async with Sandbox(clock=clock, accounts=("stateset",), orders_per_account=3) as sandbox:
        settings = sandbox.config(every="300s", one_by_one=True)
        settings["chats"] = {
            "slack": sandbox.slack.listening(sandbox.urls["slack"]),
            "telegram": sandbox.telegram.listening(sandbox.urls["telegram"]),
        }
        path = folder / "watchlists.yaml"
        path.write_text(json.dumps(placed(settings, folder)), encoding="utf-8")
        async with open_app(config.load(path, {}), clock) as app:
            stop = asyncio.Event()
            running = asyncio.create_task(app.run(stop))
            try:
                await until(lambda: len(sandbox.accepted) >= 2)  # the summaries of the first look
                await sandbox.slack.delivery.until_connected()
                (row, *_) = await app.storage.orders()
                yield Street(sandbox, app, row.number)
            finally:
                stop.set()
                await running


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with opened(tmp_path) as one:
        yield one


async def test_every_verb_gets_the_same_answer_in_both_chats(street: Street) -> None:
    number = street.number
    for text in (
        "help", f"status {number}", "list", "late", "due", f"history {number}", f"why {number}", f"check {number}",
        f"watch {number}", f"mute {number} until change", f"unmute {number}", f"unwatch {number}", "sources",
        "about", "stauts 1",
    ):  # fmt: skip
        slack, telegram = await street.slack(text), await street.telegram(f"/{text}")
        assert slack.splitlines()[0].replace("This chat is", "You are") == telegram.splitlines()[0], text
        assert "Sorry" not in slack


async def test_a_number_by_itself_is_a_question(street: Street) -> None:
    heard = await street.sandbox.slack.write(PERSON, street.number)
    assert "do not know you" in heard.text  # in private only the person counts, and only the channel was let in
    assert street.number in await street.telegram(f"where is {street.number}?")


async def test_buttons_are_pressed_and_do_what_they_say(street: Street) -> None:
    await street.telegram(f"status {street.number}")
    heard = await street.sandbox.telegram.press(TELEGRAM_CHAT, "Mute 1 h")
    assert "No news of" in heard.text
    await street.slack(f"status {street.number}")
    shared = await street.sandbox.slack.press(PERSON, "Share here")
    assert [one.person for one in shared.seen] == [None]
    assert street.number in shared.text


async def test_a_stranger_learns_nothing_in_either_chat(street: Street) -> None:
    street.sandbox.telegram.add_room(666, "private", "stranger")
    said = [await street.telegram(f"/status {street.number}", person=666)]
    said.append((await street.sandbox.slack.slash(STRANGER, "C0000000666", f"status {street.number}")).text)
    for text, who in zip(said, ("666", STRANGER), strict=True):
        assert "do not know you" in text
        assert who in text
        assert street.number not in text


async def test_a_question_is_acknowledged_while_the_source_hangs(street: Street) -> None:
    street.sandbox.faults["stateset"].add("slow", seconds=6.0)
    heard = await street.sandbox.slack.slash(PERSON, SLACK_CHANNEL, f"check {street.number}", patience=12.0)
    assert heard.ack_ms is not None
    assert heard.ack_ms < 3000
    assert street.number in heard.text


async def alerted(street: Street) -> tuple[Seen, Seen]:
    """The alert about the order as it stands in Slack and in Telegram."""
    orders = street.sandbox.world.orders("stateset")
    street.sandbox.world.say(next(order for order in orders if order.name == street.number), "Delayed at customs")
    await street.slack(f"check {street.number}")
    async with asyncio.timeout(PATIENCE):
        # A question under a message needs its id, which is written once it arrived.
        while await places_told(street) < 2:  # noqa: ASYNC110 - the store sets no event when it settles
            await asyncio.sleep(0.02)
    slack, telegram = (
        next(one for one in reversed(twin.seen) if "Mute 1 d" in one.buttons and "Why" not in one.buttons)
        for twin in (street.sandbox.slack, street.sandbox.telegram)
    )
    return slack, telegram


async def places_told(street: Street) -> int:
    """How many messages about the order have arrived, as the product knows."""
    (found,) = await street.app.storage.find_orders(street.number)
    told = await street.app.storage.told("stateset", found.order.key)
    return sum(one.state is State.SENT for one in told)


async def test_the_buttons_of_an_alert_are_about_its_order_in_both_chats(street: Street) -> None:
    slack, telegram = await alerted(street)
    in_slack = await street.sandbox.slack.press(PERSON, "Mute 1 d", under=slack)
    in_telegram = await street.sandbox.telegram.press(TELEGRAM_CHAT, "Mute 1 d", under=telegram)
    for heard in (in_slack, in_telegram):
        assert f"No news of {street.number} here until" in heard.text
        assert [one.replaces for one in heard.seen] == [False]
    assert [one.person for one in in_slack.seen] == [PERSON]
    assert len(await street.app.storage.talks.mutes(Moment("2000-01-01T00:00:00Z"))) == 2


async def test_a_question_under_an_alert_is_about_its_order_in_both_chats(street: Street) -> None:
    slack, telegram = await alerted(street)
    heard = await street.sandbox.slack.mention(PERSON, SLACK_CHANNEL, "why", thread=slack.message_id)
    assert street.number in heard.text
    assert [one.thread for one in heard.seen] == [slack.message_id]
    heard = await street.sandbox.telegram.say(TELEGRAM_CHAT, TELEGRAM_CHAT, "mute 2h", reply_to=telegram)
    assert f"No news of {street.number} here until" in heard.text
