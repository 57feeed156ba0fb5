"""Which changes go where, and what a rule looks at to decide."""

from datetime import timedelta

from bot.model.amount import AmountRange
from bot.model.change import Kind, Severity
from bot.model.frozen import Frozen
from bot.model.order import Order


class Route(Frozen):
    """One rule: the news it matches goes to its destinations; the next rule is asked only if `continues`.

    It matches what all of its matchers match; None matches anything. Within a matcher one of its values is enough.
    """

    to: tuple[str, ...]
    """Names of destinations."""
    on: frozenset[Kind] | None = None
    """Kinds of change."""
    sources: frozenset[str] | None = None
    watchlists: frozenset[str] | None = None
    severities: frozenset[Severity] | None = None
    """How urgent the kind of change is by itself, whatever rules make of it."""
    statuses: tuple[str, ...] | None = None
    """Words or codes of the source, or names of our stages; of the order after the change."""
    references: tuple[str, ...] | None = None
    """Patterns of the customer's own number."""
    amount: AmountRange | None = None
    orders: tuple[str, ...] | None = None
    """Patterns of the order's number."""
    texts: tuple[str, ...] | None = None
    """Patterns that occur in a product, a description, a reason or a field asked for."""
    continues: bool = False
    severity: Severity | None = None
    """What the news is made; None: what its kind is by itself."""
    mention: tuple[str, ...] = ()
    """Ids of people in the chat of the destinations, who are called."""
    group_wait: timedelta | None = None
    """How long one order is gathered; None: as its destination wants."""
    label: str
    """Where it stands in the file: `watchlists.plant-3 panels.notify[0]`."""


class News(Frozen):
    """What rules are asked about: one kind of change of one order, as one watchlist follows it."""

    kind: Kind
    source: str
    watchlist: str
    """Name; empty where only the catch-all is asked."""
    order: Order | None = None
    """After the change. None: it is about no single order, and matchers that look at one do not match."""
    minor: bool = False
    """Whether only rules that name its kind take it."""


class Assertion(Frozen):
    """News that somebody expects at certain destinations, with its place in a file."""

    given: News
    expect: frozenset[str]
    file: str
    line: int | None
    key: str
