"""Questions that nobody was told an answer to when the process ended, over the real store."""

import asyncio

import pytest

from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage
from tests.loops.asking import a_bot, one, panels, question


async def test_what_nobody_was_told_is_asked_again_after_a_restart_once(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    noted, asked = asyncio.Event(), question("late")
    await bot.desk.answer(asked, noted)
    assert noted.is_set()
    again = await a_bot(storage, clock, panels(one()))
    assert await again.desk.unanswered("telegram") == []
    assert await again.desk.unanswered("slack") == [asked]
    assert await again.desk.answer(asked) is not None
    assert (await again.desk.unanswered("slack"), await again.desk.answer(asked)) == ([], None)


@pytest.mark.parametrize(
    ("text", "told", "minutes"),
    [("late", True, 1), ("late", False, 11), ("join code", False, 1), ("list share", False, 1)],
)
async def test_what_is_over_old_secret_or_public_is_not_asked_again(
    storage: SqliteStorage, clock: ManualClock, text: str, told: bool, minutes: float
) -> None:
    bot, asked = await a_bot(storage, clock, panels(one())), question(text)
    await bot.desk.answer(asked)
    if told:
        await bot.desk.told(asked)
    await clock.advance(60 * minutes)
    assert await bot.desk.unanswered("slack") == []
