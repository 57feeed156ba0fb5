import asyncio
from dataclasses import replace

import pytest

from bot.clock import ManualClock
from bot.errors import AnswerUnreadable, SourceBusy, SourceUnreachable
from bot.loops.poller import Poller
from bot.model.order import Order, Stage
from bot.model.outbox import State
from bot.model.poll import Listed, Listing, Payload, Scope
from bot.storage.sqlite import SqliteStorage
from tests.core.making import CONFIRMED, DELIVERED, SHIPPED, order, status, watchlist
from tests.loops.scripted import ScriptedSource, owed, started, work
from tests.storage.making import a_record, an_update

DOWN = SourceUnreachable("panels", "GET /orders/FR", "no answer within 30 s")
ODD = AnswerUnreadable("panels", "GET /orders/FR/a", "came HTML")
ALL = watchlist()
SUMMARY = ("ops", ("now_watching",))


class WaitingSource(ScriptedSource):
    """Asks the first to come back in half an hour, and lets the others stand in its queue that long."""

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        if key != "a":
            await self.stand_in_line()
        raise SourceBusy(self.name, f"GET {key}", "came HTTP 429", retry_after=1800)


def one(key: str, **members: object) -> Order:
    return order(key=key, number=key, **members)


async def test_the_first_look_is_one_summary_line_and_no_order_news(storage: SqliteStorage, clock: ManualClock) -> None:
    rounds = await started(ScriptedSource(one("a"), one("b"), one("c")), storage, clock, ALL)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]


async def test_a_change_is_told_once(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("b", status=SHIPPED))
    for _ in range(3):
        await clock.advance(900)
        await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("status",))]


async def test_a_restart_repeats_nothing_and_misses_nothing(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"))
    await work(await started(source, storage, clock, ALL), clock)
    source.set(one("b", status=SHIPPED))
    for _ in range(3):
        await work(await started(source, storage, clock, ALL), clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("status",))]


async def test_an_unchanged_world_costs_one_listing_and_no_write(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"), one("c"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    before, source.asked[:] = await storage.orders(), []
    await clock.advance(900)
    await work(rounds, clock)
    assert source.asked == ["listing"]
    assert await storage.orders() == before


async def test_a_sweep_that_breaks_off_is_no_baseline(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(*(one(key) for key in "abcdef"))
    source.break_after_page = 1
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.break_after_page = None
    await clock.advance(900)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]
    assert len(await storage.orders()) == 6


async def test_an_empty_listing_is_no_baseline(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource()
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    assert await owed(storage) == []
    source.set(one("a"), one("b"))
    await clock.advance(900)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]


async def test_an_order_that_comes_later_is_news(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("b"))
    await clock.advance(900)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("appeared",))]


async def test_a_change_before_the_details_were_ever_read_is_told(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"))
    source.details_trouble["a"] = ODD
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("a", status=SHIPPED))
    source.details_trouble.clear()
    await clock.advance(900)
    await work(rounds, clock)
    assert ("ops", ("status",)) in await owed(storage)


async def test_gone_from_three_complete_sweeps_and_from_a_look_up_is_vanished(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("a"), one("b"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    del source.orders["b"]
    told = []
    for _ in range(5):
        await clock.advance(900)
        await work(rounds, clock)
        told.append(len(await owed(storage)) - 1)
    assert told == [0, 0, 1, 1, 1]
    source.set(one("b"))
    await clock.advance(900)
    await work(rounds, clock)
    assert (await owed(storage))[-1] == ("ops", ("reappeared",))


async def test_unlisted_but_still_known_is_not_vanished(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.unlisted.add("b")
    source.set(one("b", status=DELIVERED))
    for _ in range(9):
        await clock.advance(900)
        await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("completed",))]


async def test_an_order_that_is_only_named_is_looked_up_and_summed_up(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("a"), listing=Listing.NONE)
    rounds = await started(source, storage, clock, watchlist("by name", orders=("a", "typo")))
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]
    source.set(one("typo"))
    await clock.advance(3600)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("appeared",))]


