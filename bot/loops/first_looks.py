"""When each order is looked at for the first time since the start."""

from collections.abc import Iterable
from datetime import datetime

from bot.core.backoff import jitter
from bot.core.schedule import longest_rest
from bot.loops.ledger import Ledger
from bot.model.moment import instant_of
from bot.model.poll import OrderState

_SPREAD = 3600.0
"""Seconds by which orders that are due are spread: longer than it takes to remember them all."""


def note_first_looks(
    ledger: Ledger, states: Iterable[OrderState], present: datetime, monotonic: float, *, turn: float = 0.0
) -> None:
    """Note the first look at these orders in the agenda, `monotonic` and `present` being now.

    Of those that are due, the ones never looked at go first, and then at each start others: when they were looked at
    last is not stored where nothing had changed. `turn` is after how many seconds it may be an order's turn again.
    """
    for state in states:
        left = 0.0 if is_new(state) else _rest_left(ledger, state, present, turn)
        if not left:
            was_looked_at = state.raw_digest is not None or state.missing > 0
            left = -_SPREAD * (jitter(f"{state.key}/{present}") + (not was_looked_at))
        ledger.agenda.put(state.key, monotonic + left)


def is_new(state: OrderState) -> bool:
    """Whether nothing is known of an order, nor that it is missing."""
    return not (state.seq or state.missing)


def _rest_left(ledger: Ledger, state: OrderState, present: datetime, turn: float) -> float:
    """Seconds until its next look; none when that is further off than it would ever have been put.

    Then the clock has been set back since, or the rhythm was made quicker.
    """
    instant = instant_of(state.next_poll_at) if state.next_poll_at else None
    left = max(0.0, (instant - present).total_seconds()) if instant else 0.0
    longest = longest_rest(state.stage, ledger.book.look_every(state), found=not state.missing)
    return left if left <= max(turn, longest) else 0.0
