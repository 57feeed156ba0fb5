"""Workers whose configs have different sources say so, once for each lease."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.shards import shards
from bot.loops.differences import Differences
from bot.model.lease import Lease
from tests.postgres import database_for

if TYPE_CHECKING:
    from tests.loops.team import Team

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


@pytest.fixture
async def team(tmp_path: Path) -> AsyncIterator["Team"]:
    """Nobody yet."""
    pytest.importorskip("procrastinate")
    from tests.loops.team import Team

    async with AsyncExitStack() as stack:
        yield Team(database_for(tmp_path), stack)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(15):
        while not is_so():  # noqa: ASYNC110  nothing tells of it
            await asyncio.sleep(0.05)


async def test_a_worker_says_which_sources_it_cannot_take(team: "Team", caplog: pytest.LogCaptureFixture) -> None:
    await team.join("a", leases=shards(["panels", "shop"], ()))
    await team.join("b", leases=shards(["panels"], ()))
    await until(lambda: bool(told(caplog)))
    assert told(caplog) == [{"lease": SHOP.name, "only_elsewhere": "shop"}]


async def test_a_worker_gives_to_one_with_another_config_what_it_knows_and_nothing_else(
    team: "Team", caplog: pytest.LogCaptureFixture
) -> None:
    knows = await team.join("a", leases=shards(["panels", "shop"], ()))
    await until(lambda: len(knows.spans) == 3)
    other = await team.join("b", leases=shards(["panels"], ()))
    await until(lambda: bool(told(caplog)))  # after many chances to give something away
    given = [span.lease for span in other.spans]
    assert PANELS.name in given
    assert SHOP.name not in given
    assert len(knows.spans) == 3  # nothing comes back


async def test_a_worker_gives_nothing_to_one_that_has_other_sources_in_the_same_lease(
    team: "Team", caplog: pytest.LogCaptureFixture
) -> None:
    held, other = (Lease("poll 1", sources=sources) for sources in (("panels", "shop"), ("panels",)))
    knows = await team.join("a", leases=[held, Lease("poll 2", sources=("bikes",)), Lease("poll 3")])
    await until(lambda: len(knows.spans) == 3)
    differs = await team.join("b", leases=[other, Lease("poll 3")])
    await until(lambda: bool(told(caplog)))  # after many chances to give something away
    assert [span.lease for span in differs.spans] == ["poll 3"]


async def test_configs_that_are_replaced_worker_by_worker_leave_nobody_idle(team: "Team") -> None:
    before, after = (shards([f"account {number}" for number in range(last)], ()) for last in (8, 9))
    crews = [await team.join("a", leases=before), await team.join("b", leases=before)]
    await until(lambda: [len(crew.pollers) for crew in crews] == [4, 4])
    await team.leave("a")
    await until(lambda: len(crews[1].pollers) == 8)
    crews[0] = await team.join("a", leases=after)
    await until(lambda: sorted(len(crew.pollers) for crew in crews) == [4, 5])
