"""The time of all workers: that of their database, whatever the clock of a machine says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import ManualClock, SharedClock, SystemClock
from tests.postgres import database_for

pytest.importorskip("procrastinate")

from bot.fleet import Times, open_fleet
from tests.chaos.child import WrongClock

HOUR = timedelta(hours=1)


def test_it_is_the_own_time_until_somebody_was_asked() -> None:
    own = ManualClock()
    assert SharedClock(own).now() == own.now()


async def test_it_goes_on_from_what_was_answered() -> None:
    own = ManualClock()
    shared = SharedClock(own)
    assert shared.follow(own.now() + HOUR, asked_at=own.monotonic()) == HOUR.total_seconds()
    await own.advance(10.0)
    assert shared.now() == own.now() + HOUR


async def test_what_may_be_the_way_of_an_answer_moves_nothing_and_more_does() -> None:
    own = ManualClock()
    shared = SharedClock(own)
    shared.follow(own.now(), asked_at=0.0)
    await own.advance(4.0)
    assert shared.follow(own.now(), asked_at=0.0) == 0.0
    assert shared.follow(own.now() - HOUR, asked_at=4.0) == -HOUR.total_seconds()


@pytest.mark.parametrize("ahead", [60.0, -60.0])
async def test_workers_with_wrong_clocks_have_one_time_and_it_is_said_that_a_clock_is_wrong(
    tmp_path: Path, ahead: float, caplog: pytest.LogCaptureFixture
) -> None:
    database = database_for(tmp_path)
    async with (
        open_fleet(database, WrongClock(ahead), name="wrong", times=Times()) as wrong,
        open_fleet(database, SystemClock(), name="right", times=Times()) as right,
    ):
        assert abs(wrong.clock.now() - right.clock.now()) < timedelta(seconds=5)
        assert abs(right.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert [record.message for record in caplog.records] == ["clock_is_wrong"]
