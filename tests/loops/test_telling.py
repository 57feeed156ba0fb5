import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.clock import ManualClock
from bot.errors import (
    ChatBusy,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
)
from bot.loops.notifier import Notifier
from bot.model.command import Button
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment
from bot.model.outbox import Destination, NewNotification, Notification, State
from bot.model.poll import PollRecord
from bot.model.sending import Part
from bot.storage.sqlite import SqliteStorage
from tests.core.making import words
from tests.loops.scripted import ScriptedChat, open_storage
from tests.storage.making import claimed

AT = Moment("2026-01-05T09:00:00Z")
LOST = SendUnclear("scripted", "the answer was lost")


def notifier(storage: SqliteStorage, clock: ManualClock, chat: ScriptedChat) -> Notifier:
    places = {
        name: Destination(name=name, chat="scripted", address={"room": name}) for name in ("ops", "sales", "desk")
    }
    return Notifier(storage, clock, {"scripted": chat}, places, operators=("desk",), labels={})


async def owe(storage: SqliteStorage, *texts: str, to: str = "ops") -> None:
    told = tuple(
        NewNotification(
            key=f"{to}-{text}", destination=to, kinds=("status",), route="notify[0]", created_at=AT,
            message=Message(headline=Line(spans=(Text(text=text),))),
        )
        for text in texts
    )  # fmt: skip
    await storage.commit(PollRecord("panels", AT, notifications=told))


async def rows(storage: SqliteStorage) -> list[Notification]:
    return list(await storage.notifications(limit=1000))


async def states(storage: SqliteStorage) -> list[State]:
    return [row.state for row in await rows(storage)]


