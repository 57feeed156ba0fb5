"""One at a time for each order: what reads a snapshot, plans against it and commits must not be overtaken."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class KeyLock:
    """Locks by key. Several keys are taken all at once or not at all, so nobody waits in a ring."""

    def __init__(self) -> None:
        self._held: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def hold(self, keys: Collection[str]) -> AsyncIterator[None]:
        """Hold every key of `keys` during the block."""
        while taken := next((key for key in keys if key in self._held), None):
            await self._held[taken].wait()
        freed = asyncio.Event()
        for key in keys:
            self._held[key] = freed
        try:
            yield
        finally:
            for key in keys:
                del self._held[key]
            freed.set()
