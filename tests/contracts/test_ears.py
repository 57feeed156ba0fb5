"""What ports.Ear promises, held against every way in which a chat brings questions."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any, Protocol

import pytest

from bot.errors import StorageError
from bot.model.command import Question, Reply
from bot.sandbox.seen import Heard, Seen
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.chats.hearing import HurriedClock, Scene, ScriptedDesk, button, hearing, long_reply, reply

HOSTILE = "<!channel> <@U1> @alice </b> <b>x &amp; *b* `c` <https://evil.example|DHL> "
HOSTILE += "'; DROP TABLE orders; -- \x00\x1b[31m \u202ex"
ACKNOWLEDGED_WITHIN = 3000
"""Milliseconds."""


class Door(Protocol):
    """One way in."""

    scene: Scene

    async def ask(self, text: str, *, answers: int = 1) -> Heard:
        """Ask as a person does."""
        ...

    async def press(self, label: str, *, answers: int = 1) -> Heard:
        """Press a button."""
        ...

    async def until_seen(self, count: int) -> list[Seen]:
        """What was shown so far, once it is so much."""
        ...

    async def lose_answer(self) -> None:
        """Let what the chat is told about the next delivery get lost, so that it delivers again."""
        ...


class SlackDoor:
    """A mention, which Slack delivers again when it is not acknowledged."""

    person, channel = "U0ANN", "C0123456789"

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    async def ask(self, text: str, *, answers: int = 1) -> Heard:
        """Mention the bot."""
        heard: Heard = await self.scene.twin.mention(self.person, self.channel, text, answers=answers)
        return heard

    async def press(self, label: str, *, answers: int = 1) -> Heard:
        """Press a button."""
        heard: Heard = await self.scene.twin.press(self.person, label, answers=answers)
        return heard

    async def until_seen(self, count: int) -> list[Seen]:
        """What was shown."""
        seen: list[Seen] = await self.scene.twin.until_seen(count)
        return seen

    async def lose_answer(self) -> None:
        """Lose an acknowledgement."""
        self.scene.twin.delivery.lose_acks()


class TelegramDoor:
    """A private message."""

    person = 1001

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    async def ask(self, text: str, *, answers: int = 1) -> Heard:
        """Write to the bot."""
        heard: Heard = await self.scene.twin.say(self.person, self.person, text, answers=answers)
        return heard

    async def press(self, label: str, *, answers: int = 1) -> Heard:
        """Press a button."""
        heard: Heard = await self.scene.twin.press(self.person, label, answers=answers)
        return heard

    async def until_seen(self, count: int) -> list[Seen]:
        """What was shown."""
        seen: list[Seen] = await self.scene.twin.until_seen(count)
        return seen

    async def lose_answer(self) -> None:
        """Lose what the webhook answers, or what a poll brings and the one that confirms it."""
        self.scene.twin.delivery.lose_acks()
        self.scene.twin._faults.add(kind="drop_after", path="getUpdates")


async def _slack(over_http: bool) -> AsyncIterator[Door]:
    twin = SlackTwin(HurriedClock())
    async with hearing(twin, "slack", lambda base: twin.listening(base, over_http=over_http)) as scene:
        if over_http:
            await scene.until(lambda: scene.ear.address is not None)
            twin.delivery.post_to = f"{scene.ear.address}/slack/events"
        else:
            await twin.delivery.until_connected()
        yield SlackDoor(scene)


async def _telegram(over_http: bool) -> AsyncIterator[Door]:
    twin = TelegramTwin(HurriedClock())
    async with hearing(twin, "telegram", lambda base: twin.listening(base, over_http=over_http)) as scene:
        if over_http:
            await scene.until(lambda: scene.ear.address is not None)
            twin.delivery.reach = f"{scene.ear.address}/telegram/webhook"
        else:
            await scene.until(lambda: any(call.method == "getUpdates" for call in twin.calls))
        yield TelegramDoor(scene)


@pytest.fixture(params=["slack socket", "slack http", "telegram polling", "telegram webhook"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Door]:
    chat, _, way = request.param.partition(" ")
    opened = _slack(way == "http") if chat == "slack" else _telegram(way == "webhook")
    async for one in opened:
        yield one


def _pressable(question: Question) -> Reply:
    return reply(f"{question.via}: {question.text}", buttons=(button("Check now", "k" * 64),), replaces=True)


async def test_a_question_reaches_the_desk_and_its_answer_the_person(door: Door) -> None:
    assert (await door.ask("status 45001234")).text == "you asked: status 45001234"


async def test_a_question_is_acknowledged_while_the_desk_hangs(door: Door) -> None:
    door.scene.desk.hangs.clear()
    heard = await door.ask("check 1", answers=0)
    assert heard.ack_ms is not None
    assert heard.ack_ms < ACKNOWLEDGED_WITHIN


async def test_a_press_is_acknowledged_while_the_desk_hangs(door: Door) -> None:
    door.scene.desk.script = _pressable
    await door.ask("status 1")
    door.scene.desk.hangs.clear()
    heard = await door.press("Check now", answers=0)
    assert heard.ack_ms is not None
    assert heard.ack_ms < ACKNOWLEDGED_WITHIN


async def test_an_answer_comes_when_the_desk_has_it(door: Door) -> None:
    door.scene.desk.hangs.clear()
    await door.ask("check 1", answers=0)
    door.scene.desk.hangs.set()
    assert [one.text for one in await door.until_seen(1)] == ["you asked: check 1"]


async def test_one_that_hangs_holds_up_no_other(door: Door) -> None:
    answered = asyncio.Event()

    async def answer(question: Question, noted: asyncio.Event | None = None) -> Reply | None:
        if noted:
            noted.set()
        if question.text == "slow":
            await answered.wait()
        return reply(question.text)

    door.scene.desk.answer = answer  # type: ignore[method-assign]  # the scripted desk is ours to rewrite
    await door.ask("slow", answers=0)
    await door.ask("quick", answers=0)
    assert [one.text for one in await door.until_seen(1)] == ["quick"]
    answered.set()
    assert len(await door.until_seen(2)) == 2


async def test_a_desk_that_fails_still_answers_and_tells_no_secrets(door: Door) -> None:
    door.scene.desk.fails = StorageError("database /secret/path is locked")
    text = (await door.ask("status 1")).text
    assert "try again" in text
    assert "secret" not in text
    door.scene.desk.fails = None
    assert (await door.ask("status 2")).text == "you asked: status 2"


async def test_where_the_desk_says_nothing_nothing_is_said(door: Door) -> None:
    door.scene.desk.script = lambda _: None
    await door.ask("status 1", answers=0)
    await door.scene.until(lambda: len(door.scene.desk.asked) == 1)
    await door.scene.quiet()
    assert await door.until_seen(0) == []


async def test_what_is_delivered_again_is_not_answered_again(door: Door) -> None:
    await door.lose_answer()
    await door.ask("status 1")
    await door.scene.quiet()
    await door.ask("status 2")
    assert [one.text for one in await door.until_seen(2)] == ["you asked: status 1", "you asked: status 2"]


async def test_what_is_delivered_again_while_the_desk_hangs_is_one_question(door: Door) -> None:
    door.scene.desk.hangs.clear()
    await door.lose_answer()
    await door.ask("status 1", answers=0)
    await door.scene.quiet()
    door.scene.desk.hangs.set()
    await door.until_seen(1)
    await door.scene.quiet()
    assert (door.scene.desk.texts, len(await door.until_seen(1))) == (["status 1"], 1)


@pytest.mark.parametrize("times", [1, 2])
async def test_an_answer_the_chat_failed_to_take_is_sent_again(door: Door, times: int) -> None:
    door.scene.twin.error_before(times)
    assert (await door.ask("status 1")).text == "you asked: status 1"


async def test_an_answer_that_was_taken_without_a_word_comes_twice_rather_than_never(door: Door) -> None:
    door.scene.twin.drop_after()
    await door.ask("status 1", answers=2)
    await door.scene.quiet()
    assert [one.text for one in await door.until_seen(2)] == ["you asked: status 1"] * 2


async def test_an_answer_that_is_never_taken_is_given_up_and_the_next_question_answered(door: Door) -> None:
    door.scene.twin.error_before(3)
    await door.ask("status 1", answers=0)
    await door.scene.until(lambda: not door.scene.twin._pieces)
    assert (await door.ask("status 2")).text == "you asked: status 2"
    assert len(await door.until_seen(1)) == 1


async def test_a_question_is_over_when_its_answer_was_told(door: Door) -> None:
    await door.ask("status 1")
    await door.scene.until(lambda: door.scene.desk.over == [door.scene.desk.asked[0].id])


@pytest.mark.parametrize(
    ("kind", "twin_of", "asked"),
    [
        ("slack", SlackTwin, {"person": "U0ANN", "place": {"channel": "C0123456789"}, "under": ("17.1",)}),
        (
            "telegram",
            TelegramTwin,
            {"person": "1001", "place": {"chat_id": -1001234567890, "topic": 7}, "message": "5"},
        ),
    ],
)
async def test_what_was_asked_before_a_crash_is_answered_after_it_where_it_was_asked(
    kind: str, twin_of: Any, asked: dict[str, Any]
) -> None:
    left = Question.model_validate({"id": "x", "chat": kind, "via": "message", "text": "status 1", **asked})
    twin, desk = twin_of(HurriedClock()), ScriptedDesk(left=(left,))
    async with hearing(twin, kind, twin.listening, desk=desk) as scene:
        (seen,) = await twin.until_seen(1)
        await scene.until(lambda: desk.over == ["x"])
    assert seen.text == "you asked: status 1"
    assert (seen.place, seen.thread) in {("C0123456789", "17.1"), ("-1001234567890/7", None)}


async def test_after_an_outage_of_the_chat_questions_are_answered(door: Door) -> None:
    twin = door.scene.twin
    twin._faults.add(kind="reset", times=3)
    if door.scene.twin.__class__ is SlackTwin:
        twin.delivery.drop()
    await door.scene.quiet()
    await door.scene.until(
        lambda: isinstance(door, TelegramDoor) or bool(twin.delivery.sockets or twin.delivery.post_to)
    )
    await door.ask("status 1", answers=0)
    await door.scene.until(lambda: bool(door.scene.desk.asked))


@pytest.mark.parametrize(
    ("kind", "twin_of", "door_of"), [("slack", SlackTwin, SlackDoor), ("telegram", TelegramTwin, TelegramDoor)]
)
async def test_listening_begins_as_soon_as_the_chat_can_be_reached(kind: str, twin_of: Any, door_of: Any) -> None:
    twin = twin_of(HurriedClock())
    twin._faults.add(kind="reset", times=3)
    async with hearing(twin, kind, twin.listening) as scene:
        if kind == "slack":
            await twin.delivery.until_connected()
        assert (await door_of(scene).ask("status 1")).text == "you asked: status 1"


async def test_a_button_carries_its_key_and_is_harmless_when_pressed_twice(door: Door) -> None:
    door.scene.desk.script = _pressable
    (first,) = (await door.ask("status 1")).seen
    door.scene.desk.hangs.clear()
    pressed = asyncio.gather(door.press("Check now", answers=0), door.press("Check now", answers=0))
    assert all(heard.ack_ms is not None for heard in await pressed)
    door.scene.desk.hangs.set()
    shown = await door.until_seen(2)
    assert door.scene.desk.texts == ["status 1", "k" * 64]
    assert [one.text for one in shown[1:]] == [f"button: {'k' * 64}"]
    assert first.buttons == {"Check now": "k" * 64}


async def test_pressing_again_later_asks_again(door: Door) -> None:
    door.scene.desk.script = _pressable
    await door.ask("status 1")
    await door.press("Check now", answers=0)
    await door.scene.until(lambda: len(door.scene.desk.asked) == 2)
    await door.scene.quiet()
    await door.press("Check now", answers=0)
    await door.scene.until(lambda: len(door.scene.desk.asked) == 3)


async def test_a_long_answer_is_split_and_nothing_of_it_is_lost(door: Door) -> None:
    door.scene.desk.script = lambda _: long_reply(lines=150)
    await door.ask("status 1")
    await door.scene.until(lambda: "item 0149" in door.scene.twin.seen[-1].text)
    text = "\n".join(one.text for one in await door.until_seen(1))
    assert [f"item {number:04d}" in text for number in range(150)] == [True] * 150
    assert door.scene.twin.violations == []


async def test_hostile_words_come_through_as_words(door: Door) -> None:
    heard = await door.ask(HOSTILE)
    assert "DROP TABLE orders; --" in door.scene.desk.texts[0]
    assert "DROP TABLE orders; --" in heard.text
    assert (door.scene.twin.pings, door.scene.twin.violations) == ([], [])


async def test_several_messages_come_in_their_order(door: Door) -> None:
    door.scene.desk.script = lambda _: reply("one", "two", "three")
    assert [one.text for one in (await door.ask("list", answers=3)).seen] == ["one", "two", "three"]


async def test_no_log_holds_a_token(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    door.scene.twin._faults.add(kind="html", times=2)
    await door.ask("status 1", answers=0)
    await door.scene.until(lambda: len(door.scene.desk.asked) == 1)
    door.scene.desk.fails = StorageError("x")
    await door.ask("status 2")
    token: Any = door.scene.twin.settings("")["bot_token"]
    ours = [record for record in caplog.records if not record.name.startswith("aiohttp.access")]  # the twin's
    written = "\n".join(f"{record.getMessage()} {getattr(record, 'facts', '')}" for record in ours)
    assert not any(secret in written for secret in (token, "xapp-sandbox", "sandbox-signing-secret"))


async def test_listening_ends_soon_after_it_is_told_to(door: Door) -> None:
    await door.ask("status 1")
    door.scene.stop.set()
    await asyncio.wait_for(door.scene.running, 3)
