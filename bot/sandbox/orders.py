"""The nouns of the sandbox's world: orders as they truly are, whatever a source can say of them, and what happened."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Step = Literal["placed", "confirmed", "in_production", "partly_shipped", "shipped", "delivered", "cancelled"]
"""The world's own words for how far an order is; each twin says them in its source's vocabulary."""

STATUS_CODES: dict[Step, str] = {
    "placed": "10",
    "confirmed": "20",
    "in_production": "30",
    "partly_shipped": "40",
    "shipped": "50",
    "delivered": "60",
    "cancelled": "90",
}
"""Codes beside the words at the one source that has them (schneider)."""

WORDS: dict[str, dict[Step, str]] = {
    "schneider": {
        "placed": "Order received",
        "confirmed": "Confirmed",
        "in_production": "In production",
        "partly_shipped": "Partly shipped",
        "shipped": "Shipped",
        "delivered": "Delivered",
        "cancelled": "Cancelled",
    },
    "stateset": {
        "placed": "Pending",
        "confirmed": "Confirmed",
        "in_production": "Processing",
        "partly_shipped": "Processing",
        "shipped": "Shipped",
        "delivered": "Delivered",
        "cancelled": "Cancelled",
    },
    "twoservice": {
        "placed": "Open",
        "confirmed": "Open",
        "in_production": "Open",
        "partly_shipped": "Open",
        "shipped": "Open",
        "delivered": "Completed",
        "cancelled": "Cancelled",
    },
}
"""Status words by account: the vocabulary of its source."""


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
    """Its key at the source, without the country: `0045001007`, `ord_...`, `26001007`."""
    reference: str
    """The customer's purchase order."""
    customer: str
    ordered_at: datetime
    updated_at: datetime
    """Moves with every event, whether the source can say it or not."""
    promised: date
    """Delivery date of the whole: the latest of its lines that are not cancelled."""
    step: Step = "placed"
    lines: list[WorldLine] = field(default_factory=list)
    shipments: list[WorldShipment] = field(default_factory=list)
    name: str = ""
    """What people call it where that is not `number`: StateSet's order number."""
    country: str = "FR"
    own_word: str = ""
    """A status word outside of its source's vocabulary, which its source shows instead; empty: none."""

    @property
    def word(self) -> str:
        """Its status as its source says it."""
        return self.own_word or WORDS[self.account][self.step]

    @property
    def names(self) -> tuple[str, ...]:
        """Every text by which a message may call it."""
        return (self.name, self.number) if self.name else (self.number,)

    def here(self) -> list[WorldShipment]:
        """What has not left yet and still will."""
        off = {line.number for line in self.lines if line.cancelled}
        return [each for each in self.shipments if each.dispatched_at is None and each.line_number not in off]

    def line_step(self, number: str) -> Step:
        """How far one line is: `placed`, `partly_shipped`, `shipped` or `cancelled`, whatever the order's own step."""
        if any(line.cancelled for line in self.lines if line.number == number):
            return "cancelled"
        gone = [shipment.dispatched_at is not None for shipment in self.shipments if shipment.line_number == number]
        if gone and all(gone):
            return "shipped"
        return "partly_shipped" if any(gone) else "placed"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that really happened, which somebody who watches the order must be told."""

    at: datetime
    account: str
    order: str
    """Its number."""
    kind: str
    """A kind of change, in the product's words."""
    needle: str
    """Text that a message telling it must contain, such as the tracking number or the new status word."""
    also: tuple[str, ...] = ()
    """Texts that do instead of the needle."""
    names: tuple[str, ...] = ()
    """What a message may call the order; empty: only `order`."""
    thing: str = ""
    """What of the order it happened to: what happened to one thing may be told as one. Empty: it stands alone."""
    before: str = ""
    """What that was until then; empty: it was not there."""
    after: str = ""
    """What it is since; empty: it is not there any more."""
