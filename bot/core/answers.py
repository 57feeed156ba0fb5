"""Where one order is: how far it has come, what is late, its lines and parcels, and what happened last."""

from collections.abc import Iterable, Sequence
from datetime import date

from bot.core.answers_history import told_line
from bot.core.commands import written
from bot.core.phrases import (
    Answer,
    Offer,
    Reading,
    days_words,
    footer,
    mute_lines,
    order_offers,
    spans_line,
    strong,
    text_line,
)
from bot.core.promise import days_late, due
from bot.core.render import order_name
from bot.model.command import Verb
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import day_of
from bot.model.order import LineItem, Order, Shipment, Stage
from bot.model.view import ChangeRow, Found

_LINES_SHOWN = 5
"""More lines than that are folded: those in the same state stand together."""
_CHANGES_SHOWN = 3
_STEPS = (("placed", 1), ("confirmed", 2), ("in production", 3), ("shipped", 4), ("delivered", 6))
"""The way of an order: what a step is called, and the rank of the stage that reaches it."""
_EMOJI = {
    Stage.COMPLETED: "✅",
    Stage.CANCELLED: "🚫",
    Stage.SHIPPED: "🚚",
    Stage.PARTLY_SHIPPED: "🚚",
    Stage.ON_HOLD: "⏸️",
}


def status(found: Found, last: Sequence[ChangeRow], reading: Reading, *, in_full: bool = False) -> Answer:
    """Everything worth knowing about one order now."""
    order = found.snapshot.order
    today = reading.now.astimezone(reading.zone).date()
    body = [
        *_progress(order, vanished=found.vanished),
        *_dates(order, today, reading),
        *_items(order, today, reading, in_full=in_full),
        *_parcels(order),
        *(told_line(change, reading) for change in last[:_CHANGES_SHOWN]),
        *_own_words(order, reading),
    ]
    message = Message(
        emoji=_EMOJI.get(order.status.stage, "📦"),
        headline=spans_line(strong(order_name(order)), f" · {order.status.word}"),
        body=tuple(body),
        footer=footer(found, reading, has_changed=bool(last)),
    )
    offers = order_offers(order, reading)
    if len(order.lines) > _LINES_SHOWN and not in_full:
        offers.insert(0, Offer("Every line", written(Verb.STATUS, order.key, order.source, "full")))
    return Answer((message,), tuple(offers))


def brief(found: Found, reading: Reading) -> Line:
    """One order in one line, where several go by the same name."""
    order = found.snapshot.order
    label = reading.labels.get(order.source, order.source)
    return spans_line(strong(order_name(order)), f" · {order.status.word} · {label}")


def _progress(order: Order, *, vanished: bool) -> list[Line]:
    lines = []
    if vanished:
        lines.append(text_line("Its source does not know it any more; this is how it was last seen."))
    stage = order.status.stage
    if stage is Stage.CANCELLED:
        return [*lines, text_line(f"Cancelled: {order.cancel_reason}" if order.cancel_reason else "Cancelled")]
    if stage is Stage.ON_HOLD:
        return [*lines, text_line("On hold: nothing moves until its source lets it")]
    if stage.rank is None:
        return lines
    spans: list[Span | str] = []
    reached = [rank for _, rank in _STEPS if rank <= stage.rank]
    for name, rank in _STEPS:
        spans += [" · "] if spans else []
        words = _shipped_words(order) if name == "shipped" and rank <= stage.rank else name
        if rank not in reached:
            spans.append(words)
        else:
            spans.append(strong(f"✓ {words}") if rank == reached[-1] else f"✓ {words}")
    return [*lines, spans_line(*spans)]


def _shipped_words(order: Order) -> str:
    """`shipped part 1 of 2` while a part is still to come."""
    parts = len(order.shipments)
    gone = sum(1 for shipment in order.shipments if shipment.dispatched or shipment.dispatched_at)
    if order.status.stage is Stage.PARTLY_SHIPPED:
        return f"shipped part {gone} of {parts}" if 0 < gone < parts else "shipped in part"
    return "shipped"


