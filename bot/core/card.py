"""The card of an order: the message at the head of its thread, which always says where the order is now."""

from collections.abc import Sequence
from hashlib import sha256

from bot.core.phrases import spans_line, strong
from bot.core.progress import parcels, progress, stage_emoji
from bot.core.promise import due
from bot.core.render import order_name, short, title_of
from bot.core.words import ENGLISH, Words
from bot.model.change import Kind
from bot.model.message import Line, Message, When
from bot.model.order import Order, Snapshot

_KINDS = frozenset(kind.value for kind in Kind)
_PARCELS_SHOWN = 5
"""The replies name them all."""


def card(snapshot: Snapshot, *, label: str, kinds: Sequence[str], words: Words = ENGLISH) -> Message:
    """Where an order is now. `label` is its source's; `kinds` are those of the last news about it.

    Nothing in it grows old by itself, such as `late by 2 days`: it is written anew only when there is news.
    """
    order = snapshot.order
    name = words("Order {order}", order=order_name(order))
    return Message(
        emoji=stage_emoji(order),
        headline=spans_line(strong(name), f" · {short(words.status(order.source, order.status.word))}"),
        body=(
            *progress(order, words=words),
            *_dates(order, words),
            *_some(parcels(order, words), words),
            *_last(kinds, words),
        ),
        footer=words.line("{source} · seen {when}", source=label, when=When(at=snapshot.seen_at)),
        language=words.language,
    )


def digest(message: Message) -> str:
    """Equal for messages that say the same."""
    return sha256(message.model_dump_json(exclude_none=True).encode()).hexdigest()[:16]


def _dates(order: Order, words: Words) -> list[Line]:
    promised = due(order)
    return [words.line("Delivery promised for {date}", date=When(at=promised, style="strong"))] if promised else []


def _some(lines: Sequence[Line], words: Words) -> list[Line]:
    more = len(lines) - _PARCELS_SHOWN
    return [*lines[:_PARCELS_SHOWN], *([words.line("and {count} more", count=more)] if more > 0 else [])]


def _last(kinds: Sequence[str], words: Words) -> list[Line]:
    titles = list(dict.fromkeys(_title(kind, words) for kind in kinds))
    return [words.line("Last news: {titles}", titles=", ".join(titles))] if titles else []


def _title(kind: str, words: Words) -> str:
    """What is not a change of an order is called by its own name."""
    return title_of(Kind(kind), words) if kind in _KINDS else kind.replace("_", " ").capitalize()
