"""The truth of the sandbox: its orders, what can happen to them, and the list of everything that happened.

Each verb lets one thing happen now, and records the facts by which somebody who watches that account can know it:
no more than its source can say. A source that cannot say it at all records none (2Service has no word for
`confirmed`); one that says it by two words of the product records both (StateSet's `Shipped` is a status, and it is
the only sign of a dispatch). What happens in one verb is seen at once.
"""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.ports import Clock
from bot.sandbox.goods import STEPS, Article, add_line, advance_silently, another_article, make_order, make_package
from bot.sandbox.orders import (
    STATUS_CODES,
    WORDS,
    Fact,
    Step,
    WorldLine,
    WorldOrder,
    WorldPackage,
    WorldShipment,
)
from bot.sandbox.standing import Standing, by_name, standing_of

__all__ = [
    "ACCOUNTS",
    "STATUS_CODES",
    "WORDS",
    "Fact",
    "Step",
    "World",
    "WorldLine",
    "WorldOrder",
    "WorldPackage",
    "WorldShipment",
]

ACCOUNTS = ("schneider", "stateset", "twoservice")


class Book:
    """The orders of all accounts, and everything that happened to them."""

    def __init__(
        self, clock: Clock, seed: int = 1, accounts: Sequence[str] = ACCOUNTS, orders_per_account: int = 6
    ) -> None:
        self._clock = clock
        self._chance = random.Random(seed)
        self._orders: dict[str, dict[str, WorldOrder]] = {account: {} for account in accounts}
        self._hidden: set[tuple[str, str]] = set()
        self._parcels = 0
        self._past: list[tuple[WorldOrder, Standing]] = []
        self._parcel_of: dict[str, str] = {}
        """Tracking number to the parcel that has it now, or had it: one whose number was replaced stays itself."""
        self.accounts = tuple(accounts)
        self.facts: list[Fact] = []
        """In the order they happened."""
        for account in accounts:
            for count in range(orders_per_account):
                order = self._create(account, age=timedelta(days=1 + 5 * (1 - count / orders_per_account)))
                serials = [self._next_parcel() for _ in order.shipments]
                advance_silently(order, STEPS[count % len(STEPS)], serials, self._chance)

    def now(self) -> datetime:
        """The present, aware, UTC."""
        return self._clock.now()

    def order(self, account: str, number: str) -> WorldOrder | None:
        """One order by its number; None if its source knows none such (also while it is vanished)."""
        return None if (account, number) in self._hidden else self._orders[account].get(number)

    def orders(self, account: str) -> list[WorldOrder]:
        """All orders its source knows, oldest first."""
        return [order for order in self._orders[account].values() if (account, order.number) not in self._hidden]

    def _create(self, account: str, age: timedelta = timedelta()) -> WorldOrder:
        order = make_order(account, len(self._orders[account]), self.now() - age, self._chance)
        self._orders[account][order.number] = order
        return order

    def _next_parcel(self) -> int:
        self._parcels += 1
        return self._parcels

    def standings(self) -> dict[str, list[Standing]]:
        """By every name of an order: how it has stood, oldest first, and how it stands now."""
        return by_name(self._past, (order for orders in self._orders.values() for order in orders.values()))

    def _happen(self, order: WorldOrder) -> None:
        self._past.append((order, standing_of(order, self.now())))
        order.updated_at = self.now()

    def _tell(
        self, order: WorldOrder, kind: str, needle: str, *also: str, thing: str = "", before: str = "", after: str = ""
    ) -> None:
        fact = Fact(self.now(), order.account, order.number, kind, needle, also, order.names, thing, before, after)
        self.facts.append(fact)

    def _tell_status(self, order: WorldOrder, kind: str, before: str) -> None:
        self._tell(order, kind, order.word, thing="status", before=before, after=order.word)

    def _tell_tracking(self, order: WorldOrder, kind: str, before: str, after: str) -> None:
        parcel = self._parcel_of.setdefault(before or after, f"parcel {before or after}")
        self._parcel_of[after or before] = parcel
        self._tell(order, kind, after or before, thing=parcel, before=before, after=after)

    def _step(self, order: WorldOrder, step: Step) -> None:
        before, order.step, order.own_word = order.word, step, ""
        if order.word == before:
            return
        if step == "cancelled":
            self._tell_status(order, "cancelled", before)
        elif step == "delivered":
            self._tell_status(order, "completed", before)
        else:
            self._tell_status(order, "status", before)


