"""How the listings of one source are read: whole, and in between, where the source can, only what was updated since.

Only a whole sweep proves that an order is missing, and it is the net for what a narrowed one did not show. A source
that lets an update slip through its own filter is not trusted with it again.
"""

import logging
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.log import event
from bot.model.moment import Moment, instant_of
from bot.model.poll import KnownPage, Listed, Page, Scope
from bot.ports import Clock, Source

log = logging.getLogger(__name__)

SHORT = 5
"""Pages. A listing no longer than that is always read whole: narrowing it would save next to nothing."""
OVERLAP = timedelta(minutes=15)
"""Updates asked for again: clocks differ, and a source may list an update later than it dates it."""


class Sweep:
    """One reading of a listing. `pages` to go through, `done` for each whose orders have been dealt with."""

    def __init__(self, source: Source, scope: Scope, known: dict[int, KnownPage], *, is_whole: bool) -> None:
        self.is_whole = is_whole
        """Whether it shows every order of the listing, so that absence from it means something."""
        self.count = 0
        """Pages done."""
        self._source = source
        self._scope = scope
        self._known = known

    def pages(self) -> AsyncGenerator[Page]:
        """As Source.pages."""
        return self._source.pages(self._scope, self._known)

    def done(self, page: Page, keys: tuple[str, ...]) -> None:
        """All of a page has been dealt with, so that the same bytes mean nothing new. `keys` are those of the page."""
        self.count += 1
        self._known[page.number] = KnownPage(page.digest, keys, page.is_last)


@dataclass(slots=True)
class _Past:
    """What earlier sweeps of one listing came to."""

    known: dict[int, KnownPage]
    length: int = 0
    """Pages of the last whole sweep."""
    whole_at: float = float("-inf")
    """Monotonic seconds at which the last whole sweep began."""
    read_at: datetime | None = None
    """When the last sweep of either kind began."""
    narrowed_at: datetime | None = None
    """When the last narrowed sweep since the last whole one began."""


class Listings:
    """Begins and ends the sweeps of one source."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._pasts: dict[str, _Past] = {}
        self._begun: dict[str, tuple[float, datetime]] = {}
        self._is_trusted = True

    def begin(self, scope: Scope, whole_every: timedelta) -> Sweep:
        """The next sweep of a listing; a whole one at least that often."""
        past = self._pasts.setdefault(scope.id, _Past({}))
        started = self._clock.monotonic()
        self._begun[scope.id] = started, self._clock.now()
        if self._is_trusted and past.length > SHORT and started - past.whole_at < whole_every.total_seconds():
            assert past.read_at is not None, "there was a whole sweep"
            narrow = self._source.narrowed(scope, past.read_at - OVERLAP)
            if narrow is not None:
                return Sweep(self._source, narrow, {}, is_whole=False)
        return Sweep(self._source, scope, past.known, is_whole=True)

    def end(self, scope: Scope, sweep: Sweep) -> None:
        """A sweep is complete."""
        past, (started, at) = self._pasts[scope.id], self._begun[scope.id]
        past.read_at = at
        if sweep.is_whole:
            past.whole_at, past.length, past.narrowed_at = started, sweep.count, None
        else:
            past.narrowed_at = at

    def judge(self, scope: Scope, sweep: Sweep, moved: Iterable[Listed]) -> None:
        """Rows of known orders that a sweep shows to have moved: a narrowed one before should not have missed them."""
        narrowed_at = self._pasts[scope.id].narrowed_at
        if not (sweep.is_whole and narrowed_at and self._is_trusted):
            return
        for row in moved:
            updated = _updated(row)
            if updated is not None and updated < narrowed_at - OVERLAP:
                self._is_trusted = False
                event(log, "listing_not_narrowed", source=self._source.name, order=row.key, updated=updated)
                return


def _updated(row: Listed) -> datetime | None:
    try:
        return instant_of(Moment(row.order.version)) if row.order and row.order.version else None
    except ValueError:
        return None
