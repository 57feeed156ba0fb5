"""When an order is looked at next."""

from datetime import datetime, timedelta

from bot.core.backoff import jitter
from bot.model.moment import Moment, instant_of
from bot.model.order import Stage
from bot.model.view import Found

FINAL_REST = timedelta(days=1)
"""Completed and cancelled orders are looked at once a day: late corrections happen, but nobody waits for them."""
NOT_FOUND_REST = timedelta(hours=1)
"""An order number the source does not know may be a typing error, or an order not yet entered."""
SECOND_LOOK = timedelta(minutes=1)
"""Long enough for a lagging replica to catch up, short enough for news that is real."""
SPREAD = 0.1
"""Share of the interval taken off by a seed, so that orders do not stay in step."""


def rest(stage: Stage, every: timedelta, *, found: bool, seed: str) -> float:
    """Seconds until the next look at an order that was just looked at; never more than the interval asked for.

    `every` is what its watchlist asks for while the order is open.
    """
    return longest_rest(stage, every, found=found) * (1 - SPREAD * jitter(seed))


def longest_rest(stage: Stage, every: timedelta, *, found: bool) -> float:
    """Seconds that `rest` never exceeds."""
    interval = every
    if not found:
        interval = max(every, NOT_FOUND_REST)
    elif stage.is_final:
        interval = max(every, FINAL_REST)
    return interval.total_seconds()


def noted_look(found: Found, now: datetime) -> Moment | None:
    """When an open order is looked at again at the latest, as the store knows it.

    None where that has passed: looks that find nothing new are not noted there.
    """
    at = instant_of(found.next_poll_at) if found.next_poll_at else None
    is_open = not (found.vanished or found.snapshot.order.status.stage.is_final)
    return found.next_poll_at if is_open and at and at > now else None


def second_look_rest(every: timedelta) -> float:
    """Seconds until a second look at an answer that went back on what was known."""
    return min(SECOND_LOOK, every).total_seconds()


def retry_rest(failures: int, every: timedelta, *, seed: str) -> float:
    """Seconds until an order is tried again whose own answer could not be used, `failures` times in a row."""
    return min(30.0 * 2.0 ** min(failures - 1, 10), every.total_seconds()) * (1 - SPREAD * jitter(seed))
