"""Which orders of a source are followed, how closely, and who is told."""

from datetime import timedelta
from enum import StrEnum

from bot.model.alarm import Alarms
from bot.model.frozen import Frozen
from bot.model.route import Route


class Confirmed(StrEnum):
    """What of an order can be told only once it has lasted."""

    STATUS = "status"
    PROMISE = "promise"
    TRACKING = "tracking"
    LINES = "lines"


class Watchlist(Frozen):
    """A set of orders at one source."""

    name: str
    source: str
    orders: tuple[str, ...] | None
    """As written by a person; None: all orders the source lists."""
    where: dict[str, str] = {}
    """Filters the source itself applies to its listing."""
    every: timedelta = timedelta(minutes=15)
    """How often the listing, or each order where there is none, is looked at."""
    details: timedelta = timedelta(hours=4)
    """How old the details of an open order may become when its row in the listing does not move."""
    confirm: dict[Confirmed, timedelta] = {}
    """How long a field has to last before it is told, where that is not as for all watchlists; final states do not."""
    alarms: Alarms | None = None
    """What time alone makes news of; None: whoever follows the order too says so, else it is as for all watchlists."""
    notify: tuple[Route, ...] = ()
