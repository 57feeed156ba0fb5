"""Ears under the supervisor, and places that asked to be told."""

import asyncio
import logging
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.core.voices import Voices
from bot.errors import ChatRefused, DestinationMoved
from bot.loops.listener import Listener
from bot.loops.notifier import Notifier
from bot.loops.own_trouble import OwnTrouble
from bot.model.command import Question, Reply
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment
from bot.model.outbox import NewNotification, State
from bot.model.poll import PollRecord
from bot.model.talk import ChatWatch
from bot.ports import Desk
from bot.storage.sqlite import SqliteStorage
from tests.core.making import words
from tests.loops.scripted import ScriptedChat

AT = Moment("2026-01-05T09:00:00Z")


class SilentDesk:
    async def answer(self, question: Question, noted: asyncio.Event | None = None) -> Reply | None:
        return None

    async def told(self, question: Question) -> None:
        pass

    async def unanswered(self, chat: str) -> list[Question]:
        return []


class RefusedEar:
    def __init__(self) -> None:
        self.listened = 0

    async def listen(self, desk: Desk, stop: asyncio.Event) -> None:
        self.listened += 1
        raise ChatRefused("telegram", "another program listens with this token")


async def test_of_an_ear_that_is_refused_operators_hear_once_and_it_stays_quiet(
    storage: SqliteStorage, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    ear, stop, trouble = RefusedEar(), asyncio.Event(), OwnTrouble(storage, clock, ["desk"], Voices())
    with caplog.at_level(logging.ERROR):
        listening = asyncio.create_task(Listener("telegram", ear, SilentDesk(), trouble).run(stop))
        async with asyncio.timeout(10):
            await storage.outbox_changed.wait()
        assert not listening.done()
        stop.set()
        await listening
    assert ear.listened == 1
    assert [record.message for record in caplog.records] == ["not_listening"]
    (row,) = await storage.notifications()
    assert (row.destination, row.kinds) == ("desk", ("not_listening",))
    assert "another program listens with this token" in words(row.message)


def notifier(storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat) -> Notifier:
    return Notifier(storage, clock, {"scripted": chat}, {}, operators=(), labels={})


async def owe(storage: SqliteStorage, text: str) -> None:
    told = NewNotification(
        key=text, destination="scripted:7", kinds=("status",), route="watch by 9", created_at=AT,
        message=Message(headline=Line(spans=(Text(text=text),))),
    )  # fmt: skip
    await storage.commit(PollRecord("panels", AT, notifications=(told,)))


async def watch(storage: SqliteStorage, **members: Any) -> None:
    wanted = ChatWatch(
        source="panels", key="FR/1", destination="scripted:7", written="1", chat="scripted", person="9",
        place={"room": "seven"}, since=AT,
    )  # fmt: skip
    await storage.talks.watch(wanted, "UTC")


async def test_a_place_that_asked_in_chat_is_told(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    await watch(storage)
    await owe(storage, "one")
    await notifier(storage, clock, chat).drain()
    assert chat.heard == [("seven", "one #0")]


async def test_what_was_owed_arrives_also_when_the_watch_has_ended(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    await watch(storage)
    await owe(storage, "one")
    await storage.talks.unwatch("panels", "FR/1", "scripted:7")
    await notifier(storage, clock, chat).drain()
    assert len(chat.heard) == 1


async def test_a_place_that_moved_is_told_where_it_is_now_also_after_a_restart(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    chat = ScriptedChat()
    chat.trouble = [DestinationMoved("scripted", "moved", {"room": "eight"})]
    await watch(storage)
    await owe(storage, "one")
    await notifier(storage, clock, chat).drain()
    await owe(storage, "two")
    await notifier(storage, clock, chat).drain()
    assert chat.heard == [("eight", "one #0"), ("eight", "two #0")]


async def test_what_is_owed_to_a_place_nobody_ever_asked_for_waits_a_day_and_ends_as_dead(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    await owe(storage, "one")
    states = []
    for _ in range(2):
        await notifier(storage, clock, ScriptedChat()).drain()
        states.append((await storage.notifications())[0].state)
        await clock.advance(24 * 3600)
    assert states == [State.PENDING, State.DEAD]
