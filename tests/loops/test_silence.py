"""Whoever runs it is told why nothing is asked, and until when."""

from datetime import timedelta

import pytest

from bot.clock import ManualClock
from bot.errors import SourceBusy
from bot.model.moment import from_instant
from bot.model.poll import Listing
from bot.storage.sqlite import SqliteStorage
from tests.core.making import order, watchlist
from tests.loops.scripted import ScriptedSource, owed, started, work

BUSY = SourceBusy("panels", "GET /orders/FR/a", "came HTTP 429", retry_after=3600)


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
