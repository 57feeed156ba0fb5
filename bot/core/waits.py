"""What an open notification waits for, in words for people.

What really goes, and when, `core/gather` decides from all that is open; this says it of a single one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.core.calendar import quiet_until
from bot.core.telling import SNOOZED
from bot.model.change import Severity
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.outbox import Destination


class Open(Protocol):
    """The part of a notification that says when it may go."""

    @property
    def severity(self) -> Severity:
        """Urgent news waits for no company."""

    @property
    def created_at(self) -> Moment:
        """When it came to be owed."""

    @property
    def gather_until(self) -> Moment | None:
        """Until when it waits for more of its order."""

    @property
    def not_before(self) -> Moment | None:
        """Until when it is held, or when it is tried again."""

    @property
    def held_for(self) -> str | None:
        """What it is held with."""

    @property
    def is_tried(self) -> bool:
        """Whether a send of it was begun."""


@dataclass(frozen=True, slots=True)
class Waits:
    """`held to be confirmed`, and until when."""

    what: str
    until: Moment


def waits_of(row: Open, destination: Destination | None, now: datetime) -> Waits | None:
    """What holds it longest; None: it may go as soon as it is its turn. `destination` is None where it is not known."""
    held = _later(row.not_before, now)
    if row.is_tried:
        return Waits("waits to be tried again", from_instant(held)) if held else None
    at = held or now
    found = Waits(_held_words(row.held_for), from_instant(held)) if held else None
    if row.severity is Severity.URGENT:
        return found
    if (gathers := _later(row.gather_until, at)) is not None:
        found, at = Waits("waits for more news of its order", from_instant(gathers)), gathers
    if destination is None:
        return found
    created_at = instant_of(row.created_at)
    if destination.group_interval and created_at and created_at + destination.group_interval > at:
        at = created_at + destination.group_interval
        found = Waits("waits for the company of other news", from_instant(at))
    if quiet := quiet_until(destination.quiet, at):
        found = Waits("waits for the end of quiet hours", from_instant(quiet))
    return found


def _held_words(held_for: str | None) -> str:
    return "snoozed" if held_for == SNOOZED else "held to be confirmed"


def _later(moment: Moment | None, now: datetime) -> datetime | None:
    instant = instant_of(moment) if moment else None
    return instant if instant and instant > now else None
