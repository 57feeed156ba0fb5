"""Which orders of a source are followed, how closely, and who is told."""

from datetime import timedelta

from bot.model.frozen import Frozen
from bot.model.route import Route


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
    notify: tuple[Route, ...] = ()
