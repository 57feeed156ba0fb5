"""Trouble that is met again at every try is told when it begins, and then now and then."""

import pytest

from bot.clock import ManualClock
from bot.errors import StorageError
from bot.loops.recurring import TOLD_EVERY, Recurring

AWAY = StorageError("postgresql://db/orders: it cannot be reached")


async def test_it_is_told_once_and_again_while_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock()
    trouble = Recurring("unreachable", clock)
    for _ in range(41):
        trouble.tell(AWAY, next_try_in=3.0)
        await clock.advance(3.0)
    assert [record.message for record in caplog.records] == ["unreachable"] * (1 + int(120 / TOLD_EVERY))


def test_when_it_is_over_the_next_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Recurring("unreachable", ManualClock())
    trouble.tell(AWAY, next_try_in=3.0)
    assert (trouble.end(), trouble.end()) == (True, False)
    trouble.tell(AWAY, next_try_in=3.0)
    assert len(caplog.records) == 2


def test_it_says_what_happened_and_when_it_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    Recurring("unreachable", ManualClock()).tell(AWAY, next_try_in=3.0)
    Recurring("failed", ManualClock()).tell(KeyError("engine"), next_try_in=1.0)
    facts = [{key: str(value) for key, value in vars(record)["facts"].items()} for record in caplog.records]
    assert facts == [
        {"error": "postgresql://db/orders: it cannot be reached", "next_try_in": "3s"},
        {"error": "KeyError: 'engine'", "next_try_in": "1s"},
    ]
