"""Finding orders, items and schedules in Schneider Electric's answers, whose shapes are not published. Pure.

Every step allows for another shape: an object in place of a list, a wrapped or a bare order, a list under a name of
its own. What cannot be understood at all is an AnswerUnreadable that names the members that came and the line of
watchlists.yaml that would help.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import AnswerUnreadable
from bot.sources._payload import many, read_json
from bot.sources._schneider_names import Members, Names
from bot.sources._schneider_numbers import canonical

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
    """By order number in its canonical form."""
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


class Shapes:
    """Knows its way about the answers of one source."""

    def __init__(self, source: str, names: Names) -> None:
        self._source = source
        self._names = names

    def found(self, body: bytes, asked: str) -> Found:
        """A page of a search. Raises AnswerUnreadable."""
        answer = read_json(body, source=self._source, asked=asked)
        members = self._names.of(mapping(answer))
        records = members.whole("total_records")
        rows: dict[str, Row] = {}
        for row in self._rows(answer, members, records, asked):
            number = row.text("order_number")
            if not number:
                came = f"came a row without an order number but the members {row.named()}; see aliases.order_number"
                raise self.unreadable(asked, came)
            if canonical(number) not in rows:
                rows[canonical(number)] = Row(row, self._content(row, asked).encode("utf-8"))
        return Found(rows, members.whole("page_number"), members.whole("total_pages"), records)

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
            raise self.unreadable(asked, f"came order {', '.join(others[:5])} instead")
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
            found.append(Item(numbered(anchor, seen[anchor]), number, detail or members))
        return sorted(found, key=lambda item: item.key)

    def schedules_in(self, answer: Any, asked: str) -> list[Members]:
        """The schedules in the answer to a question for them: a list, wrapped or bare, or a single one.

        Raises AnswerUnreadable.
        """
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
        raise self.unreadable(asked, f"came no schedules but the members {members.named()}; see aliases.schedules")

    def unreadable(self, asked: str, came: str) -> AnswerUnreadable:
        """The error that says so."""
        return AnswerUnreadable(self._source, asked, came)

    def _rows(self, answer: Any, members: Members, records: int | None, asked: str) -> list[Members]:
        if isinstance(answer, list) or members.has("orders"):
            return self._only_objects(answer if isinstance(answer, list) else members.entries("orders"), asked)
        if rows := members.only_list():
            return rows
        if records == 0:
            return []
        came = f"the members {members.named()}" if members.raw else f"a {type(answer).__name__}"
        raise self.unreadable(asked, f"came no list of orders but {came}; see aliases.orders")

    def _only_objects(self, entries: Any, asked: str) -> list[Members]:
        for entry in many(entries):
            if not isinstance(entry, Mapping):
                raise self.unreadable(asked, f"came a list that holds a {type(entry).__name__} in place of an object")
        return [self._names.of(entry) for entry in many(entries)]

    def _orders_in(self, answer: Any, asked: str) -> list[Members]:
        if isinstance(answer, Mapping) and answer:
            members = self._names.of(answer)
            if members.text("order_number"):
                return [members]
            inner = members.objects("orders")
            if with_number := [order for order in inner if order.text("order_number")]:
                return with_number
            if with_items := [order for order in (members, *inner) if self._item_objects(order)]:
                return with_items[:1]
            if members.has("orders") and not any(members.entries("orders")):
                return []
            raise self.unreadable(asked, f"came no order but the members {members.named()}; see aliases.order_number")
        if isinstance(answer, list):
            return [order for entry in self._only_objects(answer, asked) for order in self._orders_in(entry.raw, asked)]
        if not answer:
            return []
        raise self.unreadable(asked, f"came no order but a {type(answer).__name__}")

    def _item_objects(self, order: Members) -> list[Members]:
        if order.has("items"):
            return order.objects("items")
        return [item for item in order.only_list() if item.text("item_number")]

    def _item_in(self, answer: Any, number: str) -> Members | None:
        """The item in the answer about it alone: bare, or in a list or a member of its own."""
        candidates = [self._names.of(entry) for entry in many(answer) if isinstance(entry, Mapping)]
        candidates += [inner for outer in candidates for inner in self._item_objects(outer)]
        return next((item for item in candidates if _item_number(item) == number), None)

    def _content(self, members: Members, asked: str) -> str:
        try:
            return json.dumps(members.raw, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            raise self.unreadable(asked, "came JSON nested too deep") from None


def is_same_number(one: str, other: str) -> bool:
    """Whether two order numbers mean the same order: blanks, letter case and leading zeros do not count."""
    one, other = one.strip().casefold(), other.strip().casefold()
    return one == other or one.lstrip("0") == other.lstrip("0") != ""


def numbered(anchor: str, count: int) -> str:
    """The anchor, or from the second on with its count: tells equal keys apart."""
    return anchor if count == 1 else f"{anchor}#{count}"


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def _item_number(members: Members) -> str | None:
    """Six digits as paths write it, also where the answer writes a bare 10."""
    number = members.text("item_number")
    return number.zfill(6) if number and number.isdecimal() else number
