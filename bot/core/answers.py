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
from bot.core.progress import parcels, progress, stage_emoji
from bot.core.promise import days_late, due
from bot.core.render import order_name
from bot.model.command import Verb
from bot.model.message import Line, Message, Span, When
from bot.model.moment import day_of
from bot.model.order import LineItem, Order
from bot.model.view import ChangeRow, Found

_LINES_SHOWN = 5
"""More lines than that are folded: those in the same state stand together."""
_CHANGES_SHOWN = 3


def status(found: Found, last: Sequence[ChangeRow], reading: Reading, *, in_full: bool = False) -> Answer:
    """Everything worth knowing about one order now."""
    order = found.snapshot.order
    today = reading.now.astimezone(reading.zone).date()
    body = [
        *progress(order, vanished=found.vanished),
        *_dates(order, today, reading),
        *_items(order, today, reading, in_full=in_full),
        *parcels(order),
        *(told_line(change, reading) for change in last[:_CHANGES_SHOWN]),
        *_own_words(order, reading),
    ]
    message = Message(
        emoji=stage_emoji(order),
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


def _own_words(order: Order, reading: Reading) -> list[Line]:
    lines = []
    for watch in reading.watches:
        if (watch.source, watch.key) == (order.source, order.key):
            who = "You are told" if watch.is_own_place else "This chat is told"
            lines.append(text_line(f"{who} when it changes" + (f"; you call it “{watch.name}”" if watch.name else "")))
    return [*lines, *mute_lines(order, reading)]
