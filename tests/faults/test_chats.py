"""Every fault at every chat, through the whole product: nothing lost, the other chat unaffected, a repeat marked."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.model.outbox import State
from bot.sandbox.server import TELEGRAM_CHAT
from bot.storage import doors
from bot.storage.redrive import Chosen
from tests.faults.strain import LATER, told
from tests.journeys.scene import Scene

CHATS = ("slack", "telegram")
JSON = "application/json"
SENDING = r"chat\.postMessage|sendMessage"

FAULTS: dict[str, dict[str, Any]] = {
    "500 with a page": {"kind": "status", "status": 500},
    "502 with nothing": {"kind": "status", "status": 502, "body": ""},
    "503 with JSON": {"kind": "status", "status": 503, "body": '{"ok": false}', "media_type": "application/json"},
    "429 without a word": {"kind": "status", "status": 429},
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": "30"},
    "a reset before it was taken": {"kind": "reset"},
    "a reset after it was taken": {"kind": "drop_after"},
    "half an answer": {"kind": "truncated"},
    "an answer cut off": {"kind": "cut"},
    "bytes that are no UTF-8": {"kind": "garbled"},
    "nothing with 200": {"kind": "empty"},
    "a sign-in page with 200": {"kind": "html"},
    "nesting beyond reason": {"kind": "deep"},
    "5 MB": {"kind": "huge", "size": 5_000_000},
    "another Content-Type": {"kind": "wrong_type"},
    "a list where an object should be": {"kind": "status", "status": 200, "body": "[1]", "media_type": JSON},
    "a number with 200": {"kind": "status", "status": 200, "body": "42", "media_type": JSON},
    "yes without what it is about": {"kind": "status", "status": 200, "body": '{"ok": true}', "media_type": JSON},
    "yes about nonsense": {
        "kind": "status",
        "status": 200,
        "body": '{"ok": true, "ts": {}, "channel": 7, "result": ["x"]}',
        "media_type": JSON,
    },
    "no without a reason": {"kind": "status", "status": 200, "body": '{"ok": false}', "media_type": JSON},
}
"""What goes wrong while a message is sent, as members of a Fault."""


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path, "stateset", orders=3) as opened:
        yield await opened.start()


def two_orders_move(scene: Scene) -> None:
    scene.world.confirm(scene.order("stateset", "placed"))
    scene.world.dispatch(scene.order("stateset", "in_production"))


async def looks(scene: Scene, times: int = 4) -> list[str]:
    return [text.partition("\n")[0] for _ in range(times) for text in _both(await scene.look(LATER))]


def _both(news: Any) -> list[str]:
    return [*news.slack, *news.telegram]


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_one_failed_send_is_made_good_and_a_repeat_says_so(scene: Scene, chat: str, fault: str) -> None:
    scene.sandbox.faults[chat].add(**FAULTS[fault], path=SENDING)
    two_orders_move(scene)
    first = await scene.look(LATER)
    assert len(first.telegram if chat == "slack" else first.slack) == 2
    await looks(scene)
    verdict = scene.verdict()
    assert verdict.is_clean, str(verdict)
    assert verdict.repeats <= (0 if chat == "slack" else 1)


LATE: dict[str, dict[str, Any]] = {
    "taken, and the answer is too late": {"kind": "slow", "seconds": 1.0},
    "never an answer": {"kind": "hang", "seconds": 1.0},
    "an answer that drips": {"kind": "drip", "seconds": 0.2},
}


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("fault", LATE)
async def test_an_answer_beyond_the_time_out_is_a_lost_one(scene: Scene, chat: str, fault: str) -> None:
    scene.set(f"chats.{chat}.timeout", "0.4s")
    await scene.restart()
    scene.sandbox.faults[chat].add(**LATE[fault], path=SENDING)
    two_orders_move(scene)
    await looks(scene)
    verdict = scene.verdict()
    assert verdict.is_clean, str(verdict)
    assert verdict.repeats <= (0 if chat == "slack" else 1)


@pytest.mark.parametrize("chat", CHATS)
async def test_a_storm_of_429_delays_and_loses_nothing(scene: Scene, chat: str) -> None:
    scene.sandbox.faults[chat].add("status", path=SENDING, status=429, retry_after="20", times=12)
    two_orders_move(scene)
    await looks(scene, 14)
    assert (scene.verdict().is_clean, scene.verdict().repeats) == (True, 0), str(scene.verdict())


@pytest.mark.parametrize("chat", CHATS)
async def test_a_wait_of_ages_is_obeyed_for_a_day(scene: Scene, chat: str) -> None:
    refused = {"ok": False, "error_code": 429, "parameters": {"retry_after": 31536000000}}
    scene.sandbox.faults[chat].add(
        "status", path=SENDING, status=429, retry_after="31536000000", body=json.dumps(refused), media_type=JSON
    )
    two_orders_move(scene)
    during = await scene.look(LATER)
    assert [len(during.slack), len(during.telegram)] == ([0, 2] if chat == "slack" else [2, 0])
    await scene.look(86400)
    await looks(scene)
    assert (scene.verdict().is_clean, scene.verdict().repeats) == (True, 0), str(scene.verdict())


@pytest.mark.parametrize("chat", CHATS)
async def test_half_a_minute_in_which_a_chat_takes_no_message_costs_none(scene: Scene, chat: str) -> None:
    fault = scene.sandbox.faults[chat].add("status", path=SENDING, status=502, times=None)
    two_orders_move(scene)
    for _ in range(6):
        await scene.look(5)
    assert fault.injected > 0
    scene.sandbox.faults[chat].clear()
    await looks(scene)
    verdict = scene.verdict()
    assert verdict.is_clean, str(verdict)
    assert verdict.repeats <= (0 if chat == "slack" else 1)


@pytest.mark.parametrize("chat", CHATS)
async def test_a_chat_that_is_down_for_hours_delays_and_loses_nothing(scene: Scene, chat: str) -> None:
    scene.sandbox.faults[chat].add("reset", times=None)
    two_orders_move(scene)
    await looks(scene, 8)
    scene.sandbox.faults[chat].clear()
    await looks(scene)
    verdict = scene.verdict()
    assert verdict.is_clean, str(verdict)
    assert verdict.repeats <= (0 if chat == "slack" else 1)


@pytest.mark.parametrize(("chat", "operators"), [("slack", "sales"), ("telegram", "ops")])
async def test_a_revoked_token_is_told_through_the_other_chat_and_everything_arrives_in_order_with_a_new_one(
    scene: Scene, chat: str, operators: str
) -> None:
    scene.set("operators.to", operators)
    await scene.restart()
    twin = getattr(scene.sandbox, chat)
    good = twin.settings(scene.sandbox.urls[chat])["bot_token"]
    scene.set(f"chats.{chat}.bot_token", "123456789:AAwrong-wrong-wrong-wrong-wrong-wro")
    await scene.restart()
    two_orders_move(scene)
    during = await looks(scene)
    scene.set(f"chats.{chat}.bot_token", good)
    await scene.restart()
    after = await looks(scene)
    assert (told(during, "Cannot deliver"), told(during + after, "Not delivered")) == (1, 0)
    assert len([line for line in after if "Status" in line or "Dispatched" in line]) == 2
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_person_who_blocked_the_bot_gets_in_order_what_waited_once_he_lets_it_in_again(scene: Scene) -> None:
    scene.sandbox.telegram.block(TELEGRAM_CHAT)
    two_orders_move(scene)
    during = await looks(scene)
    scene.sandbox.telegram.rooms[TELEGRAM_CHAT].closed = ""
    await looks(scene)
    assert told(during, "Cannot deliver · sales") == 1
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_a_message_the_chat_will_never_take_dies_with_a_reason_and_operators_hear_of_it(scene: Scene) -> None:
    scene.sandbox.telegram.refuse_message(2)  # as it is, and as plain text
    two_orders_move(scene)
    lines = await looks(scene)
    dead = await scene.app.storage.notifications(states=[State.DEAD])
    assert [(row.destination, "refused" in (row.reason or "")) for row in dead] == [("sales", True)]
    assert told(lines, "Not delivered") == 1


async def test_what_an_operator_retries_goes_out_once(scene: Scene) -> None:
    scene.sandbox.telegram.refuse_message(2)
    two_orders_move(scene)
    await looks(scene)
    await asyncio.to_thread(doors.retry, scene.database, Chosen(destination="sales"))
    assert len((await scene.look()).telegram) == 1
    assert scene.verdict().is_clean, str(scene.verdict())


async def test_an_endless_text_arrives_whole_in_parts(scene: Scene) -> None:
    order = scene.order("stateset", "placed")
    for _ in range(40):
        scene.world.add_line(order)
    await looks(scene)
    assert scene.verdict().is_clean, str(scene.verdict())
    assert scene.sandbox.slack.violations == scene.sandbox.telegram.violations == []
