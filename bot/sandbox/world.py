"""The truth of the sandbox: orders, what happens to them, and the list of everything that happened."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Step = Literal["placed", "confirmed", "in_production", "partly_shipped", "shipped", "delivered", "cancelled"]
"""The world's own words for how far an order is; each twin says them in its source's vocabulary."""


@dataclass(slots=True)
class WorldPackage:
    """A parcel on its way."""

    carrier: str
    tracking_number: str
    tracking_url: str


@dataclass(slots=True)
class WorldShipment:
    """A part of an order that travels together."""

    id: int
    line_number: str
    """Number of the order line it carries."""
    quantity: int
    promised: date
    dispatched_at: datetime | None = None
    packages: list[WorldPackage] = field(default_factory=list)


@dataclass(slots=True)
class WorldLine:
    """One line: `number` is six digits, 000010 first."""

    number: str
    product: str
    description: str
    quantity: int
    price_cents: int
    promised: date
    cancelled: bool = False


@dataclass(slots=True)
class WorldOrder:
    """One order of one account."""

    account: str
    """Name of the source account it lives at: `schneider`, `stateset`, `twoservice`."""
    number: str
    """What people call it, and its key at the source."""
    reference: str
    """The customer's purchase order."""
    customer: str
    ordered_at: datetime
    updated_at: datetime
    promised: date
    step: Step = "placed"
    lines: list[WorldLine] = field(default_factory=list)
    shipments: list[WorldShipment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that really happened, which somebody who watches the order must be told."""

    at: datetime
    account: str
    order: str
    kind: str
    """A kind of change, in the product's words."""
    needle: str
    """Text that a message telling it must contain, such as the tracking number or the new status word."""
