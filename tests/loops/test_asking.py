"""Questions and answers over the real store."""

import asyncio
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.errors import SourceUnreachable
from bot.model.access import Grant, Role
from bot.model.moment import Moment
from bot.model.order import Order, Stage
from bot.model.poll import Listing, Payload
from bot.storage.sqlite import SqliteStorage
from tests.core.making import SHIPPED, line, package, shipment, status, watchlist
from tests.loops.asking import OPERATOR, WATCHER, Bot, a_bot, key_of, one, panels, plain, question
from tests.loops.scripted import ScriptedSource

LATE = Moment("2026-01-01")
DOWN = SourceUnreachable("panels", "GET /orders/4500009", "no answer within 30 s")


async def test_an_order_is_told_with_its_way_its_lines_and_its_parcels(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    parcel = package("JD014600", tracking_url="https://dhl.example/JD014600")
    parts = (shipment("a", dispatched=True, packages=(parcel,)), shipment("b"))
    source = panels(
        one(
            reference="PO-9", status=status("Partly shipped", Stage.PARTLY_SHIPPED), lines=(line(),), shipments=parts,
            delivery_promised=LATE,
        )
    )  # fmt: skip
    said = await (await a_bot(storage, clock, source)).hear("status po-9")
    assert said.splitlines()[:5] == [
        "4500001 · PO-9 · Partly shipped",
        "✓ placed · ✓ confirmed · ✓ in production · ✓ shipped part 1 of 2 · delivered",
        "Late by 4 days: delivery was promised for 2026-01-01",
        "Line 000010: 5 × LC1D09M7",
        "Tracking: DHL JD014600 (https://dhl.example/JD014600)",
    ]
    assert said.endswith("panels (Schneider) · watched since 2026-01-05T09:00:00Z · looked at 2026-01-05T09:00:00Z")


async def test_a_tracking_number_within_a_sentence_is_a_question(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one(shipments=(shipment(packages=(package("JD014600"),)),)))
    bot = await a_bot(storage, clock, source)
    assert (await bot.hear("where is JD014600?", via="message")).startswith("4500001 · Confirmed")


@pytest.mark.parametrize("text", ["status 4500001 4500002", "4500001 and 4500002", "status 4500001, 4500002 please"])
async def test_several_numbers_are_several_orders(storage: SqliteStorage, clock: ManualClock, text: str) -> None:
    bot = await a_bot(storage, clock, panels(one(), one("4500002")))
    said = await bot.hear(text, via="message")
    assert "4500001 · Confirmed" in said
    assert "4500002 · Confirmed" in said


@pytest.mark.parametrize("text", ["status 4500001 4500009", "4500001 4500009"])
async def test_a_number_nobody_knows_beside_one_that_is_known_is_said(
    storage: SqliteStorage, clock: ManualClock, text: str
) -> None:
    said = await (await a_bot(storage, clock, panels(one()))).hear(text, via="message")
    assert said.startswith("4500001 · Confirmed")
    assert "I know no order 4500009 here." in said


@pytest.mark.parametrize("verb", ["status", "history", "watch", "mute", "why"])
async def test_a_source_nobody_knows_is_named(storage: SqliteStorage, clock: ManualClock, verb: str) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    lasts = " 1d" if verb == "mute" else ""
    assert "I know no source shop here.\nThere is: panels." in await bot.hear(f"{verb} 4500001 at shop{lasts}")
    assert "I know no" not in await bot.hear(f"{verb} 4500001 at Panels{lasts}")


async def test_a_list_of_a_name_with_blanks_needs_no_quotes(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(OPERATOR,))
    assert "in all panels: 1 order" in await bot.hear("list watchlist all Panels", person="U0")
    said = await bot.hear("list watchlist panels all", person="U0")
    assert "I know no watchlist panels all here.\nThere is: all panels.\nA name with blanks can go in quotes." in said


async def test_many_lines_are_folded_by_their_state_and_nothing_is_cut(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one(lines=tuple(line(str(number)) for number in range(10, 400, 10)))))
    folded = await bot.ask("status 4500001")
    assert "39 lines (10, 20, 30" in plain(folded)
    full = await bot.hear(key_of(folded, "Every line"), via="button")
    assert full.count("Line ") == 39


