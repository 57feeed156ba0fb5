"""What happened to an order, who was told, and why somebody was or was not."""

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from bot.core.commands import written
from bot.core.matchers import rule_words
from bot.core.matchers import written as written_matchers
from bot.core.mutes import wish_of
from bot.core.phrases import (
    STATE_WORDS,
    Answer,
    Offer,
    Reading,
    counted,
    footer,
    mute_lines,
    person_words,
    place_words,
    says,
    spans_line,
    strong,
    text_line,
)
from bot.core.render import order_name
from bot.core.summary import BACK
from bot.core.waits import waits_of
from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.command import Verb
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import Moment
from bot.model.outbox import Destination, State
from bot.model.route import Route
from bot.model.talk import ChatWatch
from bot.model.view import ChangeRow, Found, Told

PAGE = 15
"""Changes on a page."""


def history(found: Found, changes: Sequence[ChangeRow], reading: Reading, *, page: int = 1) -> Answer:
    """The changes of one order, newest first. `changes` are those of the page, and one more where another follows."""
    order = found.snapshot.order
    offers = []
    if page > 1:
        offers.append(Offer("Newer", written(Verb.HISTORY, order.key, order.source, "page", str(page - 1))))
    if len(changes) > PAGE:
        offers.append(Offer("Older", written(Verb.HISTORY, order.key, order.source, "page", str(page + 1))))
    body = [told_line(change, reading) for change in changes[:PAGE]]
    if not body:
        body = [text_line("Nothing has changed since it is watched." if page == 1 else "There is nothing older.")]
    message = Message(
        emoji="📜",
        headline=spans_line("History of ", strong(order_name(order)), f" · page {page}" if page > 1 else ""),
        body=tuple(body),
        footer=footer(found, reading, has_changed=page > 1 or bool(changes)),
    )
    return Answer((message,), (*offers, Offer("Status", written(Verb.STATUS, order.key, order.source))))


def told_line(row: ChangeRow, reading: Reading) -> Line:
    """One change: when it was seen, what it was, and what became of the news."""
    told = list(_told_words(row.told, reading))
    end = f" ({'; '.join(told)})" if told else " (nobody was to be told)"
    return spans_line(When(at=row.seen_at), ": ", *_change_spans(Change.model_validate(row.change)), end)


def why(
    found: Found,
    told: Sequence[Told],
    routes: Mapping[str, Sequence[Route]],
    reading: Reading,
    watches: Sequence[ChatWatch] = (),
    *,
    destinations: Mapping[str, Destination] = MappingProxyType({}),
    lines: Mapping[str, str] = MappingProxyType({}),
    has_changed: bool = True,
) -> Answer:
    """What was sent where, or not, and by which rule; and where news of it goes now.

    `routes` are the rules by which it goes now, by watchlist; `watches` are those who follow it from chat;
    `destinations` are those of the config, by name; `lines` where its rules stand, by label.
    """
    order = found.snapshot.order
    body = [_sending(one, destinations.get(one.destination), reading) for one in told]
    if not body:
        body.append(text_line("No news of it was to be sent to anybody yet."))
    if not routes and not watches:
        body.append(text_line("Nobody follows it now, so news of it goes nowhere. To be told: watch it."))
    body += dict.fromkeys([*_by_rules(routes, lines, reading), *_by_hand(watches, reading)])
    body += mute_lines(order, reading)
    message = Message(
        emoji="🧭",
        headline=spans_line("News of ", strong(order_name(order)), f": {counted(len(told), 'message')}"),
        body=tuple(body),
        footer=footer(found, reading, has_changed=has_changed),
    )
    return Answer((message,), (Offer("History", written(Verb.HISTORY, order.key, order.source)),))


def ambiguous(lines: Sequence[Line]) -> Answer:
    """Several orders go by a name, and only one can be meant."""
    return says(
        f"That is {counted(len(lines), 'order')}. Which one? Ask by its own number, or add: at SOURCE",
        *lines,
        emoji="❔",
        outcome="ambiguous",
    )


def _sending(told: Told, destination: Destination | None, reading: Reading) -> Line:
    what = ", ".join(kind.replace("_", " ") for kind in told.kinds)
    state = told.told_by or told.state
    words = "not told to" if state is State.MERGED and told.reason == BACK else STATE_WORDS[state]
    spans: list[Span | str] = [When(at=told.created_at), f": {what} · {words} "]
    spans.append(strong(place_words(told.destination, reading)))
    if state is State.SENT and told.settled_at:
        spans += [" at ", When(at=told.settled_at)]
    if told.others:
        spans.append(f", together with {counted(told.others, 'other')}")
    is_known = told.destination in (reading.public_places | reading.own_places) or reading.is_insider
    if told.state is State.PENDING:
        spans += _waiting(told, destination if is_known else None, reading)
    if is_known:
        spans.append(f" · by {_route_words(told.route, reading)}")
        is_said = told.state is State.SENT or told.told_by is not None
        spans += _reason_spans(told.reason, reading) if told.reason and not is_said else []
    return spans_line(*spans)


