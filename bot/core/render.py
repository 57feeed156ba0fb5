"""From changes to a Message that people like to read.

First line: what happened, to which order, old → new. Then the rest of what changed, dates and slip, then tracking
links; last line: the source and when it was seen. The order of kinds below decides what comes first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.core import alarm_words
from bot.core.words import ENGLISH, Words, phrase
from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import Moment, day_of
from bot.model.order import Order, Package, Stage

_TITLES: dict[Kind, tuple[str, str]] = {
    # Kind: emoji and words. The first kind in this table that happened gives the message its title.
    Kind.CANCELLED_AFTER_DISPATCH: ("🚫", phrase("Cancelled after dispatch")),
    Kind.CANCELLED: ("🚫", phrase("Cancelled")),
    Kind.VANISHED: ("❓", phrase("No longer listed")),
    Kind.MOVED_BACKWARDS: ("⚠️", phrase("Moved backwards")),
    Kind.UNDISPATCHED: ("⚠️", phrase("Dispatch withdrawn")),
    Kind.COMPLETED: ("✅", phrase("Completed")),
    Kind.DISPATCHED: ("🚚", phrase("Dispatched")),
    Kind.REAPPEARED: ("🔎", phrase("Listed again")),
    Kind.APPEARED: ("🆕", phrase("New order")),
    Kind.NO_TRACKING: ("🏷️", phrase("Completed without tracking")),
    Kind.SLIPPED: ("🐢", phrase("Slipped")),
    Kind.OVERDUE: ("⏰", phrase("Overdue")),
    Kind.STUCK: ("🧱", phrase("Stuck")),
    Kind.NOT_MOVING: ("🧱", phrase("Not moving")),
    Kind.DUE_TODAY: ("📆", phrase("Due today")),
    Kind.PROMISE_MOVED: ("📅", phrase("New date")),
    Kind.MOVED_EARLIER: ("📅", phrase("Moved earlier")),
    Kind.TRACKING_REPLACED: ("🏷️", phrase("Tracking replaced")),
    Kind.TRACKING_REMOVED: ("🏷️", phrase("Tracking removed")),
    Kind.TRACKING_ADDED: ("🏷️", phrase("Tracking added")),
    Kind.STATUS: ("🔄", phrase("Status")),
    Kind.LINE_CANCELLED: ("✂️", phrase("Line cancelled")),
    Kind.QUANTITY: ("🔢", phrase("Quantity changed")),
    Kind.LINE_ADDED: ("➕", phrase("Line added")),
    Kind.LINE_CHANGED: ("✏️", phrase("Line changed")),
    Kind.OTHER: ("🔹", phrase("Changed")),
    Kind.REOPENED: ("📂", phrase("Reopened")),
    Kind.CLOSED: ("🗄️", phrase("Archived")),
}
_LONGEST_WORD = 200
"""Characters. Nobody's status or product name is longer; one that is would bury the rest of the message."""
_RANK = {kind: rank for rank, kind in enumerate(_TITLES)}
_STATUS_KINDS = (Kind.STATUS, Kind.COMPLETED, Kind.CANCELLED, Kind.MOVED_BACKWARDS)
_DATE_NAMES = {
    # Field: the date of the order, of one of its lines, of several.
    "delivery_promised": (
        phrase("Delivery: {date}"),
        phrase("Delivery of line {lines}: {date}"),
        phrase("Delivery of lines {lines}: {date}"),
    ),
    "ship_promised": (
        phrase("Shipping: {date}"),
        phrase("Shipping of line {lines}: {date}"),
        phrase("Shipping of lines {lines}: {date}"),
    ),
}
_ANY_DATE = (phrase("Date: {date}"), phrase("Date of line {lines}: {date}"), phrase("Date of lines {lines}: {date}"))


def main_kind(changes: Sequence[Change]) -> Kind:
    """The kind that gives the message its title."""
    return min((change.kind for change in changes), key=_RANK.__getitem__)


