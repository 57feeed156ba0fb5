"""Hints for orders that are followed by their names, from a listing that nobody sweeps.

Where a source lists what was shipped, one request tells which of them had something dispatched or got a tracking
number. Where it lists every order, its pages tell which of them moved, for fewer requests than looking at each: worth
it as soon as the budget does not allow to look at each as often as people ask. These are looked at first, the others
when their time comes.
"""

from contextlib import aclosing
from datetime import timedelta

from bot.core.turns import Turns
from bot.errors import AnswerUnreadable, SourceRefused
from bot.loops.ledger import Ledger
from bot.loops.listings import Listings
from bot.model.poll import Listing, Scope
from bot.ports import Source

WITHOUT = timedelta(days=1)
"""Until a listing is tried again that this account may not have, or that is too long: orders can be read one by one."""
ORDERS_A_PAGE = 2
"""Named orders that a page must stand for, or else looking at each costs no more requests than the listing."""


class Hints:
    """Glances at the listing of one source. `scope` is what stands for that in the agenda."""

    scope = Scope()

    def __init__(self, source: Source, ledger: Ledger, listings: Listings, turns: Turns | None) -> None:
        self._source = source
        self._ledger = ledger
        self._listings = listings
        self._turns = turns

    @property
    def are_wanted(self) -> bool:
        """Whether orders are followed by name here, and no sweep of the whole listing sees them anyway."""
        book = self._ledger.book
        return self._source.listing is not Listing.NONE and bool(book.named) and self.scope.id not in book.scopes

    async def glance(self) -> float:
        """Let every named order whose row is new be looked at now. Returns the seconds until the next glance.

        Raises SourceError when the source is in trouble; not when it only refuses the listing.
        """
        book = self._ledger.book
        every = book.named_every
        if self._source.listing is Listing.COMPLETE and not (self._turns and self._turns.is_short(every)):
            return every.total_seconds()
        try:
            is_read = await self._read(book.named_details)
        except (AnswerUnreadable, SourceRefused):
            is_read = False
        return (every if is_read else WITHOUT).total_seconds()

    async def _read(self, whole_every: timedelta) -> bool:
        """Read the listing. False: it is too long to be worth it."""
        sweep = self._listings.begin(self.scope, whole_every)
        longest = max(1, len(self._ledger.book.named) // ORDERS_A_PAGE)
        async with aclosing(sweep.pages()) as pages:
            async for page in pages:
                rows = page.listed or ()
                moved = [row for row in rows if self._take(row.key, row.digest)]
                self._listings.judge(self.scope, sweep, moved)
                sweep.done(page, page.keys)
                if sweep.count >= longest and not page.is_last:
                    return False
        self._listings.end(self.scope, sweep)
        return True

    def _take(self, key: str, digest: bytes) -> bool:
        """Note the row of an order. Whether it had another row before: it moved.

        The first row of an order in a listing of everything is none to hurry for, as the order's own look is near.
        """
        ledger = self._ledger
        state = ledger.states.get(key)
        if state is None or key not in ledger.book.named:
            return False
        before = ledger.moved.get(key, state.list_digest)
        if before == digest:
            return False
        ledger.moved[key] = digest
        if before is not None or self._source.listing is Listing.HINTS:
            ledger.agenda.put_urgent(key)
        return before is not None
