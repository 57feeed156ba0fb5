"""One typed difference between two snapshots of one order, or what came true by time alone."""

from enum import StrEnum

from bot.model.frozen import Frozen
from bot.model.moment import Moment
from bot.model.order import Package


class Kind(StrEnum):
    """The vocabulary of news. Watchlists route by these words."""

    APPEARED = "appeared"
    STATUS = "status"
    DISPATCHED = "dispatched"
    UNDISPATCHED = "undispatched"
    TRACKING_ADDED = "tracking_added"
    TRACKING_REPLACED = "tracking_replaced"
    TRACKING_REMOVED = "tracking_removed"
    PROMISE_MOVED = "promise_moved"
    LINE_ADDED = "line_added"
    LINE_CHANGED = "line_changed"
    LINE_CANCELLED = "line_cancelled"
    QUANTITY = "quantity"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    MOVED_BACKWARDS = "moved_backwards"
    VANISHED = "vanished"
    REAPPEARED = "reappeared"
    OTHER = "other"
    STUCK = "stuck"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    SLIPPED = "slipped"
    MOVED_EARLIER = "moved_earlier"
    NOT_MOVING = "not_moving"
    NO_TRACKING = "no_tracking"
    CANCELLED_AFTER_DISPATCH = "cancelled_after_dispatch"
    CLOSED = "closed"
    REOPENED = "reopened"


TIME_MADE = frozenset({Kind.STUCK, Kind.DUE_TODAY, Kind.OVERDUE, Kind.NOT_MOVING, Kind.CLOSED})
"""What time alone makes of an order, which itself is as it was."""
PROMISE_KINDS = frozenset({Kind.PROMISE_MOVED, Kind.SLIPPED, Kind.MOVED_EARLIER})
"""All that a move of a promised date can be. Whoever asks for the first of them asks for all."""


class Severity(StrEnum):
    """How much news may wait, from what may be read later to what must be heard at once."""

    LOW = "low"
    """Told without a sound where the chat can."""
    NORMAL = "normal"
    URGENT = "urgent"
    """Goes first, and waits for nothing."""

    @property
    def rank(self) -> int:
        """Position among the severities."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Notice(StrEnum):
    """What is told about watchlists and sources rather than about one order; all but the first to operators only."""

    NOW_WATCHING = "now_watching"
    SOURCE_FAILING = "source_failing"
    SOURCE_RECOVERED = "source_recovered"
    NETWORK_DOWN = "network_down"
    NETWORK_BACK = "network_back"
    UNKNOWN_STATUS = "unknown_status"
    SCHEMA_DRIFT = "schema_drift"
    UNREADABLE_ORDER = "unreadable_order"
    DEAD_LETTER = "dead_letter"
    DESTINATION_BROKEN = "destination_broken"
    CONFIG_REFUSED = "config_refused"
    CONFIG_RELOADED = "config_reloaded"
    """Told only after one was refused."""
    LOOP_FAILING = "loop_failing"
    NOT_LISTENING = "not_listening"


class Basis(StrEnum):
    """Where it is known from how long something may take."""

    CONFIGURED = "configured"
    LEARNED = "learned"
    """From what other orders of the source took."""
    USUAL = "usual"
    """What is usual anywhere: too little of the source is known yet."""


class Change(Frozen):
    """One difference. `before` and `after` are the source's own words; None is absence.

    A date is a Moment; a tracking number stands as the source writes it, with its parcel in `package`.
    """

    kind: Kind
    line: str | None = None
    """Number (else key) of the line it happened to; None: the order as a whole."""
    shipment: str | None = None
    field: str | None = None
    """Which date (`delivery_promised`, `ship_promised`), which line member, or which path asked for."""
    before: str | None = None
    after: str | None = None
    package: Package | None = None
    at: Moment | None = None
    """When it happened, where the source says so."""
    days: int | None = None
    """How long it has lasted, or by how much a date moved: working days where something waits, else days."""
    limit: int | None = None
    """Working days within which others are through; configured: that it was to take at most."""
    basis: Basis | None = None
    """Where `limit` is from."""
    again: int | None = None
    """How often the same has been told before, in a reminder."""
    first: Moment | None = None
    """Where a promise slipped or moved earlier: what was promised at first."""
    minor: bool = False
    """Whether it is too small to be told where nobody asks for its kind by name."""
    slips: int | None = None
    """In a closing note: how often the promised date slipped."""
    moves: int | None = None
    """In a closing note: how many changes there were."""
    steps: tuple[str, ...] | None = None
    """The values in between, where several moves are told as one. A change as it was found has none."""
