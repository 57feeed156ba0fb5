"""What waits for somebody, and who takes care of which order, in the same file as the orders."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.storage import _exceptions

T = TypeVar("T")


class Run(Protocol):
    """Runs a job with a connection, and returns its result."""

    def __call__(self, job: Callable[[sqlite3.Connection], T], /) -> Awaitable[T]:
        """Run it."""
        ...


class SqliteCare:
    """Implements `care.Care`."""

    def __init__(self, read: Run, write: Run) -> None:
        self._read = read
        self._write = write

    async def exceptions(self, source: str, key: str) -> Sequence[OrderException]:
        """What waits for somebody of an order, and what was acknowledged and is still so."""
        return await self._read(lambda connection: _exceptions.exceptions(connection, source, key))

    async def acknowledge(
        self, source: str, key: str, person: str, note: str | None, at: Moment
    ) -> Sequence[OrderException]:
        """Acknowledge all that waits of an order. Returns what waited."""
        return await self._write(lambda connection: _exceptions.acknowledge(connection, source, key, person, note, at))

    async def assign(self, assignment: Assignment) -> None:
        """Let somebody take care of an order, in place of whoever did."""
        await self._write(lambda connection: _exceptions.assign(connection, assignment))

    async def unassign(self, source: str, key: str) -> bool:
        """Let nobody take care of an order. False: nobody did."""
        return await self._write(lambda connection: _exceptions.unassign(connection, source, key))

    async def assignments(self) -> Sequence[Assignment]:
        """Who takes care of which order."""
        return await self._read(_exceptions.assignments)

    async def due_exceptions(self, source: str, now: Moment, *, limit: int) -> Sequence[OrderException]:
        """What waits unacknowledged and is to be looked at now."""
        return await self._read(lambda connection: _exceptions.due_exceptions(connection, source, now, limit))
