"""How a source is doing, and when that is news.

A single failure is nothing. Three in a row, or one refusal of the credentials, are told once; two successes in a row
end it, told once, with how long it was blind. While it fails, the time to the next try grows.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core.backoff import backoff
from bot.errors import AnswerUnreadable, SourceError, SourceRefused
from bot.model.moment import from_instant, instant_of
from bot.model.poll import Health

FAILURES_TO_TELL = 3
SUCCESSES_TO_TELL = 2
FIRST_WAIT = 5.0
"""Seconds; doubles with each failure."""
LONGEST_WAIT = 900.0
REFUSED_WAIT = 300.0
"""Seconds, at least, after refused credentials: hammering a login gets accounts locked."""


def after_failure(health: Health, error: SourceError, now: datetime) -> Health:
    """Health after a failed request. Obeys the wait the source asked for."""
    failures = health.failures + 1
    wait = backoff(failures, base=FIRST_WAIT, cap=LONGEST_WAIT, seed=health.source)
    if isinstance(error, AnswerUnreadable) and failures < FAILURES_TO_TELL:
        wait = 0.0  # likely one odd order: no reason to let the others wait
    if isinstance(error, SourceRefused):
        wait = max(wait, REFUSED_WAIT)
    wait = max(wait, error.retry_after or 0.0)
    return replace(
        health,
        failures=failures,
        successes=0,
        failing_since=health.failing_since or from_instant(now),
        reason=str(error),
        retry_at=from_instant(now + timedelta(seconds=wait)) if wait else None,
    )


def should_tell_failure(health: Health, error: SourceError) -> bool:
    """Whether operators have to hear of it now."""
    return not health.told and (health.failures >= FAILURES_TO_TELL or isinstance(error, SourceRefused))


def after_success(health: Health, now: datetime) -> Health:
    """Health after a good answer; `told` still stands until `has_recovered` says that it is over."""
    successes = health.successes + 1 if health.told else 0
    return replace(
        health,
        failures=0,
        successes=successes,
        failing_since=health.failing_since if health.told else None,
        retry_at=None,
        reason=health.reason if health.told else None,
        last_ok_at=from_instant(now),
    )


def has_recovered(health: Health) -> bool:
    """Whether an outage that was told is over."""
    return health.told and health.successes >= SUCCESSES_TO_TELL


def recovered(health: Health) -> Health:
    """Health once the recovery has been told."""
    return replace(health, told=False, successes=0, failing_since=None, reason=None)


def wait_until_retry(health: Health, now: datetime) -> float:
    """Seconds until the source may be tried again; 0 if it may be tried now."""
    retry_at = health.retry_at and instant_of(health.retry_at)
    return max(0.0, (retry_at - now).total_seconds()) if retry_at else 0.0
