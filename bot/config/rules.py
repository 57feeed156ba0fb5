"""Rules of the file: what may stand in one, and from a list of them to routes that can all be reached."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from bot import registry
from bot.config.file import Kinds
from bot.config.problems import Complaints, Place, dotted, hint
from bot.config.written import Name, Names, Written, list_of_one
from bot.core.dead_rules import Cells, cells, reach, surely_taken, takers
from bot.core.matchers import written
from bot.model.amount import AmountRange, parse_amounts
from bot.model.change import PROMISE_KINDS, Kind, Severity
from bot.model.route import Route
from bot.model.units import Duration
from bot.model.watch import Watchlist

_M = TypeVar("_M", bound=BaseModel)
_MOST_CALLED = 10
"""People in one rule. Whoever wants to call more has a group for it, and a message has no room for crowds."""


def _number_or_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        raise ValueError("must not be negative")
    return value


_ANY_SEVERITY = {"enum": [severity.value for severity in Severity]}
Severities = Annotated[
    list[Severity],
    BeforeValidator(list_of_one),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_ANY_SEVERITY, {"type": "array", "items": _ANY_SEVERITY, "minItems": 1}]}),
]
_WORD = {"type": ["string", "integer", "number"]}
Words = Annotated[
    list[Name],
    BeforeValidator(_number_or_list),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}]}),
]
Amounts = Annotated[
    AmountRange,
    BeforeValidator(parse_amounts),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": [">= 1000", ">= 100, < 5000 EUR"]},
                {
                    "type": "object",
                    "properties": {
                        "min": {"type": "number"},
                        "max": {"type": "number"},
                        "currency": {"type": "string"},
                    },
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
Wait = Annotated[Duration, AfterValidator(_not_negative)]


class RouteEntry(Written):
    """One rule: which news goes where. It matches what all of its matchers match; without any, everything."""

    to: Names
    """Name of a destination, or a list of names."""
    on: Kinds | None = None
    """Matcher: kinds of change."""
    source: Names | None = None
    """Matcher: sources. Only where the rules are for all watchlists."""
    watchlist: Names | None = None
    """Matcher: watchlists. Only where the rules are for all of them."""
    severity: Severities | None = None
    """Matcher: `low`, `normal` or `urgent`, which a kind of change is by itself."""
    status: Words | None = None
    """Matcher: the order's status after the change, as the source words or codes it, or one of our stages."""
    reference: Words | None = None
    """Matcher: the customer's own number; `*` is any characters, `?` is one."""
    amount: Amounts | None = None
    """Matcher: the order's amount, such as `>= 1000` or `{min: 100, max: 5000, currency: EUR}`."""
    order: Words | None = None
    """Matcher: the order's number; `*` is any characters, `?` is one."""
    text: Words | None = None
    """Matcher: words in a product, a description, a reason or one of `fields`; `*` is any characters, `?` is one."""
    continues: bool = Field(default=False, alias="continue")
    """Whether the next rule is asked even when this one matches."""
    made: Severity | None = Field(default=None, alias="as")
    """What the news is made: `low` makes no sound in Telegram, `urgent` waits for nothing."""
    mention: Annotated[Words, Field(max_length=_MOST_CALLED)] | None = None
    """Ids of people to call, as the chat of the destination has them."""
    group_wait: Wait | None = None
    """How long what happens to one order is gathered, where it is not as long as the destination says."""


_MEMBERS = {"on": "on", "sources": "source", "watchlists": "watchlist", "severities": "severity"}


class Model(Protocol):
    """Validates a piece of the file; complains and returns None where it does not hold."""

    def __call__(self, model: type[_M], place: Place, data: Any, *, rest: bool = False) -> _M | None:
        """The piece; with `rest` also a piece of which some members do not hold."""
        ...