def _waiting(told: Told, destination: Destination | None, reading: Reading) -> Iterable[Span | str]:
    if destination is None:
        return [", not before ", When(at=told.not_before)] if told.not_before else []
    waits = waits_of(told, destination, reading.now)
    return [f", {waits.what} until ", When(at=waits.until)] if waits else []


def _route_words(route: str, reading: Reading) -> str:
    """The rules that brought it, without the people and the chats of others."""

    def masked(watch: re.Match[str]) -> str:
        who = person_words(watch["person"], reading)
        return watch[0] if who == watch["person"] else f"watch by {who}"

    return _WATCH.sub(masked, route)


_WATCH = re.compile(r"watch by (?P<person>[^\s,]+)( in [^\s,]+)?")
"""The label of a rule that somebody set up in chat."""


def _reason_spans(reason: str, reading: Reading) -> Iterable[Span | str]:
    wish = wish_of(reason)
    if wish is None:
        return [f" · {reason}"]
    verb = "held" if wish.holds else "muted"
    spans: list[Span | str] = [f" · {verb} by {person_words(wish.person, reading)} until "]
    spans.append(When(at=wish.until) if wish.until else wish.end)
    return [*spans, f" (“{wish.note}”)"] if wish.note else spans


def _by_rules(routes: Mapping[str, Sequence[Route]], lines: Mapping[str, str], reading: Reading) -> Iterable[Line]:
    for name, taken in routes.items():
        for route in taken:
            places = ", ".join(dict.fromkeys(place_words(place, reading) for place in route.to))
            is_known = reading.is_insider or reading.public_places.issuperset(route.to)
            news = rule_words(route).replace("_", " ") if is_known else _kind_words(route)
            rule = f"{lines[route.label]}, {route.label}" if route.label in lines else route.label
            yield text_line(f"From now on: {news} → {places}" + (f", by {rule} ({name})" if is_known else ""))


def _kind_words(route: Route) -> str:
    """What a rule matches, without the numbers and words it looks at: they may be those of other orders."""
    kinds = "everything" if route.on is None else ", ".join(sorted(kind.replace("_", " ") for kind in route.on))
    looks_further = any(matcher.key != "on" for matcher in written_matchers(route))
    return f"some of {kinds}" if looks_further else kinds


def _by_hand(watches: Sequence[ChatWatch], reading: Reading) -> Iterable[Line]:
    for watch in watches:
        place, who = place_words(watch.destination, reading), person_words(watch.person, reading)
        yield text_line(f"From now on: everything → {place}, by a watch of {'yours' if who == 'you' else who}")


def _told_words(told: Sequence[str], reading: Reading) -> Iterable[str]:
    """`told ops, sales`, `muted for brazil`."""
    places: dict[State, list[str]] = {}
    for one in told:
        destination, _, state = one.rpartition(": ")
        names = places.setdefault(State(state), [])
        if (name := place_words(destination, reading)) not in names:
            names.append(name)
    for state, names in places.items():
        yield f"{STATE_WORDS[state]} {', '.join(names)}"


def _change_spans(change: Change) -> Iterable[Span | str]:
    words = change.kind.value.replace("_", " ")
    if change.kind is Kind.OTHER and change.field:
        words = change.field
    elif change.kind in PROMISE_KINDS:
        words = "ship date" if change.field == "ship_promised" else "delivery date"
        words += "" if change.kind is Kind.PROMISE_MOVED else f" {change.kind.value.replace('_', ' ')}"
    yield f"line {change.line}: {words}" if change.line else words
    if change.package and change.package.tracking_url and change.package.tracking_number:
        yield " "
        yield Link(text=change.package.tracking_number, url=change.package.tracking_url)
        return
    before, after = change.before, change.after or (change.package and change.package.tracking_number)
    if before is None and after is None:
        return
    yield " "
    is_date = change.kind in PROMISE_KINDS
    if before is not None:
        yield When(at=Moment(before)) if is_date else Text(text=before)
    yield " → " if before is not None else ""
    yield (When(at=Moment(after)) if is_date else Text(text=after)) if after else "none"
