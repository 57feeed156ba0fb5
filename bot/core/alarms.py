"""What becomes news of an order by time alone, and when to look at it again.

Everything is a function of the order, what is remembered of it, and settings: nothing here knows what time it is
until it is told. A case is something that comes true at a moment and is about something (a stay in a status, a day
promised); once told it is told again only as a reminder, and another stay or day is another case.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.core.calendar import add_working_days, at_time_of, working_days_between
from bot.core.promise import days_late, due
from bot.model.alarm import OTHERS, Alarms, Escalation, Patience
from bot.model.change import Basis, Change, Kind
from bot.model.memory import Memory, TimeTold
from bot.model.moment import Moment, day_of, from_instant, instant_of, is_day
from bot.model.order import Order, Snapshot, Stage, Status, normal_word
from bot.model.stay import STATUS_KINDS, Habits, Stay
from bot.model.watch import Watchlist

LONGEST_SLEEP = timedelta(days=30)
"""Every order that is on the lists is looked at again by then, whatever settings said."""
USUAL = {
    Stage.UNKNOWN: Stay(20, 30, Basis.USUAL),
    Stage.PLACED: Stay(5, 10, Basis.USUAL),
    Stage.CONFIRMED: Stay(20, 30, Basis.USUAL),
    Stage.IN_PROGRESS: Stay(20, 30, Basis.USUAL),
    Stage.ON_HOLD: Stay(10, 15, Basis.USUAL),
    Stage.PARTLY_SHIPPED: Stay(10, 20, Basis.USUAL),
    Stage.SHIPPED: Stay(5, 10, Basis.USUAL),
}
"""Working days, while too little is known of a source: long, so that nobody is alarmed by what only takes its time."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """What time has made of an order by now."""

    changes: tuple[Change, ...]
    memory: Memory
    """With them told."""
    next_at: Moment | None
    """When to look again; None: never."""


@dataclass(frozen=True, slots=True)
class _Case:
    """Something that comes true."""

    kind: Kind
    about: str
    at: datetime
    change: Change
    until: datetime | None = None
    """When it is true no more; None: it stays so."""
    is_reminded: bool = True


def ringing(known: Snapshot, memory: Memory, settings: Alarms, habits: Habits, now: datetime) -> Ringing:
    """What is to be told of an order now, and when to look at it again."""
    told, found, archived_at = dict(memory.told), [], memory.archived_at
    for case in _cases(known, memory, settings, habits):
        before = _told_of(case, memory)
        if archived_at or _next(case, before, settings, now) != now:
            continue
        if case.kind is Kind.CLOSED:
            archived_at = from_instant(now)
        if before is None or not before.is_silent:
            again = before.again + 1 if before else 0
            found.append(_told_now(case, again, settings, now))
            told[case.kind] = TimeTold(about=case.about, at=from_instant(now), again=again)
    after = memory.model_copy(update={"told": told, "archived_at": archived_at})
    return Ringing(tuple(found), after, next_alarm(known, after, settings, habits, now))


def next_alarm(known: Snapshot, memory: Memory, settings: Alarms, habits: Habits, now: datetime) -> Moment | None:
    """When time makes the next news of an order, `now` if it already has; None if it is off the lists."""
    if memory.archived_at:
        return None
    times = [_next(case, _told_of(case, memory), settings, now) for case in _cases(known, memory, settings, habits)]
    return from_instant(min([now + LONGEST_SLEEP, *(at for at in times if at is not None)]))


def first_memory(known: Snapshot, settings: Alarms, habits: Habits, now: datetime) -> Memory:
    """What is remembered of an order seen for the first time."""
    memory = Memory(status_since=_status_since(known.order, ZoneInfo(settings.timezone), now))
    return silenced(known, memory, settings, habits, now)


def silenced(known: Snapshot, memory: Memory, settings: Alarms, habits: Habits, now: datetime) -> Memory:
    """The memory with all that is so already: it is told to nobody by itself."""
    so_far = {
        case.kind: TimeTold(about=case.about, at=from_instant(now), is_silent=True)
        for case in _cases(known, memory, settings, habits)
        if (case.at <= now or case.kind is Kind.CLOSED) and _told_of(case, memory) is None
    }
    return memory.model_copy(update={"told": {**memory.told, **so_far}})


def memory_after(
    known: Snapshot,
    previous: Snapshot | None,
    memory: Memory | None,
    changes: Sequence[Change],
    settings: Alarms,
    habits: Habits,
    now: datetime,
) -> Memory:
    """What is remembered of an order that is now `known`, after changes since `previous`. It is on the lists again."""
    if previous is None:
        return first_memory(known, settings, habits, now)
    memory = memory or Memory(status_since=previous.seen_at)
    if any(change.kind in STATUS_KINDS for change in changes):
        memory = memory.model_copy(update={"status_since": from_instant(now)})
    if memory.archived_at:
        told = {kind: told for kind, told in memory.told.items() if kind is not Kind.CLOSED}
        memory = memory.model_copy(update={"archived_at": None, "told": told})
    if previous.order.depth is not known.order.depth:
        memory = silenced(known, memory, settings, habits, now)  # dates that nobody could know before
    return memory


def reopening(memory: Memory | None, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes of an order, and that it is back on the lists where they bring it there."""
    if memory is None or not memory.archived_at or not changes:
        return tuple(changes)
    return (*changes, Change(kind=Kind.REOPENED, at=memory.archived_at))


