"""Alerts and answers to one place keep its limits together, and answers go first."""

import asyncio
from typing import Any

import pytest

from bot import registry
from bot.clock import ManualClock
from bot.model.sending import Limit
from bot.model.units import RateValue
from bot.pacer import Pacer
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.chats.harness import alert, served, slack_place, telegram_place
from tests.chats.hearing import HurriedClock, ScriptedDesk, ear_for

LIMITS = (Limit("all", RateValue(100, 1.0)), Limit("here", RateValue(1, 1.0)))
ELSEWHERE = (LIMITS[0], Limit("there", RateValue(1, 1.0)))


async def test_an_answer_goes_before_alerts_that_wait_for_the_same_place() -> None:
    clock, went = ManualClock(), []
    pacer, stop = Pacer(clock), asyncio.Event()

    async def go(name: str, *, ahead: bool = False) -> None:
        await pacer.turn(LIMITS, stop, ahead=ahead)
        went.append(name)

    waiting = [asyncio.create_task(go(name)) for name in ("first", "alert", "alert")]
    await clock.advance(0)
    waiting.append(asyncio.create_task(go("answer", ahead=True)))
    await clock.advance(5)
    await asyncio.gather(*waiting)
    assert went == ["first", "answer", "alert", "alert"]


async def test_a_message_that_is_slow_on_its_way_keeps_the_next_one_off_from_its_arrival_on() -> None:
    clock, went = ManualClock(), []
    pacer = Pacer(clock)

    async def go(seconds_on_its_way: float) -> None:
        with await pacer.turn(LIMITS):
            await clock.sleep(seconds_on_its_way)
            went.append(clock.monotonic())

    begun = clock.monotonic()
    slow = asyncio.create_task(go(0.8))
    await clock.advance(0.9)
    await slow
    quick = asyncio.create_task(go(0.0))
    await clock.advance(5)
    await quick
    assert went[1] - begun == pytest.approx(1.9, abs=0.1)  # not 1.0, a fifth of a second after the other one


async def test_an_answer_that_waits_holds_up_no_other_place() -> None:
    clock, stop = ManualClock(), asyncio.Event()
    pacer = Pacer(clock)
    await pacer.turn(LIMITS, stop)
    answer = asyncio.create_task(pacer.turn(LIMITS, stop, ahead=True))
    await clock.advance(0)
    turn = await asyncio.wait_for(pacer.turn(ELSEWHERE, stop), 1)
    assert turn.has_come
    answer.cancel()


@pytest.mark.parametrize(
    ("kind", "twin_of", "place"),
    [("slack", SlackTwin, slack_place("U0ANN")), ("telegram", TelegramTwin, telegram_place(1001))],
)
async def test_a_storm_of_alerts_and_answers_to_one_person_meets_no_limit(kind: str, twin_of: Any, place: Any) -> None:
    clock, stop = HurriedClock(), asyncio.Event()
    twin, pacer = twin_of(clock), Pacer(clock)
    async with served(twin.application()) as base:
        module: Any = registry.chat_module(kind)
        chat = module.build(module.Settings(**twin.listening(base)), clock)
        ear = ear_for(kind, twin.listening(base), clock, menus={}, beside=chat, pacer=pacer)
        listening = asyncio.create_task(ear.listen(ScriptedDesk(), stop))
        if kind == "slack":
            await twin.delivery.until_connected()

        async def tell() -> None:
            for number in range(8):
                await pacer.turn(chat.limits(place), stop)
                await chat.send(chat.compose(alert(), place)[0], place, key=str(number))

        async def ask() -> None:
            for number in range(8):
                await (twin.write("U0ANN", f"{number}") if kind == "slack" else twin.say(1001, 1001, f"{number}"))

        await asyncio.gather(tell(), ask())
        stop.set()
        await listening
        await chat.close()
    assert (len(twin.accepted), twin.violations) == (16, [])