def _dates(order: Order, today: date, reading: Reading) -> list[Line]:
    if order.status.stage.is_final:
        return []
    promised = due(order)
    lines = []
    if promised is None:
        lines.append(text_line("No delivery date is promised."))
    elif days := days_late(promised, today, reading.zone):
        lines.append(
            spans_line(strong(f"Late by {days_words(days)}"), ": delivery was promised for ", When(at=promised))
        )
    else:
        ahead = (day_of(promised, reading.zone) - today).days
        when = "today" if ahead == 0 else f"in {days_words(ahead)}"
        lines.append(spans_line("Delivery promised for ", When(at=promised, style="strong"), f", {when}"))
    return lines


def _items(order: Order, today: date, reading: Reading, *, in_full: bool) -> list[Line]:
    if in_full or len(order.lines) <= _LINES_SHOWN:
        return [_item(line, today, reading) for line in order.lines]
    groups: dict[tuple[str, str], list[LineItem]] = {}
    for line in order.lines:
        word = line.status.word if line.status else "no status"
        groups.setdefault((word, line.delivery_promised or ""), []).append(line)
    return [_folded(word, group, today, reading) for (word, _), group in groups.items()]


def _item(line: LineItem, today: date, reading: Reading) -> Line:
    what = " ".join(filter(None, (f"{line.quantity} ×" if line.quantity else "", line.product, line.description)))
    spans: list[Span | str] = [f"Line {line.number or line.key}"]
    spans += [f": {what}"] if what else []
    spans += [f" · {line.status.word}"] if line.status else []
    return spans_line(*spans, *_item_date([line], today, reading), indent=1)


def _folded(word: str, group: list[LineItem], today: date, reading: Reading) -> Line:
    numbers = ", ".join(line.number or line.key for line in group)
    name = f"Line {numbers}" if len(group) == 1 else f"{len(group)} lines ({numbers})"
    return spans_line(f"{name} · {word}", *_item_date(group, today, reading), indent=1)


def _item_date(group: list[LineItem], today: date, reading: Reading) -> Iterable[Span | str]:
    line = group[0]
    if line.delivery_promised is None:
        return
    yield " · delivery "
    yield When(at=line.delivery_promised)
    is_open = not (line.status and line.status.stage.is_final)
    if is_open and (days := days_late(line.delivery_promised, today, reading.zone)):
        yield strong(f" · late by {days_words(days)}")


def _parcels(order: Order) -> list[Line]:
    numbers = {line.key: line.number or line.key for line in order.lines}
    lines = []
    for shipment in order.shipments:
        for package in shipment.packages:
            if package.tracking_number:
                spans: list[Span | str] = ["Tracking: "]
                spans += [f"{package.carrier} "] if package.carrier else []
                if package.tracking_url:
                    spans.append(Link(text=package.tracking_number, url=package.tracking_url))
                else:
                    spans.append(Text(text=package.tracking_number, style="code"))
                lines.append(spans_line(*spans, *_shipment_words(shipment, numbers)))
    return lines


def _shipment_words(shipment: Shipment, numbers: dict[str, str]) -> Iterable[Span | str]:
    if shipment.line:
        yield f" · line {numbers.get(shipment.line, shipment.line)}"
    if shipment.dispatched_at:
        yield " · dispatched "
        yield When(at=shipment.dispatched_at)


def _own_words(order: Order, reading: Reading) -> list[Line]:
    lines = []
    for watch in reading.watches:
        if (watch.source, watch.key) == (order.source, order.key):
            who = "You are told" if watch.is_own_place else "This chat is told"
            lines.append(text_line(f"{who} when it changes" + (f"; you call it “{watch.name}”" if watch.name else "")))
    return [*lines, *mute_lines(order, reading)]
