"""The pure parts of listening: how questions are read, how answers are written, and who is let in."""

import asyncio
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chats._answering import Answering, Asked, persistently, until_it_works
from bot.chats._holds import Holds
from bot.chats._slack_ear import Guard
from bot.chats._slack_questions import of_command, of_event, of_press, readable
from bot.chats._slack_telling import written
from bot.chats._telegram_questions import Me, of_update
from bot.clock import ManualClock
from bot.errors import ChatBusy, ChatRefused, ChatUnreachable, SendUnclear
from bot.model.command import Question, Reply
from bot.model.message import When
from bot.model.moment import Moment
from bot.sandbox._slack_reading import is_too_long, problems
from tests.chats.harness import line, message
from tests.chats.hearing import ScriptedDesk, button, reply

ME = Me(123, "order_status_bot")


# Slack's questions


@pytest.mark.parametrize(
    ("written_as", "read"),
    [
        ("<@UBOT> status 1", "status 1"),
        ("status <@UBOT|bot> 1", "status 1"),
        ("see <https://a.example|a.example> &amp; <http://b.example>", "see a.example & http://b.example"),
        ("call <tel:45001234|45001234> or <mailto:a@b.example>", "call 45001234 or a@b.example"),
        ("ask <@UANN>", "ask @UANN"),
        ("2 &lt; 3\n  x", "2 < 3 x"),
    ],
)
def test_what_slack_marks_up_is_read_as_it_was_typed(written_as: str, read: str) -> None:
    assert readable(written_as, "UBOT") == read


def test_a_command_in_a_private_talk_belongs_to_its_person() -> None:
    question, way = of_command({"user_id": "U1", "channel_id": "D5", "text": " list ", "trigger_id": "t"})
    assert (question.place, question.is_private, question.text, way.channel) == ({"channel": "U1"}, True, "list", "U1")


@pytest.mark.parametrize("actions", [[], [{"type": "button", "url": "https://a.example"}]])
def test_a_press_without_a_key_asks_nothing(actions: list[dict[str, str]]) -> None:
    assert of_press({"user": {"id": "U1"}, "actions": actions}) is None


def test_the_messages_tab_of_the_app_asks_nothing() -> None:
    assert of_event({"event": {"type": "app_home_opened", "user": "U1", "tab": "messages"}}, "UBOT") is None


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_whatever_is_said_stays_one_question(text: str) -> None:
    question, _ = of_command({"user_id": "U1", "channel_id": "C1", "text": text, "trigger_id": "t"})
    chat = {"id": 5, "type": "private"}
    update = {"update_id": 1, "message": {"message_id": 1, "from": {"id": 5}, "chat": chat, "text": text}}
    found = of_update(update, ME, frozenset())
    assert question.text == text.strip()
    assert found is not None


def test_what_a_bot_says_is_no_question() -> None:
    chat = {"id": 5, "type": "private"}
    message = {"message_id": 1, "from": {"id": 5, "is_bot": True}, "chat": chat, "text": "/help"}
    assert of_update({"update_id": 1, "message": message}, ME, frozenset({"help"})) is None


def test_in_a_topic_everything_replies_to_its_beginning_and_not_to_us() -> None:
    begun = {"message_id": 1, "from": {"id": ME.id}, "forum_topic_created": {}}
    message = {"message_id": 2, "from": {"id": 5}, "chat": {"id": -5, "type": "supergroup"}, "text": "hi"}
    assert of_update({"update_id": 1, "message": message | {"reply_to_message": begun}}, ME, frozenset()) is None


# Slack's answers


def test_many_buttons_with_long_labels_are_taken() -> None:
    buttons = tuple(button(f"{number} " + "x" * 100, f"k{number}") for number in range(40))
    (body,) = written(reply("x", buttons=buttons))
    assert problems(body["blocks"]) == []
    assert [len(block["elements"]) for block in body["blocks"] if block["type"] == "actions"] == [25, 15]


def test_buttons_leave_room_under_a_long_message() -> None:
    buttons = tuple(button("Check now " + "x" * 60, "k" * 64) for _ in range(25))
    for lines in range(20, 200, 5):
        short = Reply(messages=(message(*["x"] * lines),), buttons=buttons)
        assert not any(is_too_long(body["blocks"]) for body in written(short))


def test_times_are_written_in_the_zone_of_the_reply() -> None:
    seen = message(line("seen ", When(at=Moment("2026-11-20T08:15:00Z"))))
    (body,) = written(Reply(messages=(seen,), timezone="America/Sao_Paulo"))
    assert "05:15 -03" in body["text"]


# Who is let in


