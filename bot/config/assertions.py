"""Assertions of the file: news that somebody expects at certain destinations, which `orderwatch check` holds it to."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from bot.config.problems import Complaints, Place, dotted, hint
from bot.config.rules import Model, Words
from bot.config.written import Name, Names, Written
from bot.model.change import Kind
from bot.model.order import LineItem, Order, Stage, Status, normal_word
from bot.model.route import Assertion, News

_AMOUNT = re.compile(r"(-?\d+(?:\.\d+)?)(?:\s+([A-Za-z]{3}))?")


def _amount(written: Any) -> str:
    if isinstance(written, bool) or not _AMOUNT.fullmatch(str(written).strip()):
        raise ValueError(f"{written!r} is no amount such as 1200 or 99.50 EUR")
    return str(written).strip()


Amount = Annotated[str, BeforeValidator(_amount), WithJsonSchema({"type": ["string", "number"]})]


class GivenEntry(Written):
    """News as it might be: a kind of change and what the order is like then."""

    kind: Kind
    """Kind of change."""
    watchlist: Name | None = None
    """The watchlist that follows the order; without it only the rules at the end of the file are asked."""
    source: Name | None = None
    """Where the order comes from, if no watchlist says it."""
    order: Name | None = None
    """The order's number."""
    reference: Name | None = None
    """The customer's own number."""
    status: Name | None = None
    """The status as the source words it, or one of our stages."""
    stage: Stage | None = None
    """Our stage, where `status` is a word of the source."""
    amount: Amount | None = None
    """Such as `1200` or `99.50 EUR`."""
    text: Words | None = None
    """Products or descriptions."""


class AssertionEntry(Written):
    """One assertion."""

    given: GivenEntry
    """The news."""
    expect: Names
    """Every destination that it goes to."""


def read_assertions(
    data: Any,
    model: Model,
    complaints: Complaints,
    *,
    file: str,
    source_of: Mapping[str, str],
    known: Mapping[str, Sequence[str]],
) -> tuple[Assertion, ...]:
    """Assertions of a list; complains about whatever does not hold.

    `source_of` has the source of every watchlist; `known` the names there are of each watchlist, source, destination.
    """
    if data is None:
        return ()
    if not isinstance(data, list):
        complaints.add(("assert",), "must be a list of {given: ..., expect: ...}, or the name of a file with one")
        return ()
    found = []
    for index, each in enumerate(data):
        here = ("assert", index)
        entry = model(AssertionEntry, here, each)
        if entry is None:
            continue
        _check(entry, here, complaints, source_of, known)
        if not complaints.within(here):
            given, line = news_of(entry.given, source_of), complaints.line(here)
            found.append(Assertion(given=given, expect=frozenset(entry.expect), file=file, line=line, key=dotted(here)))
    return tuple(found)


def news_of(given: GivenEntry, source_of: Mapping[str, str], base: Order | None = None) -> News:
    """News as given, of an order that is like `base` in what is not said."""
    source = given.source or source_of.get(given.watchlist or "") or (base.source if base else "")
    order = base or Order(source=source, key=given.order or "", number=given.order or "")
    members: dict[str, Any] = {}
    if given.order:
        members |= {"number": given.order, "key": given.order}
    if given.reference:
        members["reference"] = given.reference
    if given.status or given.stage:
        members["status"] = Status(text=given.status, stage=given.stage or _stage(given.status or ""))
    if given.amount and (amount := _AMOUNT.fullmatch(given.amount)):
        members |= {"amount": amount[1], "currency": amount[2] and amount[2].upper()}
    if given.text:
        members["lines"] = tuple(LineItem(key=str(number), product=text) for number, text in enumerate(given.text))
    return News(kind=given.kind, source=source, watchlist=given.watchlist or "", order=order.model_copy(update=members))


def _stage(word: str) -> Stage:
    stages = {normal_word(stage.value): stage for stage in Stage}
    return stages.get(normal_word(word), Stage.UNKNOWN)


def _check(
    entry: AssertionEntry,
    here: Place,
    complaints: Complaints,
    source_of: Mapping[str, str],
    known: Mapping[str, Sequence[str]],
) -> None:
    given = entry.given
    for place, what, names in (
        ((*here, "given", "watchlist"), "watchlist", [given.watchlist]),
        ((*here, "given", "source"), "source", [given.source]),
        ((*here, "expect"), "destination", entry.expect),
    ):
        for name in names:
            if name is not None and name not in known[what]:
                complaints.add(place, f"there is no {what} '{name}'{hint(name, known[what])}")
    follows = source_of.get(given.watchlist or "")
    if given.source and follows and given.source != follows:
        complaints.add((*here, "given", "source"), f"cannot be: '{given.watchlist}' follows orders of '{follows}'")
