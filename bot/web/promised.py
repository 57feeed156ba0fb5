"""The calendar of promised deliveries, from the store: for a file, and for whoever subscribes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.core.access import EVERYTHING
from bot.core.appointments import Span, write_calendar
from bot.core.catalogue import Catalogue
from bot.core.promise import day_bounds
from bot.model.database import Database
from bot.model.moment import from_instant
from bot.model.view import DatesAsked
from bot.storage.doors import promised

DAYS_AHEAD = 90
DAYS_BACK = 30
"""What was promised or finished longer ago is not in it any more."""
MOST = 2000
"""Open orders in a calendar, and of either kind of finished ones: more of them than any calendar program shows well."""


@dataclass(frozen=True, slots=True)
class PromisedDates:
    """What calendars are made of."""

    database: Database
    catalogue: Catalogue

    def calendar(
        self, now: datetime, *, source: str | None = None, watchlist: str | None = None, days: int = DAYS_AHEAD
    ) -> tuple[bytes, int]:
        """A calendar of the days to come and the last DAYS_BACK, and its number of events. Takes a second for the most.

        Of one source or watchlist, if given; there has to be one of that name. Raises StorageError.
        """
        zone = ZoneInfo(self.catalogue.timezone)
        today = now.astimezone(zone).date()
        span = Span(today - timedelta(days=DAYS_BACK), today + timedelta(days=days + 1), zone)
        asked = DatesAsked(
            extents=self.catalogue.extents(EVERYTHING, source=source, watchlist=watchlist),
            start=day_bounds(span.first, zone),
            end=day_bounds(span.end, zone),
            since=from_instant(now - timedelta(days=DAYS_BACK)),
            limit=MOST,
        )
        name = " · ".join(filter(None, ("Deliveries", source, watchlist)))
        return write_calendar(promised(self.database, asked), span, name=name, labels=self.catalogue.labels)
