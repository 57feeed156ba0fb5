"""What the store shows to those who ask: rows of lists, an order that was looked for, and how to choose among them.

Plain slotted classes, not pydantic models: what they hold has been validated when it was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.model.change import Change, Severity
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.outbox import State


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One watched order as the lists show it."""

    source: str
    key: str
    number: str
    reference: str | None
    status: str
    stage: Stage
    delivery_promised: Moment | None
    tracking: tuple[str, ...]
    seq: int
    vanished: bool
    changed_at: Moment
    due: Moment | None = None
    """The next delivery promised, while the order is open."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A part of the orders of one source: all of them, or those that a listing shows and those that are named."""

    source: str
    is_whole: bool = False
    scopes: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which orders are wanted. By promise, by age or stuck: open ones only.

    A promise is compared with a day by the two forms a Moment has: the day, and the instant at which it begins.
    """

    extents: tuple[Extent, ...]
    stage: Stage | None = None
    due_before: tuple[Moment, Moment] | None = None
    due_from: tuple[Moment, Moment] | None = None
    unchanged_since: Moment | None = None
    waits_for_somebody: bool = False
    """Only orders about which something waits unacknowledged, the longest first."""
    is_stuck: bool = False
    """Only those of which it is news, told or not, that they have stayed in their status too long."""
    changed_since: Moment | None = None
    """Only those of which there has been news since then."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A page of the orders wanted: late and due ones by date, others by their last change."""

    rows: tuple[OrderRow, ...]
    total: int
    """How many there are in all, counted up to MOST_COUNTED."""


MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Found:
    """One order that was looked for."""

    snapshot: Snapshot
    changed_at: Moment
    vanished: bool
    scopes: tuple[str, ...]
    next_poll_at: Moment | None


@dataclass(frozen=True, slots=True)
class Told:
    """One notification about an order, as the outbox has it."""

    id: int
    destination: str
    state: State
    kinds: tuple[str, ...]
    route: str
    created_at: Moment
    not_before: Moment | None
    settled_at: Moment | None
    """When it ended; of one that is told with others, when they were told."""
    reason: str | None
    severity: Severity = Severity.NORMAL
    gather_until: Moment | None = None
    held_for: str | None = None
    is_tried: bool = False
    """Whether a send of it may have been begun."""
    others: int = 0
    """How many other notifications are told by the same message."""
    told_by: State | None = None
    """What became of that message, where it is another notification's."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of the history, with what became of its notifications."""

    id: int
    source: str
    key: str
    seq: int
    seen_at: Moment
    change: Mapping[str, Any]
    told: tuple[str, ...]
    """`destination: state` for each notification of that version that tells this kind."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A destination with open notifications."""

    destination: str
    waiting: int
    newest: int
    """Id of its youngest one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An open notification, as far as it matters for when it is sent and with what company."""

    id: int
    source: str | None
    order: str | None
    severity: Severity
    created_at: Moment
    gather_until: Moment | None
    not_before: Moment | None
    held_for: str | None
    is_tried: bool
    """Whether a send of it may have been begun."""
    is_gathered: bool
    """Whether it tells the news of others too."""


class Table(StrEnum):
    """What can be had as a table."""

    ORDERS = "orders"
    CHANGES = "changes"
    NOTIFICATIONS = "notifications"


TableRow = dict[str, Any]
"""By the name of its column, in the order of the columns."""


@dataclass(frozen=True, slots=True)
class DatesAsked:
    """Orders for a calendar. A day stands in both forms a Moment has: the day, and the instant at which it begins."""

    extents: tuple[Extent, ...]
    start: tuple[Moment, Moment]
    """The first day of which open orders are wanted."""
    end: tuple[Moment, Moment]
    """The first day of which they are not."""
    since: Moment
    """Completed and cancelled orders that changed after that instant are wanted, whenever they were promised for."""
    limit: int
    """How many of the open ones by date, and how many of either kind of the others, the last changed first."""


@dataclass(frozen=True, slots=True)
class FoundThen:
    """What one poll found of one order."""

    source: str
    key: str
    seq: int
    seen_at: Moment
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class OwedThen:
    """What was owed of that to one destination, and what became of it."""

    id: int
    source: str
    key: str
    seen_at: Moment
    destination: str
    route: str
    state: State
    settled_at: Moment | None
    held_for: str | None
    merged_into: int | None
    reason: str | None
