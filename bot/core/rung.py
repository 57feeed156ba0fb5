"""What to write when the alarm of an order is due: the news that time made, told like any other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import alarm_words
from bot.core.alarms import ringing, settings_for
from bot.core.telling import Telling, tell
from bot.model.change import Change, Kind
from bot.model.memory import Memory
from bot.model.moment import Moment, day_of, from_instant
from bot.model.order import Order, Snapshot
from bot.model.poll import OrderState, OrderUpdate, PollRecord
from bot.model.view import ChangeRow
from bot.model.watch import Watchlist


@dataclass(frozen=True, slots=True)
class Due:
    """An order whose alarm is due."""

    state: OrderState
    known: Snapshot
    memory: Memory
    watchlists: Sequence[Watchlist]
    history: Sequence[ChangeRow] = ()
    """Its changes, newest first, where `may_close` asks for them."""
    acknowledged: frozenset[Kind] = frozenset()
    """Of what somebody takes care of there are no reminders."""


def may_close(order: Order, memory: Memory) -> bool:
    """Whether a closing note may be due, which sums up the history."""
    return order.status.stage.is_final and memory.archived_at is None


def rung(due: Due, telling: Telling, now: datetime) -> PollRecord:
    """What to write about an order whose alarm is due, also when there is nothing to tell: when it is due again."""
    state, order = due.state, due.known.order
    settings = settings_for(due.watchlists, telling.alarms)
    found = ringing(due.known, due.memory, settings, telling.habits, now)
    is_gone = state.vanished
    told = (change for change in found.changes if not (change.again and change.kind in due.acknowledged))
    changes = () if is_gone else tuple(_with_note(change, due, settings.timezone) for change in told)
    update = OrderUpdate(
        key=state.key,
        expected_seq=state.seq,
        changes=changes,
        missing=state.missing,
        vanished=state.vanished,
        scopes=state.scopes,
        next_poll_at=state.next_poll_at,
        doubt=state.doubt,
        memory=due.memory if is_gone else found.memory,
        alarm_at=None if is_gone else found.next_at,
    )
    news = tuple(tell(order, update, changes, due.watchlists, telling, now))
    return PollRecord(source=telling.source, at=from_instant(now), updates=(update,), notifications=news)


def _with_note(change: Change, due: Due, timezone: str) -> Change:
    """A closing change with how long it all took, how often its date slipped, and how much happened to it."""
    if change.kind is not Kind.CLOSED:
        return change
    zone, lead = ZoneInfo(timezone), None
    ordered, ended = due.known.order.ordered_at, due.memory.status_since
    if ordered and ended:
        lead = max(0, (day_of(ended, zone) - day_of(ordered, zone)).days)
    slips = len({row.seq for row in due.history if _is_slip(row.change)})  # lines that slip together slip once
    moves = len(due.history)
    note = alarm_words.closing(lead, slips, moves)
    return change.model_copy(update={"days": lead, "slips": slips, "moves": moves, "after": note})


def _is_slip(change: object) -> bool:
    found = change if isinstance(change, dict) else {}
    before, after = found.get("before"), found.get("after")
    is_move = found.get("kind") in (Kind.PROMISE_MOVED, Kind.SLIPPED) and found.get("field") == "delivery_promised"
    return bool(is_move and not found.get("minor") and before and after and Moment(before) < Moment(after))
