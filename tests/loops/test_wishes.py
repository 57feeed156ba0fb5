"""What people follow and mute from chat, over the real store."""

import asyncio
from typing import Any, cast

import pytest

from bot.clock import ManualClock
from bot.loops.following import Following
from bot.model.access import Grant, Role
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.poll import Listing
from bot.ports import Talks
from bot.storage.sqlite import SqliteStorage
from tests.core.making import CONFIRMED, SHIPPED, order, status
from tests.loops.asking import CHANNEL, OPERATOR, WATCHER, Shop, a_bot, key_of, one, panels
from tests.loops.scripted import ScriptedSource


async def test_a_watched_order_is_told_here_and_nowhere_twice(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    assert "This chat is told when it changes: 4500001 (“drives”)" in await bot.hear("watch 4500001 as drives")
    assert "told already" in await bot.hear("watch 4500001")
    source.set(one(status=SHIPPED))
    await clock.advance(900)
    await bot.poll()
    told = [row.destination for row in await storage.notifications() if "status" in row.kinds]
    assert sorted(told) == ["ops", "slack:C1"]
    assert "“drives”" in await bot.hear("list mine")
    assert (await bot.hear("status drives")).startswith("4500001 · Shipped")


async def test_an_order_nobody_watched_can_be_followed_and_is_after_a_restart(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("4500077"), listing=Listing.NONE)
    bot = await a_bot(storage, clock, source, watchlists=())
    assert "Now: Confirmed" in await bot.hear("watch 4500077")
    bot = await a_bot(storage, clock, source, watchlists=())
    source.set(one("4500077", status=SHIPPED))
    await clock.advance(900)
    await bot.poll()
    assert [(row.destination, row.kinds) for row in await storage.notifications()] == [("slack:C1", ("status",))]


async def test_a_watch_ends_with_unwatch_and_the_order_is_looked_at_no_more(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("4500077"), listing=Listing.NONE)
    bot = await a_bot(storage, clock, source, watchlists=())
    await bot.ask("watch 4500077")
    assert "No more news" in await bot.hear("unwatch 4500077")
    asked = len(source.asked)
    await clock.advance(90_000)
    await bot.poll()
    assert len(source.asked) == asked
    assert "not followed from here" in await bot.hear("unwatch 4500077")


@pytest.mark.parametrize("grants", [(), (CHANNEL.model_copy(update={"sources": ("shop",)}),)])
async def test_a_watch_counts_no_longer_than_its_place_may_see_the_order(
    storage: SqliteStorage, clock: ManualClock, grants: tuple[Grant, ...]
) -> None:
    await (await a_bot(storage, clock, panels(one()))).ask("watch 4500001")
    assert (await a_bot(storage, clock, panels(one()), Shop())).following.watches != ()
    assert (await a_bot(storage, clock, panels(one()), Shop(), grants=grants)).following.watches == ()


async def test_a_watch_for_everybody_needs_a_place_that_may_see_it(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(WATCHER,))
    assert "Everybody here would read that" in await bot.hear("watch 4500001", channel="C9")
    assert "You are told" in await bot.hear("watch 4500001 me", channel="C9")


async def test_who_may_see_an_order_only_in_a_chat_is_not_promised_to_be_told_alone(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(CHANNEL,))
    said = await bot.hear("watch 4500001 me")
    assert "may not tell you alone" in said
    assert "pass this on to whoever runs me: slack, person U1." in said
    assert await storage.talks.watches() == []
    assert "This chat is told" in await bot.hear("watch 4500001")


async def test_two_orders_of_one_name_are_said_to_be_and_shown_together(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one(), one("4500002"), one("4500003")))
    await bot.ask("watch 4500001 as drives")
    assert "“Drives” is also 4500001: asked for it" in await bot.hear("watch 4500002 as Drives")
    said = await bot.hear("status drives")
    assert "4500001 · Confirmed" in said
    assert "4500002 · Confirmed" in said
    assert "That is 2 orders. Which one?" in await bot.hear("mute drives 1d")