def settings_for(watchlists: Iterable[Watchlist], default: Alarms) -> Alarms:
    """By which settings an order is watched: for each the most impatient of its watchlists, else `default`."""
    settings: Alarms | None = None
    for watchlist in watchlists:
        if watchlist.alarms is not None:
            settings = watchlist.alarms if settings is None else _more_impatient(settings, watchlist.alarms)
    return settings or default


def is_named(status: Status, stuck: Iterable[str]) -> str | None:
    """The name by which settings speak of a status; None if they do not."""
    names = [normal_word(word) for word in (status.text, status.code, status.stage.value) if word]
    return next((name for name in (*names, OTHERS) if name in stuck), None)


def _cases(known: Snapshot, memory: Memory, settings: Alarms, habits: Habits) -> Iterator[_Case]:
    order, zone = known.order, ZoneInfo(settings.timezone)
    since = _instant(memory.status_since or known.seen_at, zone)
    if order.status.stage.is_final:
        if settings.archive:
            since = since if known.seq == 1 else max(since, _instant(known.seen_at, zone))
            change = Change(kind=Kind.CLOSED, at=from_instant(since))
            yield _Case(Kind.CLOSED, "", since + settings.archive, change)
        return
    yield from _promised(order, settings, zone)
    moved_at = _left_at(known, since, zone)
    if moved_at is not None and settings.not_moving is not None:
        change = Change(kind=Kind.NOT_MOVING, at=from_instant(moved_at))
        yield _Case(
            Kind.NOT_MOVING, from_instant(moved_at), patience_over(moved_at, settings.not_moving, settings), change
        )
        if is_named(order.status, settings.stuck) is None:
            return  # one alarm about one thing
    yield from _stuck(order.status, since, settings, habits)


def _promised(order: Order, settings: Alarms, zone: tzinfo) -> Iterator[_Case]:
    promised = due(order)
    if promised is None:
        return
    day = day_of(promised, zone)
    tomorrow = at_time_of(day + timedelta(days=1), 0, zone)
    if settings.due_today is not None:
        change = Change(kind=Kind.DUE_TODAY, field="delivery_promised", after=promised)
        at = at_time_of(day, settings.due_today, zone)
        yield _Case(Kind.DUE_TODAY, day.isoformat(), at, change, until=max(tomorrow, at), is_reminded=False)
    if settings.overdue is not None:
        change = Change(kind=Kind.OVERDUE, field="delivery_promised", after=promised)
        yield _Case(Kind.OVERDUE, day.isoformat(), at_time_of(day + timedelta(days=1), settings.overdue, zone), change)


def _stuck(status: Status, since: datetime, settings: Alarms, habits: Habits) -> Iterator[_Case]:
    change = Change(kind=Kind.STUCK, before=status.word, at=from_instant(since))
    name = is_named(status, settings.stuck)
    if name is not None:
        patience = settings.stuck[name]
        if patience is None:
            return
        limit = patience.working_days
        change = change.model_copy(update={"limit": limit, "basis": Basis.CONFIGURED})
    else:
        stay = habits.stays.get(normal_word(status.word)) or USUAL.get(status.stage) or USUAL[Stage.UNKNOWN]
        patience = Patience(working_days=stay.limit)
        change = change.model_copy(update={"limit": stay.within, "basis": stay.basis})
    yield _Case(Kind.STUCK, from_instant(since), patience_over(since, patience, settings), change)


