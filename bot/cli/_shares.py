"""What a budget comes to for the orders that a config names."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from bot.app import build_sources
from bot.clock import SystemClock
from bot.config.load import Config
from bot.core.phrases import counted
from bot.core.watchbook import WatchBook
from bot.errors import Problem
from bot.model.poll import Listing
from bot.model.units import write_duration

_COARSE = ((timedelta(days=2), 3600), (timedelta(hours=2), 60), (timedelta(0), 1))
"""From which time on it is told to the hour, the minute, the second."""


def too_small(config: Config) -> Iterator[Problem]:
    """Budgets within which named orders cannot be looked at as often as their watchlists ask, one for each source."""
    for name, source in build_sources(config, SystemClock()).items():
        book = WatchBook((each for each in config.watchlists.values() if each.source == name), source.key_of)
        settings, orders = config.sources[name], len(book.named)
        limits = {"budget": settings.budget, "daily_budget": settings.daily_budget}
        rounds = {key: orders * rate.seconds / rate.events for key, rate in limits.items() if rate}
        key = max(rounds, key=lambda each: rounds[each])
        if rounds[key] > book.named_every.total_seconds():
            written = f"sources.{name}.{key}"
            yield config.problem(
                written if written in config.lines else f"sources.{name}",
                f"{limits[key]} is shared by {counted(orders, 'named order')}, so each comes round every "
                f"{_rounded(rounds[key])} at best, not every {write_duration(book.named_every)}"
                + ("" if source.listing is Listing.NONE else "; those that its list shows to have moved come first"),
            )


def _rounded(seconds: float) -> str:
    """Up, and no finer than one cares to read."""
    step = next(step for since, step in _COARSE if seconds >= since.total_seconds())
    return write_duration(timedelta(seconds=ceil(seconds / step) * step))
