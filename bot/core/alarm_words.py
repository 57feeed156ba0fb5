"""What is said of news that time makes, and of what stands behind it: one place for all its words."""

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


def lines(change: Change) -> list[Line]:
    """What a message says of one of KINDS."""
    spans = _spans(change)
    if spans and change.again:
        spans.append(Text(text=f" (reminder {change.again})"))
    return [Line(spans=tuple(spans))] if spans else []


def closing(lead: int | None, slips: int, changes: int) -> str:
    """The closing note of an order: days from order to end, how often its date slipped, how much happened to it."""
    words = [f"took {_counted(lead, 'day')} from order to end"] if lead is not None else []
    words += [_counted(slips, "slip"), _counted(changes, "change")]
    return "Closed: " + ", ".join(words)


def counted(overdue: int, stuck: int) -> str:
    """How many of many orders are so: `12 overdue, 3 stuck`; empty if none is."""
    return ", ".join(f"{count:,} {word}" for count, word in ((overdue, "overdue"), (stuck, "stuck")) if count)


def _spans(change: Change) -> list[Span]:
    match change.kind:
        case Kind.STUCK:
            return _stuck(change)
        case Kind.NOT_MOVING:
            return _with_since(f"Dispatched {_working(change.days)} ago, and nothing since", change.at)
        case Kind.DUE_TODAY:
            return _with_date("Promised for today: ", change.after)
        case Kind.OVERDUE:
            late = f", {_counted(change.days, 'day')} ago" if change.days else ""
            return [*_with_date("Was promised for ", change.after), Text(text=late)]
        case Kind.NO_TRACKING:
            return [Text(text="It was completed, and no tracking number was ever told")]
        case Kind.CANCELLED_AFTER_DISPATCH:
            what = f"line {change.line}" if change.line else "it"
            return [Text(text=f"Something of {what} had been dispatched already: it may still arrive")]
        case Kind.CLOSED:
            return [Text(text=change.after or "Archived")]
        case _:
            return _with_since("Reopened: it had been archived", change.at)


def _stuck(change: Change) -> list[Span]:
    word = f"'{change.before}'" if change.before else "this status"
    spans = [*_with_since(f"In {word} for {_working(change.days)}", change.at)]
    within = _working(change.limit)
    match change.basis:
        case Basis.LEARNED:
            spans.append(Text(text=f"; 95 % of orders leave it within {within}"))
        case Basis.USUAL:
            spans.append(Text(text=f"; usual is to leave it within {within}"))
        case Basis.CONFIGURED if change.limit is not None:
            spans.append(Text(text=f"; it was to take {within} at most"))
    return spans


def _with_since(text: str, since: Moment | None) -> list[Span]:
    return [Text(text=f"{text}, since "), When(at=since)] if since else [Text(text=text)]


def _with_date(text: str, date: str | None) -> list[Span]:
    return [Text(text=text), When(at=Moment(date))] if date else []


def _working(days: int | None) -> str:
    return _counted(days, "working day") if days is not None else "long"


def _counted(count: int | None, noun: str) -> str:
    return f"{count or 0} {noun}" if count == 1 else f"{count or 0} {noun}s"