async def test_what_its_source_does_not_know_yet_is_told_to_be_followed(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("watch 4500001")
    await bot.ask("watch 4500077 as spare")
    said = await bot.hear("list mine")
    assert "followed here: 1 order, and 1 not known to the source yet" in said
    assert "4500077 · not known to the source yet · followed since 2026-01-05T09:00:00Z · “spare”" in said
    for name in ("4500077", "Spare"):
        assert "4500077 is not known to its source, panels, yet." in await bot.hear(f"status {name}")
    assert "not known" not in await bot.hear("list mine shipped")
    assert "I know no order 4500077 here" in await bot.hear("status 4500077", person="U0", channel="C9")


async def test_a_name_for_oneself_is_known_wherever_one_asks(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("watch 4500001 me as Solo")
    assert (await bot.hear("status solo", channel="C7")).startswith("4500001 · Confirmed")
    assert "I know no order solo here" in await bot.hear("status solo", person="U0", channel="C1")


async def test_an_end_of_a_watch_says_that_a_watchlist_goes_on(storage: SqliteStorage, clock: ManualClock) -> None:
    place = Grant(chat="slack", place="COPS", role=Role.WATCHER)
    bot = await a_bot(storage, clock, panels(one()), grants=(OPERATOR, place))
    await bot.ask("watch 4500001", person="U0", channel="COPS")
    said = await bot.hear("unwatch 4500001", person="U0", channel="COPS")
    assert "Your watch of 4500001 is over, but a watchlist still sends its news here." in said
    assert "A watchlist sends its news here." in await bot.hear("unwatch 4500001", person="U0", channel="COPS")


async def test_how_to_hold_back_what_a_watchlist_sends_is_said_ready_to_be_typed(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    place = Grant(chat="slack", place="COPS", role=Role.WATCHER)
    bot = await a_bot(storage, clock, panels(one()), grants=(OPERATOR, place))
    await bot.ask("watch 4500001 as drives", person="U0", channel="COPS")
    said = await bot.hear("unwatch drives", person="U0", channel="COPS")
    assert "for a while: mute 4500001 1d" in said
    typed = await bot.hear("unwatch 4500001", person="U0", channel="COPS", via="cli")
    assert "for a while: orderwatch mute 4500001 1d --to ops" in typed


@pytest.mark.parametrize("verb", ["watch", "unwatch", "mute", "unmute", "history", "why", "check"])
async def test_nothing_is_done_where_a_word_names_no_order(
    storage: SqliteStorage, clock: ManualClock, verb: str
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    lasts = " 1d" if verb == "mute" else ""
    assert "I know 4500001 here, but not what “banana” is." in await bot.hear(f"{verb} 4500001 banana{lasts}")
    assert await storage.talks.watches() == []


async def test_words_that_may_be_one_number_are_not_followed_unseen(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "I know no order 4500077 4500078 here" in await bot.hear("watch 4500077 4500078")
    assert "told when it changes: 45 77" in await bot.hear('watch "45 77"')


async def test_a_muted_order_is_written_down_as_muted_until_the_mute_ends(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    await bot.ask("mute 4500001 1h", person="U0", channel="COPS")
    for later, word in ((900, "Packed"), (3600, "Picked up")):
        source.set(one(status=status(word, Stage.IN_PROGRESS)))
        await clock.advance(later)
        await bot.following.refresh()
        await bot.poll()
    states = [row.state.value for row in await storage.notifications() if row.kinds == ("status",)]
    assert states == ["muted", "pending"]


async def test_a_mute_until_change_holds_back_dates_and_ends_with_the_next_status(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    await bot.ask("mute 4500001 until change", person="U0", channel="COPS")
    for status_now, day in ((CONFIRMED, "2026-03-01"), (SHIPPED, "2026-03-01"), (SHIPPED, "2026-03-02")):
        source.set(one(status=status_now, delivery_promised=Moment(day)))
        await clock.advance(900)
        await bot.poll()
    rows = await storage.notifications()
    assert [row.state.value for row in rows if row.order] == ["muted", "pending", "pending"]
    assert await storage.talks.mutes(Moment("2026-01-05T09:00:00Z")) == []


async def test_what_is_held_back_from_a_person_is_not_said_to_be_held_back_here(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("watch 4500001 me")
    assert "No news of 4500001 to you until 2026" in await bot.hear("mute 4500001 1h me")
    assert "No news of 4500001 to you until its status" in await bot.hear("mute 4500001 until change me")
    assert await bot.hear("unmute 4500001") == "News of 4500001 was not muted here."
    assert await bot.hear("unmute 4500001 me") == "News of 4500001 comes to you again."
    assert await bot.hear("unmute 4500001 me") == "News of 4500001 was not muted for you."
    assert await bot.hear("unwatch 4500001 me") == "No more news of 4500001 to you from your watch."
    assert "4500001 is not followed for you by hand." in await bot.hear("unwatch 4500001 me")
    assert "[me]" in await bot.hear("help mute")


async def test_a_watch_where_news_is_held_back_says_so(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("mute 4500001 1h")
    assert "But it is muted here until 2026-01-05T10:00:00Z." in await bot.hear("watch 4500001")
    assert "muted" not in await bot.hear("watch 4500001 me")
    await bot.ask("mute 4500001 until change me")
    assert "But it is muted for you until its status changes." in await bot.hear("watch 4500001 me")
    await clock.advance(3600)
    assert "muted" not in await bot.hear("watch 4500001")


async def test_a_button_speaks_of_an_order_by_its_number(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(order(key="FR/4500001", number="4500001", reference="PO-9")))
    shown = await bot.ask("status 4500001")
    for label in ("Watch", "Mute 1 h"):
        said = await bot.hear(key_of(shown, label), via="button")
        assert "4500001 · PO-9" in said
        assert "FR/" not in said
    shown = await bot.ask("status 4500001")
    for label in ("Unwatch", "Unmute"):
        said = await bot.hear(key_of(shown, label), via="button")
        assert "4500001 · PO-9" in said
        assert "FR/" not in said


async def test_what_was_written_beside_the_bot_is_in_force_within_seconds(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    following: Following = bot.following
    stop = asyncio.Event()
    loop = asyncio.create_task(following.run(stop))
    beside = await a_bot(storage, clock, panels(one()))
    await beside.ask("watch 4500001")
    for _ in range(50):
        await clock.advance(1)
        await asyncio.sleep(0.002)
        if following.watches:
            break
    stop.set()
    await loop
    assert [watch.destination for watch in following.watches] == ["slack:C1"]


class NothingSetUp:
    """Talks in which nobody set anything up; counts how often it is read."""

    readings = 0

    async def members(self) -> list[Grant]:
        self.readings += 1
        await asyncio.sleep(0)
        return []

    async def nothing(self, *_: object) -> list[Any]:
        return []

    mutes = watches = assignments = nothing


async def test_all_who_ask_while_it_is_read_are_served_by_one_more_reading(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot, talks = await a_bot(storage, clock, panels(one())), NothingSetUp()
    following = Following(storage, cast(Talks, talks), clock, bot.catalogue, {})
    await asyncio.gather(*(following.refresh() for _ in range(30)))
    await following.refresh()
    assert talks.readings == 3
