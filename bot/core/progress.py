"""How far an order has come, in lines that an answer and the card of an order share."""

from collections.abc import Iterable

from bot.core.phrases import spans_line, strong
from bot.core.words import ENGLISH, Words, phrase
from bot.model.message import Line, Link, Span, Text, When
from bot.model.order import Order, Shipment, Stage

_STEPS = (
    (phrase("placed"), 1),
    (phrase("confirmed"), 2),
    (phrase("in production"), 3),
    (phrase("shipped"), 4),
    (phrase("delivered"), 6),
)
"""The way of an order: what a step is called, and the rank of the stage that reaches it."""
_EMOJI = {
    Stage.COMPLETED: "✅",
    Stage.CANCELLED: "🚫",
    Stage.SHIPPED: "🚚",
    Stage.PARTLY_SHIPPED: "🚚",
    Stage.ON_HOLD: "⏸️",
}


def stage_emoji(order: Order) -> str:
    """A second cue to what the words say."""
    return _EMOJI.get(order.status.stage, "📦")


def progress(order: Order, *, vanished: bool = False, words: Words = ENGLISH) -> list[Line]:
    """The steps an order has made and those before it, or why it makes none; empty where its stage tells neither."""
    lines = []
    if vanished:
        lines.append(words.line("Its source does not know it any more; this is how it was last seen."))
    stage = order.status.stage
    if stage is Stage.CANCELLED:
        if order.cancel_reason:
            return [*lines, words.line("Cancelled: {reason}", reason=order.cancel_reason)]
        return [*lines, words.line("Cancelled")]
    if stage is Stage.ON_HOLD:
        return [*lines, words.line("On hold: nothing moves until its source lets it")]
    if stage.rank is None:
        return lines
    spans: list[Span | str] = []
    reached = [rank for _, rank in _STEPS if rank <= stage.rank]
    for name, rank in _STEPS:
        spans += [" · "] if spans else []
        step = _shipped_words(order, words) if name == "shipped" and rank <= stage.rank else words(name)
        if rank not in reached:
            spans.append(step)
        else:
            spans.append(strong(f"✓ {step}") if rank == reached[-1] else f"✓ {step}")
    return [*lines, spans_line(*spans)]


def parcels(order: Order, words: Words = ENGLISH) -> list[Line]:
    """A line for each parcel with a tracking number."""
    numbers = {line.key: line.number or line.key for line in order.lines}
    lines = []
    for shipment in order.shipments:
        for package in shipment.packages:
            if package.tracking_number:
                spans: list[Span] = [Text(text=f"{package.carrier} ")] if package.carrier else []
                if package.tracking_url:
                    spans.append(Link(text=package.tracking_number, url=package.tracking_url))
                else:
                    spans.append(Text(text=package.tracking_number, style="code"))
                parcel = words.spans("Tracking: {parcel}", parcel=spans)
                lines.append(spans_line(*parcel, *_shipment_words(shipment, numbers, words)))
    return lines


def _shipped_words(order: Order, words: Words) -> str:
    """`shipped part 1 of 2` while a part is still to come."""
    parts = len(order.shipments)
    gone = sum(1 for shipment in order.shipments if shipment.dispatched or shipment.dispatched_at)
    if order.status.stage is Stage.PARTLY_SHIPPED:
        if 0 < gone < parts:
            return words("shipped part {gone} of {parts}", gone=gone, parts=parts)
        return words("shipped in part")
    return words("shipped")


def _shipment_words(shipment: Shipment, numbers: dict[str, str], words: Words) -> Iterable[Span | str]:
    if shipment.line:
        number = numbers.get(shipment.line, shipment.line)
        yield f" · {words.count(1, 'line {names}', 'lines {names}', names=number)}"
    if shipment.dispatched_at:
        yield " · "
        yield from words.spans("dispatched {when}", when=When(at=shipment.dispatched_at))
