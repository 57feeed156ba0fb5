"""Buttons under an alert, in every chat that has buttons."""

from typing import Any

import pytest

from bot.clock import ManualClock
from bot.model.command import Button
from bot.model.outbox import Destination
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from tests.chats.harness import chat_to, message

BUTTONS = tuple(Button(label=label, key=label[0] * 64) for label in ("Check now", "Mute until it changes"))
LONG = message(*(f"item {number:04d} of the order" for number in range(400)))

every_twin = pytest.mark.parametrize(("kind", "twin_of"), [("slack", SlackTwin), ("telegram", TelegramTwin)])


@every_twin
async def test_buttons_stand_under_the_last_part(kind: str, twin_of: Any) -> None:
    twin = twin_of(ManualClock())
    place = Destination(name="here", chat=kind, address=twin.address())
    async with chat_to(twin, kind) as chat:
        *_, first, last = chat.compose(LONG, place, buttons=BUTTONS)
        for part in (first, last):
            await chat.send(part, place, key=part.plain[:9])
    assert [one.buttons for one in twin.seen] == [{}, {button.label: button.key for button in BUTTONS}]
    assert twin.violations == []


@every_twin
async def test_an_alert_falls_into_the_same_parts_with_buttons_and_without(kind: str, twin_of: Any) -> None:
    twin = twin_of(ManualClock())
    place = Destination(name="here", chat=kind, address=twin.address())
    async with chat_to(twin, kind) as chat:
        with_buttons, without = chat.compose(LONG, place, buttons=BUTTONS), chat.compose(LONG, place)
    assert [part.plain for part in with_buttons] == [part.plain for part in without]


@every_twin
async def test_an_alert_that_is_edited_keeps_its_buttons(kind: str, twin_of: Any) -> None:
    twin = twin_of(ManualClock())
    place = Destination(name="here", chat=kind, address=twin.address())
    async with chat_to(twin, kind) as chat:
        (part,) = chat.compose(message("one"), place, buttons=BUTTONS)
        sent = await chat.send(part, place, key="k")
        (newer,) = chat.compose(message("one more"), place, buttons=BUTTONS)
        await chat.edit(sent, newer, place)
    assert "Mute until it changes" in str(twin.accepted[-1].payload)
    assert "one more" in twin.accepted[-1].text
