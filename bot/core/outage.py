"""The story of an outage as records: one notice when it begins, one when it is over, whoever is concerned.

Each function is given the health of every source, the one it is about among them, and returns what to write. A record
may change the health of several sources: an outage of our own network is one story of all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.core import health as rules
from bot.core import notices
from bot.core.health import Blame
from bot.core.telling import Telling
from bot.core.words import Words
from bot.errors import SourceError
from bot.model.change import Notice
from bot.model.message import Message
from bot.model.moment import from_instant
from bot.model.outbox import NewNotification
from bot.model.poll import Health, PollRecord


def source_failed(healths: Mapping[str, Health], error: SourceError, telling: Telling, now: datetime) -> PollRecord:
    """What to write when a source did not answer as it should."""
    worse = rules.after_failure(healths[telling.source], error, now)
    others = _others(healths, telling.source)
    if not rules.should_tell_failure(worse, error):
        return _record([worse], (), telling, now)
    match rules.blame(worse, others, now):
        case Blame.OPEN:
            return _record([worse], (), telling, now)
        case Blame.SOURCE:
            worse = replace(worse, told=True)
            say = partial(notices.source_failing, telling.label, worse)
            return _record([worse], _told(Notice.SOURCE_FAILING, say, [worse], telling, now), telling, now)
        case Blame.NETWORK:
            is_told = any(other.together for other in others)
            down = [replace(each, told=True, together=True) for each in (worse, *others) if rules.may_share(each)]
            say = partial(notices.network_down, down)
            told = () if is_told else _told(Notice.NETWORK_DOWN, say, down, telling, now)
            return _record(down, told, telling, now)


def is_in_doubt(healths: Mapping[str, Health], source: str, now: datetime) -> bool:
    """Whether a source is out of reach, and it is open whether the others are: ask them."""
    health = healths[source]
    is_long = health.failures >= rules.FAILURES_TO_TELL and not health.told
    return is_long and rules.blame(health, _others(healths, source), now) is Blame.OPEN


def source_answered(
    healths: Mapping[str, Health], telling: Telling, now: datetime, *, caught_up: bool = False
) -> PollRecord:
    """What to write when a source answered well. `caught_up`: what it could not be asked for has been looked at."""
    better = rules.after_success(healths[telling.source], now)
    if caught_up and better.answering_since:
        better = replace(better, caught_up=True)
    story = [better]
    if better.together:
        story += [other for other in _others(healths, telling.source) if other.together]
    if not better.told or not rules.is_over(story, now):
        return _record([better], (), telling, now)
    back = [health for health in story if health.answering_since]
    silent = [health for health in story if not health.answering_since]
    if better.together:
        kind, say = Notice.NETWORK_BACK, partial(notices.network_back, back, silent)
    else:
        kind, say = Notice.SOURCE_RECOVERED, partial(notices.source_recovered, telling.label, better)
    after = [*map(rules.recovered, back), *(replace(health, together=False) for health in silent)]
    return _record(after, _told(kind, say, story, telling, now), telling, now)


def _others(healths: Mapping[str, Health], source: str) -> list[Health]:
    return [health for name, health in healths.items() if name != source]


def _told(
    kind: Notice, say: Callable[[Words], Message], story: Sequence[Health], telling: Telling, now: datetime
) -> tuple[NewNotification, ...]:
    is_one = kind in (Notice.SOURCE_FAILING, Notice.SOURCE_RECOVERED)
    since = min(health.failing_since or "" for health in story)
    return notices.notice(
        kind,
        say,
        to=telling.operators,
        voices=telling.voices,
        key=(telling.source if is_one else "*", since),
        at=from_instant(now),
        source=telling.source if is_one else None,
    )


def _record(
    healths: Sequence[Health], told: tuple[NewNotification, ...], telling: Telling, now: datetime
) -> PollRecord:
    return PollRecord(source=telling.source, at=from_instant(now), healths=tuple(healths), notifications=told)
