"""How long an answer asks us to wait, in any of the ways servers say it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86400.0
"""Seconds. A wait that is asked for is obeyed up to a day, then one more request is worth it: nobody means a year."""
_AN_EPOCH_NOT_A_DELAY = 1e9
"""X-RateLimit-Reset is a Unix time in StateSet's documentation and seconds-to-wait in its open server."""
_IN_MILLISECONDS = 1e11
"""As a Unix time in seconds this would be the year 5138."""

_LEFT = ("X-RateLimit-Remaining", "RateLimit-Remaining")
_FULL_AGAIN = ("x-ratelimit-reset-after", "x-ratelimit-reset", "ratelimit-reset")
_IN_ORDER = ("retry-after", "x-ratelimit-retry-after", "x-ratelimit-reset-after", "x-ratelimit-reset")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait, from the first header that says so; None if none does. Never negative, nor above LONGEST."""
    return _first(headers, _IN_ORDER, now)


def pause_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait after a good answer, which says that it was the last one for now; None: it does not say so.

    `headers` are found by name whatever the case of its letters.
    """
    if any(headers.get(name, "").strip() == "0" for name in _LEFT):
        return _first(headers, _FULL_AGAIN, now)
    return None


def _first(headers: Mapping[str, str], names: Sequence[str], now: datetime) -> float | None:
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    for name in names:
        seconds = _seconds(lower.get(name, ""), now)
        if seconds is not None:
            return within_reason(seconds)
    return None


def within_reason(seconds: float) -> float:
    """A wait as it is obeyed: at least none, at most LONGEST. What is no number is none."""
    return min(max(0.0, seconds), LONGEST)


def _seconds(value: str, now: datetime) -> float | None:
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        return _from_http_date(value, now)
    if number != number or number in (float("inf"), float("-inf")):
        return None
    if number > _IN_MILLISECONDS:
        number /= 1000
    return number - now.timestamp() if number > _AN_EPOCH_NOT_A_DELAY else number


def _from_http_date(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
