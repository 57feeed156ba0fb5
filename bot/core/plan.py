"""The decision of the poller: from what was stored, what came and the time, to the one record that says what to write.

Each function here answers one thing that can happen to a poll. None of them asks or writes anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.core import alarms, notices
from bot.core.diff import diff
from bot.core.digest import order_digest
from bot.core.drift import Weighed, spoken
from bot.core.lapses import with_lapses
from bot.core.personal import without_personal_data
from bot.core.render import order_name
from bot.core.route import routes_of
from bot.core.slips import Promises, judged, threshold_of
from bot.core.telling import Telling, tell
from bot.errors import SourceError
from bot.model.change import Change, Kind, Notice
from bot.model.memory import Memory
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order, Snapshot, Stage, Status, normal_word
from bot.model.outbox import NewNotification
from bot.model.poll import Baseline, OrderState, OrderUpdate, Payload, PollRecord
from bot.model.watch import Watchlist

LOOKS_UNTIL_VANISHED = 3
"""Complete listings in a row (or direct look-ups, where no listing shows it) that must miss an order first."""


_GOES_BACK = frozenset({Kind.MOVED_BACKWARDS, Kind.UNDISPATCHED, Kind.TRACKING_REMOVED})
_PROGRESS = frozenset(
    {Kind.APPEARED, Kind.STATUS, Kind.DISPATCHED, Kind.TRACKING_ADDED, Kind.LINE_ADDED, Kind.CANCELLED, Kind.COMPLETED}
)
"""What an answer that is older than the last one cannot say. A date or a quantity may be the earlier one again."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One order as an answer showed it, beside what was known of it."""

    state: OrderState
    previous: Snapshot | None
    order: Order
    payload: Payload | None
    watchlists: Sequence[Watchlist]
    is_news: bool = False
    """Whether a first sight is news: the source did not know the order before, or it came after the first sweep."""
    raw_digest: bytes | None = None
    list_digest: bytes | None = None
    scopes: tuple[str, ...] = ()
    next_poll_at: Moment | None = None
    memory: Memory | None = None
    """What was remembered of the order."""
    doubt: str | None = None
    """What of it is not believed, see `core/drift`."""


def is_older(order: Order, previous: Snapshot | None) -> bool:
    """Whether an answer is older than what was seen before: a stale replica, to be ignored and counted."""
    earlier = previous and previous.order.version
    if not earlier or not order.version or order.version == earlier:
        return False
    try:
        then, now = instant_of(Moment(earlier)), instant_of(Moment(order.version))
    except ValueError:
        return order.version < earlier
    return now < then if now and then else order.version < earlier


def is_doubtful(sight: Sight) -> bool:
    """Whether an answer says something else than is known, and neither its time nor an earlier answer confirms it."""
    if sight.previous is None or order_digest(sight.order) in (sight.previous.digest, sight.state.doubt):
        return False
    newer, known = sight.order.version, sight.previous.order.version
    return not (newer and known and newer != known)  # an older one would have been refused


def needs_second_look(sight: Sight, *, was_so_before: bool) -> bool:
    """Whether an answer goes back on what is known, and nobody has confirmed it yet.

    It may be real, or a stale replica that speaks: sources that give no update time cannot be told apart otherwise.
    `was_so_before` says that the order had this very digest in an earlier version.
    """
    if sight.previous is None or not is_doubtful(sight):
        return False
    return was_so_before or any(change.kind in _GOES_BACK for change in diff(sight.previous.order, sight.order))


def may_be_mixed(sight: Sight) -> bool:
    """Whether a part of an answer may be older than what is known, although the whole is new: ask again at once.

    Where an order is asked for in several requests, a stale replica may answer one of them.
    """
    if sight.previous is None or not is_doubtful(sight):
        return False
    before, after = sight.previous.order, sight.order
    return not all(_is_progress(change, before, after) for change in diff(before, after))


def second_look_needed(sight: Sight, telling: Telling, now: datetime) -> PollRecord:
    """What to write when an answer waits for a second look: only that it does."""
    update = OrderUpdate(
        key=sight.state.key,
        expected_seq=sight.state.seq,
        missing=sight.state.missing,
        vanished=sight.state.vanished,
        scopes=sight.scopes,
        next_poll_at=sight.next_poll_at,
        doubt=order_digest(sight.order),
    )
    return PollRecord(source=telling.source, at=from_instant(now), updates=(update,))


