"""Cards and what stands under them, with an end between any two steps."""

import asyncio
from collections.abc import Callable

import pytest

from bot.clock import ManualClock
from bot.loops.notifier import Notifier
from bot.model.moment import from_instant
from bot.model.outbox import Destination, State
from bot.model.sending import Threads
from bot.storage.sqlite import SqliteStorage
from tests.loops.scripted import ScriptedChat
from tests.loops.troubled import Killed
from tests.storage.making import a_record, an_order, an_update, news


@pytest.fixture
def chat() -> ScriptedChat:
    chat = ScriptedChat()
    chat.way = Threads.CARD
    return chat


def notifier(storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat) -> Notifier:
    places = {"ops": Destination(name="ops", chat="scripted", address={"room": "ops"})}
    return Notifier(storage, clock, {"scripted": chat}, places, operators=(), labels={"panels": "panels"})


async def owe(storage: SqliteStorage, clock: ManualClock, *texts: str, seq: int = 1) -> None:
    at = from_instant(clock.now())
    told = [news(text, order="FR/1", text=text).model_copy(update={"created_at": at}) for text in texts]
    await storage.commit(a_record(an_update(an_order(), seq, at=at), tell=told, at=at))


def ends_after(sends: int, chat: ScriptedChat) -> Callable[[], None]:
    """Ends the process once the chat has taken so many messages."""

    def end() -> None:
        if len(chat.heard) == sends:
            raise Killed

    return end


async def test_the_first_news_of_an_order_is_a_card_and_a_reply(
    storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat
) -> None:
    await owe(storage, clock, "shipped")
    await notifier(storage, clock, chat).drain()
    card, reply = (text for _, text in chat.heard)
    assert card.startswith("Order No FR/1")
    assert (reply, chat.under) == ("shipped #0", {"m1": None, "m2": "m1"})


@pytest.mark.parametrize("sends", [1, 2])
async def test_a_kill_after_the_card_or_after_the_reply_leaves_one_of_each(
    storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat, sends: int
) -> None:
    await owe(storage, clock, "shipped")
    chat.after_send = ends_after(sends, chat)
    with pytest.raises(Killed):
        await notifier(storage, clock, chat).drain()
    chat.after_send = lambda: None
    await notifier(storage, clock, chat).drain()
    assert [text.splitlines()[0] for _, text in chat.heard] == [
        "Order No FR/1 · PO FR/1 · As the source says",
        "shipped #0",
    ]
    assert chat.under == {"m1": None, "m2": "m1"}
    assert [row.state for row in await storage.notifications()] == [State.SENT]


async def test_later_news_edits_the_card_and_stands_under_it(
    storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat
) -> None:
    await owe(storage, clock, "one")
    await notifier(storage, clock, chat).drain()
    await clock.advance(60)
    await owe(storage, clock, "two", seq=2)
    await notifier(storage, clock, chat).drain()
    assert chat.under == {"m1": None, "m2": "m1", "m3": "m1"}
    assert list(chat.edited) == ["m1"]


async def test_a_card_that_says_the_same_already_is_not_edited(
    storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat
) -> None:
    await owe(storage, clock, "one", "two")
    await notifier(storage, clock, chat).drain()
    assert (len(chat.heard), chat.edited) == (3, {})


async def test_stopping_between_card_and_reply_leaves_the_reply_for_the_next_start(
    storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat
) -> None:
    await owe(storage, clock, "shipped")
    stop = asyncio.Event()
    chat.after_send = stop.set
    await notifier(storage, clock, chat).run(stop)
    assert len(chat.heard) == 1
    await notifier(storage, clock, chat).drain()
    assert chat.under == {"m1": None, "m2": "m1"}


async def test_news_that_is_about_no_order_stands_by_itself(
    storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat
) -> None:
    await storage.commit(a_record(tell=[news("n", text="notice")]))
    await notifier(storage, clock, chat).drain()
    assert [text for _, text in chat.heard] == ["notice #0"]
