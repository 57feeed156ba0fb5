"""From Schneider Electric's answers to orders. Pure: bytes in, types out.

Names and shapes of orders, items, schedules and tracking sets are not published, so every step allows for another:
an object in place of a list, a wrapped or a bare order, numbers as text. What cannot be understood at all is an
AnswerUnreadable that names the members that came and the line of watchlists.yaml that would help.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from bot.errors import AnswerUnreadable
from bot.model.order import Depth, LineItem, Order, Package, Shipment, Stage, Status
from bot.model.poll import Payload
from bot.sources._payload import asked_fields, many, package_key, read_json, text
from bot.sources._schneider_names import Members, Names
from bot.sources._stages import status_of

_SAP_LETTERS = {"A": Stage.PLACED, "B": Stage.IN_PROGRESS, "C": Stage.COMPLETED}
"""SAP's overall status, where a code stands without a text: not yet, partly, completely processed."""

_ITEM_FACTS = ("product", "description", "item_quantity", "item_status_code", "item_status_text", "delivery_promised")
_SCHEDULE_FACTS = ("delivery_promised", "ship_promised", "delivery_requested", "dispatched_at", "tracking")


@dataclass(frozen=True, slots=True)
class Row:
    """One order in a search."""

    members: Members
    content: bytes
    """In one canonical form: the order of its members does not count."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search, as the answer describes it; what it does not say is None."""

    rows: Mapping[str, Row]
    """By order number as the source writes it."""
    page: int | None
    pages: int | None
    records: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an order, before it is read as a line."""

    key: str
    number: str | None
    members: Members

    @property
    def is_bare(self) -> bool:
        """Whether it says nothing but its number, so that it must be asked for on its own."""
        return not self.members.has_any(*_ITEM_FACTS)


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
        self._statuses = statuses
        self._fields = fields

    def found(self, body: bytes, asked: str) -> Found:
        """A page of a search. Raises AnswerUnreadable."""
        answer = read_json(body, source=self._source, asked=asked)
        members = self._names.of(_mapping(answer))
        records = members.whole("total_records")
        rows: dict[str, Row] = {}
        for row in self._rows(answer, members, records, asked):
            number = row.text("order_number")
            if not number:
                came = f"came a row without an order number but the members {row.named()}; see aliases.order_number"
                raise self._unreadable(asked, came)
            if number not in rows:
                rows[number] = Row(row, self._content(row, asked).encode("utf-8"))
        return Found(rows, members.whole("page_number"), members.whole("total_pages"), records)

    def header(self, key: str, row: Members) -> Order:
        """A row of a search as an order of depth HEADER."""
        return self._order(key, row, Depth.HEADER)

    def order_in(self, answer: Any, number: str, asked: str) -> Members | None:
        """The order asked for in a parsed answer, wrapped or bare; None if the answer is empty.

        Raises AnswerUnreadable if there is something else, be it another order.
        """
        others: list[str] = []
        for order in self._orders_in(answer, asked):
            came = order.text("order_number")
            if came is None or is_same_number(came, number):
                return order
            others.append(came)
        if others:
            raise self._unreadable(asked, f"came order {', '.join(others[:5])} instead")
        return None

    def items(self, order: Members, asked: str, details: Mapping[str, Any] | None = None) -> list[Item]:
        """The items of an order, sorted by key. `details` are answers about single items, by item number.

        Raises AnswerUnreadable.
        """
        found: list[Item] = []
        seen: Counter[str] = Counter()
        for members in sorted(self._item_objects(order), key=lambda item: self._content(item, asked)):
            number = _item_number(members)
            detail = self._item_in((details or {}).get(number), number) if number else None
            anchor = number or members.text("product") or members.text("description") or "item"
            seen[anchor] += 1
            found.append(Item(_numbered(anchor, seen[anchor]), number, detail or members))
        return sorted(found, key=lambda item: item.key)

    def full(self, key: str, number: str, payload: Payload, asked: str) -> Order:
        """A payload as an order of depth FULL. Raises AnswerUnreadable."""
        answers = read_json(payload.body, source=self._source, asked=asked)
        parts = answers if isinstance(answers, Mapping) else {}
        order = self.order_in(parts.get("order"), number, asked)
        if order is None:
            raise self._unreadable(asked, "came no order")
        schedules = _mapping(parts.get("schedules"))
        items = self.items(order, asked, _mapping(parts.get("items")))
        shipments = [one for item in items for one in self._shipments(item, schedules.get(item.number or ""), asked)]
        return self._order(key, order, Depth.FULL).model_copy(
            update={
                "lines": tuple(map(self._line, items)),
                "shipments": tuple(shipments),
                "fields": asked_fields(order.raw, self._fields),
            }
        )

    def _rows(self, answer: Any, members: Members, records: int | None, asked: str) -> list[Members]:
        if isinstance(answer, list) or members.has("orders"):
            return self._only_objects(answer if isinstance(answer, list) else members.entries("orders"), asked)
        if rows := members.only_list():
            return rows
        if records == 0:
            return []
        came = f"the members {members.named()}" if members.raw else f"a {type(answer).__name__}"
        raise self._unreadable(asked, f"came no list of orders but {came}; see aliases.orders")

    def _only_objects(self, entries: Any, asked: str) -> list[Members]:
        for entry in many(entries):
            if not isinstance(entry, Mapping):
                raise self._unreadable(asked, f"came a list that holds a {type(entry).__name__} in place of an object")
        return [self._names.of(entry) for entry in many(entries)]

    def _orders_in(self, answer: Any, asked: str) -> list[Members]:
        if isinstance(answer, Mapping) and answer:
            members = self._names.of(answer)
            if members.text("order_number"):
                return [members]
            inner = members.objects("orders")
            if numbered := [order for order in inner if order.text("order_number")]:
                return numbered
            if nameless := [order for order in (members, *inner) if self._item_objects(order)]:
                return nameless[:1]
            if members.has("orders") and not any(members.entries("orders")):
                return []
            raise self._unreadable(asked, f"came no order but the members {members.named()}; see aliases.order_number")
        if isinstance(answer, list):
            return [order for entry in self._only_objects(answer, asked) for order in self._orders_in(entry.raw, asked)]
        if not answer:
            return []
        raise self._unreadable(asked, f"came no order but a {type(answer).__name__}")

    def _item_objects(self, order: Members) -> list[Members]:
        if order.has("items"):
            return order.objects("items")
        return [item for item in order.only_list() if item.text("item_number")]

    def _item_in(self, answer: Any, number: str) -> Members | None:
        """The item in the answer about it alone: bare, or in a list or a member of its own."""
        candidates = [self._names.of(entry) for entry in many(answer) if isinstance(entry, Mapping)]
        candidates += [inner for outer in candidates for inner in self._item_objects(outer)]
        return next((item for item in candidates if _item_number(item) == number), None)

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
        schedules = item.members.objects("schedules") if answer is None else self._schedules_in(answer, asked)
        drafts = sorted((self._draft(item.key, schedule) for schedule in schedules), key=_by_content)
        seen: Counter[str] = Counter()
        shipments: list[Shipment] = []
        for _, draft in drafts:
            seen[draft.key] += 1
            shipments.append(draft.model_copy(update={"key": _numbered(draft.key, seen[draft.key])}))
        return sorted(shipments, key=lambda shipment: shipment.key)

    def _schedules_in(self, answer: Any, asked: str) -> list[Members]:
        """The schedules in the answer to a question for them: a list, wrapped or bare, or a single one."""
        if not isinstance(answer, Mapping):
            return self._only_objects(answer, asked)
        members = self._names.of(answer)
        if members.has("schedules"):
            return self._only_objects(members.entries("schedules"), asked)
        if members.has_any("schedule_number", *_SCHEDULE_FACTS):
            return [members]
        if lists := members.only_list():
            return lists
        if not answer or members.has_any("item_number", "order_number"):
            return []
        raise self._unreadable(asked, f"came no schedules but the members {members.named()}; see aliases.schedules")

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

    def _content(self, members: Members, asked: str) -> str:
        try:
            return json.dumps(members.raw, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            raise self._unreadable(asked, "came JSON nested too deep") from None

    def _unreadable(self, asked: str, came: str) -> AnswerUnreadable:
        return AnswerUnreadable(self._source, asked, came)


def is_same_number(one: str, other: str) -> bool:
    """Whether two order numbers mean the same order: blanks, letter case and leading zeros do not count."""
    one, other = one.strip().casefold(), other.strip().casefold()
    return one == other or one.lstrip("0") == other.lstrip("0") != ""


def _item_number(members: Members) -> str | None:
    """Six digits as paths write it, also where the answer writes a bare 10."""
    number = members.text("item_number")
    return number.zfill(6) if number and number.isdecimal() else number


def _numbered(anchor: str, count: int) -> str:
    return anchor if count == 1 else f"{anchor}#{count}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


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
