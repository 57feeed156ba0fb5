"""The card of an order: the message at the head of its thread, which always says where the order is now."""

from collections.abc import Sequence
from hashlib import sha256

from bot.core.phrases import spans_line, strong, text_line
from bot.core.progress import parcels, progress, stage_emoji
from bot.core.promise import due
from bot.core.render import order_name, short, title_of
from bot.model.change import Kind
from bot.model.message import Line, Message, Text, When
from bot.model.order import Order, Snapshot

_KINDS = frozenset(kind.value for kind in Kind)
_PARCELS_SHOWN = 5
"""The replies name them all."""


def card(snapshot: Snapshot, *, label: str, kinds: Sequence[str]) -> Message:
    """Where an order is now. `label` is its source's; `kinds` are those of the last news about it.

    Nothing in it grows old by itself, such as `late by 2 days`: it is written anew only when there is news.
    """
    order = snapshot.order
    name = f"Order {order_name(order)}"
    return Message(
        emoji=stage_emoji(order),
        headline=spans_line(strong(name), f" · {short(order.status.word)}"),
        body=(*progress(order), *_dates(order), *_some(parcels(order)), *_last(kinds)),
        footer=Line(spans=(Text(text=f"{label} · seen "), When(at=snapshot.seen_at))),
    )


def digest(message: Message) -> str:
    """Equal for messages that say the same."""
    return sha256(message.model_dump_json(exclude_none=True).encode()).hexdigest()[:16]


def _dates(order: Order) -> list[Line]:
    promised = due(order)
    return [spans_line("Delivery promised for ", When(at=promised, style="strong"))] if promised else []


def _some(lines: Sequence[Line]) -> list[Line]:
    more = len(lines) - _PARCELS_SHOWN
    return [*lines[:_PARCELS_SHOWN], *([text_line(f"and {more} more")] if more > 0 else [])]


def _last(kinds: Sequence[str]) -> list[Line]:
    titles = list(dict.fromkeys(_title(kind) for kind in kinds))
    return [text_line(f"Last news: {', '.join(titles)}")] if titles else []


def _title(kind: str) -> str:
    """What is not a change of an order is called by its own name."""
    return title_of(Kind(kind)) if kind in _KINDS else kind.replace("_", " ").capitalize()
