"""The clock that a test moves, and a real store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.storage.sqlite import SqliteStorage
from tests.loops.scripted import open_storage


@pytest.fixture
def clock() -> ManualClock:
    """It starts on Monday, 2026-01-05 at 09:00 UTC."""
    return ManualClock()


@pytest.fixture
async def storage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[SqliteStorage]:
    opened = await open_storage(tmp_path, clock)
    yield opened
    await opened.close()
