"""What digests need of a SQLite store. See `digestbook.DigestBook`."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.model.digest import Digested
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import NewNotification
from bot.model.view import Extent
from bot.storage import _digests
from bot.storage.care import Run


class SqliteDigestBook:
    """Implements `books.DigestBook`."""

    def __init__(self, read: Run, write: Run, outbox_changed: asyncio.Event) -> None:
        self._read = read
        self._write = write
        self._outbox_changed = outbox_changed

    async def last(self, name: str, destination: str) -> Digested | None:
        """When a digest was made last for a destination."""
        return await self._read(lambda connection: _digests.last(connection, name, destination))

    async def note(self, digested: Digested, notification: NewNotification | None) -> None:
        """Remember that one was made, and owe it if there is one, in one transaction."""
        if await self._write(lambda connection: _digests.note(connection, digested, notification)):
            self._outbox_changed.set()

    async def open_ages(self, extents: Sequence[Extent], edges: Sequence[Moment]) -> Mapping[Stage, tuple[int, ...]]:
        """Open orders by stage: how many changed since the first edge, between it and the next, and so on."""
        return await self._read(lambda connection: _digests.open_ages(connection, extents, edges))
