"""Scenes that close behind the journey."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.journeys.scene import Scene

Stage = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """`await stage("schneider", orders=3)`: a scene of some accounts, set up and not started."""
    async with AsyncExitStack() as stack:

        async def set_up(*accounts: str, orders: int = 6) -> Scene:
            return await stack.enter_async_context(Scene(tmp_path, *accounts, orders=orders))

        yield set_up


@pytest.fixture
def watching(stage: Stage) -> Stage:
    """`await watching("schneider")`: a scene whose orders have been seen once."""

    async def start(*accounts: str, orders: int = 6) -> Scene:
        return await (await stage(*accounts, orders=orders)).start()

    return start
