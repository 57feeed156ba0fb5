"""One message about one order: in the words of the program, or in those of a template of its destination."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from bot.core.render import (
    entry_of,
    main_kind,
    next_promise,
    order_name,
    parcels,
    render,
    short,
    slip_words,
    title_of,
)
from bot.core.template import Template, Value
from bot.core.words import Words
from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.message import Message, Span, Text, When
from bot.model.moment import Moment
from bot.model.order import Order

Templates = Mapping[Kind, Template]
"""By the kind that gives a message its title."""

_DATED = PROMISE_KINDS | {Kind.DUE_TODAY, Kind.OVERDUE}
_OF_STATUS = frozenset({Kind.STATUS, Kind.COMPLETED, Kind.CANCELLED, Kind.MOVED_BACKWARDS, Kind.STUCK})


def word(
    order: Order,
    changes: Sequence[Change],
    *,
    source: str,
    seen_at: Moment,
    zone: tzinfo,
    words: Words,
    templates: Templates,
) -> Message:
    """The message. A template is left aside where it would say nothing, and what it does not speak of is added.

    `source` is its label for people; days are counted in `zone`.
    """
    message = render(order, changes, source=source, seen_at=seen_at, zone=zone, words=words)
    kind = main_kind(changes)
    template = templates.get(kind)
    if template is None:
        return message
    values = _values(order, changes, zone, words)
    values |= {"source": source, "seen": [When(at=seen_at)], "details": message.body}
    lines = template.lines(values)
    if lines is None:
        return message
    others = [change for change in changes if change.kind is not kind]
    if others and "details" not in template.variables:
        entry = entry_of(order, others, zone, words)
        lines += entry.lines or [entry.headline]
    return message.model_copy(update={"headline": lines[0], "body": tuple(lines[1:])})


def _values(order: Order, changes: Sequence[Change], zone: tzinfo, words: Words) -> dict[str, Value]:
    kind = main_kind(changes)
    group = [change for change in changes if change.kind is kind]
    first = group[0]
    promised = next_promise(order)
    return {
        "title": title_of(kind, words),
        "order": order_name(order),
        "number": short(order.number),
        "reference": short(order.reference or ""),
        "status": short(words.status(order.source, order.status.word)),
        "old": _value(first.before, first, order, words),
        "new": _value(first.after, first, order, words),
        "slip": slip_words(first, zone, words),
        "first": [When(at=first.first)] if first.first else "",
        "promised": [When(at=promised)] if promised else "",
        "lines": ", ".join(dict.fromkeys(short(change.line) for change in group if change.line)),
        "days": words.number(first.days) if first.days is not None else "",
        "reason": short(order.cancel_reason or ""),
        "tracking": _tracking(order, group, words),
    }


def _value(value: str | None, change: Change, order: Order, words: Words) -> Value:
    if not value:
        return ""
    if change.kind in _DATED:
        return [When(at=Moment(value))]
    is_status = change.kind in _OF_STATUS or change.field == "status"
    return short(words.status(order.source, value) if is_status else value)


def _tracking(order: Order, group: Sequence[Change], words: Words) -> Sequence[Span]:
    """The parcels that are the news, else those the order has."""
    spans: list[Span] = []
    for parcel in parcels(order, [change.package for change in group if change.package], words):
        spans += [Text(text=", "), *parcel] if spans else parcel
    return spans