async def test_hints_lead_to_looks_and_their_first_sweep_is_silent(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"), listing=Listing.HINTS)
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("b", status=SHIPPED), one("c"))
    await clock.advance(900)
    await work(rounds, clock)
    assert sorted(await owed(storage)) == sorted([SUMMARY, ("ops", ("status",)), ("ops", ("appeared",))])


async def test_a_version_whose_commit_outlived_its_poll_is_known_once_it_loads_again(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("a"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    newer = replace(an_update(one("a", status=CONFIRMED), rounds.ledger.states["a"].seq + 1), scopes=("*",))
    await storage.commit(a_record(newer))
    source.set(one("a", status=SHIPPED))
    await clock.advance(7200)
    await rounds.load()
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("status",))]


async def test_a_hint_followed_by_a_crash_keeps_its_meaning(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), listing=Listing.HINTS)
    source.details_trouble["a"] = DOWN
    await work(await started(source, storage, clock, ALL), clock)
    source.details_trouble.clear()
    await clock.advance(3600)
    await work(await started(source, storage, clock, ALL), clock)
    assert await owed(storage) == [SUMMARY]
    assert len(await storage.orders()) == 1


async def test_an_outage_is_one_notice_and_one_recovery(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.trouble = [DOWN] * 6
    for _ in range(30):
        await clock.advance(300)
        await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("desk", ("source_failing",)), ("desk", ("source_recovered",))]


@pytest.mark.parametrize("trouble", [ODD, OverflowError("date value out of range")], ids=["answer", "defect"])
async def test_one_unreadable_order_among_others_is_told_once(
    storage: SqliteStorage, clock: ManualClock, trouble: Exception
) -> None:
    source = ScriptedSource(*(one(key) for key in "abc"))
    source.details_trouble["b"] = trouble
    rounds = await started(source, storage, clock, ALL)
    for _ in range(12):
        await work(rounds, clock)
        await clock.advance(900)
    assert await owed(storage) == [SUMMARY, ("desk", ("unreadable_order",))]


async def test_an_older_answer_is_ignored_and_counted(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a", status=SHIPPED, version="2026-01-05T09:00:00Z"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("a", version="2026-01-05T08:00:00Z"))
    await clock.advance(900)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]
    assert (await storage.health("panels")).stale_answers == 1


async def test_finished_orders_of_a_listing_are_not_looked_at_by_themselves(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("a", status=DELIVERED))
    rounds = await started(source, storage, clock, ALL)
    for _ in range(200):
        await work(rounds, clock)
        await clock.advance(900)
    assert set(source.asked) == {"listing"}


async def test_open_orders_of_a_quiet_listing_are_looked_at_again_within_their_bound(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("a"))
    rounds = await started(source, storage, clock, ALL)
    for _ in range(33):  # eight hours
        await work(rounds, clock)
        await clock.advance(900)
    assert source.asked.count("a") == 3


async def test_one_pass_looks_at_everything_and_ends(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"))
    for _ in range(2):
        rounds = await started(source, storage, clock, ALL, watchlist("by name", orders=("b",)))
        await Poller(rounds, clock, workers=3).once()
    assert sorted(await owed(storage)) == [SUMMARY, SUMMARY]
    assert source.asked.count("listing") == 2
    assert source.asked.count("b") == 2


async def test_one_pass_over_a_source_that_is_down_ends_and_says_so(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"))
    source.trouble = [DOWN] * 99
    rounds = await started(source, storage, clock, ALL)
    await Poller(rounds, clock, workers=3).once()
    assert rounds.ledger.health.failures >= 1
    assert await storage.orders() == []


async def test_operators_hear_of_a_new_status_word_once(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), one("b"))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("a", status=status("Quarantined", Stage.UNKNOWN)), one("b", status=status("Quarantined")))
    await clock.advance(900)
    await work(rounds, clock)
    kinds = [kinds for _, kinds in await owed(storage)]
    assert kinds.count(("unknown_status",)) == 1
    assert kinds.count(("status",)) == 2