def _left_at(known: Snapshot, since: datetime, zone: tzinfo) -> datetime | None:
    """When an order that has left as a whole was last heard of; None if something of it is still there."""
    order = known.order
    has_left = bool(order.shipments) and all(each.dispatched for each in order.shipments)
    if order.status.stage is not Stage.SHIPPED and (not has_left or order.status.stage is Stage.PARTLY_SHIPPED):
        return None
    moments = [_instant(each.dispatched_at, zone) for each in order.shipments if each.dispatched_at]
    last = max(moments, default=since)
    return last if known.seq == 1 else max(last, _instant(known.seen_at, zone))


def _told_of(case: _Case, memory: Memory) -> TimeTold | None:
    """What was told of this very case."""
    told = memory.told.get(case.kind)
    return told if told is not None and told.about == case.about else None


def _next(case: _Case, told: TimeTold | None, settings: Alarms, now: datetime) -> datetime | None:
    """When a case is to be told next, `now` if it should have been already; None: never."""
    at = case.at
    if told is not None and case.kind is not Kind.CLOSED:
        if told.is_silent or not case.is_reminded or settings.remind is None:
            return None
        last = instant_of(told.at)
        assert last is not None, "what was told was told at an instant"
        at = patience_over(last, settings.remind, settings)
    if case.until is not None and now >= case.until:
        return None
    return max(at, now)


def _told_now(case: _Case, again: int, settings: Alarms, now: datetime) -> Change:
    """The change with what only the moment tells: how long it has been."""
    zone, days = ZoneInfo(settings.timezone), case.change.days
    if case.kind is Kind.OVERDUE:
        promised = case.change.after
        days = days_late(Moment(promised), now.astimezone(zone).date(), zone) if promised else None
    elif case.kind in (Kind.STUCK, Kind.NOT_MOVING):
        since = case.change.at and instant_of(case.change.at)
        days = working_days_between(since, now, zone, settings.holidays) if since else None
    return case.change.model_copy(update={"days": days, "again": again or None})


def patience_over(start: datetime, patience: Patience, settings: Alarms) -> datetime:
    """When something that began then has lasted too long."""
    if patience.working_days is not None:
        return add_working_days(start, patience.working_days, ZoneInfo(settings.timezone), settings.holidays)
    return start + (patience.span or timedelta())


def _status_since(order: Order, zone: tzinfo, now: datetime) -> Moment:
    """Since when an order seen for the first time has surely been in its status, as far as the source tells."""
    said = order.ordered_at if order.status.stage is Stage.PLACED else None
    if said is None and order.version:
        said = _moment_or_none(order.version)
    return from_instant(min(_instant(said, zone), now)) if said else from_instant(now)


def _moment_or_none(text: str) -> Moment | None:
    try:
        return Moment(text) if instant_of(Moment(text)) else None
    except ValueError:
        return None


def _instant(moment: Moment, zone: tzinfo) -> datetime:
    """The instant of a moment; of a day its beginning."""
    if is_day(moment):
        return at_time_of(date.fromisoformat(moment), 0, zone)
    return datetime.fromisoformat(moment)


def _more_impatient(one: Alarms, other: Alarms) -> Alarms:
    """Both settings as one: each member as whoever wants to hear of it sooner has it."""
    if one == other:
        return one

    def sooner(name: str) -> object:
        values = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        return min(values, key=_length, default=None)

    stuck = {
        name: min(
            (each.stuck[name] for each in (one, other) if each.stuck.get(name) is not None),
            key=_length,
            default=None,
        )
        for name in {*one.stuck, *other.stuck}
    }
    members = ("due_today", "overdue", "not_moving", "slipped", "remind", "escalate", "archive")
    return one.model_copy(update={"stuck": stuck, **{name: sooner(name) for name in members}})


def _length(value: object) -> timedelta:
    """Long enough to compare: a working day is taken for a day and a half."""
    if isinstance(value, Escalation):
        return _length(value.after)
    if isinstance(value, Patience):
        return value.span or timedelta(days=1.5 * (value.working_days or 0))
    return value if isinstance(value, timedelta) else timedelta(minutes=int(str(value)))