def order_seen(sight: Sight, telling: Telling, known_words: Iterable[str], now: datetime) -> PollRecord:
    """What to write about an order whose bytes are new. The order must not be older than the stored one."""
    digest = order_digest(sight.order)
    changes, promises = _changes(sight, digest, telling)
    snapshot, changes = None, alarms.reopening(sight.memory, changes)
    if sight.previous is None or sight.previous.digest != digest:
        at, seq = from_instant(now), sight.state.seq + 1
        snapshot = Snapshot(order=sight.order, seq=seq, seen_at=at, digest=digest, promises=dict(promises))
    memory = _memory(sight, snapshot, changes, telling, now)
    update = OrderUpdate(
        key=sight.state.key,
        expected_seq=sight.state.seq,
        snapshot=snapshot,
        payload=_kept(sight.payload, telling) if snapshot else None,
        changes=changes,
        raw_digest=sight.raw_digest,
        list_digest=sight.list_digest,
        scopes=sight.scopes,
        next_poll_at=sight.next_poll_at,
        doubt=sight.doubt,
        memory=memory,
        alarm_at=_alarm_at(sight, snapshot, memory, telling, now),
    )
    unknown = unknown_words(sight.order)
    known = {normal_word(word) for word in known_words} if unknown else set()
    fresh = [status for status in unknown if normal_word(_identity(status)) not in known]
    return PollRecord(
        source=telling.source,
        at=from_instant(now),
        updates=(update,),
        notifications=(
            *tell(sight.order, update, changes, sight.watchlists, telling, now),
            *_unknown_word_notices(fresh, sight.order, telling, now),
        ),
        words=tuple(map(_identity, fresh)),
        ended_mutes=telling.mutes.ended_by(sight.order.key, changes),
    )


def order_not_found(
    state: OrderState,
    previous: Snapshot | None,
    watchlists: Sequence[Watchlist],
    telling: Telling,
    now: datetime,
    next_poll_at: Moment,
    *,
    listing_counts: bool,
) -> PollRecord:
    """What to write when the source itself says that it knows no such order.

    `listing_counts`: complete listings show the order, and count how often they did not.
    """
    missing = state.missing if listing_counts else state.missing + 1
    vanishes = previous is not None and not state.vanished and missing >= LOOKS_UNTIL_VANISHED
    changes = (Change(kind=Kind.VANISHED),) if vanishes else ()
    update = OrderUpdate(
        key=state.key,
        expected_seq=state.seq,
        changes=changes,
        missing=missing,
        vanished=state.vanished or vanishes,
        scopes=state.scopes,
        next_poll_at=next_poll_at,
    )
    told = tuple(tell(previous.order, update, changes, watchlists, telling, now)) if previous else ()
    return PollRecord(
        source=telling.source,
        at=from_instant(now),
        updates=(update,),
        notifications=told,
        ended_mutes=telling.mutes.ended_by(state.key, changes),
    )


def can_vanish(state: OrderState) -> bool:
    """Whether it means something that a complete sweep missed the order. Sources drop from listings what is done."""
    return state.seq > 0 and not state.vanished and not state.stage.is_final


def sweep_missed(states: Iterable[OrderState], telling: Telling, now: datetime) -> PollRecord:
    """What to write about orders that a complete sweep should have shown and did not."""
    updates = tuple(
        OrderUpdate(
            key=state.key,
            expected_seq=state.seq,
            missing=state.missing + 1,
            vanished=state.vanished,
            scopes=state.scopes,
            next_poll_at=state.next_poll_at,
            doubt=state.doubt,
        )
        for state in states
    )
    return PollRecord(source=telling.source, at=from_instant(now), updates=updates)


def watchlist_complete(
    watchlist: Watchlist,
    orders: int,
    not_found: Sequence[str],
    telling: Telling,
    now: datetime,
    *,
    overdue: int = 0,
    stuck: int = 0,
) -> PollRecord:
    """What to write when the first look at a whole watchlist is done: its one summary line.

    `overdue` and `stuck` are how many of the orders were so already, which nobody is told one by one.
    """
    at = from_instant(now)
    routes = routes_of(Kind.STATUS, None, [watchlist], telling.catch_all)
    told = notices.notice(
        Notice.NOW_WATCHING,
        partial(notices.now_watching, watchlist.name, telling.label, orders, not_found, overdue, stuck),
        to=tuple(dict.fromkeys(name for route in routes for name in route.to)),
        voices=telling.voices,
        key=(watchlist.name, orders, at),
        at=at,
        source=telling.source,
    )
    baseline = Baseline(watchlist=watchlist.name, orders=orders, at=at)
    return PollRecord(source=telling.source, at=at, notifications=told, baselines=(baseline,))


