"""Workers whose configs have different sources say so, once for each lease."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.core.shards import shards
from bot.loops.differences import Differences
from tests.postgres import database_for

PANELS, SHOP = (lease for lease in shards(["panels", "shop"], ()) if lease.sources)
Held = Mapping[str, tuple[str, ...]]


def told(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What was said of differences, without what is empty and the advice."""
    facts = [vars(record)["facts"] for record in caplog.records if record.message == "configs_differ"]
    return [{key: value for key, value in each.items() if value and key != "advice"} for each in facts]


@pytest.mark.parametrize(
    ("held", "says"),
    [
        ({SHOP.name: ("shop",)}, {"lease": SHOP.name, "only_elsewhere": "shop"}),
        ({PANELS.name: ("panels", "more")}, {"lease": PANELS.name, "only_elsewhere": "more"}),
        ({PANELS.name: ()}, {"lease": PANELS.name, "only_here": "panels"}),
        ({"chat slack": ()}, {"lease": "chat slack"}),
    ],
)
def test_what_only_one_of_two_configs_has_is_named(
    held: Held, says: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    differences = Differences({PANELS.name: PANELS})
    for _ in range(3):
        differences.compare(held)
    assert told(caplog) == [says]


def test_a_config_that_is_being_replaced_everywhere_is_no_difference(caplog: pytest.LogCaptureFixture) -> None:
    differences = Differences({PANELS.name: PANELS, SHOP.name: SHOP})
    for held in ({PANELS.name: ()}, {PANELS.name: ("panels",), SHOP.name: ("shop", "more")}, {SHOP.name: ("shop",)}):
        differences.compare(held)
    assert told(caplog) == []


async def test_a_worker_says_which_sources_it_cannot_take(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("procrastinate")
    from tests.loops.team import Team, until

    async with AsyncExitStack() as stack:
        team = Team(database_for(tmp_path), stack)
        knows = await team.join("a", leases=shards(["panels", "shop"], ()))
        await until(lambda: set(knows.pollers) == {"panels", "shop"})
        await team.join("b", leases=shards(["panels"], ()))
        await until(lambda: bool(told(caplog)))
        assert "shop" in knows.pollers
    assert told(caplog) == [{"lease": SHOP.name, "only_elsewhere": "shop"}]
