"""Promised deliveries as an iCalendar (RFC 5545): one event an order, which moves when its promise moves.

Whoever subscribes sees one event for ever: its UID is made of source and key, and each version of the order is a later
SEQUENCE of it. Equal orders give equal bytes. It tells numbers, states, dates and tracking numbers; nothing of people.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import blake2b

from icalendar import Calendar, Event

from bot.core.promise import due
from bot.core.spreadsheet import visible
from bot.model.moment import Moment, day_of, instant_of
from bot.model.order import Order, Stage
from bot.model.view import Found

_LOOK_AGAIN = timedelta(hours=1)
"""How often a calendar program is asked to look."""
_LONGEST = 200
"""Characters of one thing a source says."""
_MOST_LINES = 20
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """Days, as a reader in `zone` sees them, from `first` until before `end`."""

    first: date
    end: date
    zone: tzinfo

    def holds(self, moment: Moment) -> bool:
        """Whether a moment is within."""
        return self.first <= day_of(moment, self.zone) < self.end


def write_calendar(found: Sequence[Found], span: Span, *, name: str, labels: Mapping[str, str]) -> tuple[bytes, int]:
    """The calendar of the orders that are promised within the span, and how many they are.

    `labels` is source to what people are shown.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//orderwatch//promised dates//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", _line(name))
    calendar.add("refresh-interval", _LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    events = 0
    for one in found:
        promise = promise_of(one.snapshot.order)
        if promise is not None and span.holds(promise):
            calendar.add_component(_event(one, promise, labels))
            events += 1
    return calendar.to_ical(), events


def promise_of(order: Order) -> Moment | None:
    """When an order is to be delivered next; of a completed one the last date, of a cancelled one the first.

    None where there is none.
    """
    if not order.status.stage.is_final:
        return due(order)
    dates = [*(line.delivery_promised for line in order.lines), *(each.delivery_promised for each in order.shipments)]
    parts = [moment for moment in dates if moment]
    choose = max if order.status.stage is Stage.COMPLETED else min
    return choose(parts, default=order.delivery_promised)


def _event(one: Found, promise: Moment, labels: Mapping[str, str]) -> Event:
    order = one.snapshot.order
    changed = (instant_of(one.changed_at) or _NEVER).replace(microsecond=0)
    event = Event()
    event.add("uid", _uid(order))
    event.add("sequence", one.snapshot.seq)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    instant = instant_of(promise)
    if instant is None:
        day = date.fromisoformat(promise)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
    else:
        event.add("dtstart", instant.replace(microsecond=0))  # no end: nobody says how long a delivery takes
    event.add("status", _status(one))
    event.add("transp", "TRANSPARENT")
    event.add("summary", _summary(order))
    event.add("description", "\n".join(_description(one, promise, labels)))
    return event


def _uid(order: Order) -> str:
    return blake2b(f"{order.source}\0{order.key}".encode(), digest_size=16).hexdigest() + "@orderwatch"


def _status(one: Found) -> str:
    if one.snapshot.order.status.stage is Stage.CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if one.vanished else "CONFIRMED"


def _summary(order: Order) -> str:
    words = " · ".join(_line(word) for word in (order.number, order.reference) if word)
    before = {Stage.CANCELLED: "Cancelled: ", Stage.COMPLETED: "✓ "}.get(order.status.stage, "")
    return f"{before}Delivery {words}"


def _description(one: Found, promise: Moment, labels: Mapping[str, str]) -> Iterator[str]:
    order = one.snapshot.order
    yield f"Status: {_line(order.status.word)}" + (" (no longer listed by its source)" if one.vanished else "")
    others = [line for line in order.lines if line.delivery_promised not in (None, promise)]
    for line in others[:_MOST_LINES]:
        yield f"Line {_line(line.number or line.key)}: delivery {line.delivery_promised}"
    if len(others) > _MOST_LINES:
        yield f"and {len(others) - _MOST_LINES} more lines on other days"
    numbers = dict.fromkeys(p.tracking_number for shipment in order.shipments for p in shipment.packages)
    tracking = [_line(number) for number in numbers if number]
    if tracking:
        more = f" and {len(tracking) - _MOST_LINES} more" if len(tracking) > _MOST_LINES else ""
        yield f"Tracking: {', '.join(tracking[:_MOST_LINES])}{more}"
    yield _line(labels.get(order.source, order.source))


def _line(text: str) -> str:
    """Words from outside: in one line, without what cannot be seen, not longer than anybody reads."""
    words = visible(" ".join(text.split())).replace("\\N", "＼N")  # which icalendar takes for the end of a line
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