class World(Book):
    """The book, with the verbs by which things happen in it. A verb that makes no sense now raises ValueError."""

    def place(self, account: str) -> WorldOrder:
        """A new order. 2Service lists no orders, but the shipments it lists name them."""
        order = self._create(account)
        self._tell(order, "appeared", order.names[0], *order.names[1:])
        return order

    def confirm(self, order: WorldOrder) -> None:
        """The supplier accepts it."""
        self._happen(order)
        self._step(order, "confirmed")

    def start_production(self, order: WorldOrder) -> None:
        """The supplier works on it."""
        self._happen(order)
        self._step(order, "in_production")

    def say(self, order: WorldOrder, word: str) -> None:
        """The supplier calls its status by a word nobody has heard from it, until the next step."""
        self._happen(order)
        before, order.own_word = order.word, word
        self._tell_status(order, "status", before)

    def dispatch(self, order: WorldOrder, *, line: str | None = None, partial: bool = False) -> list[WorldShipment]:
        """Everything that is still here leaves, or that of one line, or (`partial`) only the first of it."""
        here = order.here()
        leaving = [shipment for shipment in here if line in (None, shipment.line_number)][: 1 if partial else None]
        if not leaving:
            raise ValueError(f"nothing of {order.number} is left to dispatch")
        self._happen(order)
        self._step(order, "shipped" if len(leaving) == len(here) else "partly_shipped")
        self._leave(order, leaving)
        return leaving

    def add_tracking(self, order: WorldOrder, shipment: WorldShipment | None = None) -> WorldPackage:
        """One more parcel, in the given shipment, else in the first. StateSet has room for a single one."""
        shipment = shipment or order.shipments[0]
        if order.account == "stateset" and any(each.packages for each in order.shipments):
            raise ValueError("StateSet shows one tracking number: replace it instead")
        self._happen(order)
        package = make_package(self._next_parcel(), self._chance)
        shipment.packages.append(package)
        self._tell_tracking(order, "tracking_added", "", package.tracking_number)
        return package

    def replace_tracking(self, order: WorldOrder, shipment: WorldShipment | None = None) -> WorldPackage:
        """The first parcel of the shipment (else of the order) gets another number."""
        shipment = shipment or self._with_parcel(order)
        self._happen(order)
        before = shipment.packages[0].tracking_number
        shipment.packages[0] = make_package(self._next_parcel(), self._chance)
        self._tell_tracking(order, "tracking_replaced", before, shipment.packages[0].tracking_number)
        return shipment.packages[0]

    def remove_tracking(self, order: WorldOrder, shipment: WorldShipment | None = None) -> None:
        """The first parcel of the shipment (else of the order) is gone."""
        shipment = shipment or self._with_parcel(order)
        self._happen(order)
        self._tell_tracking(order, "tracking_removed", shipment.packages.pop(0).tracking_number, "")

    def move_promise(self, order: WorldOrder, day: date, *, line: str | None = None) -> None:
        """A line, or the whole order, is promised for another day: one fact. 2Service promises nothing."""
        if order.step in ("delivered", "cancelled"):
            raise ValueError(f"{order.number} is {order.step}: nobody waits for it any more")
        lines = [each for each in order.lines if line in (None, each.number)]
        if all(each.promised == day for each in lines):
            raise ValueError(f"{order.number} is promised for {day} already")
        self._happen(order)
        was = lines[0].promised if line else order.promised
        for each in lines:
            each.promised = day
        for shipment in order.shipments:
            if line in (None, shipment.line_number):
                shipment.promised = day
        before, order.promised = order.promised, max(each.promised for each in order.lines)
        if order.account == "schneider" or (order.account == "stateset" and order.promised != before):
            spoken = (day.isoformat(), f"{day.day} {day:%b %Y}", f"{day.day} {day:%b}")
            moved = {"thing": f"promise {line or ''}", "before": was.isoformat(), "after": day.isoformat()}
            self._tell(order, "promise_moved", *spoken, **moved)

    def change_quantity(self, order: WorldOrder, line: str, quantity: int) -> None:
        """Another quantity of one line, not of its shipments: these are made when it is packed."""
        found = self._line(order, line)
        self._happen(order)
        before, found.quantity = str(found.quantity), quantity
        self._tell(order, "quantity", str(quantity), thing=f"quantity {line}", before=before, after=str(quantity))

    def add_line(self, order: WorldOrder, article: Article | None = None) -> WorldLine:
        """One more line with a quantity, and with a shipment where the source ships line by line."""
        _may_change_lines(order)
        self._happen(order)
        article = article or another_article(order, self._chance)
        by_line = order.account == "schneider"
        line = add_line(order, article, self._chance.randint(101, 998), order.promised, with_shipment=by_line)
        self._tell(order, "line_added", line.product, f"{line.quantity} ×", thing=f"line {line.number}", after="there")
        return line

    def cancel_line(self, order: WorldOrder, line: str) -> None:
        """One line will not come."""
        found = self._line(order, line)
        self._happen(order)
        found.cancelled = True
        named = order.account == "schneider"  # StateSet's lines are called by an id of its own
        needle = found.number if named else "cancelled"
        self._tell(order, "line_cancelled", needle, found.product, thing=f"line {line}", before="there")

    def cancel(self, order: WorldOrder) -> None:
        """The whole order will not come."""
        self._happen(order)
        self._step(order, "cancelled")

    def deliver(self, order: WorldOrder) -> None:
        """All of it arrives, and what had not left before leaves now. For 2Service this is `Completed`."""
        self._happen(order)
        here = order.here()
        if here:
            self._leave(order, here)
        self._step(order, "delivered")

    def move_backwards(self, order: WorldOrder) -> None:
        """It had not been delivered after all: the source takes it back."""
        if order.step != "delivered":
            raise ValueError(f"{order.number} is not delivered")
        self._happen(order)
        before, order.step = order.word, "shipped"
        self._tell_status(order, "moved_backwards", before)

    def vanish(self, order: WorldOrder) -> None:
        """Its source lists it no more and knows nothing of it."""
        self._hidden.add((order.account, order.number))
        self._tell(order, "vanished", *order.names, thing="listed", before="there")

    def reappear(self, order: WorldOrder) -> None:
        """Its source knows it again, as it was."""
        self._hidden.remove((order.account, order.number))
        self._tell(order, "reappeared", *order.names, thing="listed", after="there")

    def _leave(self, order: WorldOrder, leaving: list[WorldShipment]) -> None:
        for shipment in leaving:
            shipment.dispatched_at = self.now()
            if order.account == "schneider":
                self._tell(order, "dispatched", shipment.line_number)
            elif order.account == "twoservice":
                self._tell(order, "dispatched", str(shipment.id))
        if order.account == "stateset" and not order.here():
            self._tell(order, "dispatched", "Dispatched")

    def _with_parcel(self, order: WorldOrder) -> WorldShipment:
        for shipment in order.shipments:
            if shipment.packages:
                return shipment
        raise ValueError(f"{order.number} has no parcel")

    def _line(self, order: WorldOrder, number: str) -> WorldLine:
        _may_change_lines(order)
        return next(line for line in order.lines if line.number == number)


def _may_change_lines(order: WorldOrder) -> None:
    if order.account == "twoservice":
        raise ValueError("2Service has no order lines, only articles of shipments")
