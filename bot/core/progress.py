"""How far an order has come, in lines that an answer and the card of an order share."""

from collections.abc import Iterable

from bot.core.phrases import spans_line, strong, text_line
from bot.model.message import Line, Link, Span, Text, When
from bot.model.order import Order, Shipment, Stage

_STEPS = (("placed", 1), ("confirmed", 2), ("in production", 3), ("shipped", 4), ("delivered", 6))
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


def progress(order: Order, *, vanished: bool = False) -> list[Line]:
    """The steps an order has made and those before it, or why it makes none; empty where its stage tells neither."""
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


def parcels(order: Order) -> list[Line]:
    """A line for each parcel with a tracking number."""
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


def _shipped_words(order: Order) -> str:
    """`shipped part 1 of 2` while a part is still to come."""
    parts = len(order.shipments)
    gone = sum(1 for shipment in order.shipments if shipment.dispatched or shipment.dispatched_at)
    if order.status.stage is Stage.PARTLY_SHIPPED:
        return f"shipped part {gone} of {parts}" if 0 < gone < parts else "shipped in part"
    return "shipped"


def _shipment_words(shipment: Shipment, numbers: dict[str, str]) -> Iterable[Span | str]:
    if shipment.line:
        yield f" · line {numbers.get(shipment.line, shipment.line)}"
    if shipment.dispatched_at:
        yield " · dispatched "
        yield When(at=shipment.dispatched_at)
