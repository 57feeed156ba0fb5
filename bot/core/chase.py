"""What is told again of what nobody has acknowledged, and when it is passed on to somebody else.

What time alone made (stuck, overdue, not moving) is reminded of where it is made; here is the rest, and the passing on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.alarms import patience_over, settings_for
from bot.core.notices import notification_key
from bot.core.render import order_name
from bot.core.telling import Telling, tell
from bot.core.wording import word
from bot.model.alarm import Alarms
from bot.model.change import TIME_MADE, Change, Severity
from bot.model.exception import OrderException
from bot.model.message import Line, Message, When
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order, Snapshot
from bot.model.outbox import NewNotification
from bot.model.poll import OrderUpdate, PollRecord
from bot.model.watch import Watchlist

LONGEST_SLEEP = timedelta(days=1)
"""What waits is looked at again by then, whatever settings said."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one exception now."""

    reminds: bool
    passes_on: bool
    after: OrderException
    """With that done, and when to look again."""


def next_step(each: OrderException, settings: Alarms, now: datetime) -> Step:
    """What is due about an exception that nobody has acknowledged."""
    since, at = _instant(each.since), from_instant(now)
    remind_at = None
    if settings.remind is not None and each.kind not in TIME_MADE:
        remind_at = patience_over(_instant(each.reminded_at or each.since), settings.remind, settings)
    pass_at = None
    if settings.escalate is not None and each.escalated_at is None:
        pass_at = patience_over(since, settings.escalate.after, settings)
    reminds, passes_on = (moment is not None and moment <= now for moment in (remind_at, pass_at))
    after = each.model_copy(
        update={
            "reminded": each.reminded + reminds,
            "reminded_at": at if reminds else each.reminded_at,
            "escalated_at": at if passes_on else each.escalated_at,
        }
    )
    if reminds and settings.remind is not None:
        remind_at = patience_over(now, settings.remind, settings)
    times = [now + LONGEST_SLEEP, *(one for one in (remind_at, None if passes_on else pass_at) if one is not None)]
    return Step(reminds, passes_on, after.model_copy(update={"look_at": from_instant(min(times))}))


def chased(
    waiting: Sequence[OrderException],
    known: Snapshot,
    watchlists: Sequence[Watchlist],
    telling: Telling,
    now: datetime,
) -> PollRecord:
    """What to write about the exceptions of one order that are to be looked at."""
    settings = settings_for(watchlists, telling.alarms)
    steps = [next_step(each, settings, now) for each in waiting]
    again = [step.after.change.model_copy(update={"again": step.after.reminded}) for step in steps if step.reminds]
    passed = [step.after for step in steps if step.passes_on]
    told = [
        *_reminders(again, known, watchlists, telling, now),
        *_passed_on(passed, known.order, settings, telling, now),
    ]
    looked_at = tuple(step.after for step in steps)
    return PollRecord(telling.source, from_instant(now), notifications=tuple(told), looked_at=looked_at)


def _reminders(
    again: Sequence[Change], known: Snapshot, watchlists: Sequence[Watchlist], telling: Telling, now: datetime
) -> Iterator[NewNotification]:
    if not again:
        return
    update = OrderUpdate(key=known.order.key, expected_seq=known.seq)
    for told in tell(known.order, update, again, watchlists, telling, now):
        words = telling.voices.at(told.destination)
        ask = words.line("Reminder: nobody has acknowledged it yet. To end this: {command}", command=_how(known.order))
        yield told.model_copy(update={"key": notification_key("again", told.key), "message": _with(told, ask)})


def _with(told: NewNotification, line: Line) -> Message:
    return told.message.model_copy(update={"body": (*told.message.body, line)})


def _passed_on(
    passed: Sequence[OrderException], order: Order, settings: Alarms, telling: Telling, now: datetime
) -> Iterator[NewNotification]:
    if not passed or settings.escalate is None:
        return
    at, changes = from_instant(now), [each.change for each in passed]
    since = min(each.since for each in passed)
    for name in settings.escalate.to:
        words = telling.voices.at(name)
        message = word(
            order,
            changes,
            source=telling.label,
            seen_at=passed[0].since,
            zone=telling.zone,
            words=words,
            templates=telling.voices.templates_at(name),
        )
        ask = words.line(
            "Passed on: nobody has acknowledged it since {when}. To end this: {command}",
            when=When(at=since),
            command=_how(order),
        )
        called = telling.care.called(order.key, name, ())
        yield NewNotification(
            key=notification_key("passed on", telling.source, order.key, at, name),
            destination=name,
            source=telling.source,
            order=order.key,
            kinds=tuple(dict.fromkeys(each.kind.value for each in passed)),
            route="alarms.escalate",
            message=message.model_copy(update={"body": (*message.body, ask), "mentions": called}),
            created_at=at,
            severity=Severity.URGENT,
        )


def _how(order: Order) -> str:
    return f"ack {order_name(order).partition(' · ')[0]}"


def _instant(moment: Moment) -> datetime:
    found = instant_of(moment)
    assert found is not None, "what waits does so since an instant"
    return found
