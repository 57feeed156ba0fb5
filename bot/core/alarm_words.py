"""What is said of news that time makes, and of what stands behind it: one place for all its words."""

from bot.core.words import ENGLISH, Words
from bot.model.change import Basis, Change, Kind
from bot.model.message import Line, Span, Text, When
from bot.model.moment import Moment

KINDS = frozenset(
    {
        Kind.STUCK,
        Kind.DUE_TODAY,
        Kind.OVERDUE,
        Kind.NOT_MOVING,
        Kind.NO_TRACKING,
        Kind.CANCELLED_AFTER_DISPATCH,
        Kind.CLOSED,
        Kind.REOPENED,
    }
)
"""Those that have their words here."""


def lines(change: Change, source: str, words: Words = ENGLISH) -> list[Line]:
    """What a message says of one of KINDS, about an order of `source`."""
    spans = _spans(change, source, words)
    if spans and change.again:
        spans = words.spans("{news} (reminder {number})", news=spans, number=change.again)
    return [Line(spans=spans)] if spans else []


def closing(lead: int | None, slips: int, changes: int, words: Words = ENGLISH) -> str:
    """The closing note of an order: days from order to end, how often its date slipped, how much happened to it."""
    facts = []
    if lead is not None:
        facts.append(words.count(lead, "took {n} day from order to end", "took {n} days from order to end"))
    facts.append(words.count(slips, "{n} slip", "{n} slips"))
    facts.append(words.count(changes, "{n} change", "{n} changes"))
    return words("Closed: {facts}", facts=", ".join(facts))


def counted(overdue: int, stuck: int, words: Words = ENGLISH) -> str:
    """How many of many orders are so: `12 overdue, 3 stuck`; empty if none is."""
    said = [words.count(overdue, "{n} overdue", "{n} overdue")] if overdue else []
    said += [words.count(stuck, "{n} stuck", "{n} stuck")] if stuck else []
    return ", ".join(said)


def _spans(change: Change, source: str, words: Words) -> tuple[Span, ...]:
    match change.kind:
        case Kind.STUCK:
            return _stuck(change, source, words)
        case Kind.NOT_MOVING:
            spans = _not_moving(change.days, words)
            return words.spans("{news} ({when})", news=spans, when=When(at=change.at)) if change.at else spans
        case Kind.DUE_TODAY:
            return words.spans("Promised for today: {date}", date=_date(change.after)) if change.after else ()
        case Kind.OVERDUE:
            return _overdue(change, words)
        case Kind.NO_TRACKING:
            return words.spans("It was completed, and no tracking number was ever told")
        case Kind.CANCELLED_AFTER_DISPATCH:
            if change.line:
                text = "Something of line {line} had been dispatched already: it may still arrive"
                return words.spans(text, line=change.line)
            return words.spans("Something of it had been dispatched already: it may still arrive")
        case Kind.CLOSED if change.slips is not None and change.moves is not None:
            return (Text(text=closing(change.days, change.slips, change.moves, words)),)
        case Kind.CLOSED:
            return (Text(text=change.after or words("Archived")),)
        case _:
            return _since(words.spans("Reopened: it had been archived"), change.at, words)


def _stuck(change: Change, source: str, words: Words) -> tuple[Span, ...]:
    spans = _since(_waiting(change, source, words), change.at, words)
    match change.basis:
        case _ if change.limit is None:
            return spans
        case Basis.LEARNED:
            one = "{news}; 95 % of orders leave it within {n} working day"
            return words.counted(
                change.limit, one, "{news}; 95 % of orders leave it within {n} working days", news=spans
            )
        case Basis.USUAL:
            one = "{news}; usual is to leave it within {n} working day"
            return words.counted(change.limit, one, "{news}; usual is to leave it within {n} working days", news=spans)
        case Basis.CONFIGURED:
            one = "{news}; it was to take {n} working day at most"
            return words.counted(change.limit, one, "{news}; it was to take {n} working days at most", news=spans)
        case _:
            return spans


def _waiting(change: Change, source: str, words: Words) -> tuple[Span, ...]:
    if not change.before:
        if change.days is None:
            return words.spans("In this status for long")
        return words.counted(change.days, "In this status for {n} working day", "In this status for {n} working days")
    status = words.status(source, change.before)
    if change.days is None:
        return words.spans("In '{status}' for long", status=status)
    one, many = "In '{status}' for {n} working day", "In '{status}' for {n} working days"
    return words.counted(change.days, one, many, status=status)


def _not_moving(days: int | None, words: Words) -> tuple[Span, ...]:
    if days is None:
        return words.spans("Dispatched long ago, and nothing since")
    return words.counted(
        days,
        "Dispatched {n} working day ago, and nothing since",
        "Dispatched {n} working days ago, and nothing since",
    )


def _overdue(change: Change, words: Words) -> tuple[Span, ...]:
    if not change.after:
        return ()
    spans = words.spans("Was promised for {date}", date=_date(change.after))
    if not change.days:
        return spans
    return words.counted(change.days, "{news}, {n} day ago", "{news}, {n} days ago", news=spans)


def _since(spans: tuple[Span, ...], since: Moment | None, words: Words) -> tuple[Span, ...]:
    return words.spans("{news}, since {when}", news=spans, when=When(at=since)) if since else spans


def _date(date: str) -> When:
    return When(at=Moment(date))
