"""Reading 2Service's answers: the OperationResult around them, in JSON or JSV, and the orders inside.

The shapes are those of the GetOrderTracking and GetShipments metadata pages. Names match in any case.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from bot.errors import AnswerUnreadable
from bot.http_client import excerpt
from bot.model.order import LineItem, Order, Package, Shipment, Stage, Status, normal_word
from bot.model.poll import raw_digest
from bot.sources._payload import asked_fields, decimal, flag, objects, package_key, pick, read_json, text
from bot.sources._servicestack import JsvError, net_moment, read_jsv
from bot.sources._stages import status_of

_STATUS_NAMES = {"1": "Open", "2": "Completed", "3": "Cancelled"}
"""The OrderStatus enum. It has no member 0: an unset status travels as `0`."""
_STATUS_BY_WORD = {normal_word(name): name for name in _STATUS_NAMES.values()}
_LOOKS_LIKE_JSON = re.compile(r'\s*(\{\s*"|\[\s*\{\s*"|\{\s*\}|null\s*$)')
_LOOKS_LIKE_MARKUP = re.compile(rb"\s*(\xef\xbb\xbf)?\s*<")


@dataclass(frozen=True, slots=True)
class Reply:
    """An OperationResult: whether it succeeded, what it holds, and its own words if it failed."""

    successful: bool
    result: Any
    message: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """How answers of one source are to be read."""

    source: str
    zone: tzinfo
    """Of times without an offset."""
    statuses: Mapping[str, Stage]
    fields: Sequence[str]


def is_markup(body: bytes) -> bool:
    """Whether this is a web page or XML, which is what the host sends to those whose Accept it does not honour."""
    return _LOOKS_LIKE_MARKUP.match(body) is not None


def read_reply(body: bytes, media_type: str, *, source: str, asked: str) -> Reply:
    """An OperationResult in JSON or JSV, by media type if it says so, else by its looks. Raises AnswerUnreadable."""
    data = _read(body, media_type, source=source, asked=asked)
    if not isinstance(data, Mapping):
        raise AnswerUnreadable(source, asked, f"came no OperationResult but: {excerpt(body) or 'nothing'}")
    successful = flag(pick(data, "IsSuccessful"))
    result = pick(data, "Result")
    message = _message(data)
    if successful is None:
        if result is None and message is None:
            members = ", ".join(map(str, data)) or "none"
            raise AnswerUnreadable(
                source, asked, f"came no OperationResult: its members are {members}; is base_url right?"
            )
        successful = message is None
    return Reply(successful, result, message)


def words_in(body: bytes) -> str:
    """What the body of a failure says, in one short line: the message in it, else its beginning."""
    try:
        reply = read_reply(body, "", source="", asked="")
    except AnswerUnreadable:
        return excerpt(body)
    return excerpt((reply.message or "").encode()) or excerpt(body)


def order_of(result: Any, key: str, reading: Reading, *, asked: str) -> Order:
    """An OrderTrackingResult as an Order. Raises AnswerUnreadable if it is none, or that of another order."""
    if not isinstance(result, Mapping):
        raise AnswerUnreadable(reading.source, asked, "came a Result that is no order")
    number = text(pick(result, "OrderNumber"))
    if number is not None and not _same(number, key):
        raise AnswerUnreadable(reading.source, asked, f"came another order, {number}")
    shipments = objects(pick(result, "Shipments"))
    own_articles = [_own_articles(shipment, key) for shipment in shipments]
    return Order(
        source=reading.source,
        key=key,
        number=number or key,
        status=_status(pick(result, "Status"), reading.statuses),
        ordered_at=net_moment(pick(result, "OrderDate"), reading.zone),
        lines=_lines([article for articles in own_articles for article in articles]),
        shipments=_shipments(shipments, own_articles, reading.zone),
        fields=asked_fields(result, reading.fields),
    )


def hints_of(result: Any, zone: tzinfo) -> dict[str, bytes]:
    """Order number to a digest of its part of a list of shipments, blind to the order they come in."""
    parts: dict[str, list[str]] = {}
    for shipment in objects(result):
        numbers = {text(pick(article, "OrderNumber")) for article in objects(pick(shipment, "Articles"))}
        for number in sorted(number for number in numbers if number):
            [facts] = _shipments([shipment], [_own_articles(shipment, number)], zone)
            parts.setdefault(number, []).append(facts.model_dump_json())
    return {number: raw_digest(json.dumps(sorted(facts)).encode()) for number, facts in sorted(parts.items())}


def _read(body: bytes, media_type: str, *, source: str, asked: str) -> Any:
    if is_markup(body):
        raise AnswerUnreadable(source, asked, f"came a web page or XML instead of data: {excerpt(body)}")
    try:
        written = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AnswerUnreadable(source, asked, "came bytes that are not UTF-8 text") from None
    declared_jsv = "jsv" in media_type
    if not declared_jsv and ("json" in media_type or _LOOKS_LIKE_JSON.match(written) or not written.strip()):
        return read_json(body, source=source, asked=asked)
    try:
        return read_jsv(written)
    except JsvError as error:
        kind = "JSV" if declared_jsv else "neither JSON nor JSV"
        raise AnswerUnreadable(source, asked, f"came no {kind} ({error}): {excerpt(body)}") from None


def _message(data: Mapping[str, Any]) -> str | None:
    """The framework's words go first: where it speaks, the service did not get to."""
    status = pick(data, "ResponseStatus")
    if isinstance(status, Mapping):
        details = [text(pick(error, "Message")) for error in objects(pick(status, "Errors"))[:1]]
        words = [text(pick(status, "Message")) or text(pick(status, "ErrorCode")), *details]
        if said := "; ".join(dict.fromkeys(word for word in words if word)):
            return said
    return text(pick(data, "ErrorMessage"))


