"""Two kinds of trouble at once: still nothing is lost, nothing is told twice in silence, and nothing false is told."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.faults.strain import LATER, something_happens, told
from tests.journeys.scene import Scene

CHATS = ("slack", "telegram")
SENDING = r"chat\.postMessage|sendMessage"
REFUSING: dict[str, dict[str, Any]] = {
    "down": {"kind": "reset"},
    "failing": {"kind": "status", "status": 500},
    "busy": {"kind": "status", "status": 429, "retry_after": "3600"},
}


async def looks(scene: Scene, times: int = 4, after: float = LATER) -> list[str]:
    lines = []
    for _ in range(times):
        news = await scene.look(after)
        lines += [text.partition("\n")[0] for text in (*news.slack, *news.telegram)]
    return lines


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("state", REFUSING)
async def test_stopped_with_a_lost_answer_and_started_while_the_chat_refuses(
    tmp_path: Path, chat: str, state: str
) -> None:
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        await scene.start()
        scene.sandbox.faults[chat].add("drop_after", path=SENDING)
        scene.world.confirm(scene.order("stateset", "placed"))
        await scene.look()
        scene.sandbox.faults[chat].add(**REFUSING[state], times=None)
        await scene.restart()
        await looks(scene)
        scene.sandbox.faults[chat].clear()
        await looks(scene, after=3600.0)
        verdict = scene.verdict()
        assert verdict.is_clean, str(verdict)
        assert verdict.repeats == (0 if chat == "slack" else 1)


@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
async def test_sources_that_are_out_of_reach_in_the_night_of_summer_time(tmp_path: Path, change: datetime) -> None:
    async with Scene(tmp_path, orders=3) as scene:
        scene.set("timezone", "Europe/Paris")
        await scene.start()
        await looks(scene, 1, (change - scene.clock.now()).total_seconds() - 3600)
        for account in ("schneider", "stateset"):
            scene.sandbox.faults[account].add("reset", times=None)
        something_happens(scene)
        during = await looks(scene, 9, 900.0)
        for account in ("schneider", "stateset"):
            scene.sandbox.faults[account].clear()
        after = await looks(scene, 4, 900.0)
        assert (told(during, "Source failing"), told(after, "Source recovered")) == (2, 2)
        assert scene.verdict().is_clean, str(scene.verdict())
