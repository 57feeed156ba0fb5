"""Hints for orders that are followed by their names, where a source lists what was shipped but not what there is.

One request tells which of them had something dispatched or got a tracking number; these are looked at first, the
others when their time comes.
"""

from datetime import timedelta

from bot.errors import AnswerUnreadable, SourceRefused
from bot.loops.ledger import Ledger
from bot.model.poll import KnownPage, Listing, Scope
from bot.ports import Source

WITHOUT = timedelta(days=1)
"""Until a listing is tried again that this account may not have: its orders can be read one by one all the same."""
_OFTEN = timedelta(minutes=15)


class Hints:
    """Glances at the listing of one source. `scope` is what stands for that in the agenda."""

    scope = Scope()

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self._source = source
        self._ledger = ledger
        self._known: dict[int, KnownPage] = {}

    @property
    def are_wanted(self) -> bool:
        """Whether orders are followed by name here, and no sweep of the whole listing sees them anyway."""
        book = self._ledger.book
        return self._source.listing is Listing.HINTS and bool(book.named) and self.scope.id not in book.scopes

    async def glance(self) -> float:
        """Let every named order whose row is new be looked at now. Returns the seconds until the next glance.

        Raises SourceError when the source is in trouble; not when it only refuses the listing.
        """
        try:
            async for page in self._source.pages(self.scope, self._known):
                for row in page.listed or ():
                    self._take(row.key, row.digest)
                self._known[page.number] = KnownPage(page.digest, page.keys, page.is_last)
        except (AnswerUnreadable, SourceRefused):
            return WITHOUT.total_seconds()
        named = [each.every for each in self._ledger.book.watchlists if each.orders is not None]
        return min(named, default=_OFTEN).total_seconds()

    def _take(self, key: str, digest: bytes) -> None:
        ledger = self._ledger
        state = ledger.states.get(key)
        if state is None or key not in ledger.book.named or state.list_digest == digest:
            return
        ledger.moved[key] = digest
        ledger.agenda.put_urgent(key)
