"""What a rule can look at: one entry a matcher, from which matching, explaining and the search for dead rules follow.

To add one: a member of Route, an entry here, and a key of the config's RouteEntry.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import translate
from functools import lru_cache
from typing import Any

from bot.core.render import po_name
from bot.model.change import Kind, Severity
from bot.model.order import Order, normal_word
from bot.model.route import News, Route

_URGENT = frozenset(
    {Kind.CANCELLED, Kind.VANISHED, Kind.MOVED_BACKWARDS, Kind.UNDISPATCHED, Kind.CANCELLED_AFTER_DISPATCH}
)
_LOW = frozenset({Kind.LINE_CHANGED, Kind.TRACKING_REPLACED, Kind.OTHER, Kind.MOVED_EARLIER, Kind.CLOSED})
_SHOWN = 3
"""Texts of an order that are shown where none of them matched."""


def severity_of(kind: Kind) -> Severity:
    """How urgent a kind of change is where no route says otherwise."""
    if kind in _URGENT:
        return Severity.URGENT
    return Severity.LOW if kind in _LOW else Severity.NORMAL


@dataclass(frozen=True, slots=True)
class Matcher:
    """One thing to look at."""

    key: str
    """As it is written in the file."""
    member: str
    """Of Route."""
    matches: Callable[[Any, News], bool]
    """Whether what is wanted is found; the wanted value is not None."""
    found: Callable[[News], str]
    """What there is, in words; empty where there is nothing."""
    covers: Callable[[Any, Any], bool] | None
    """Whether whatever the second value matches is matched by the first; None: see `core/dead_rules`."""

    def wanted(self, route: Route) -> str:
        """What a route wants, in words."""
        value = getattr(route, self.member)
        if isinstance(value, frozenset):
            value = sorted(value)
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def glob(pattern: str, text: str | None) -> bool:
    """Whether a text is as the pattern says, whatever its case: `*` is any characters, `?` is one."""
    return text is not None and _compiled(pattern.casefold()).match(text.casefold()) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern.replace("[", "[[]")))


def _of_order(test: Callable[[Any, Order], bool]) -> Callable[[Any, News], bool]:
    return lambda wanted, news: news.order is not None and test(wanted, news.order)


def _seen(words: Callable[[Order], Iterable[str | None]]) -> Callable[[News], str]:
    return lambda news: "" if news.order is None else ", ".join(filter(None, words(news.order)))


def _status_words(order: Order) -> list[str]:
    status = order.status
    words = [word for word in (status.text, status.code, status.stage.value) if word]
    return list({normal_word(word): word for word in reversed(words)}.values())[::-1]


def _has_status(wanted: tuple[str, ...], order: Order) -> bool:
    words = {normal_word(word) for word in _status_words(order)}
    return any(normal_word(word) in words for word in wanted)


def _has_amount(wanted: Any, order: Order) -> bool:
    return order.amount is not None and bool(wanted.holds(Decimal(order.amount), order.currency))


def _amount_words(order: Order) -> list[str | None]:
    return [f"{order.amount} {order.currency or ''}".strip() if order.amount else None]


def _has_number(wanted: tuple[str, ...], order: Order) -> bool:
    names = (order.number, order.number.lstrip("0"), order.key)
    return any(glob(pattern, name) for pattern in wanted for name in names)


def _references(order: Order) -> list[str]:
    """The customer's own number as the source writes it, and as messages do: people copy it from there."""
    return [order.reference, po_name(order.reference)] if order.reference else []


def _has_reference(wanted: tuple[str, ...], order: Order) -> bool:
    return any(glob(pattern, name) for pattern in wanted for name in _references(order))


def _texts(order: Order) -> list[str]:
    texts = [text for line in order.lines for text in (line.product, line.description)]
    return list(dict.fromkeys(filter(None, (*texts, order.cancel_reason, *order.fields.values()))))


def _has_text(wanted: tuple[str, ...], order: Order) -> bool:
    return any(glob(f"*{pattern}*", text) for pattern in wanted for text in _texts(order))


def _text_words(order: Order) -> list[str | None]:
    texts = _texts(order)
    more = f"and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else None
    return [*texts[:_SHOWN], more]


def _any_covers(one: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda wide, narrow: all(any(one(first, second) for first in wide) for second in narrow)


def _glob_covers(wide: str, narrow: str) -> bool:
    """Sure only where the wide one has no `?`: a `*` of the narrow one is no single character."""
    return wide.casefold() == narrow.casefold() or ("?" not in wide and glob(wide, narrow))


MATCHERS = (
    Matcher("on", "on", lambda wanted, news: news.kind in wanted, lambda news: news.kind, None),
    Matcher("source", "sources", lambda wanted, news: news.source in wanted, lambda news: news.source, None),
    Matcher(
        "watchlist", "watchlists", lambda wanted, news: news.watchlist in wanted, lambda news: news.watchlist, None
    ),
    Matcher(
        "severity",
        "severities",
        lambda wanted, news: severity_of(news.kind) in wanted,
        lambda news: severity_of(news.kind),
        None,
    ),
    Matcher(
        "status",
        "statuses",
        _of_order(_has_status),
        _seen(_status_words),
        _any_covers(lambda wide, narrow: normal_word(wide) == normal_word(narrow)),
    ),
    Matcher(
        "reference",
        "references",
        _of_order(_has_reference),
        _seen(lambda order: [order.reference]),
        _any_covers(_glob_covers),
    ),
    Matcher(
        "amount",
        "amount",
        _of_order(_has_amount),
        _seen(_amount_words),
        lambda wide, narrow: bool(wide.covers(narrow)),
    ),
    Matcher("order", "orders", _of_order(_has_number), _seen(lambda order: [order.number]), _any_covers(_glob_covers)),
    Matcher(
        "text",
        "texts",
        _of_order(_has_text),
        _seen(_text_words),
        _any_covers(lambda wide, narrow: _glob_covers(f"*{wide}*", narrow)),
    ),
)
"""In the order in which a person reads a rule."""


def written(route: Route) -> list[Matcher]:
    """The matchers a route has."""
    return [matcher for matcher in MATCHERS if getattr(route, matcher.member) is not None]


def rule_words(route: Route) -> str:
    """What a route matches: `everything`, or `dispatched, status`, or `urgent · amount >= 1000`."""
    words = [
        matcher.wanted(route) if matcher.key in ("on", "severity") else f"{matcher.key} {matcher.wanted(route)}"
        for matcher in written(route)
    ]
    return " · ".join(words) or "everything"
