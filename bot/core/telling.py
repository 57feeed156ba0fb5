"""What changes of an order mean to each destination: which notifications, how urgent, and held for how long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from bot.core.care import Care
from bot.core.hold import held, windows_of
from bot.core.mutes import Mutes, sort_out
from bot.core.notices import notification_key
from bot.core.route import Share, share_out
from bot.core.voices import Voices
from bot.core.wording import word
from bot.model.alarm import Alarms
from bot.model.change import Change, Severity
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order
from bot.model.outbox import NewNotification
from bot.model.poll import OrderUpdate
from bot.model.route import Route
from bot.model.stay import Habits
from bot.model.watch import Confirmed, Watchlist

SNOOZED = "snooze"
"""What snoozed news is held for: all of an order goes when the time is over."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How news of one source is told: its names, its zone, and where news goes that no watchlist claims."""

    source: str
    label: str
    zone: tzinfo
    catch_all: tuple[Route, ...]
    operators: tuple[str, ...]
    keeps_personal_data: bool = False
    """Whether payloads are kept with the names, addresses and free texts in them."""
    group_waits: Mapping[str, timedelta] = field(default_factory=dict)
    """By destination: how long news of an order waits for more news of it."""
    group_wait: timedelta = timedelta(0)
    """The same for places that are in no config."""
    confirm: Mapping[Confirmed, timedelta] = field(default_factory=dict)
    """How long a field has to last before it is told, where no watchlist says otherwise."""
    alarms: Alarms = field(default_factory=Alarms)
    """What time alone makes news of, where no watchlist says otherwise."""
    habits: Habits = field(default_factory=Habits)
    """How long orders of the source stay in a status."""
    care: Care = field(default_factory=Care)
    """Who takes care of which order."""
    mutes: Mutes = field(default_factory=Mutes)
    """What nobody wants to hear now."""
    voices: Voices = field(default_factory=Voices)
    """In which words each destination is told."""

    def group_wait_at(self, share: Share) -> timedelta:
        """How long news waits for more of its order: what its rules say, else its destination."""
        if share.group_wait is not None:
            return share.group_wait
        return self.group_waits.get(share.destination, self.group_wait)


def tell(
    order: Order,
    update: OrderUpdate,
    changes: Sequence[Change],
    watchlists: Sequence[Watchlist],
    telling: Telling,
    now: datetime,
) -> Iterator[NewNotification]:
    """The notifications that changes of an order make: for each destination one, or one for each thing to confirm."""
    at = from_instant(now)
    # Without a new version (vanished, reappeared) the moment tells one time from the next.
    version = update.snapshot.seq if update.snapshot else at
    windows = windows_of(watchlists, telling.confirm)
    standing = telling.mutes.standing(order.key, changes, now)
    for share in share_out(changes, order, watchlists, telling.catch_all):
        fates = sort_out(
            standing,
            share.changes,
            share.watchlists,
            source=telling.source,
            key=order.key,
            destination=share.destination,
        )
        wait = telling.group_wait_at(share)
        parts = [(fate, part) for fate in fates for part in held(fate.changes, {} if fate.is_muted else windows)]
        for number, (fate, part) in enumerate(parts):
            severity = share.severity_of(part.changes)
            later = None if severity is Severity.URGENT else fate.held_until
            name = (number,) if number else ()
            called = telling.care.called(order.key, share.destination, share.mentions_of(part.changes))
            yield NewNotification(
                key=notification_key(telling.source, order.key, version, share.destination, *name),
                destination=share.destination,
                source=telling.source,
                order=order.key,
                kinds=tuple(dict.fromkeys(change.kind.value for change in part.changes)),
                route=", ".join(share.routes),
                message=word(
                    order,
                    part.changes,
                    source=telling.label,
                    seen_at=at,
                    zone=telling.zone,
                    words=telling.voices.at(share.destination),
                    templates=telling.voices.templates_at(share.destination),
                ).model_copy(update={"mentions": called, "is_silent": severity is Severity.LOW}),
                created_at=at,
                severity=severity,
                gather_until=from_instant(now + wait) if wait and severity is not Severity.URGENT else None,
                not_before=_later(later, from_instant(now + part.wait) if part.wait else None),
                held_for=SNOOZED if later else part.field,
                muted=fate.reason if fate.is_muted else None,
            )


def _later(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    first, second = instant_of(one), instant_of(other)
    return one if first and second and first > second else other
