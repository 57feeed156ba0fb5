"""The promises of the book of digests: which were made when, and how old is what waits. A part of every store."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.model.digest import Digested
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import NewNotification
from bot.model.view import Extent


class DigestBook(Protocol):
    """What digests need of the store. Raises a StorageError that says what to do."""

    async def last(self, name: str, destination: str) -> Digested | None:
        """When a digest was made last for a destination; None: never."""

    async def note(self, digested: Digested, notification: NewNotification | None) -> None:
        """Remember that one was made, and owe it if there is one, in one transaction.

        A notification whose key is already there is left as it is.
        """

    async def open_ages(self, extents: Sequence[Extent], edges: Sequence[Moment]) -> Mapping[Stage, tuple[int, ...]]:
        """Open orders by stage: how many changed since the first of `edges`, between it and the next, and so on.

        Edges are instants, the youngest first, so each tuple is one longer than they are. Stages without any are left
        out.
        """
        ...
