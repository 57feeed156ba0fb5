"""How long orders of a source stay in a status."""

from dataclasses import dataclass, field

from bot.model.change import Basis, Kind
from bot.model.moment import Moment

STATUS_KINDS = (Kind.APPEARED, Kind.STATUS, Kind.MOVED_BACKWARDS, Kind.COMPLETED, Kind.CANCELLED)
"""Changes that say when an order entered a status."""


@dataclass(frozen=True, slots=True)
class Move:
    """An order that entered a status."""

    key: str
    at: Moment
    kind: Kind
    status: str
    """The word of the status, as the source has it."""


@dataclass(frozen=True, slots=True)
class Stay:
    """How long is usual, in working days, and how long is too long."""

    within: int
    """Within so many, 95 % of the orders leave it."""
    limit: int
    """After so many, it is news that one has not."""
    basis: Basis
    orders: int = 0
    """How many were looked at."""


@dataclass(slots=True)
class Habits:
    """What has been learned of one source, by `normal_word` of a status. Kept up to date by whoever learns more."""

    stays: dict[str, Stay] = field(default_factory=dict)