async def test_what_is_owed_arrives_in_order(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    await owe(storage, "one", "two", "three")
    await notifier(storage, clock, chat).drain()
    assert chat.heard == [("ops", "one #0"), ("ops", "two #0"), ("ops", "three #0")]
    assert set(await states(storage)) == {State.SENT}


async def test_while_a_message_is_on_its_way_it_counts_as_being_sent(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    seen: list[State] = []

    async def look() -> None:
        seen.extend(await states(storage))

    chat = ScriptedChat()
    chat.while_sending = look
    await owe(storage, "one")
    await notifier(storage, clock, chat).drain()
    assert (seen, await states(storage)) == ([State.SENDING], [State.SENT])


async def test_a_failed_send_keeps_its_place_in_the_order(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    chat.trouble = [ChatUnreachable("scripted", "refused")]
    await owe(storage, "one", "two")
    telling = notifier(storage, clock, chat)
    await telling.drain()
    assert chat.heard == []
    await clock.advance(60)
    await telling.drain()
    assert [text for _, text in chat.heard] == ["one #0", "two #0"]


async def test_a_lost_answer_is_looked_up_and_not_repeated(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat(looks_back=True)
    chat.trouble, chat.accepts_before_trouble = [LOST], True
    await owe(storage, "one")
    telling = notifier(storage, clock, chat)
    await telling.drain()
    await clock.advance(60)
    await telling.drain()
    assert [text for _, text in chat.heard] == ["one #0"]
    assert await states(storage) == [State.SENT]


async def test_a_lost_request_is_looked_up_and_sent(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat(looks_back=True)
    chat.trouble = [LOST]
    await owe(storage, "one")
    telling = notifier(storage, clock, chat)
    await telling.drain()
    await clock.advance(60)
    await telling.drain()
    assert [text for _, text in chat.heard] == ["one #0"]


async def test_where_nothing_can_be_looked_up_it_is_repeated_once_and_says_so(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    chat = ScriptedChat(looks_back=False)
    chat.trouble, chat.accepts_before_trouble = [LOST, LOST, LOST], True
    await owe(storage, "one")
    telling = notifier(storage, clock, chat)
    for _ in range(5):
        await telling.drain()
        await clock.advance(900)
    assert [text for place, text in chat.heard if place == "ops"] == ["one #0", "(may be a repeat) one #0"]
    assert (await states(storage))[0] is State.DEAD


async def test_the_repeat_waits_until_the_chat_answers(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat(looks_back=False)
    chat.trouble, chat.down = [LOST], SendUnclear("scripted", "HTTP 502")
    await owe(storage, "one")
    telling = notifier(storage, clock, chat)
    for _ in range(3):
        await telling.drain()
        await clock.advance(900)
    assert chat.heard == []
    chat.down = None
    await telling.drain()
    assert [text for _, text in chat.heard] == ["(may be a repeat) one #0"]


async def test_killed_between_send_and_settle_it_is_looked_up_at_the_next_start(
    tmp_path: Path, clock: ManualClock
) -> None:
    chat = ScriptedChat(looks_back=True)
    storage = await open_storage(tmp_path, clock)
    await owe(storage, "one", "two")
    (row,) = await claimed(storage, "ops", 1, now=AT)
    await chat.send(chat.compose(row.message, Destination(name="ops", chat="scripted"))[0],
                    Destination(name="ops", chat="scripted"), key=f"{row.key}.0")  # fmt: skip
    await storage.close()
    reopened = await open_storage(tmp_path, clock)
    await notifier(reopened, clock, chat).drain()
    assert [text for _, text in chat.heard] == ["one #0", "two #0"]
    await reopened.close()


async def test_a_message_of_several_parts_goes_on_where_it_stopped(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    chat.parts_per_message, chat.trouble = 3, [None, ChatUnreachable("scripted", "refused")]
    await owe(storage, "long")
    telling = notifier(storage, clock, chat)
    await telling.drain()
    await clock.advance(60)
    await telling.drain()
    assert [text for _, text in chat.heard] == ["long #0", "long #1", "long #2"]


async def test_one_bad_destination_does_not_hold_up_another(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    chat.trouble = [DestinationBroken("scripted", "is_archived")]
    await owe(storage, "one", to="ops")
    telling = notifier(storage, clock, chat)
    await telling.drain()
    await owe(storage, "two", to="sales")
    await telling.drain()
    assert ("sales", "two #0") in chat.heard
    assert [place for place, _ in chat.heard] == ["desk", "sales"]


async def test_a_moved_destination_is_followed_also_after_a_restart(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    chat.trouble = [DestinationMoved("scripted", "upgraded", {"room": "new ops"})]
    await owe(storage, "one")
    await notifier(storage, clock, chat).drain()
    await owe(storage, "two")
    await notifier(storage, clock, chat).drain()
    assert chat.heard == [("new ops", "one #0"), ("new ops", "two #0")]


async def test_a_refused_message_is_buried_and_the_next_goes_on(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    chat.trouble = [MessageRefused("scripted", "invalid_blocks")]
    await owe(storage, "one", "two")
    await notifier(storage, clock, chat).drain()
    assert (await states(storage))[:2] == [State.DEAD, State.SENT]
    assert [place for place, _ in chat.heard] in (["ops", "desk"], ["desk", "ops"])


class StumblingChat(ScriptedChat):
    """A chat whose file has a defect that some messages bring up."""

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        if "odd" in words(message):
            raise OverflowError("date value out of range")
        return super().compose(message, destination, repeated=repeated, buttons=buttons)


async def test_a_message_that_we_stumble_over_ends_with_a_word_to_operators_and_the_next_goes_on(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    chat = StumblingChat()
    await owe(storage, "odd", "two")
    await notifier(storage, clock, chat).drain()
    first, second, notice = await rows(storage)
    assert [row.state for row in (first, second, notice)] == [State.DEAD, State.SENT, State.SENT]
    assert "orderwatch itself stumbles over it (OverflowError)" in (first.reason or "")
    assert notice.kinds == ("dead_letter",)


async def test_what_cannot_be_told_together_is_told_one_by_one(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    for text in ("one", "two"):
        await owe(storage, text)
    places = {"ops": Destination(name="ops", chat="scripted", storm=1, timezone="Nowhere/At_All")}
    await Notifier(storage, clock, {"scripted": chat}, places, operators=(), labels={}).drain()
    assert [text for _, text in chat.heard] == ["one #0", "two #0"]


async def test_a_wait_of_the_whole_chat_holds_every_lane(storage: SqliteStorage, clock: ManualClock) -> None:
    chat = ScriptedChat()
    chat.trouble = [ChatBusy("scripted", "ratelimited", 30, whole_chat=True)]
    await owe(storage, "one", to="ops")
    telling = notifier(storage, clock, chat)
    await telling.drain()
    assert chat.heard == []
    await clock.advance(30)
    await telling.drain()
    assert chat.heard == [("ops", "one #0")]


async def test_what_is_owed_to_a_destination_that_left_the_config_waits_and_operators_hear_of_it_once(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    chat = ScriptedChat()
    await owe(storage, "one", "two", to="gone")
    for _ in range(3):
        await notifier(storage, clock, chat).drain()
        await clock.advance(61)
    assert (await states(storage))[:2] == [State.PENDING, State.PENDING]
    assert [place for place, _ in chat.heard] == ["desk"]


async def test_a_destination_that_came_back_to_the_config_gets_what_waited_in_order(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    chat = ScriptedChat()
    await owe(storage, "one", "two", to="gone")
    await notifier(storage, clock, chat).drain()
    await clock.advance(61)
    places = {name: Destination(name=name, chat="scripted", address={"room": name}) for name in ("gone", "desk")}
    await Notifier(storage, clock, {"scripted": chat}, places, operators=("desk",), labels={}).drain()
    assert chat.heard[1:] == [("gone", "one #0"), ("gone", "two #0")]


async def test_a_destination_that_stays_away_a_day_ends_what_is_owed_to_it_with_one_notice(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    chat = ScriptedChat()
    await owe(storage, "one", "two", to="gone")
    await notifier(storage, clock, chat).drain()
    await clock.advance(24 * 3600)
    await notifier(storage, clock, chat).drain()
    found = await rows(storage)
    assert [row.state for row in found[:2]] == [State.DEAD, State.DEAD]
    assert all("not in watchlists.yaml" in (row.reason or "") for row in found[:2])
    assert [text.splitlines()[0] for _, text in chat.heard][1:] == ["Not delivered · everything owed to gone"]


async def test_stopping_between_two_parts_leaves_the_rest_for_the_next_start(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    stop = asyncio.Event()
    chat = ScriptedChat(looks_back=False)
    chat.parts_per_message, chat.after_send = 2, stop.set
    await owe(storage, "long")
    await asyncio.wait_for(notifier(storage, clock, chat).run(stop), 5)
    assert await states(storage) == [State.PENDING]
    await notifier(storage, clock, chat).drain()
    assert [text for _, text in chat.heard] == ["long #0", "long #1"]