async def test_lists_name_what_is_late_due_and_stuck(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(
        one("4500001", delivery_promised=LATE),
        one("4500002", delivery_promised=Moment("2026-01-05T22:30:00Z")),
        one("4500003", delivery_promised=Moment("2026-01-05T23:30:00Z")),
        one("4500004", delivery_promised=LATE, status=status("Delivered", Stage.COMPLETED)),
    )
    bot = await a_bot(storage, clock, source)
    assert "Late: 1 order\n4500001 · Confirmed · late by 4 days" in await bot.hear("late")
    assert "4500002" in await bot.hear("due 1", timezone="Europe/Paris")
    assert "4500003" not in await bot.hear("due 1", timezone="Europe/Paris")
    assert "4500003" in await bot.hear("due 1", timezone="UTC")
    assert "No order." in await bot.hear("list stuck")
    await clock.advance(8 * 86_400)
    assert "Unchanged for 7 days or more: 3 orders" in await bot.hear("list stuck 7")


async def test_a_list_is_turned_page_by_page_with_buttons(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(*(one(f"45000{number:02}") for number in range(23))))
    first = await bot.ask("list")
    assert "Orders: 23 orders · page 1 of 3" in plain(first)
    second = await bot.ask(key_of(first, "Next page"), via="button")
    assert second is not None
    assert second.replaces
    assert "page 2 of 3" in plain(second)
    assert [button.label for button in second.buttons] == ["Previous page", "Next page"]


async def test_history_says_what_changed_and_who_was_told(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    source.set(one(status=SHIPPED))
    await clock.advance(900)
    await bot.poll()
    assert "status Confirmed → Shipped (waiting for ops)" in await bot.hear("history 4500001")


async def test_why_says_what_was_sent_by_which_rule(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    source.set(one(status=SHIPPED))
    await clock.advance(900)
    await bot.poll()
    said = await bot.hear("why 4500001")
    assert "status · waiting for ops · by notify[0]" in said
    assert "From now on: everything → ops, by notify[0] (all panels)" in said


async def test_who_may_see_one_source_is_not_told_where_else_news_goes(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    await bot.ask("watch 4500001", person="U0", channel="COPS", via="cli")
    source.set(one(status=SHIPPED))
    await clock.advance(900)
    await bot.poll()
    for verb in ("why", "history", "status"):
        said = await bot.hear(f"{verb} 4500001", is_overheard=True)
        assert "another chat" in said
        assert not any(word in said for word in ("ops", "U0", "notify[0]", "all panels"))


async def test_sharing_what_a_chat_may_not_see_is_refused_to_who_may(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()), grants=(WATCHER,))
    said = await bot.ask("status 4500001 share", channel="C9")
    assert "Everybody here would read that, and this chat may not see" in plain(said)
    assert said is not None
    assert not said.is_public
    assert "I know no order 4500009" in await bot.hear("status 4500009 share", channel="C9")


async def test_help_shows_only_what_one_may_do(storage: SqliteStorage, clock: ManualClock) -> None:
    viewer = Grant(chat="slack", person="U2")
    bot = await a_bot(storage, clock, panels(), grants=(viewer, WATCHER))
    assert "unwatch" in await bot.hear("help")
    assert "unwatch" not in await bot.hear("help", person="U2", channel="C2")
    assert "needs the role watcher" in await bot.hear("watch 4500001", person="U2", channel="C2")


async def test_the_age_of_an_answer_is_that_of_the_last_look_at_the_order(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one(), one("4500002"))
    bot = await a_bot(storage, clock, source)
    await clock.advance(1800)
    await bot.ask("check 4500002")
    assert (await bot.hear("status 4500001")).endswith("looked at 2026-01-05T09:00:00Z")
    assert (await bot.hear("status 4500002")).endswith("looked at 2026-01-05T09:30:00Z")
    source.trouble = [DOWN]
    await bot.ask("check 4500001")
    said = await bot.hear("history 4500001")
    assert said.endswith("looked at 2026-01-05T09:00:00Z · source does not answer since 2026-01-05T09:30:00Z")


async def test_sources_and_about_say_where_one_is(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    assert "panels (Schneider): 1 order · answered 2026" in await bot.hear("sources")
    assert "You are U1 here, with the role watcher." in await bot.hear("about")


# The road


async def test_the_same_question_is_answered_once_also_after_a_restart(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    asked = question("late")
    assert await bot.desk.answer(asked) is not None
    assert await bot.desk.answer(asked) is None
    again = await a_bot(storage, clock, panels(one()))
    assert await again.desk.answer(asked) is None


async def test_a_button_works_after_a_restart_and_asks_for_the_rights_again(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    key = key_of(await bot.ask("status 4500001"), "Mute 1 h")
    assert len(key.encode()) <= 64
    bot = await a_bot(storage, clock, panels(one()))
    assert "do not know you" in await bot.hear(key, via="button", person="U666", channel="C666")
    for _ in range(2):
        assert "No news of 4500001 here until 2026-01-05T10:00:00Z" in await bot.hear(key, via="button")
    assert "too old" in await bot.hear("b0123", via="button")


async def test_every_command_is_written_down_without_codes(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    await bot.ask("status 4500001")
    await bot.ask("join secret-code", person="U666", channel="C666")
    await bot.ask(key_of(await bot.ask("list"), "Status"), via="button")
    rows = await storage._read(lambda c: c.rows("select person, verb, text, outcome from audit"))
    assert rows == [
        ("U1", "status", "status 4500001", "answered"),
        ("U666", "join", "join ***", "bad_code"),
        ("U1", "list", "list", "answered"),
        ("U1", "status", 'status "4500001" at "panels"', "answered"),
    ]


# Check


async def test_check_asks_the_source_now_and_tells_what_it_says(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    source.set(one(status=SHIPPED))
    said = await bot.hear("check 4500001")
    assert said.startswith("4500001 · Shipped\nAsked panels (Schneider) just now.")


async def test_an_order_that_nobody_follows_any_more_can_be_asked_for_once(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    await a_bot(storage, clock, source)
    source.listing = Listing.NONE
    bot = await a_bot(storage, clock, source, watchlists=())
    source.set(one(status=SHIPPED))
    assert "4500001 · Shipped" in await bot.hear("check 4500001")
    asked = len(source.asked)
    await clock.advance(90_000)
    await bot.poll()
    assert len(source.asked) == asked


async def test_check_of_a_failing_source_says_when_it_will_be_possible(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    source.trouble = [DOWN] * 9
    await bot.ask("check 4500001")
    asked = len(source.asked)
    said = await bot.hear("check 4500001")
    assert "panels (Schneider) does not answer properly; it is tried again 2026-01-05T09:00:0" in said
    assert "no answer within" not in said
    assert "4500009" not in said
    assert len(source.asked) == asked


async def test_an_operator_is_told_once_how_a_source_fails(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    source.trouble = [DOWN] * 9
    assert (await bot.hear("check 4500001", person="U0")).count("no answer within 30 s") == 1


@pytest.mark.parametrize(
    ("where", "is_told"), [({}, True), ({"is_private": True}, True), ({"is_overheard": True}, False)]
)
async def test_how_a_source_fails_is_not_said_where_others_read_an_operators_question(
    storage: SqliteStorage, clock: ManualClock, where: dict[str, bool], is_told: bool
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    source.trouble = [DOWN] * 9
    await bot.ask("check 4500001")
    said = await bot.hear("sources", person="U0", **where)
    assert "does not answer" in said
    assert ("no answer within 30 s" in said) is is_told


async def test_check_goes_ahead_of_routine_and_says_when_the_budget_allows_it(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source)
    await bot.ask("check 4500001")
    assert source.urgent == ["4500001"]
    source.budget_wait = 3600.0
    said = await bot.hear("check 4500001")
    assert "as much was asked as its budget allows\nThe next look is due 2026-01-05T10:00:00Z" in said
    assert source.urgent == ["4500001"]


async def test_check_of_a_source_that_hangs_ends_in_time_and_its_answer_is_used_later(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = Hanging(one())
    bot = await a_bot(storage, clock, source)
    source.hangs = True
    asked = [asyncio.create_task(bot.hear("check 4500001")) for _ in range(2)]
    for _ in range(1000):
        await asyncio.sleep(0.002)
        if all(answer.done() for answer in asked):
            break
        await clock.advance(8 if source.hung else 0)  # each counts from its own question, which may be read later
    assert all("was asked and is slow" in said for said in await asyncio.gather(*asked))
    assert source.hung == 1
    source.set(one(status=SHIPPED))
    source.free.set()
    for _ in range(200):
        await asyncio.sleep(0.002)
        if "Shipped" in await bot.hear("status 4500001", person="U0"):
            return
        await clock.advance(10)
    raise AssertionError("its answer was lost")


HOSTILE = [
    "x" * 10_000, "\u202e4500001", "\x00\x1b[2J", "<!channel> <@U1>", "'; drop table orders; --",
    "[a](http://b) *b* _c_",
    "4500001\n/mute 4500001 1d", "%", "${HOME}", "🙂" * 500,
]  # fmt: skip


@pytest.mark.parametrize("verb", ["", "status ", "list ", "watch ", "unwatch ", "mute ", "check ", "join ", "help "])
async def test_hostile_words_get_a_helpful_answer(storage: SqliteStorage, clock: ManualClock, verb: str) -> None:
    bot = await a_bot(storage, clock, panels(one()))
    for words in HOSTILE:
        await clock.advance(30)
        said = await bot.hear(verb + words)
        assert 0 < len(said) < 2500
        assert not any(char in said for char in "\u202e\x00\x1b")


class Hanging(ScriptedSource):
    """Does not answer until it is set free."""

    hangs = False

    def __init__(self, *orders: Order) -> None:
        super().__init__(*orders)
        self.free = asyncio.Event()
        self.hung = 0

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        if self.hangs:
            self.hung += 1
            await self.free.wait()
        return await super().fetch(key, known=known, urgent=urgent)


@pytest.mark.parametrize("given", [{}, {"watchlists": ("by name",)}])
async def test_an_order_that_waits_for_its_first_look_is_not_denied(
    storage: SqliteStorage, clock: ManualClock, given: dict[str, Any]
) -> None:
    grant = Grant(chat="slack", place="C1", role=Role.WATCHER, **given)
    bot = Bot(storage, clock, [panels(one())], [watchlist("by name", orders=("4500001",))], [grant])
    for asks in ("status", "history", "why", "check"):
        said = await bot.hear(f"{asks} 4500001")
        assert "4500001 is watched, and panels has shown nothing of it yet." in said


async def test_why_says_when_the_order_is_looked_at_next(storage: SqliteStorage, clock: ManualClock) -> None:
    source = panels(one())
    bot = await a_bot(storage, clock, source, watchlists=[watchlist("by name", orders=("4500001",))])
    due = bot.pollers["panels"].next_look("4500001")
    assert due is not None
    assert "2026-01-05T09:13:00Z" < due <= "2026-01-05T09:15:00Z"
    assert "The next look is due" in await bot.hear("why 4500001")
    source.budget_wait = 7200.0
    assert bot.pollers["panels"].next_look("4500001") == "2026-01-05T11:00:00Z"


async def test_why_says_nothing_of_a_look_that_nobody_waits_for(storage: SqliteStorage, clock: ManualClock) -> None:
    bot = await a_bot(storage, clock, panels(one()), watchlists=())
    await bot.pollers["panels"].rounds.look_now("4500001")
    said = await bot.hear("why 4500001")
    assert ("Nobody follows it now" in said, "next look" in said) == (True, False)
