"""The loop that lets time make news: only of sources that answer, of orders that somebody follows, and not twice."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.core.turns import Turns
from bot.errors import SourceUnreachable
from bot.loops.poller import Poller
from bot.loops.timekeeper import Timekeeper
from bot.model.alarm import Alarms, Patience
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.poll import Lessons
from bot.model.units import RateValue
from bot.storage.sqlite import SqliteStorage
from tests.core.making import TELLING, order, watchlist
from tests.loops.scripted import ScriptedSource, open_storage, owed, started

STUCK = Alarms(timezone="Europe/Paris", stuck={"confirmed": Patience(span=timedelta(hours=2))})
STUCK_ONLY = replace(TELLING, alarms=STUCK)
ORDER = order(delivery_promised=Moment("2026-12-01"))


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[tuple[SqliteStorage, ManualClock]]:
    clock = ManualClock()
    opened = await open_storage(tmp_path, clock)
    yield opened, clock
    await opened.close()


Opened = tuple[SqliteStorage, ManualClock]


async def watching(storage: Opened, source: ScriptedSource) -> tuple[Poller, Timekeeper]:
    """A poller that has looked once, and a timekeeper beside it."""
    store, clock = storage
    rounds = await started(source, store, clock, watchlist(), telling=STUCK_ONLY)
    poller = Poller(rounds, clock, workers=1)
    await poller.once()
    keeper = Timekeeper(store, clock, {"panels": poller})
    await keeper.load()
    return poller, keeper


async def kinds(store: SqliteStorage) -> list[str]:
    return [kind for _, several in await owed(store) for kind in several if kind != "now_watching"]


async def test_an_order_that_stays_is_told_once(storage: Opened) -> None:
    store, clock = storage
    _, keeper = await watching(storage, ScriptedSource(ORDER))
    await clock.advance(3600)
    await keeper.once()
    assert await kinds(store) == []
    await clock.advance(3700)
    await keeper.once()
    await keeper.once()
    assert await kinds(store) == ["stuck"]


async def test_what_a_source_has_shown_of_its_hours_is_recalled_by_the_next_process(storage: Opened) -> None:
    store, clock = storage
    poller, keeper = await watching(storage, ScriptedSource(ORDER))
    poller.rounds.turns = Turns([RateValue(60, 60.0)], UTC)
    poller.rounds.turns.recall(Lessons({(Stage.PLACED, 3): 7.0}, {(Stage.PLACED, 3): 3600.0}, [1.0] * 168))
    await keeper.once()
    poller.rounds.turns = Turns([RateValue(60, 60.0)], UTC)
    await Timekeeper(store, clock, {"panels": poller}).load()
    assert poller.rounds.turns.lessons(0.0).changes[Stage.PLACED, 3] == 7.0


async def test_a_source_that_fails_raises_no_alarm_until_it_answers_again(storage: Opened) -> None:
    store, clock = storage
    source = ScriptedSource(ORDER)
    poller, keeper = await watching(storage, source)
    source.trouble = [SourceUnreachable("panels", "listing", "nothing")]
    await clock.advance(7300)
    await poller.once()
    await keeper.once()
    assert await kinds(store) == []
    await clock.advance(60)
    await poller.once()
    await keeper.once()
    assert await kinds(store) == ["stuck"]


async def test_an_order_nobody_follows_any_more_is_not_told(storage: Opened) -> None:
    store, clock = storage
    poller, keeper = await watching(storage, ScriptedSource(ORDER))
    del poller.rounds.ledger.states[ORDER.key]
    await clock.advance(7300)
    await keeper.once()
    assert await kinds(store) == []


async def test_other_settings_judge_every_order_anew(storage: Opened) -> None:
    store, clock = storage
    poller, keeper = await watching(storage, ScriptedSource(ORDER))
    await keeper.once()
    await clock.advance(3700)
    quicker = STUCK.model_copy(update={"stuck": {"confirmed": Patience(span=timedelta(hours=1))}})
    poller.rounds.ledger.telling = replace(STUCK_ONLY, alarms=quicker)
    await keeper.once()
    assert await kinds(store) == []
    await keeper.load()
    await keeper.once()
    assert await kinds(store) == ["stuck"]