class Rules:
    """Reads lists of rules."""

    def __init__(
        self,
        model: Model,
        complaints: Complaints,
        names: Callable[[Place, list[str]], None],
        *,
        chats: Mapping[str, str],
        sources: Mapping[str, Any],
        watchlists: Mapping[str, Any],
    ) -> None:
        """`names` complains about destinations that do not exist; `chats` has the chat of those that do.

        `sources` and `watchlists` are those that are written, sound or not.
        """
        self._model = model
        self._complaints = complaints
        self._names = names
        self._chats = chats
        self._sources = sources
        self._watchlists = watchlists

    def of_watchlist(self, name: str, source: str, data: Any) -> tuple[Route, ...]:
        """The rules of one watchlist."""
        return self._read(("watchlists", name, "notify"), data, cells([(name, source)]), own=name)

    def catch_all(self, data: Any, watchlists: Mapping[str, Watchlist]) -> tuple[Route, ...]:
        """The rules for what no watchlist routes; the last of them must take everything."""
        ground = cells([("", ""), *(("", source) for source in self._sources)])
        for name, each in watchlists.items():
            own = cells([(name, each.source)])
            ground |= own - surely_taken(each.notify, own)
        for name in self._watchlists.keys() - watchlists.keys():  # wrong in themselves, which is said elsewhere
            ground |= cells((name, source) for source in self._sources)
        routes = self._read(("notify",), data, ground)
        if data == []:
            self._complaints.add(("notify",), "is empty; name a catch-all, such as [{to: ops}]")
        elif isinstance(data, list) and routes:
            last = ("notify", len(data) - 1)
            if routes[-1].label == dotted(last):
                for matcher in written(routes[-1]):
                    text = "must be left out of the last rule here: it is the catch-all"
                    self._complaints.add((*last, matcher.key), text)
        return routes

    def _read(self, place: Place, data: Any, ground: Cells, *, own: str | None = None) -> tuple[Route, ...]:
        routes: list[Route] = []
        for index, rule in enumerate(data if isinstance(data, list) else ()):
            here = (*place, index)
            entry = self._model(RouteEntry, here, rule, rest=True)
            if entry is not None:
                self._check(here, entry, own)
            if entry is None or self._complaints.within(here):
                continue
            routes.append(_route(entry, dotted(here)))
            self._check_reach(here, routes, ground)
        return tuple(routes)

    def _check(self, here: Place, entry: RouteEntry, own: str | None) -> None:
        self._names((*here, "to"), entry.to)
        for key, wanted, known in (
            ("source", entry.source, self._sources),
            ("watchlist", entry.watchlist, self._watchlists),
        ):
            for name in wanted or ():
                if own is not None:
                    text = f"is the same for all of '{own}'; it belongs into the rules at the end of the file"
                    self._complaints.add((*here, key), text)
                elif name not in known:
                    self._complaints.add((*here, key), f"there is no {key} '{name}'{hint(name, known)}")
        for person in entry.mention or ():
            for name in entry.to:
                self._check_person((*here, "mention"), person, name)

    def _check_person(self, place: Place, person: str, destination: str) -> None:
        if destination not in self._chats:
            return
        try:
            registry.read_person(self._chats[destination], person)
        except ValueError as error:
            self._complaints.add(place, f"{error}, where '{destination}' is")

    def _check_reach(self, here: Place, routes: list[Route], ground: Cells) -> None:
        route = routes[-1]
        wide = reach(route.model_copy(update=dict.fromkeys(_MEMBERS)), ground)
        if wide and not reach(route, ground) and len(_weighed(route)) > 1:
            keys = " and ".join(f"`{key}`" for key in _weighed(route))
            self._complaints.add(here, f"matches nothing: no news is as {keys} say together")
            return
        earlier = takers(routes, len(routes) - 1, ground)
        if earlier is not None:
            by = " and ".join(route.label.rpartition(".")[2] for route in earlier) or "the rules of those watchlists"
            verb = "takes" if len(earlier) == 1 else "take"
            self._complaints.add(here, f"is never reached: {by} {verb} every change it matches")


def _weighed(route: Route) -> list[str]:
    return [key for member, key in _MEMBERS.items() if getattr(route, member) is not None]


def _route(entry: RouteEntry, label: str) -> Route:
    return Route(
        to=tuple(dict.fromkeys(entry.to)),
        on=None if entry.on is None else frozenset(entry.on) | _moves(entry.on),
        sources=_set(entry.source),
        watchlists=_set(entry.watchlist),
        severities=_set(entry.severity),
        statuses=_tuple(entry.status),
        references=_tuple(entry.reference),
        amount=entry.amount,
        orders=_tuple(entry.order),
        texts=_tuple(entry.text),
        continues=entry.continues,
        severity=entry.made,
        mention=_tuple(entry.mention) or (),
        group_wait=entry.group_wait,
        label=label,
    )


def _moves(kinds: list[Kind]) -> frozenset[Kind]:
    """Whoever asks for moves of promises asks for slips too, and for what moved earlier."""
    return PROMISE_KINDS if Kind.PROMISE_MOVED in kinds else frozenset()


_T = TypeVar("_T")


def _set(values: list[_T] | None) -> frozenset[_T] | None:
    return None if values is None else frozenset(values)


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(dict.fromkeys(values))