async def test_every_notification_waits_in_the_outbox(storage: SqliteStorage, clock: ManualClock) -> None:
    await work(await started(ScriptedSource(one("a")), storage, clock, ALL), clock)
    assert [row.state for row in await storage.notifications()] == [State.PENDING]


async def test_a_stale_replica_that_speaks_once_is_not_believed(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a"), listing=Listing.NONE)
    rounds = await started(source, storage, clock, watchlist("by name", orders=("a",)))
    await work(rounds, clock)
    for status_now in (SHIPPED, CONFIRMED, SHIPPED, CONFIRMED, SHIPPED):  # every second answer is an old one
        source.set(one("a", status=status_now))
        await clock.advance(900)
        await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("status",))]


async def test_an_answer_in_part_from_before_that_is_not_given_again_is_no_news(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    fresh, mixed = (one("a", delivery_promised=day) for day in ("2026-02-09", "2026-02-01"))
    source = ScriptedSource(fresh, listing=Listing.NONE)
    rounds = await started(source, storage, clock, watchlist("by name", orders=("a",)))
    await work(rounds, clock)
    source.slips = [mixed]
    await clock.advance(900)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]
    assert source.slips == []


async def test_a_real_step_back_is_told_after_a_second_look(storage: SqliteStorage, clock: ManualClock) -> None:
    source = ScriptedSource(one("a", status=DELIVERED))
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    source.set(one("a", status=SHIPPED))
    await clock.advance(900)
    await work(rounds, clock)
    assert await owed(storage) == [SUMMARY]
    await clock.advance(60)
    await work(await started(source, storage, clock, ALL), clock)  # also after a restart
    assert await owed(storage) == [SUMMARY, ("ops", ("moved_backwards",))]


async def test_a_hinted_order_that_the_source_no_longer_knows_vanishes(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(one("a"), one("b"), listing=Listing.HINTS)
    rounds = await started(source, storage, clock, ALL)
    await work(rounds, clock)
    del source.orders["b"]
    for _ in range(20):
        await clock.advance(3600)
        await work(rounds, clock)
    assert await owed(storage) == [SUMMARY, ("ops", ("vanished",))]


async def test_one_pass_does_not_wait_as_long_as_a_busy_source_asks(storage: SqliteStorage, clock: ManualClock) -> None:
    source = WaitingSource(one("a"), one("b"), one("c"), listing=Listing.NONE)
    rounds = await started(source, storage, clock, watchlist("by name", orders=("a", "b", "c")))
    await asyncio.wait_for(Poller(rounds, clock, workers=3).once(), 5)
    assert rounds.ledger.health.failures == 1


async def test_a_row_that_comes_back_leaves_a_doubt_as_it_was(storage: SqliteStorage, clock: ManualClock) -> None:
    rounds = await started(ScriptedSource(one("a")), storage, clock, ALL)
    await work(rounds, clock)
    state = rounds.ledger.states["a"]
    state.missing, state.doubt = 1, "an answer that went back"
    record = rounds.ledger.row_record(Scope(), Listed("a", b"row"), is_first=False)
    assert record is not None
    assert (record.updates[0].missing, record.updates[0].doubt) == (0, "an answer that went back")


class SpentSource(ScriptedSource):
    """Answers about one order; then its budget is spent for hours, and whoever asks waits."""

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        if self.asked:
            self.budget_wait = 7200.0
            self.stalled.set()
            await self.stand_in_line()
        return await super().fetch(key, known=known, urgent=urgent)


async def test_one_pass_waits_for_no_budget_of_tomorrow(storage: SqliteStorage, clock: ManualClock) -> None:
    named = watchlist(orders=("a", "b", "c"))
    source = SpentSource(one("a"), one("b"), one("c"), listing=Listing.NONE)
    poller = Poller(await started(source, storage, clock, named), clock, workers=1)
    await poller.once()
    assert poller.spent_until == "2026-01-05T11:00:00Z"
    known = await storage.health("panels")
    assert (known.spent_limit, known.spent_until) == ("200/day", "2026-01-05T11:00:00Z")
    assert await owed(storage) == []  # not everything was seen: there is nothing to sum up yet
