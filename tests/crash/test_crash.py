"""The short form of `python -m tests.crash`: few kills, the same promises."""

import logging

from tests.crash.__main__ import kill
from tests.crash.points import ALL, kills


async def test_a_killed_program_loses_nothing_and_repeats_only_what_was_in_flight() -> None:
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    outcomes = await kill(10, seed=7, arenas=2)
    assert [line for one in outcomes for line in one.broken] == []
    assert sum(len(one.deaths) for one in outcomes) == 10
    assert sum(one.verdict.changes for one in outcomes) > 0


def test_every_point_has_its_turn_and_a_seed_gives_the_same_kills() -> None:
    planned = list(kills(3, 2 * len(ALL)))
    assert {kill.point for kill in planned} >= set(ALL)
    assert planned == list(kills(3, 2 * len(ALL)))