def with_drift(record: PollRecord, weighed: Weighed, telling: Telling, now: datetime) -> PollRecord:
    """The record, and what operators have to hear of members that went missing everywhere or came back."""
    notes = [(False, *found, notices.schema_drift) for found in weighed.drifted]
    notes += [(True, *found, notices.schema_as_before) for found in weighed.returned]
    told = [
        one
        for is_over, member, since, say in notes
        for one in notices.notice(
            Notice.SCHEMA_DRIFT,
            partial(say, telling.label, spoken(member)),
            to=telling.operators,
            voices=telling.voices,
            key=(telling.source, member, since, is_over),
            at=from_instant(now),
            source=telling.source,
        )
    ]
    return replace(record, notifications=(*record.notifications, *told)) if told else record


def order_unreadable(state: OrderState, error: SourceError, telling: Telling, now: datetime) -> PollRecord:
    """What to write when the answers about one order cannot be used, again and again."""
    at = from_instant(now)
    told = notices.notice(
        Notice.UNREADABLE_ORDER,
        partial(notices.unreadable_order, telling.label, state.key, str(error)),
        to=telling.operators,
        voices=telling.voices,
        key=(telling.source, state.key, state.seq, str(error)),
        at=at,
        source=telling.source,
    )
    return PollRecord(source=telling.source, at=at, notifications=told)


def unknown_words(order: Order) -> list[Status]:
    """The statuses of an order, its lines and shipments, that we cannot read; each code once, whatever its name."""
    statuses = [order.status]
    statuses += [line.status for line in order.lines if line.status]
    statuses += [shipment.status for shipment in order.shipments if shipment.status]
    found: dict[str, Status] = {}
    for status in statuses:
        if status.stage is Stage.UNKNOWN and _identity(status):
            found.setdefault(normal_word(_identity(status)), status)
    return list(found.values())


def _is_progress(change: Change, before: Order, after: Order) -> bool:
    if change.kind not in (Kind.LINE_CHANGED, Kind.LINE_CANCELLED):
        return change.kind in _PROGRESS
    was, now = (_line_rank(change.line, order) for order in (before, after))
    return change.field == "status" and (change.kind is Kind.LINE_CANCELLED or (was is not None and was < (now or 0)))


def _line_rank(name: str | None, order: Order) -> int | None:
    statuses = (line.status for line in order.lines if name in (line.number, line.key))
    return next((status.stage.rank for status in statuses if status), None)


def _memory(
    sight: Sight, snapshot: Snapshot | None, changes: Sequence[Change], telling: Telling, now: datetime
) -> Memory | None:
    """What is remembered of the order from now on; None: as before."""
    known = snapshot or sight.previous
    if known is None or (snapshot is None and not changes):
        return None
    settings = alarms.settings_for(sight.watchlists, telling.alarms)
    return alarms.memory_after(known, sight.previous, sight.memory, changes, settings, telling.habits, now)


def _alarm_at(
    sight: Sight, snapshot: Snapshot | None, memory: Memory | None, telling: Telling, now: datetime
) -> Moment | None:
    if memory is None:
        return None
    known, settings = snapshot or sight.previous, alarms.settings_for(sight.watchlists, telling.alarms)
    return alarms.next_alarm(known, memory, settings, telling.habits, now) if known else None


def _kept(payload: Payload | None, telling: Telling) -> Payload | None:
    return payload if payload is None or telling.keeps_personal_data else without_personal_data(payload)


def _changes(sight: Sight, digest: str, telling: Telling) -> tuple[tuple[Change, ...], Promises]:
    """What happened, and what is remembered of the promised dates from now on."""
    if sight.previous is None:
        return ((Change(kind=Kind.APPEARED, after=sight.order.status.word),) if sight.is_news else (), {})
    changes: tuple[Change, ...] = (Change(kind=Kind.REAPPEARED),) if sight.state.vanished else ()
    before, known = sight.previous.order, sight.previous.promises
    if digest == sight.previous.digest:
        return changes, known
    threshold = threshold_of(sight.watchlists, telling.alarms)
    found, promises = judged(diff(before, sight.order), before, sight.order, known, threshold, telling.zone)
    return (*changes, *with_lapses(found, before, sight.order)), promises


def _identity(status: Status) -> str:
    """What stays the same when a source only calls a status by another name: its code, where it has one."""
    return status.code or status.text or ""


def _unknown_word_notices(
    statuses: Iterable[Status], order: Order, telling: Telling, now: datetime
) -> Iterator[NewNotification]:
    for status in statuses:
        yield from notices.notice(
            Notice.UNKNOWN_STATUS,
            partial(notices.unknown_status, telling.label, status.word, order_name(order)),
            to=telling.operators,
            voices=telling.voices,
            key=(telling.source, normal_word(_identity(status))),
            at=from_instant(now),
            source=telling.source,
        )
