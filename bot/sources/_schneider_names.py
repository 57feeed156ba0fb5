"""The names that Schneider Electric's answers may use, and reading an object by them.

Only `orderList` and the three members of `pagination` are published. Every other name is a guess after sister APIs of
the same portal, so each fact has several names; the first that holds a value wins. Letter case, `-` and `_` do not
matter, and a dot goes one level down. An operator who sees the real answers adds names in watchlists.yaml.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any, TypeVar

from bot.model.moment import Moment
from bot.sources._payload import decimal, flag, fold, many, moment, objects, pick, text

T = TypeVar("T")

ALIASES: Mapping[str, tuple[str, ...]] = {
    # a search
    "orders": ("orderList", "orders", "items", "data", "order"),
    "page_number": ("pagination.pageNumber", "pageNumber"),
    "total_pages": ("pagination.totalNumberOfPages", "totalNumberOfPages"),
    "total_records": ("pagination.totalNumberOfRecords", "totalNumberOfRecords"),
    # an order, in a search or alone
    "order_number": ("orderNumber", "salesOrderNumber", "orderId", "number"),
    "reference": ("purchaseOrderNumber", "poNumber", "customerPurchaseOrderNumber", "customerReference"),
    "order_status_code": ("orderStatusCode", "statusCode", "orderStatus", "orderStatus.code", "status", "status.code"),
    "order_status_text": (
        "orderStatusName",
        "orderStatusDescription",
        "statusDescription",
        "orderStatus.name",
        "orderStatus.description",
        "statusName",
        "status.name",
        "status.description",
    ),
    "ordered_at": ("orderDate", "creationDate", "createdDate", "orderCreationDate"),
    "updated_at": ("lastUpdateDate", "updateDate", "lastModifiedDate", "modifiedDate", "lastChangeDate"),
    "cancel_reason": ("cancellationReason", "cancelReason", "rejectionReason"),
    "amount": ("totalAmount", "netAmount", "orderAmount"),
    "currency": ("currencyCode", "currency"),
    # an item
    "items": ("itemList", "orderItems", "items", "orderItemList", "lines", "item"),
    "item_number": ("itemNumber", "orderItemNumber", "lineNumber"),
    "product": ("catalogNumber", "productReference", "commercialReference", "productNumber"),
    "description": ("itemDescription", "productDescription"),
    "item_quantity": ("quantity", "orderedQuantity", "confirmedQuantity"),
    "item_status_code": ("itemStatusCode", "statusCode", "itemStatus", "itemStatus.code", "status", "status.code"),
    "item_status_text": (
        "itemStatusName",
        "itemStatusDescription",
        "statusDescription",
        "itemStatus.name",
        "itemStatus.description",
        "statusName",
        "status.name",
        "status.description",
    ),
    # a shipment schedule
    "schedules": ("shipmentScheduleList", "shipmentSchedules", "schedules", "scheduleLines"),
    "schedule_number": (
        "scheduleNumber",
        "shipmentScheduleNumber",
        "scheduleLineNumber",
        "scheduleId",
        "shipmentScheduleId",
        "id",
    ),
    "schedule_quantity": ("quantity", "orderedQuantity", "confirmedQuantity", "shippedQuantity", "deliveredQuantity"),
    "schedule_status_code": (
        "scheduleStatusCode",
        "shipmentStatusCode",
        "statusCode",
        "scheduleStatus",
        "scheduleStatus.code",
        "shipmentStatus",
        "shipmentStatus.code",
        "status",
        "status.code",
    ),
    "schedule_status_text": (
        "scheduleStatusName",
        "shipmentStatusName",
        "scheduleStatusDescription",
        "shipmentStatusDescription",
        "statusDescription",
        "scheduleStatus.name",
        "shipmentStatus.name",
        "statusName",
        "status.name",
        "status.description",
    ),
    "dispatched": ("isShipped", "isDispatched", "shipped", "dispatched"),
    "dispatched_at": ("actualShipDate", "actualShipmentDate", "shippedDate"),
    # dates of an order, an item or a schedule, best promise first
    "delivery_promised": ("confirmedDeliveryDate", "estimatedDeliveryDate", "deliveryDate"),
    "ship_promised": ("estimatedShipDate",),
    "delivery_requested": ("requestedDeliveryDate",),
    # a tracking set
    "tracking": ("trackingList", "trackings", "trackingInformation", "tracking"),
    "tracking_number": ("trackingNumber",),
    "carrier": ("carrier", "carrierName", "carrier.name"),
    "tracking_url": ("trackingUrl", "trackingLink"),
    "delivery_number": ("deliveryNumber", "shipmentNumber"),
}
"""What we call it, to the names to try."""


class Names:
    """The alias table with the operator's own names, which are tried first."""

    def __init__(self, own: Mapping[str, Sequence[str]]) -> None:
        self._paths = {
            fact: tuple(tuple(map(fold, name.split("."))) for name in (*own.get(fact, ()), *names))
            for fact, names in ALIASES.items()
        }

    def of(self, data: Mapping[str, Any]) -> "Members":
        """An object to be read by these names."""
        return Members(data, self._paths, self)


