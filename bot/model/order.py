"""What a source says about an order, normalised; the source's own words stand beside every normalised one."""

import re
from enum import StrEnum

from bot.model.frozen import Frozen
from bot.model.moment import Moment
from bot.model.promise import Promised


class Stage(StrEnum):
    """How far an order, a line or a shipment has come, coarse enough to hold for every source."""

    UNKNOWN = "unknown"
    PLACED = "placed"
    CONFIRMED = "confirmed"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CANCELLED = "cancelled"

    @property
    def rank(self) -> int | None:
        """Position on the way from placed to completed; None where there is no forward or backward."""
        return _RANKS.get(self)

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected: completed or cancelled."""
        return self in _FINAL


_FINAL = (Stage.COMPLETED, Stage.CANCELLED)
_RANKS = {
    Stage.PLACED: 1,
    Stage.CONFIRMED: 2,
    Stage.IN_PROGRESS: 3,
    Stage.PARTLY_SHIPPED: 4,
    Stage.SHIPPED: 5,
    Stage.COMPLETED: 6,
}


class Depth(StrEnum):
    """How much of an order its answer showed: a row of a listing, or everything the source tells."""

    HEADER = "header"
    FULL = "full"


def normal_word(word: str) -> str:
    """A status word for comparison only: lower case, single blanks, one spelling of cancelled."""
    return " ".join(re.split(r"[\s_\-]+", word.strip().casefold())).replace("canceled", "cancelled")


class Status(Frozen):
    """A status as the source words it, and the stage we read from it."""

    code: str | None = None
    text: str | None = None
    stage: Stage = Stage.UNKNOWN

    @property
    def word(self) -> str:
        """What people are shown: the source's text, else its code, else the stage's name."""
        return self.text or self.code or self.stage.value.replace("_", " ")

    def says_the_same(self, other: "Status") -> bool:
        """Whether both have the same word, whatever we read from it: by code where both have one, else by text."""
        for mine, theirs in ((self.code, other.code), (self.text, other.text)):
            if mine and theirs:
                return normal_word(mine) == normal_word(theirs)
        return self.stage is other.stage


class LineItem(Frozen):
    """One line of an order. `key` identifies it within the order, whatever the array order."""

    key: str
    number: str | None = None
    product: str | None = None
    description: str | None = None
    quantity: str | None = None
    """Decimal text in shortest form: `2`, `0.5`."""
    status: Status | None = None
    delivery_promised: Moment | None = None


class Package(Frozen):
    """A parcel with, usually, a tracking number. `key` is the number without blanks, in upper case."""

    key: str
    tracking_number: str | None = None
    carrier: str | None = None
    tracking_url: str | None = None


class Shipment(Frozen):
    """A part of an order that travels (or will travel) together."""

    key: str
    line: str | None = None
    """Key of the order line it belongs to, where the source ships line by line."""
    number: str | None = None
    quantity: str | None = None
    status: Status | None = None
    dispatched: bool | None = None
    """None: the source has no word for it and no date tells."""
    dispatched_at: Moment | None = None
    ship_promised: Moment | None = None
    delivery_promised: Moment | None = None
    packages: tuple[Package, ...] = ()


class Order(Frozen):
    """One order as one answer showed it.

    With depth HEADER, a member that is None or empty is simply not known yet; with depth FULL it is absent.
    """

    source: str
    key: str
    """Identity within the source, for example `FR/0045001234`."""
    number: str
    """What people call the order."""
    reference: str | None = None
    """The customer's own purchase-order number."""
    status: Status = Status()
    ordered_at: Moment | None = None
    ship_promised: Moment | None = None
    delivery_promised: Moment | None = None
    cancel_reason: str | None = None
    amount: str | None = None
    currency: str | None = None
    lines: tuple[LineItem, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    fields: dict[str, str] = {}
    """Fields the operator asked to follow: path in the payload to its value as text, empty where it has none."""
    version: str | None = None
    """The source's own update time or version number. Sorts by age; never news by itself."""
    depth: Depth = Depth.FULL


class Snapshot(Frozen):
    """An Order as seen at a moment. `seq` counts the distinct versions of one order from 1."""

    order: Order
    seq: int
    seen_at: Moment
    digest: str
    """Of the normalised order: equal means nothing changed, whatever the bytes."""
    promises: dict[str, Promised] = {}
    """What is remembered of its promised dates that have moved, as `bot.core.slips` names them."""
