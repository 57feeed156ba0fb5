"""What people do not want to be told for a while: whole places, watchlists and kinds; and the list of it."""

from typing import Any

import pytest

from bot.clock import ManualClock
from bot.model.access import Grant, Role
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.talk import Mute
from bot.storage.sqlite import SqliteStorage
from tests.core.making import SHIPPED, status, watchlist
from tests.loops.asking import CHANNEL, OPERATOR, WATCHER, Bot, Shop, a_bot, one, panels
from tests.loops.scripted import ScriptedSource

OPS = {"person": "U0", "channel": "COPS"}
AT_TERMINAL = {"chat": "terminal", "person": "terminal", "place": {}, "own_place": {}, "via": "cli"}


async def states_after_a_move(bot: Bot, source: ScriptedSource, clock: ManualClock) -> list[tuple[str, str]]:
    """State and kinds of what a new status and a new date make for the channel of the operators."""
    source.set(one(status=SHIPPED, delivery_promised=Moment("2026-03-01")))
    await clock.advance(900)
    await bot.poll()
    rows = [row for row in await bot.storage.notifications() if row.order]
    return [(row.state.value, ",".join(row.kinds)) for row in rows]


async def kept(storage: SqliteStorage) -> list[Mute]:
    return list(await storage.talks.mutes(Moment("2026-01-05T09:00:00Z")))


async def test_a_kind_is_muted_and_the_rest_is_told(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    assert "No status news here until it is lifted" in await bot.hear("mute kind status", **OPS)
    assert await states_after_a_move(bot, source, clock) == [("pending", "promise_moved"), ("muted", "status")]


async def test_all_of_a_place_is_muted_until_a_day_and_says_why(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    said = await bot.hear("mute here until friday 9:00 note stocktaking", **OPS, timezone="Europe/Paris")
    assert "No news of any order here until 2026-01-09T08:00:00Z." in said
    assert "Noted: stocktaking" in said
    assert [state for state, _ in await states_after_a_move(bot, source, clock)] == ["muted"]
    row = (await storage.notifications())[-1]
    assert row.reason == "muted by U0 until 2026-01-09T08:00:00Z: stocktaking"
    assert "muted by you until 2026-01-09T08:00:00Z (“stocktaking”)" in await bot.hear("why 4500001", **OPS)


async def test_a_watchlist_is_muted_by_its_name_and_lifted_again(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    named = watchlist("Plant 3")
    bot = await a_bot(storage, clock, source, watchlists=(named,))
    assert "news of the watchlist Plant 3" in await bot.hear("mute watchlist plant 3 2d", **OPS)
    assert "comes here again" in await bot.hear("unmute watchlist plant 3", **OPS)
    assert "was not muted here" in await bot.hear("unmute watchlist plant 3", **OPS)
    await bot.ask("mute watchlist plant 3 2d", **OPS)
    assert [state for state, _ in await states_after_a_move(bot, source, clock)] == ["muted"]


async def test_a_watchlist_that_may_not_be_seen_is_one_that_does_not_exist(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    shops = (watchlist("web", source="shop"),)
    bot = await a_bot(storage, clock, panels(one()), Shop(), watchlists=shops, grants=(CHANNEL,))
    hidden = await bot.hear("mute watchlist web me")
    assert "I know no watchlist web here." in hidden
    assert hidden.replace("web", "wob") == await bot.hear("mute watchlist wob me")
    assert await kept(storage) == []


@pytest.mark.parametrize("text", ["mute here 1d", "mute kind status 1d", "snooze here 1d", "unmute here"])
async def test_what_others_read_too_takes_an_operator(storage: SqliteStorage, clock: ManualClock, text: str) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "one needs the role operator" in await bot.hear(text)
    assert await kept(storage) == []


async def test_a_watcher_may_mute_all_that_comes_to_them_alone(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "No news of any order to you until 2026" in await bot.hear("mute everything me 1d")
    assert [(mute.destination, mute.key) for mute in await kept(storage)] == [("slack:U1", None)]


async def test_a_snooze_is_kept_with_its_end(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "Then I tell what it came to." in await bot.hear("snooze 4500001 until tomorrow")
    (mute,) = await kept(storage)
    assert (mute.holds, mute.until, mute.key) == (True, "2026-01-06T00:00:00Z", "4500001")


async def test_a_moment_that_has_passed_is_no_end(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "That moment has passed." in await bot.hear("mute 4500001 until 2025-12-24")
    assert await kept(storage) == []


async def test_a_day_so_far_ahead_that_the_mute_would_be_forgotten_is_no_end(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "A mute lasts up to 366 days." in await bot.hear("mute 4500001 until 9999-12-31")
    assert await kept(storage) == []
    assert "No news of 4500001" in await bot.hear("mute 4500001 until 2027-01-06 9:00")


async def test_the_list_says_who_wanted_what_until_when_and_why(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert await bot.hear("list muted") == "Nothing is muted here."
    await bot.ask("mute 4500001 until change note on hold")
    await bot.ask("snooze everything me 1h")
    said = await bot.hear("list muted")
    assert said.split("\n") == [
        "Not told now (2):",
        "• News of 4500001 · here · muted until its status changes · by you · “on hold”",
        "• News of any order · for you · held until 2026-01-05T10:00:00Z · by you",
    ]


async def test_the_list_names_no_order_that_may_not_be_seen(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(OPERATOR, CHANNEL))
    await bot.ask("mute 4500001 1d")
    shop_only = Grant(chat="slack", place="C1", role=Role.WATCHER, sources=("shop",))
    bot = await a_bot(storage, clock, panels(one()), Shop(), grants=(shop_only,))
    assert await bot.hear("list muted") == "Nothing is muted here."


async def test_at_the_terminal_a_watchlist_is_muted_wherever_it_goes(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    members: dict[str, Any] = AT_TERMINAL
    assert "news anywhere until it is lifted" in await bot.hear("mute kind promise_moved", **members)
    assert "everywhere · muted until it is lifted" in await bot.hear("list muted", **members)
    states = await states_after_a_move(bot, source, clock)
    assert states == [("pending", "status"), ("muted", "promise_moved")]


async def test_at_the_terminal_all_news_needs_a_destination(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(OPERATOR, WATCHER))
    members: dict[str, Any] = AT_TERMINAL
    assert "orderwatch mute --all 1d --to ops" in await bot.hear("mute here 1d", **members)
    assert await kept(storage) == []


async def test_what_is_lifted_while_another_wish_holds_it_back_says_so(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("mute 4500001 1d", **OPS)
    await bot.ask("mute kind status 1d", **OPS)
    said = await bot.hear("unmute 4500001", **OPS)
    assert "That mute of news of 4500001 is over." in said
    assert "still held back by another wish" in said


async def test_an_answer_about_an_order_says_that_all_news_is_held_back(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("snooze everything me 1h")
    assert "All news held for you until 2026-01-05T10:00:00Z" in await bot.hear("status 4500001")
    assert "But it is held for you until 2026" in await bot.hear("watch 4500001 me")


async def test_what_is_snoozed_waits_for_its_end_and_urgent_news_does_not(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one(), one("4500002"))
    bot = await a_bot(storage, clock, source)
    await bot.ask("snooze here 1d", **OPS)
    source.set(one(status=SHIPPED), one("4500002", status=status("Cancelled", Stage.CANCELLED)))
    await clock.advance(900)
    await bot.poll()
    rows = {row.order: row.not_before for row in await storage.notifications() if row.order}
    assert rows == {"4500001": "2026-01-06T09:00:00Z", "4500002": None}
