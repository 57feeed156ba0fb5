"""People who take care of what is wrong, through the desk."""

import pytest

from bot.clock import ManualClock
from bot.model.outbox import State
from bot.storage.sqlite import SqliteStorage
from tests.core.making import DELIVERED, SHIPPED
from tests.loops.asking import Bot, a_bot, one, panels
from tests.loops.scripted import ScriptedSource

LATER = {"delivery_promised": "2026-12-09"}


@pytest.fixture
async def source() -> ScriptedSource:
    return panels(one(delivery_promised="2026-12-01"))


@pytest.fixture
async def bot(storage: SqliteStorage, clock: ManualClock, source: ScriptedSource) -> Bot:
    bot = await a_bot(storage, clock, source)
    source.set(one(**LATER))
    await passes(bot)
    return bot


async def passes(bot: Bot) -> None:
    await bot.clock.advance(4 * 3600)
    await bot.poll()


async def called(bot: Bot) -> tuple[str, ...]:
    *_, last = await bot.storage.notifications(states=(State.PENDING,))
    return last.message.mentions


async def test_what_waits_is_listed_until_somebody_acknowledges_it(bot: Bot) -> None:
    assert "4500001" in await bot.hear("list exceptions")
    assert "Acknowledged: 4500001 (slipped)" in await bot.hear("ack 4500001 note they ship on Monday")
    assert "No order" in await bot.hear("list exceptions")
    assert "nothing" in (await bot.hear("ack 4500001")).lower()


@pytest.mark.parametrize("verb", ["status", "why"])
async def test_an_answer_says_what_waits_who_saw_it_and_who_takes_care(bot: Bot, verb: str) -> None:
    assert "nobody has acknowledged it" in await bot.hear(f"{verb} 4500001")
    await bot.hear("ack 4500001 note they ship on Monday")
    await bot.hear("assign 4500001 me")
    said = await bot.hear(f"{verb} 4500001")
    assert "acknowledged by you" in said
    assert "(“they ship on Monday”)" in said
    assert "Assigned to you" in said


async def test_later_news_calls_only_whoever_takes_care_until_that_ends(bot: Bot, source: ScriptedSource) -> None:
    assert "You take care of 4500001" in await bot.hear("assign 4500001 me")
    source.set(one(status=SHIPPED, **LATER))
    await passes(bot)
    assert await called(bot) == ("U1",)
    assert "any more" in await bot.hear("unassign 4500001")
    source.set(one(status=DELIVERED, **LATER))
    await passes(bot)
    assert await called(bot) == ()


async def test_what_somebody_takes_care_of_is_theirs(bot: Bot) -> None:
    assert "4500001" not in await bot.hear("list mine")
    await bot.hear("assign 4500001 me")
    assert "4500001" in await bot.hear("list mine")


@pytest.mark.parametrize("written", ["@U0123456789", "U0123456789"])
async def test_somebody_else_is_named_by_id(bot: Bot, source: ScriptedSource, written: str) -> None:
    assert "U0123456789 takes care" in await bot.hear(f"assign 4500001 to {written}")
    source.set(one(status=SHIPPED, **LATER))
    await passes(bot)
    assert await called(bot) == ("U0123456789",)


async def test_a_name_that_calls_nobody_is_refused(bot: Bot) -> None:
    assert "I cannot call “@bob”" in await bot.hear("assign 4500001 @bob")
