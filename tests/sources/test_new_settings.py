"""What a source was asked is not forgotten when its settings change."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.app import OpenHands
from bot.clock import ManualClock
from bot.config import load as config
from tests.sources.serving import Script, serving


def written(path: Path, source: Mapping[str, Any]) -> config.Config:
    watchlist = {"source": "shop", "orders": ["ord_1"], "notify": [{"to": "here"}]}
    here = {"here": {"chat": "console"}}
    whole = {
        "sources": {"shop": dict(source)},
        "destinations": here,
        "operators": {"to": "here"},
        "notify": [{"to": "here"}],
        "watchlists": {"all": watchlist},
    }
    path.write_text(json.dumps(whole), encoding="utf-8")
    return config.load(path, {})


async def wait_after(path: Path, **changed: Any) -> float:
    """Seconds until the source may be asked, once its settings changed after its budget was spent."""
    async with serving(Script([{"order": {"id": "ord_1", "status": "Open"}}]).application()) as base:
        source = {"kind": "stateset", "base_url": base, "token": "t", "budget": "1/min"}
        async with OpenHands(ManualClock()) as hands:
            sources, _ = await hands.of(written(path, source))
            await sources["shop"].fetch("ord_1")
            sources, _ = await hands.of(written(path, {**source, **changed}))
            return sources["shop"].budget.wait()


async def test_a_source_with_another_name_for_people_counts_on(tmp_path: Path) -> None:
    assert await wait_after(tmp_path / "watchlists.yaml", label="The shop") == pytest.approx(60.0, abs=2.0)


async def test_a_source_at_another_address_begins_anew(tmp_path: Path) -> None:
    assert await wait_after(tmp_path / "watchlists.yaml", base_url="https://other.example.com") == 0.0
