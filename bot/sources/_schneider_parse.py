"""From Schneider Electric's answers to orders. Pure: bytes in, types out.

`_schneider_shapes` finds the objects in an answer, `_schneider_names` their facts; here facts become our nouns. A fact
that cannot be read is absent, never an error.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from bot.model.order import Depth, LineItem, Order, Package, Shipment, Stage, Status
from bot.model.poll import Payload
from bot.sources._payload import asked_fields, package_key, read_json, text
from bot.sources._schneider_names import Members, Names
from bot.sources._schneider_shapes import Item, Shapes, mapping, numbered
from bot.sources._stages import status_of

_SAP_LETTERS = {"A": Stage.PLACED, "B": Stage.IN_PROGRESS, "C": Stage.COMPLETED}
"""SAP's overall status, where a code stands without a text: not yet, partly, completely processed."""


class Reader:
    """Reads the answers of one source."""

    def __init__(
        self,
        source: str,
        *,
        zone: tzinfo,
        aliases: Mapping[str, Sequence[str]],
        statuses: Mapping[str, Stage],
        fields: Sequence[str],
    ) -> None:
        self._source = source
        self._zone = zone
        self._names = Names(aliases)
        self.shapes = Shapes(source, self._names)
        self._statuses = statuses
        self._fields = fields

    def header(self, key: str, row: Members) -> Order:
        """A row of a search as an order of depth HEADER."""
        return self._order(key, row, Depth.HEADER)

    def full(self, key: str, number: str, payload: Payload, asked: str) -> Order:
        """A payload as an order of depth FULL. Raises AnswerUnreadable."""
        answers = read_json(payload.body, source=self._source, asked=asked)
        parts = mapping(answers)
        order = self.shapes.order_in(parts.get("order"), number, asked)
        if order is None:
            raise self.shapes.unreadable(asked, "came no order")
        schedules = mapping(parts.get("schedules"))
        items = self.shapes.items(order, asked, mapping(parts.get("items")))
        shipments = [one for item in items for one in self._shipments(item, schedules.get(item.number or ""), asked)]
        return self._order(key, order, Depth.FULL).model_copy(
            update={
                "lines": tuple(map(self._line, items)),
                "shipments": tuple(shipments),
                "fields": asked_fields(order.raw, self._fields),
            }
        )

    def _order(self, key: str, members: Members, depth: Depth) -> Order:
        return Order(
            source=self._source,
            key=key,
            number=members.text("order_number") or key.partition("/")[2],
            reference=members.text("reference"),
            status=self._status(members, "order") or Status(),
            ordered_at=members.moment("ordered_at", self._zone),
            ship_promised=members.moment("ship_promised", self._zone),
            delivery_promised=members.moment("delivery_promised", self._zone),
            cancel_reason=members.text("cancel_reason"),
            amount=members.decimal("amount"),
            currency=members.text("currency"),
            version=members.moment("updated_at", self._zone),
            depth=depth,
        )

    def _line(self, item: Item) -> LineItem:
        members = item.members
        return LineItem(
            key=item.key,
            number=item.number,
            product=members.text("product"),
            description=members.text("description"),
            quantity=members.decimal("item_quantity"),
            status=self._status(members, "item"),
            delivery_promised=members.moment("delivery_promised", self._zone),
        )

    def _shipments(self, item: Item, answer: Any, asked: str) -> list[Shipment]:
        schedules = item.members.objects("schedules") if answer is None else self.shapes.schedules_in(answer, asked)
        drafts = sorted((self._draft(item.key, schedule) for schedule in schedules), key=_by_content)
        seen: Counter[str] = Counter()
        shipments: list[Shipment] = []
        for _, draft in drafts:
            seen[draft.key] += 1
            shipments.append(draft.model_copy(update={"key": numbered(draft.key, seen[draft.key])}))
        return sorted(shipments, key=lambda shipment: shipment.key)

    def _draft(self, line: str, members: Members) -> tuple[str, Shipment]:
        """A schedule as a shipment, before equal keys are told apart, with the date the customer asked for.

        A schedule without a number is known by its quantity, which stays when its dates move or it is dispatched.
        """
        number = members.text("schedule_number")
        quantity = members.decimal("schedule_quantity")
        status = self._status(members, "schedule")
        dispatched_at = members.moment("dispatched_at", self._zone)
        packages = self._packages(members)
        shipment = Shipment(
            key=f"{line}/{number}" if number else f"{line}/x{quantity or ''}",
            line=line,
            number=number or members.text("delivery_number"),
            quantity=quantity,
            status=status,
            dispatched=_is_dispatched(members.flag("dispatched"), dispatched_at is not None, status, bool(packages)),
            dispatched_at=dispatched_at,
            ship_promised=members.moment("ship_promised", self._zone),
            delivery_promised=members.moment("delivery_promised", self._zone),
            packages=packages,
        )
        return members.moment("delivery_requested", self._zone) or "", shipment

    def _packages(self, schedule: Members) -> tuple[Package, ...]:
        sets = schedule.entries("tracking") or ([schedule.raw] if schedule.text("tracking_number") else [])
        packages = [package for entry in sets if (package := self._package(entry))]
        packages.sort(key=lambda package: (package.carrier or "", package.tracking_url or ""))
        by_key = {package.key: package for package in packages}
        return tuple(by_key[key] for key in sorted(by_key))

    def _package(self, entry: Any) -> Package | None:
        members = self._names.of(entry if isinstance(entry, Mapping) else {"trackingNumber": text(entry)})
        number = members.text("tracking_number")
        if known_by := number or members.text("delivery_number"):
            return Package(
                key=package_key(known_by) or known_by,
                tracking_number=number,
                carrier=members.text("carrier"),
                tracking_url=members.text("tracking_url"),
            )
        return None

    def _status(self, members: Members, of: str) -> Status | None:
        code, words = members.text(f"{of}_status_code"), members.text(f"{of}_status_text")
        status = status_of(code, words, self._statuses)
        if status and status.stage is Stage.UNKNOWN and code and not words and code.upper() in _SAP_LETTERS:
            return status.model_copy(update={"stage": _SAP_LETTERS[code.upper()]})
        return status


def _is_dispatched(said: bool | None, has_date: bool, status: Status | None, has_parcels: bool) -> bool | None:
    """By the source's flag or date, else by its status, else not while there is no parcel either."""
    if said is not None or has_date:
        return bool(said or has_date)
    if status is None:
        return None if has_parcels else False
    if status.stage.rank is None or status.stage is Stage.PARTLY_SHIPPED:
        return None
    return status.stage in (Stage.SHIPPED, Stage.COMPLETED)


def _by_content(draft: tuple[str, Shipment]) -> tuple[Any, ...]:
    """Sorts equal-looking schedules so that the one asked for, then promised, first comes first."""
    requested, shipment = draft
    dates: Iterable[str | None] = (shipment.delivery_promised, shipment.ship_promised, shipment.dispatched_at)
    parcels = tuple(package.key for package in shipment.packages)
    return (shipment.key, requested, *(date or "" for date in dates), parcels, shipment.model_dump_json())