def render(
    order: Order,
    changes: Sequence[Change],
    *,
    source: str,
    seen_at: Moment,
    zone: tzinfo,
    words: Words = ENGLISH,
) -> Message:
    """One message about one order. `source` is its label for people; days are counted in `zone`."""
    entry = entry_of(order, changes, zone, words)
    return Message(
        emoji=entry.emoji,
        headline=entry.headline,
        body=(*entry.lines, *_context(order, changes, words)),
        footer=words.line("{source} · seen {when}", source=source, when=When(at=seen_at)),
        language=words.language,
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What changed about one order: a line that says it, and lines that say more."""

    emoji: str
    title: str
    rest: tuple[Span, ...]
    """What follows the name of the order in the headline: from what to what, or how it stands."""
    headline: Line
    lines: tuple[Line, ...]


def entry_of(order: Order, changes: Sequence[Change], zone: tzinfo, words: Words = ENGLISH) -> Entry:
    """What changed about an order, without what the reader would ask next."""
    emoji, title = _TITLES[main_kind(changes)][0], title_of(main_kind(changes), words)
    lines = [line for group in _grouped(changes) for line in _change_lines(group, order, zone, words)]
    rest = _rest(order, changes, words)
    name = (Text(text=title, style="strong"), Text(text=" · "), Text(text=order_name(order), style="strong"))
    return Entry(
        emoji=emoji,
        title=title,
        rest=rest,
        headline=Line(spans=(*name, *rest)),
        lines=tuple(line for line in lines if line != _line(title)),  # a dispatch of which no more is known
    )


def title_of(kind: Kind, words: Words = ENGLISH) -> str:
    """What a kind of change is called: `New date`."""
    return words(_TITLES[kind][1])


def rank_of(kind: Kind) -> int:
    """Its place among the kinds, the most telling first."""
    return _RANK[kind]


def slip_words(change: Change, zone: tzinfo, words: Words) -> str:
    """By how much a promised date moved: `3 days later`; empty where none did."""
    before, after = _moment(change.before), _moment(change.after)
    if change.kind not in PROMISE_KINDS or not before or not after:
        return ""
    days = (day_of(after, zone) - day_of(before, zone)).days
    return _days(days, words) if days else words("same day")


def parcels(order: Order, news: Sequence[Package], words: Words) -> list[list[Span]]:
    """Carrier and linked number of each parcel that is news; of those the order has where none is."""
    return [_package(package, words) for package in news or _packages(order)[:_PACKAGES_SHOWN]]


def order_name(order: Order) -> str:
    """How an order is called in a message: its number, and the customer's own if it has one."""
    return f"{short(order.number)} · {po_name(order.reference)}" if order.reference else short(order.number)


def po_name(reference: str) -> str:
    """How the customer's own number is called: `PO 778`, and not `PO PO-778`."""
    return short(reference) if reference.upper().startswith("PO") else f"PO {short(reference)}"


def short(text: str) -> str:
    """A word or name from outside, shortened where it is longer than any real one; `orders show` has all of it."""
    return text if len(text) <= _LONGEST_WORD else text[: _LONGEST_WORD - 1] + "…"


def _rest(order: Order, changes: Sequence[Change], words: Words) -> tuple[Span, ...]:
    move = next((change for change in changes if change.kind in _STATUS_KINDS), None)
    if move:
        return words.spans(": {move}", move=_from_to(move, order, words))
    if order.status.code or order.status.text:
        return (Text(text=f" · {short(words.status(order.source, order.status.word))}"),)
    return ()


def _grouped(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes that say the same of several lines, together; the most telling kinds first."""
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in sorted(changes, key=lambda change: _RANK[change.kind]):
        same: tuple[object, ...] = (change.kind, change.field, change.before, change.after)
        if change.kind in (Kind.DISPATCHED, Kind.UNDISPATCHED):
            same = (change.kind, (change.at or "")[:16], change.line is None)  # the minute people read
        groups.setdefault(same, []).append(change)
    return list(groups.values())


def _change_lines(group: list[Change], order: Order, zone: tzinfo, words: Words) -> list[Line]:
    change = group[0]
    match change.kind:
        case Kind.STATUS | Kind.COMPLETED | Kind.MOVED_BACKWARDS | Kind.APPEARED | Kind.REAPPEARED | Kind.VANISHED:
            return _whole_order(change, words)
        case Kind.CANCELLED:
            return [words.line("Reason: {reason}", reason=short(order.cancel_reason))] if order.cancel_reason else []
        case Kind.DISPATCHED | Kind.UNDISPATCHED:
            return [_dispatch(group, words)]
        case Kind.PROMISE_MOVED | Kind.SLIPPED | Kind.MOVED_EARLIER:
            return [_promise(group, zone, words)]
        case Kind.TRACKING_ADDED | Kind.TRACKING_REPLACED | Kind.TRACKING_REMOVED:
            return [_tracking(change, words)]
        case Kind.OTHER:
            return [words.line("{field}: {move}", field=str(change.field), move=_from_to(change, order, words))]
        case kind if kind in alarm_words.KINDS:
            return alarm_words.lines(change, order.source, words)
        case _:
            return [_line_item(group, order, words)]


def _whole_order(change: Change, words: Words) -> list[Line]:
    match change.kind:
        case Kind.VANISHED:
            return [words.line("The source does not know it any more; it was not reported as cancelled.")]
        case Kind.MOVED_BACKWARDS:
            return [words.line("An earlier step than before: worth a question to the supplier.")]
        case _:
            return []


def _dispatch(group: list[Change], words: Words) -> Line:
    change = group[0]
    spans: tuple[Span, ...] = (Text(text=title_of(change.kind, words)),)
    if lines := _names(one.line for one in group):
        spans = words.spans("{what}: {which}", what=spans, which=_lines_named(lines, words))
    elif parcels := _names(one.shipment for one in group if one.shipment != "order"):
        which = words.count(len(parcels), "shipment {names}", "shipments {names}", names=", ".join(parcels))
        spans = words.spans("{what}: {which}", what=spans, which=which)
    return Line(spans=(*spans, Text(text=", "), When(at=change.at)) if change.at else spans)


def _promise(group: list[Change], zone: tzinfo, words: Words) -> Line:
    change = group[0]
    lines = _names(one.line for one in group)
    of_order, of_line, of_lines = _DATE_NAMES.get(change.field or "", _ANY_DATE)
    text = of_order if not lines else of_line if len(lines) == 1 else of_lines
    return words.line(text, lines=", ".join(lines), date=_moved_date(change, zone, words))


def _moved_date(change: Change, zone: tzinfo, words: Words) -> tuple[Span, ...]:
    before, after = _moment(change.before), _moment(change.after)
    if before and after:
        between: list[Span] = [
            span for step in change.steps or () for span in (Text(text=" → "), When(at=Moment(step)))
        ]
        dates = (When(at=before, style="struck"), *between, Text(text=" → "), When(at=after, style="strong"))
        days = (day_of(after, zone) - day_of(before, zone)).days
        moved = words.spans("{dates} ({slip})", dates=dates, slip=_days(days, words) if days else words("same day"))
        return _since_first(moved, change, before, after, zone, words)
    if after:
        return words.spans("promised for {date}", date=When(at=after, style="strong"))
    if before:
        return words.spans("{date} → no date", date=When(at=before, style="struck"))
    return ()


def _days(days: int, words: Words) -> str:
    """`3 days later`, `1 day earlier`."""
    if days > 0:
        return words.count(days, "{n} day later", "{n} days later")
    return words.count(-days, "{n} day earlier", "{n} days earlier")


def _since_first(
    moved: tuple[Span, ...], change: Change, before: Moment, after: Moment, zone: tzinfo, words: Words
) -> tuple[Span, ...]:
    """What was promised at first, and how far off that is by now; nothing where the line says it already."""
    if change.first is None or day_of(change.first, zone) == day_of(before, zone):
        return moved
    days, first = (day_of(after, zone) - day_of(change.first, zone)).days, When(at=change.first)
    if not days:
        return words.spans("{dates}; first promised for {first}, which holds again", dates=moved, first=first)
    slip = _days(days, words)
    return words.spans("{dates}; first promised for {first}, now {slip} in all", dates=moved, first=first, slip=slip)


def _moment(text: str | None) -> Moment | None:
    return Moment(text) if text else None


def _tracking(change: Change, words: Words) -> Line:
    where = f" ({_lines_named([short(change.line)], words)})" if change.line else ""
    if change.kind is Kind.TRACKING_REMOVED:
        number = Text(text=change.before or "", style="struck")
        return words.line("Tracking removed: {number}{where}", number=number, where=where)
    spans: list[Span] = []
    if change.before:
        spans += [Text(text=change.before, style="struck"), Text(text=" → ")]
    if change.package:
        spans += _package(change.package, words)
    return Line(spans=words.spans("Tracking: {parcel}", parcel=[*spans, Text(text=where)]))


def _package(package: Package, words: Words) -> list[Span]:
    number = package.tracking_number or words("without a number")
    spans: list[Span] = [Text(text=f"{package.carrier} ")] if package.carrier else []
    if package.tracking_url:
        return [*spans, Link(text=number, url=package.tracking_url)]
    return [*spans, Text(text=number, style="code")]


def _line_item(group: list[Change], order: Order, words: Words) -> Line:
    change = group[0]
    lines = _names(one.line for one in group)
    count, names = len(lines), ", ".join(lines)
    match change.kind:
        case Kind.LINE_ADDED if change.after:
            one, many = "Line {lines} added: {what}", "Lines {lines} added: {what}"
            return _line(words.count(count, one, many, lines=names, what=short(change.after)))
        case Kind.LINE_ADDED:
            return _line(words.count(count, "Line {lines} added", "Lines {lines} added", lines=names))
        case Kind.LINE_CANCELLED if change.before:
            one, many = "Line {lines} cancelled (was: {what})", "Lines {lines} cancelled (was: {what})"
            return _line(words.count(count, one, many, lines=names, what=_shown(change.before, change, order, words)))
        case Kind.LINE_CANCELLED:
            return _line(words.count(count, "Line {lines} cancelled", "Lines {lines} cancelled", lines=names))
        case Kind.QUANTITY:
            one, many = "Line {lines}: quantity {move}", "Lines {lines}: quantity {move}"
            return _line(words.count(count, one, many, lines=names, move=_from_to(change, order, words)))
        case _:
            one, many = "Line {lines}: {move}", "Lines {lines}: {move}"
            return _line(words.count(count, one, many, lines=names, move=_from_to(change, order, words)))


def _lines_named(lines: Sequence[str], words: Words) -> str:
    return words.count(len(lines), "line {names}", "lines {names}", names=", ".join(lines))


def _names(names: Iterable[str | None]) -> list[str]:
    """Each name once, in order, shortened."""
    return [short(name) for name in dict.fromkeys(names) if name]


def _from_to(change: Change, order: Order, words: Words) -> str:
    steps = (change.before, *(change.steps or ()), change.after)
    return " → ".join(_shown(word, change, order, words) if word else words("none") for word in steps)


def _shown(word: str, change: Change, order: Order, words: Words) -> str:
    is_status = change.kind in _STATUS_KINDS or change.field == "status"
    return short(words.status(order.source, word) if is_status else word)


def _context(order: Order, changes: Sequence[Change], words: Words) -> list[Line]:
    """What the reader asks next, where the changes did not say it: when it comes, and where the parcels are."""
    told = {change.kind for change in changes}
    lines = []
    open_order = not order.status.stage.is_final
    said = {change.after for change in changes if change.kind in (Kind.DUE_TODAY, Kind.OVERDUE)}
    promised = next_promise(order)
    if open_order and not told & PROMISE_KINDS and promised and promised not in said:
        lines.append(words.line("Delivery promised for {date}", date=When(at=promised)))
    no_tracking_told = not told & {Kind.TRACKING_ADDED, Kind.TRACKING_REPLACED, Kind.TRACKING_REMOVED}
    if no_tracking_told and (Kind.DISPATCHED in told or order.status.stage in (Stage.SHIPPED, Stage.PARTLY_SHIPPED)):
        shown = _packages(order)[:_PACKAGES_SHOWN]
        lines += [words.line("Tracking: {parcel}", parcel=_package(package, words)) for package in shown]
    return lines


_PACKAGES_SHOWN = 5
"""As context; packages that are themselves the news are all told."""


def next_promise(order: Order) -> Moment | None:
    """When delivery is promised: of the order, else of the first shipment that is still to go."""
    dates = [order.delivery_promised]
    dates += [shipment.delivery_promised for shipment in order.shipments if not shipment.dispatched]
    return order.delivery_promised or min((date for date in dates if date), default=None)


def _packages(order: Order) -> list[Package]:
    return [package for shipment in order.shipments for package in shipment.packages if package.tracking_number]


def _line(text: str) -> Line:
    return Line(spans=(Text(text=text),))