def _status(value: Any, statuses: Mapping[str, Stage]) -> Status:
    word = text(value)
    if word is not None:
        word = _STATUS_NAMES.get(word) or _STATUS_BY_WORD.get(normal_word(word), word)
    return status_of(None, word, statuses) or Status()


def _same(number: str, key: str) -> bool:
    return number.strip().casefold() == key.strip().casefold()


def _own_articles(shipment: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The articles of the watched order. A shipment may carry those of others, which its reader must not learn of."""
    return [
        article
        for article in objects(pick(shipment, "Articles"))
        if article and _same(text(pick(article, "OrderNumber")) or key, key)
    ]


def _lines(articles: Sequence[Mapping[str, Any]]) -> tuple[LineItem, ...]:
    """One line an article number and reference, over all shipments: the source has no lines of its own."""
    quantities: dict[tuple[str, str], Decimal] = {}
    for article in articles:
        number, reference = text(pick(article, "ArticleNumber")), text(pick(article, "CustomReference"))
        if number or reference:
            place = (number or "", reference or "")
            quantities[place] = quantities.get(place, Decimal(0)) + _quantity(article)
    return tuple(
        LineItem(
            key=f"{number}|{reference}" if reference else number,
            number=f"{number} ({reference})" if number and reference else number or reference,
            product=number or None,
            description=reference or None,
            quantity=decimal(str(quantity)),
        )
        for (number, reference), quantity in sorted(quantities.items())
    )


def _quantity(article: Mapping[str, Any]) -> Decimal:
    return Decimal(decimal(pick(article, "Quantity")) or 0)


def _shipments(
    shipments: Sequence[Mapping[str, Any]], own_articles: Sequence[Sequence[Mapping[str, Any]]], zone: tzinfo
) -> tuple[Shipment, ...]:
    """Keyed by ShipmentId; by parcels, else by place, where there is none. An id that comes twice keeps both."""
    read = [_shipment(shipment, articles, zone) for shipment, articles in zip(shipments, own_articles, strict=True)]
    read.sort(key=lambda shipment: (len(shipment.key), shipment.key, shipment.model_dump_json()))
    seen: Counter[str] = Counter()
    keyed = []
    for shipment in read:
        seen[shipment.key] += 1
        repeat = f"#{seen[shipment.key]}" if seen[shipment.key] > 1 or not shipment.key else ""
        keyed.append(shipment.model_copy(update={"key": shipment.key + repeat}))
    return tuple(keyed)


def _shipment(shipment: Mapping[str, Any], own_articles: Sequence[Mapping[str, Any]], zone: tzinfo) -> Shipment:
    number = text(pick(shipment, "ShipmentId"))
    dispatch_date = net_moment(pick(shipment, "DispatchDate"), zone)
    dispatched = flag(pick(shipment, "HasBeenDispatched"))
    if dispatched is None:
        dispatched = dispatch_date is not None
    packages = _packages(objects(pick(shipment, "Packages")))
    quantity = sum((_quantity(article) for article in own_articles), Decimal(0))
    return Shipment(
        key=number or "+".join(package.key for package in packages),
        number=number,
        quantity=decimal(str(quantity)) if own_articles else None,
        dispatched=dispatched,
        dispatched_at=dispatch_date if dispatched else None,  # a date before the event is at most a plan
        packages=packages,
    )


def _packages(packages: Sequence[Mapping[str, Any]]) -> tuple[Package, ...]:
    """Keyed by tracking number, else by method and place among those of the method."""
    found: dict[str, Package] = {}
    without_number: list[tuple[str, str]] = []
    for package in packages:
        method = text(pick(package, "ShipmentMethod"))
        number = text(pick(package, "TrackingNumber"))
        url = _web_address(text(pick(package, "TrackingUrl")))
        key = package_key(number or "")
        if key:
            found.setdefault(key, Package(key=key, tracking_number=number, carrier=method, tracking_url=url))
        elif method or url:
            without_number.append((method or "", url or ""))
    places: Counter[str] = Counter()
    for method_name, address in sorted(without_number):
        places[method_name] += 1
        key = f"{method_name}#{places[method_name]}"
        found[key] = Package(key=key, carrier=method_name or None, tracking_url=address or None)
    return tuple(found[key] for key in sorted(found))


def _web_address(url: str | None) -> str | None:
    return url if url and url.lower().startswith(("https://", "http://")) else None
