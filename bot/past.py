"""The promise of what looks at a store as a whole: tables for programs, dates for a calendar, and what happened."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.poll import Payload
from bot.model.view import DatesAsked, Found, FoundThen, OwedThen, Table, TableRow


class Tables(Protocol):
    """Everything there is of something, in little memory and without holding up anybody, also beside a running bot."""

    async def table(
        self,
        table: Table,
        *,
        behind: TableRow | None = None,
        source: str | None = None,
        since: Moment | None = None,
        limit: int = 500,
    ) -> Sequence[TableRow]:
        """The first rows of a table, or those behind a row; none at its end. The columns are those of the README.

        Text, whole numbers, lists of text, None where there is nothing; what holds a yes or no is bool. `since` is an
        instant: only orders that changed, changes that were found or notifications that were made from then on. Orders
        come by source and key, the others as they came about. An order that changes between two pages comes as it was
        or as it is; none comes twice.
        """
        ...

    async def promised(self, asked: DatesAsked) -> Sequence[Found]:
        """Open orders by the next delivery promised, then cancelled and completed ones."""


class Past(Protocol):
    """One view of a store, in which nothing changes however long it is looked at. Never writes."""

    async def latest(self) -> Moment | None:
        """When something was last found or settled; None in an empty store."""

    async def count(self, since: Moment) -> int:
        """How many changes were found since then."""
        ...

    def found(self, since: Moment) -> AsyncGenerator[FoundThen]:
        """What was found since then, in the order in which it was."""

    def owed(self, since: Moment) -> AsyncGenerator[OwedThen]:
        """What was owed about orders since then, in the order in which it was."""

    async def order(self, source: str, key: str) -> tuple[Order, tuple[str, ...]] | None:
        """An order as it is known now, and the ids of the listings that show it; None for one never seen."""

    async def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """What a source answered that made a version; None where retention dropped it."""

    async def scopes(self) -> frozenset[tuple[str, str]]:
        """Every listing that has been swept: source and id."""
        ...
