"""The short form of `python -m tests.soak`: a day and a half in a quarter of a minute."""

import logging

from tests.soak.__main__ import first_after, last_before, soak, spoken_of
from tests.soak.weather import Strike


async def test_days_of_trouble_lose_nothing_and_repeat_nothing_unmarked() -> None:
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    result = await soak(1.0, 0.2, seed=3, orders=5)
    assert result.broken == []
    assert result.verdict.changes > 0
    assert len(result.strikes) > 10


def test_what_went_wrong_stands_in_the_row_of_the_fault_before_it() -> None:
    strikes = [Strike("slack", "cut", 60.0), Strike("telegram", "slow", 61.0), Strike("slack", "reset", 120.0)]
    lines = [
        "slack C1 at 2026-01-05 09:01:30.000000 was told again: x",
        "slack C1 was not told: status of stateset 1 (x)",
    ]
    again, lost = [spoken_of(line) for line in lines]
    assert (last_before(strikes, *again), first_after(strikes, 90.0, lost[1])) == ("cut", "reset")
