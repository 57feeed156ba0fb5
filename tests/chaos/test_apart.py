"""A worker in a network of its own, whose cable is cut: where networks can be made."""

from pathlib import Path

import pytest

from tests.postgres import database_for

pytest.importorskip("procrastinate")

from tests.chaos.apart import Impossible, cut_off
from tests.loops.team import TIMES


async def test_one_whose_packets_are_dropped_stops_before_another_begins_and_comes_back(tmp_path: Path) -> None:
    try:
        outcome = await cut_off(database_for(tmp_path), 5.0)
    except Impossible as why:
        pytest.skip(f"no other network here: {why}")
    assert outcome.overlaps == 0
    assert outcome.stopped_after < TIMES.lease + 1.0
    assert outcome.stopped_after < outcome.taken_after < TIMES.stall + 5.0
