"""The short form of `python -m tests.soak`: a day and a half in a quarter of a minute."""

import logging

from tests.soak.__main__ import soak


async def test_days_of_trouble_lose_nothing_and_repeat_nothing_unmarked() -> None:
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    result = await soak(1.0, 0.2, seed=3, orders=5)
    assert result.broken == []
    assert result.verdict.changes > 0
    assert len(result.strikes) > 10
