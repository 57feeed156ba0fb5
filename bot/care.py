"""The promises about what waits for somebody, and who takes care of which order. Part of what talks promise."""

from collections.abc import Sequence
from typing import Protocol

from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment


class Care(Protocol):
    """What commits begin and end, and people acknowledge. Every write is one transaction. Raises a StorageError."""

    async def exceptions(self, source: str, key: str) -> Sequence[OrderException]:
        """What waits for somebody of an order, and what was acknowledged and is still so; the oldest first."""
        ...

    async def acknowledge(
        self, source: str, key: str, person: str, note: str | None, at: Moment
    ) -> Sequence[OrderException]:
        """Acknowledge all that waits of an order. Returns what waited: nothing the second time."""
        ...

    async def assign(self, assignment: Assignment) -> None:
        """Let somebody take care of an order, in place of whoever did."""
        ...

    async def unassign(self, source: str, key: str) -> bool:
        """Let nobody take care of an order. False: nobody did."""
        ...

    async def assignments(self) -> Sequence[Assignment]:
        """Who takes care of which order."""
        ...

    async def due_exceptions(self, source: str, now: Moment, *, limit: int) -> Sequence[OrderException]:
        """What waits unacknowledged and is to be looked at now, the longest due first."""
        ...
