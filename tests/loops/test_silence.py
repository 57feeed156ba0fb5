"""Whoever runs it is told why nothing is asked, and until when."""

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.clock import ManualClock
from bot.errors import SourceBusy
from bot.loops.poller import Poller
from bot.model.moment import from_instant
from bot.model.poll import Listing
from bot.model.units import RateValue
from bot.storage.sqlite import SqliteStorage
from tests.core.making import order, watchlist
from tests.loops.scripted import ScriptedSource, owed, started, work
from tests.loops.team import until

BUSY = SourceBusy("panels", "GET /orders/FR/a", "came HTTP 429", retry_after=3600)
DAY = RateValue(200, 86400.0)


def facts(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, object]]:
    """What was logged of an event."""
    return [vars(record)["facts"] for record in caplog.records if record.message == event]


async def test_a_wait_of_hours_is_told_to_operators_when_it_begins_and_logged_at_a_restart(
    storage: SqliteStorage, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    source = ScriptedSource(order(key="a"), listing=Listing.NONE)
    source.trouble = [BUSY]
    named = watchlist(orders=("a",))
    until = from_instant(clock.now() + timedelta(hours=1))
    await work(await started(source, storage, clock, named), clock)
    assert await owed(storage) == [("desk", ("source_failing",))]
    assert facts(caplog, "source_not_asked") == []
    await clock.advance(600)
    await started(source, storage, clock, named)
    assert facts(caplog, "source_not_asked") == [{"source": "panels", "until": until, "error": str(BUSY)}]


async def test_a_day_that_is_spent_is_logged_once_a_day(
    storage: SqliteStorage, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="bot")
    condition = (await started(ScriptedSource(), storage, clock, watchlist())).ledger.condition
    for wait in (7200.0, 79_200.0, 600.0):
        await condition.note_spent(DAY, from_instant(clock.now() + timedelta(seconds=wait)))
        await clock.advance(wait)
    logged = [(str(each["limit"]), each["goes_on"]) for each in facts(caplog, "budget_spent")]
    assert logged == [("200/day", "2026-01-05T11:00:00Z"), ("200/day", "2026-01-06T09:10:00Z")]


async def test_a_budget_that_is_spent_while_it_runs_is_known_until_it_goes_on(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    source = ScriptedSource(order(key="a"), listing=Listing.NONE)
    rounds = await started(source, storage, clock, watchlist(orders=("a",)))
    running = asyncio.create_task(Poller(rounds, clock, workers=1).run(stop := asyncio.Event()))
    source.budget_wait = 7200.0
    source.stalled.set()
    await until(lambda: rounds.ledger.health.spent_until is not None)
    assert (await storage.health("panels")).spent_until == "2026-01-05T11:00:00Z"
    source.budget_wait = 0.0
    source.stalled.clear()
    rounds.ledger.agenda.put("a", clock.monotonic())
    await clock.advance(60)
    await until(lambda: rounds.ledger.health.spent_until is None)
    stop.set()
    await running


@pytest.mark.parametrize(
    ("limit", "wait", "told"),
    [
        (RateValue(10, 60.0), 55.0, ["panels: waiting for its budget of 10/min, 21 orders to go, at least 3 min"]),
        (None, 40.0, ["panels: waiting as it asked, 21 orders to go, at least 40 s"]),
        (RateValue(100, 60.0), 5.0, []),
    ],
)
async def test_what_a_pass_waits_for_is_told_once_where_that_takes_long(
    storage: SqliteStorage, clock: ManualClock, limit: RateValue | None, wait: float, told: list[str]
) -> None:
    source, heard = ScriptedSource(), list[str]()
    rounds = await started(source, storage, clock, watchlist(orders=tuple(map(str, range(21)))))
    telling = asyncio.create_task(Poller(rounds, clock, workers=1).tell_of_waiting(heard.append))
    source.limit, source.budget_wait = limit, wait
    await clock.advance(0)
    assert heard == []
    source.held_up.set()
    await clock.advance(10)
    assert heard == told
    telling.cancel()
