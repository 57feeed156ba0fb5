"""How a source is doing, when that is news, and whose trouble it is.

A single failure is nothing. Three in a row, one refusal of the credentials, or a wait of more than half an hour that it
asks for are told once. When it answers again, what was missed is looked at first; then the end is told, once, with how
long it was blind and what was found. While it fails, the time to the next try grows. When no source can be reached,
that is told once for all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.core.backoff import backoff
from bot.errors import AnswerUnreadable, SourceError, SourceRefused, SourceUnreachable
from bot.model.moment import from_instant, instant_of
from bot.model.poll import Health

FAILURES_TO_TELL = 3
LONGEST_SILENCE = 1800.0
"""Seconds. A source that asks not to be asked for longer is told at once: three failures would take too long."""
FAILURES_TOGETHER = 2
"""So often in a row another source that has answered since must have failed before it counts as out of reach."""
SUCCESSES_TO_TELL = 2
LONGEST_DOUBT = timedelta(minutes=3)
"""So long an outage is not told while it is open whether others can be reached."""
LONGEST_CATCH_UP = timedelta(minutes=15)
"""After that the end of an outage is told although not everything that was missed has been looked at."""
FIRST_WAIT = 5.0
"""Seconds; doubles with each failure."""
LONGEST_WAIT = 900.0
REFUSED_WAIT = 300.0
"""Seconds, at least, after refused credentials: hammering a login gets accounts locked."""


class Blame(StrEnum):
    """Whose trouble it is that a source does not answer."""

    SOURCE = "source"
    NETWORK = "network"
    OPEN = "open"
    """Others have not been asked since: ask them."""


def after_failure(health: Health, error: SourceError, now: datetime) -> Health:
    """Health after a failed request. Obeys the wait the source asked for."""
    failures = health.failures + 1
    wait = backoff(failures, base=FIRST_WAIT, cap=LONGEST_WAIT, seed=health.source)
    if isinstance(error, AnswerUnreadable) and failures < FAILURES_TO_TELL:
        wait = 0.0  # likely one odd order: no reason to let the others wait
    if isinstance(error, SourceRefused):
        wait = max(wait, REFUSED_WAIT)
    wait = max(wait, error.retry_after or 0.0)
    is_out = _is_out(failures, error)
    return replace(
        health,
        failures=failures,
        successes=0,
        failing_since=health.failing_since or from_instant(now),
        reason=str(error),
        retry_at=from_instant(now + timedelta(seconds=wait)) if wait else None,
        unreachable=isinstance(error, SourceUnreachable),
        answering_since=None if is_out else health.answering_since,
        caught_up=health.caught_up and not is_out,
    )


def should_tell_failure(health: Health, error: SourceError) -> bool:
    """Whether operators have to hear of it now."""
    return not health.told and _is_out(health.failures, error)


def blame(health: Health, others: Iterable[Health], now: datetime) -> Blame:
    """Whose trouble it is, seen together with the other sources.

    Those whose own outage was told already, and those that were never asked, say nothing.
    """
    telling = [other for other in others if _says_something(other)]
    since = health.failing_since and instant_of(health.failing_since)
    if not (health.unreachable and telling and since):
        return Blame.SOURCE
    if all(_is_out_of_reach(other, since) for other in telling):
        return Blame.NETWORK
    if now - since >= LONGEST_DOUBT or any(_answered(other, since) for other in telling):
        return Blame.SOURCE
    return Blame.OPEN


def may_share(health: Health) -> bool:
    """Whether its outage has not been told on its own."""
    return health.failures > 0 and (health.together or not health.told)


def after_success(health: Health, now: datetime) -> Health:
    """Health after a good answer; `told` still stands until the end of the outage is told."""
    at = from_instant(now)
    is_counting = health.told and health.answering_since is None
    successes = health.successes + 1 if is_counting else health.successes
    answering_since = at if is_counting and successes >= SUCCESSES_TO_TELL else health.answering_since
    return replace(
        health,
        failures=0,
        successes=successes,
        failing_since=health.failing_since if health.told else None,
        retry_at=None,
        reason=health.reason if health.told else None,
        last_ok_at=at,
        unreachable=False,
        answering_since=answering_since,
    )


def after_finding(health: Health, changes: int) -> Health:
    """Health after so many changes were found: they count as missed while an outage is not over."""
    return replace(health, found=health.found + changes) if health.told else health


def is_over(story: Sequence[Health], now: datetime) -> bool:
    """Whether an outage that was told, of one source or of several together, is over and may be told so."""
    if all(health.caught_up for health in story):
        return True
    back = [instant_of(health.answering_since) for health in story if health.answering_since]
    return any(since is not None and now - since >= LONGEST_CATCH_UP for since in back)


def recovered(health: Health) -> Health:
    """Health once the end has been told."""
    return replace(
        health,
        told=False,
        together=False,
        successes=0,
        failing_since=None,
        reason=None,
        answering_since=None,
        caught_up=False,
        found=0,
    )


def wait_until_retry(health: Health, now: datetime) -> float:
    """Seconds until the source may be tried again; 0 if it may be tried now."""
    retry_at = health.retry_at and instant_of(health.retry_at)
    return max(0.0, (retry_at - now).total_seconds()) if retry_at else 0.0


def _is_out(failures: int, error: SourceError) -> bool:
    is_silent = (error.retry_after or 0.0) > LONGEST_SILENCE
    return failures >= FAILURES_TO_TELL or is_silent or isinstance(error, SourceRefused)


def _says_something(other: Health) -> bool:
    was_asked = other.failures > 0 or other.last_ok_at is not None
    return was_asked and (other.together or not other.told)


def _is_out_of_reach(other: Health, since: datetime) -> bool:
    return other.unreachable and (other.failures >= FAILURES_TOGETHER or not _was_well(other, since))


def _answered(other: Health, since: datetime) -> bool:
    return not other.unreachable if other.failures else _was_well(other, since)


def _was_well(other: Health, since: datetime) -> bool:
    answered = other.last_ok_at and instant_of(other.last_ok_at)
    return bool(answered and answered >= since)