def _signed(clock: ManualClock, body: bytes = b"x") -> dict[str, str]:
    timestamp = str(int(clock.now().timestamp()))
    digest = hmac.new(b"secret", b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


async def test_a_request_is_let_in_once_within_five_minutes() -> None:
    clock = ManualClock()
    guard = Guard("secret", clock)
    headers = _signed(clock)
    assert guard.objection(headers, b"x") == ""
    await clock.advance(300)
    assert guard.objection(headers, b"x") == "replayed"
    await clock.advance(1)
    assert guard.objection(headers, b"x") == "stale"


async def test_what_is_too_old_to_be_let_in_is_forgotten() -> None:
    clock = ManualClock()
    guard = Guard("secret", clock)
    for _ in range(20):
        assert guard.objection(_signed(clock), b"x") == ""
        await clock.advance(100)
    assert len(guard._seen) <= 7


async def test_another_body_under_a_true_signature_is_forged() -> None:
    clock = ManualClock()
    assert Guard("secret", clock).objection(_signed(clock), b"y") == "forged"


# Asking again


async def test_who_sends_with_the_same_token_keeps_the_same_wait() -> None:
    clock, sent = ManualClock(), []
    holds = Holds(clock)

    async def refuse() -> None:
        raise ChatBusy("telegram", "too fast", 5.0, whole_chat=True)

    async def send() -> None:
        sent.append(clock.monotonic())

    with pytest.raises(ChatBusy):
        await holds.keep("5", refuse)
    await clock.advance(3)
    with pytest.raises(ChatBusy) as caught:
        await holds.keep("5", send)
    await holds.keep("6", send)
    await clock.advance(2)
    await holds.keep("5", send)
    assert (caught.value.retry_after, caught.value.whole_chat, sent) == (2.0, True, [3.0, 5.0])


async def test_what_surely_did_not_arrive_is_sent_again() -> None:
    clock = ManualClock()
    outcomes = iter([ChatBusy("slack", "wait", 7.0), ChatUnreachable("slack", "down"), None])

    async def send() -> str:
        if error := next(outcomes):
            raise error
        return "sent"

    sending = asyncio.create_task(persistently(send, clock, "x"))
    await clock.advance(6.9)
    assert not sending.done()
    await clock.advance(20)
    assert await sending == "sent"


@pytest.mark.parametrize("error", [SendUnclear("slack", "lost"), ChatBusy("slack", "wait", 3600.0)])
async def test_what_may_have_arrived_or_would_come_too_late_is_not_sent_again(error: Exception) -> None:
    async def send() -> None:
        raise error

    with pytest.raises(type(error)):
        await persistently(send, ManualClock(), "x")


async def test_what_may_come_twice_is_sent_again_after_one_and_three_seconds_and_then_given_up() -> None:
    clock, tried = ManualClock(), []

    async def send() -> None:
        tried.append(clock.monotonic())
        raise SendUnclear("slack", "lost")

    sending = asyncio.create_task(persistently(send, clock, "x", may_come_twice=True))
    await clock.advance(60)
    with pytest.raises(SendUnclear):
        await sending
    assert [at - tried[0] for at in tried] == [0.0, 1.0, 4.0]


async def test_a_press_repeated_while_it_is_answered_is_one_press_and_later_another() -> None:
    desk = ScriptedDesk()
    answering = Answering("slack", desk, ManualClock())

    async def tell(_: Reply) -> None: ...

    def pressed(name: str, under: str = "1.0") -> Asked | None:
        asked = Question(id=name, chat="slack", person="U1", via="button", text="s", message=under)
        return answering.take(asked, tell)

    first, again, other = pressed("a"), pressed("b"), pressed("c", under="2.0")
    assert (again, first is None, other is None) == (None, False, False)
    assert first is not None
    await first.task
    assert pressed("d") is not None


async def test_an_answer_that_could_not_be_sent_is_over_all_the_same() -> None:
    desk = ScriptedDesk()

    async def tell(_: Reply) -> None:
        raise SendUnclear("slack", "lost")

    asked = Answering("slack", desk, ManualClock()).take(Question(id="a", chat="slack", person="U1"), tell)
    assert asked is not None
    await asked.task
    assert desk.over == ["a"]


async def test_a_question_whose_answer_is_cut_off_is_not_over() -> None:
    desk = ScriptedDesk()
    desk.hangs.clear()

    async def tell(_: Reply) -> None: ...

    asked = Answering("slack", desk, ManualClock()).take(Question(id="a", chat="slack", person="U1"), tell)
    assert asked is not None
    assert await asked.is_safe(1.0)
    asked.task.cancel()
    await asyncio.gather(asked.task, return_exceptions=True)
    assert desk.over == []


async def test_who_is_unreachable_is_asked_until_told_to_stop() -> None:
    clock, stop, asked = ManualClock(), asyncio.Event(), 0

    async def ask() -> str:
        nonlocal asked
        asked += 1
        raise ChatUnreachable("slack", "down")

    asking = asyncio.create_task(until_it_works(ask, clock, stop, chat="slack", what="x"))
    await clock.advance(300)
    stop.set()
    assert await asking is None
    assert 10 <= asked <= 25


async def test_a_refusal_is_not_asked_again() -> None:
    async def ask() -> None:
        raise ChatRefused("slack", "no")

    with pytest.raises(ChatRefused):
        await until_it_works(ask, ManualClock(), asyncio.Event(), chat="slack", what="x")


async def test_a_question_delivered_again_much_later_is_still_known() -> None:
    answering, told = Answering("slack", ScriptedDesk(), ManualClock()), []

    async def tell(answer: object) -> None:
        told.append(answer)

    for name in ("a", *map(str, range(1000)), "a"):
        asked = answering.take(Question(id=name, chat="slack", person="U1"), tell)
        if asked:
            await asked.task
    assert len(told) == 1001


def test_somebody_named_in_slack_is_meant_by_id() -> None:
    body = {"user_id": "U1", "channel_id": "C1", "text": "assign 4500001 <@U0123456789|bob>", "trigger_id": "t"}
    asked, _ = of_command(body)
    assert asked.text == "assign 4500001 @U0123456789"
    assert readable("assign 4500001 <@U0123456789|bob>", "U9") == "assign 4500001 @U0123456789"