class Members:
    """One object of an answer, read by what we call its members. What is missing, null or unreadable is None."""

    __slots__ = ("_folded", "_names", "_paths", "raw")

    def __init__(self, data: Mapping[str, Any], paths: Mapping[str, tuple[tuple[str, ...], ...]], names: Names) -> None:
        self.raw = data
        self._paths = paths
        self._names = names
        self._folded = {fold(name): value for name, value in data.items()}

    def text(self, fact: str) -> str | None:
        """Trimmed text; an object or list under one name leaves the word to the next name."""
        return self._first(fact, text)

    def decimal(self, fact: str) -> str | None:
        """A number in its shortest decimal text."""
        return self._first(fact, decimal)

    def whole(self, fact: str) -> int | None:
        """A whole number of zero or more, which may be written as text."""
        number = self.decimal(fact)
        return int(number) if number is not None and number.isdecimal() else None

    def flag(self, fact: str) -> bool | None:
        """A truth value."""
        return self._first(fact, flag)

    def moment(self, fact: str, zone: tzinfo) -> Moment | None:
        """A date or time; zeros under one name leave the word to the next name."""
        return self._first(fact, lambda value: moment(value, zone))

    def entries(self, fact: str) -> list[Any]:
        """What a list, or one thing in place of a list, holds."""
        return self._first(fact, lambda value: many(value) or None) or []

    def objects(self, fact: str) -> list["Members"]:
        """The objects of a list, or one object in place of a list; what is none is left out."""
        return [self._names.of(entry) for entry in self._first(fact, lambda value: objects(value) or None) or []]

    def only_list(self) -> list["Members"]:
        """The objects of the only member that is a list of objects; empty if there is none, or more than one."""
        lists = [
            value
            for value in self.raw.values()
            if isinstance(value, list) and value and all(isinstance(entry, Mapping) for entry in value)
        ]
        return [self._names.of(entry) for entry in lists[0]] if len(lists) == 1 else []

    def has(self, fact: str) -> bool:
        """Whether a member of one of the names is there at all, be it null."""
        return any(path[0] in self._folded for path in self._paths[fact])

    def has_any(self, *facts: str) -> bool:
        """Whether at least one of these facts holds something."""
        return any(value not in ("", [], {}) for fact in facts for value in self._values(fact))

    def named(self) -> str:
        """The member names as they came, for error messages."""
        names = ", ".join(self.raw)
        return names if len(names) <= 160 else names[:159] + "…"

    def _first(self, fact: str, read: Callable[[Any], T | None]) -> T | None:
        return next((found for value in self._values(fact) if (found := read(value)) is not None), None)

    def _values(self, fact: str) -> Iterator[Any]:
        for head, *rest in self._paths[fact]:
            value = self._folded.get(head)
            for step in rest:
                value = pick(value, step)
            if value is not None:
                yield value
