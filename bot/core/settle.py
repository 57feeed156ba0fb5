"""What becomes of a notification after an attempt: sent, again at, or dead. The error's class is the verdict."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bot.core.backoff import backoff
from bot.core.notices import dead_letter, destination_broken, everything_dead, notice
from bot.core.voices import Voices
from bot.errors import (
    ChatBusy,
    ChatError,
    ChatRefused,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
    Stumbled,
)
from bot.model.change import Notice
from bot.model.moment import from_instant, instant_of
from bot.model.outbox import Move, NewNotification, Notification, Settlement, State
from bot.model.sending import Thread

GIVE_UP_AFTER = timedelta(hours=24)
"""Since the first attempt."""
LEAST_TRIES = 20
"""Fewer than any day of trying comes to: who was switched off, slept or had a wrong clock meanwhile has not tried."""
FIRST_WAIT = 2.0
"""Seconds after a first failure that may pass by itself; doubles up to LONGEST_WAIT."""
LONGEST_WAIT = 900.0
BROKEN_WAIT = 60.0
"""Seconds after a refusal that lasts until a person acts; doubles up to BROKEN_LONGEST."""
BROKEN_LONGEST = 3600.0
UNPLACED_WAIT = 60.0
"""Seconds between two looks whether a destination is in the config again; they cost nothing."""
_ENGLISH = Voices()
_GIVE_UP_HOURS = GIVE_UP_AFTER // timedelta(hours=1)


def sent(row: Notification, message_ids: Sequence[str], parts: int, now: datetime) -> Settlement:
    """All parts are accepted."""
    return Settlement(
        id=row.id,
        state=State.SENT,
        attempts=row.attempts + 1,
        parts_sent=parts,
        at=from_instant(now),
        message_ids=tuple(message_ids),
    )


def part_sent(row: Notification, message_id: str, parts_sent: int, now: datetime) -> Settlement:
    """One part is accepted and more follow."""
    return Settlement(
        id=row.id,
        state=State.SENDING,
        attempts=row.attempts,
        parts_sent=parts_sent,
        at=from_instant(now),
        message_ids=(message_id,),
    )


def thread_begun(row: Notification, thread: Thread, now: datetime) -> Settlement:
    """There is a card, and nothing under it yet: remembered before anything is."""
    return Settlement(
        id=row.id,
        state=State.SENDING,
        attempts=row.attempts,
        parts_sent=row.parts_sent,
        at=from_instant(now),
        thread=thread,
    )


def interrupted(row: Notification, now: datetime) -> Settlement:
    """We are stopping between two parts: the rest goes out after the next start."""
    return _settlement(row, now, State.PENDING, reason="stopped between two parts", counted=False)


def failed(
    row: Notification,
    error: ChatError,
    now: datetime,
    *,
    there: dict[str, Any],
    repeated: bool,
    operators: Sequence[str],
    voices: Voices = _ENGLISH,
) -> Settlement:
    """What a failed attempt leads to. `repeated`: it already was the one marked repeat of an unclear send.

    `there` is the address that was tried.
    `operators` are the destinations that hear of what needs a person; one that is itself in trouble is left out.
    """
    others = [name for name in operators if name != row.destination]
    if reason := _why_dead(row, error, now, repeated=repeated):
        return _settlement(row, now, State.DEAD, reason=reason, notices=_dead_notice(row, reason, now, others, voices))
    if isinstance(error, DestinationMoved):
        moved = Move(old=there, new=error.address)
        return _settlement(row, now, State.PENDING, reason=str(error), moved=moved, counted=False)
    if isinstance(error, ChatBusy):
        return _settlement(row, now, State.PENDING, reason=str(error), wait=error.retry_after, counted=False)
    lasting = isinstance(error, DestinationBroken | ChatRefused)
    base, cap = (BROKEN_WAIT, BROKEN_LONGEST) if lasting else (FIRST_WAIT, LONGEST_WAIT)
    return _settlement(
        row,
        now,
        State.PENDING,
        reason=str(error),
        wait=backoff(row.attempts + 1, base=base, cap=cap, seed=row.key),
        unclear=row.unclear or isinstance(error, SendUnclear),
        notices=_broken_notice(row, error, now, others, voices) if lasting else (),
    )


def unplaced(row: Notification, now: datetime, *, operators: Sequence[str], voices: Voices = _ENGLISH) -> Settlement:
    """Its destination left the config, perhaps by a slip: it waits as for one that is broken, and then is dead.

    It stands for all that is owed there, and so do the notices.
    """
    reason, at = _left(row), from_instant(now)
    if _is_given_up(row, now):
        say = partial(everything_dead, row.destination, reason)
        told = notice(Notice.DEAD_LETTER, say, to=operators, voices=voices, key=(row.key,), at=at)
        return _settlement(row, now, State.DEAD, reason=reason, notices=told, counted=False)
    say = partial(destination_broken, row.destination, reason, _GIVE_UP_HOURS)
    told = notice(Notice.DESTINATION_BROKEN, say, to=operators, voices=voices, key=(row.key,), at=at)
    return _settlement(row, now, State.PENDING, reason=reason, wait=UNPLACED_WAIT, notices=told, counted=False)


def buried(row: Notification, now: datetime) -> Settlement:
    """It ends with the first one that waited for the same destination."""
    return _settlement(row, now, State.DEAD, reason=_left(row), counted=False)


def _left(row: Notification) -> str:
    return f"destination {row.destination!r} is not in watchlists.yaml any more"


def _why_dead(row: Notification, error: ChatError, now: datetime, *, repeated: bool) -> str | None:
    if isinstance(error, Stumbled):
        return str(error)
    if isinstance(error, MessageRefused):
        return f"{error} (refused as plain text too)"
    if isinstance(error, SendUnclear) and repeated:
        return f"{error} (sent twice without an answer; it may have arrived)"
    has_tried = row.attempts >= LEAST_TRIES or isinstance(error, ChatBusy)
    if not (has_tried and _is_given_up(row, now)):
        return None
    may = "; it may have arrived" if row.unclear else ""
    return f"{error} (tried for {_GIVE_UP_HOURS} hours{may})"


def _is_given_up(row: Notification, now: datetime) -> bool:
    first = row.first_try_at and instant_of(row.first_try_at)
    return bool(first and now - first >= GIVE_UP_AFTER)


def _dead_notice(
    row: Notification, reason: str, now: datetime, operators: Sequence[str], voices: Voices
) -> tuple[NewNotification, ...]:
    say = partial(dead_letter, row.destination, ", ".join(row.kinds), row.order, reason)
    return notice(Notice.DEAD_LETTER, say, to=operators, voices=voices, key=(row.key,), at=from_instant(now))


def _broken_notice(
    row: Notification, error: ChatError, now: datetime, operators: Sequence[str], voices: Voices
) -> tuple[NewNotification, ...]:
    """Told once: the key is the row at the head of the destination, which waits until the trouble is over."""
    say = partial(destination_broken, row.destination, str(error), _GIVE_UP_HOURS)
    return notice(Notice.DESTINATION_BROKEN, say, to=operators, voices=voices, key=(row.key,), at=from_instant(now))


def _settlement(
    row: Notification,
    now: datetime,
    state: State,
    *,
    reason: str,
    wait: float | None = None,
    counted: bool = True,
    unclear: bool | None = None,
    moved: Move | None = None,
    notices: tuple[NewNotification, ...] = (),
) -> Settlement:
    return Settlement(
        id=row.id,
        state=state,
        attempts=row.attempts + counted,
        parts_sent=row.parts_sent,
        at=from_instant(now),
        not_before=from_instant(now + timedelta(seconds=wait)) if wait else None,
        reason=reason,
        unclear=row.unclear if unclear is None else unclear,
        moved=moved,
        notices=notices,
    )
