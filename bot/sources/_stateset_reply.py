"""Reading what is around StateSet's orders: the envelopes of a listing, and the shapes in which it says no."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.http_client import excerpt
from bot.sources._payload import flag, objects, pick, text

_A_PATH = re.compile(r"\S*/\S*")
_SPEAKS_OF_AN_ORDER = re.compile(
    r"\border\b.*\b(not found|does not exist|doesn't exist|unknown)|\b(no such|unknown|could not find) .*\border\b",
    re.IGNORECASE,
)
_MISSING_CODES = frozenset({"RESOURCE_NOT_FOUND", "RESOURCE_MISSING", "ORDER_NOT_FOUND"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no, in the source's words."""

    code: str | None
    message: str | None

    @property
    def words(self) -> str:
        """Code and message in one short line; empty if there are none."""
        return excerpt(": ".join(dict.fromkeys(part for part in (self.code, self.message) if part)).encode())

    @property
    def says_order_is_missing(self) -> bool:
        """Whether it speaks of the order, and not of the path it was asked by."""
        if (self.code or "").upper() in _MISSING_CODES:
            return True
        message = _A_PATH.sub(" ", self.message or "")
        return "retrieve" not in message and _SPEAKS_OF_AN_ORDER.search(message) is not None


def refusal_in(body: bytes) -> Refusal:
    """The no in the body of a failure: `error` as object or text, flat members, plain text, or a page."""
    try:
        refusal = refusal_of(json.loads(body))
    except (ValueError, RecursionError):
        refusal = None
    return refusal or Refusal(None, excerpt(body) or None)


def refusal_of(data: Any) -> Refusal | None:
    """The no in a JSON answer; None if it holds none. A whole order is never a no, whatever its members are called."""
    if not isinstance(data, Mapping):
        return None
    error = pick(data, "error", "errors")
    if isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, Mapping):
        return _refusal(error)
    if isinstance(error, str):
        return Refusal(text(error), text(pick(data, "message", "details", "detail")))
    is_flat_error = pick(data, "code") is not None and pick(data, "message") is not None and pick(data, "id") is None
    return _refusal(data) if is_flat_error or is_failure(data) else None


def is_failure(data: Any) -> bool:
    """Whether a JSON answer says of itself that it failed, whatever its HTTP status."""
    return flag(pick(data, "success")) is False


def _refusal(error: Mapping[str, Any]) -> Refusal:
    message = text(pick(error, "message", "detail", "details", "error_description"))
    param = text(pick(error, "param"))
    return Refusal(text(pick(error, "code", "type")), f"{message} ({param})" if message and param else message or param)


@dataclass(frozen=True, slots=True)
class ListReply:
    """One page of the listing, whichever envelope it came in."""

    rows: list[Mapping[str, Any]]
    total: int | None = None
    page: int | None = None
    total_pages: int | None = None
    has_next: bool | None = None

    @property
    def counts_pages(self) -> bool:
        """Whether the server pages by number rather than by offset."""
        return self.page is not None or self.total_pages is not None


def read_list(data: Any) -> ListReply | None:
    """The page in an answer: `orders`, `data` with or without `items`, or bare; None if there is no list of objects."""
    if isinstance(data, list):
        return ListReply(objects(data))
    place: Any = data
    for _ in range(3):
        rows = pick(place, "orders", "items", "data", "results")
        if isinstance(rows, list):
            return ListReply(
                objects(rows),
                total=_count(place, data, "total", "total_count"),
                page=_count(place, data, "page", "current_page"),
                total_pages=_count(place, data, "total_pages"),
                has_next=flag(_either(place, data, "has_next", "has_more")),
            )
        place = rows
    return ListReply([]) if _count(data, pick(data, "data"), "total", "total_count") == 0 else None


def _either(place: Any, envelope: Any, *names: str) -> Any:
    for where in (place, envelope):
        for inside in (where, pick(where, "pagination", "meta")):
            value = pick(inside, *names)
            if value is not None:
                return value
    return None


def _count(place: Any, envelope: Any, *names: str) -> int | None:
    written = text(_either(place, envelope, *names))
    return int(written) if written and written.isdecimal() else None


@dataclass(slots=True)
class Sweep:
    """How far a listing has been read. Ends for certain: a page without a new order is the last."""

    limit: int
    """Rows asked for at a time."""
    number: int = 0
    """Of the page read last, from 1."""
    rows: int = 0
    """Read so far, those that came twice counted twice."""
    first_page_rows: int = 0

    def is_last(self, reply: ListReply, fresh: int) -> bool:
        """Take one page, of which `fresh` orders are new to this sweep. Raises ValueError if the list goes in circles.

        A first page shorter than asked for may be all there is, or as much as the server gives at a time: without
        any count from it, only the next page tells.
        """
        count = len(reply.rows)
        self.take(count)
        if count == 0:
            return True
        promised = self._promises_more(reply, count)
        if fresh == 0:
            if promised if promised is not None else count >= self.limit:
                raise ValueError(
                    f"page {self.number} of the listing repeats earlier pages although there should be more"
                )
            return True
        if promised is not None:
            return not promised
        return self.number > 1 and count < self.first_page_rows

    def take(self, count: int) -> None:
        """Count a page of that many rows."""
        self.number += 1
        self.rows += count
        if self.number == 1:
            self.first_page_rows = count

    def _promises_more(self, reply: ListReply, count: int) -> bool | None:
        """What the source itself says of further pages; None if nothing that can be relied on."""
        if reply.has_next is not None:
            return reply.has_next
        if reply.total_pages is not None:
            return self.number < reply.total_pages
        if reply.total is None or (self.rows >= reply.total and count >= self.limit):
            return None  # a total that a full page reaches may be the count of that page
        return self.rows < reply.total
