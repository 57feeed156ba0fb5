"""The promises of the outbox: what is owed to people, kept until it is settled. Part of what a store promises."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.model.moment import Moment
from bot.model.outbox import Gathering, Notification, Settlement, WithChanges
from bot.model.sending import Thread
from bot.model.view import Owed, Waiting


class Outbox(Protocol):
    """What is owed to people. Every write is one transaction. Raises a StorageError that says what to do."""

    @property
    def outbox_changed(self) -> asyncio.Event:
        """Set whenever a commit added notifications. Whoever waits on it clears it."""
        ...

    async def owed(self) -> Sequence[Owed]:
        """Destinations with pending or interrupted notifications, by name."""
        ...

    async def waiting(self, destination: str, *, limit: int) -> Sequence[Waiting]:
        """The first open notifications of a destination, by id.

        However many there are, the urgent ones are among them, and all that is open of the orders these are about.
        """
        ...

    async def news(self, ids: Sequence[int]) -> Sequence[WithChanges]:
        """These notifications, by id, each with the changes it tells as they were found."""
        ...

    async def gather(self, gathering: Gathering) -> bool:
        """Make several notifications one, or none, before any of them is sent.

        False, and nothing is written, when one of them is not pending and untried any more.
        """
        ...

    async def claim(self, ids: Sequence[int], *, now: Moment) -> Sequence[Notification]:
        """Those of `ids` that are still open, by id, marked SENDING with first_try_at before they return.

        A row that was SENDING already (its process died) comes back with `unclear` true.
        """
        ...

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Write what became of claimed notifications, their notices, threads and new addresses, in one transaction."""
        ...

    async def thread(self, destination: str, source: str, order: str) -> Thread | None:
        """Where the next message about an order goes at a destination, as the last settlement left it."""
        ...
