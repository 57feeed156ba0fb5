"""From changes to a Message that people like to read.

First line: what happened, to which order, old → new. Then the rest of what changed, dates and slip, then tracking
links; last line: the source and when it was seen. The order of kinds below decides what comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.core import alarm_words
from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import Moment, day_of
from bot.model.order import Order, Package, Stage

_TITLES: dict[Kind, tuple[str, str]] = {
    # Kind: emoji and words. The first kind in this table that happened gives the message its title.
    Kind.CANCELLED_AFTER_DISPATCH: ("🚫", "Cancelled after dispatch"),
    Kind.CANCELLED: ("🚫", "Cancelled"),
    Kind.VANISHED: ("❓", "No longer listed"),
    Kind.MOVED_BACKWARDS: ("⚠️", "Moved backwards"),
    Kind.UNDISPATCHED: ("⚠️", "Dispatch withdrawn"),
    Kind.COMPLETED: ("✅", "Completed"),
    Kind.DISPATCHED: ("🚚", "Dispatched"),
    Kind.REAPPEARED: ("🔎", "Listed again"),
    Kind.APPEARED: ("🆕", "New order"),
    Kind.NO_TRACKING: ("🏷️", "Completed without tracking"),
    Kind.SLIPPED: ("🐢", "Slipped"),
    Kind.OVERDUE: ("⏰", "Overdue"),
    Kind.STUCK: ("🧱", "Stuck"),
    Kind.NOT_MOVING: ("🧱", "Not moving"),
    Kind.DUE_TODAY: ("📆", "Due today"),
    Kind.PROMISE_MOVED: ("📅", "New date"),
    Kind.MOVED_EARLIER: ("📅", "Moved earlier"),
    Kind.TRACKING_REPLACED: ("🏷️", "Tracking replaced"),
    Kind.TRACKING_REMOVED: ("🏷️", "Tracking removed"),
    Kind.TRACKING_ADDED: ("🏷️", "Tracking added"),
    Kind.STATUS: ("🔄", "Status"),
    Kind.LINE_CANCELLED: ("✂️", "Line cancelled"),
    Kind.QUANTITY: ("🔢", "Quantity changed"),
    Kind.LINE_ADDED: ("➕", "Line added"),
    Kind.LINE_CHANGED: ("✏️", "Line changed"),
    Kind.OTHER: ("🔹", "Changed"),
    Kind.REOPENED: ("📂", "Reopened"),
    Kind.CLOSED: ("🗄️", "Archived"),
}
_LONGEST_WORD = 200
"""Characters. Nobody's status or product name is longer; one that is would bury the rest of the message."""
_RANK = {kind: rank for rank, kind in enumerate(_TITLES)}
_STATUS_KINDS = (Kind.STATUS, Kind.COMPLETED, Kind.CANCELLED, Kind.MOVED_BACKWARDS)
_DATE_NAMES = {"delivery_promised": "Delivery", "ship_promised": "Shipping"}


def main_kind(changes: Sequence[Change]) -> Kind:
    """The kind that gives the message its title."""
    return min((change.kind for change in changes), key=_RANK.__getitem__)


def render(order: Order, changes: Sequence[Change], *, source: str, seen_at: Moment, zone: tzinfo) -> Message:
    """One message about one order. `source` is its label for people; days are counted in `zone`."""
    entry = entry_of(order, changes, zone)
    return Message(
        emoji=entry.emoji,
        headline=entry.headline,
        body=(*entry.lines, *_context(order, changes)),
        footer=Line(spans=(Text(text=f"{source} · seen "), When(at=seen_at))),
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


def entry_of(order: Order, changes: Sequence[Change], zone: tzinfo) -> Entry:
    """What changed about an order, without what the reader would ask next."""
    emoji, title = _TITLES[main_kind(changes)]
    lines = [line for group in _grouped(changes) for line in _change_lines(group, order, zone)]
    rest = _rest(order, changes)
    name = (Text(text=title, style="strong"), Text(text=" · "), Text(text=order_name(order), style="strong"))
    return Entry(
        emoji=emoji,
        title=title,
        rest=rest,
        headline=Line(spans=(*name, *rest)),
        lines=tuple(line for line in lines if line != _line(title)),  # a dispatch of which no more is known
    )


def title_of(kind: Kind) -> str:
    """What a kind of change is called: `New date`."""
    return _TITLES[kind][1]


def rank_of(kind: Kind) -> int:
    """Its place among the kinds, the most telling first."""
    return _RANK[kind]


def order_name(order: Order) -> str:
    """How an order is called in a message: its number, and the customer's own if it has one."""
    return f"{short(order.number)} · {po_name(order.reference)}" if order.reference else short(order.number)


def po_name(reference: str) -> str:
    """How the customer's own number is called: `PO 778`, and not `PO PO-778`."""
    return short(reference) if reference.upper().startswith("PO") else f"PO {short(reference)}"


def short(text: str) -> str:
    """A word or name from outside, shortened where it is longer than any real one; `orders show` has all of it."""
    return text if len(text) <= _LONGEST_WORD else text[: _LONGEST_WORD - 1] + "…"


def _rest(order: Order, changes: Sequence[Change]) -> tuple[Span, ...]:
    move = next((change for change in changes if change.kind in _STATUS_KINDS), None)
    if move:
        return (Text(text=f": {_from_to(move)}"),)
    if order.status.code or order.status.text:
        return (Text(text=f" · {short(order.status.word)}"),)
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


def _change_lines(group: list[Change], order: Order, zone: tzinfo) -> list[Line]:
    change = group[0]
    match change.kind:
        case Kind.STATUS | Kind.COMPLETED | Kind.MOVED_BACKWARDS | Kind.APPEARED | Kind.REAPPEARED | Kind.VANISHED:
            return _whole_order(change)
        case Kind.CANCELLED:
            return [_line(f"Reason: {short(order.cancel_reason)}")] if order.cancel_reason else []
        case Kind.DISPATCHED | Kind.UNDISPATCHED:
            return [_dispatch(group)]
        case Kind.PROMISE_MOVED | Kind.SLIPPED | Kind.MOVED_EARLIER:
            return [_promise(group, zone)]
        case Kind.TRACKING_ADDED | Kind.TRACKING_REPLACED | Kind.TRACKING_REMOVED:
            return [_tracking(change)]
        case Kind.OTHER:
            return [_line(f"{change.field}: {_from_to(change)}")]
        case kind if kind in alarm_words.KINDS:
            return alarm_words.lines(change)
        case _:
            return [_line_item(group)]


def _whole_order(change: Change) -> list[Line]:
    match change.kind:
        case Kind.VANISHED:
            return [_line("The source does not know it any more; it was not reported as cancelled.")]
        case Kind.MOVED_BACKWARDS:
            return [_line("An earlier step than before: worth a question to the supplier.")]
        case _:
            return []


def _dispatch(group: list[Change]) -> Line:
    change = group[0]
    what = "Dispatch withdrawn" if change.kind is Kind.UNDISPATCHED else "Dispatched"
    spans: list[Span] = [Text(text=what)]
    if lines := [one.line for one in group if one.line]:
        spans.append(Text(text=f": {_named('line', lines)}"))
    elif shipments := [one.shipment for one in group if one.shipment and one.shipment != "order"]:
        spans.append(Text(text=f": {_named('shipment', shipments)}"))
    if change.at:
        spans += [Text(text=", "), When(at=change.at)]
    return Line(spans=tuple(spans))


def _promise(group: list[Change], zone: tzinfo) -> Line:
    change = group[0]
    name = _DATE_NAMES.get(change.field or "", "Date")
    lines = [one.line for one in group if one.line]
    spans: list[Span] = [Text(text=f"{name} of {_named('line', lines)}: " if lines else f"{name}: ")]
    before, after = _moment(change.before), _moment(change.after)
    if before and after:
        between: list[Span] = [
            span for step in change.steps or () for span in (Text(text=" → "), When(at=Moment(step)))
        ]
        spans += [When(at=before, style="struck"), *between, Text(text=" → "), When(at=after, style="strong")]
        spans.append(Text(text=_slip(before, after, zone)))
        spans += _since_first(change, before, after, zone)
    elif after:
        spans += [Text(text="promised for "), When(at=after, style="strong")]
    elif before:
        spans += [When(at=before, style="struck"), Text(text=" → no date")]
    return Line(spans=tuple(spans))


def _moment(text: str | None) -> Moment | None:
    return Moment(text) if text else None


def _slip(before: Moment, after: Moment, zone: tzinfo) -> str:
    days = (day_of(after, zone) - day_of(before, zone)).days
    return f" ({_days(days)})" if days else " (same day)"


def _days(days: int) -> str:
    """`3 days later`, `1 day earlier`."""
    unit = "day" if abs(days) == 1 else "days"
    return f"{abs(days)} {unit} {'later' if days > 0 else 'earlier'}"


def _since_first(change: Change, before: Moment, after: Moment, zone: tzinfo) -> list[Span]:
    """What was promised at first, and how far off that is by now; nothing where the line says it already."""
    if change.first is None or day_of(change.first, zone) == day_of(before, zone):
        return []
    days = (day_of(after, zone) - day_of(change.first, zone)).days
    total = f", now {_days(days)} in all" if days else ", which holds again"
    return [Text(text="; first promised for "), When(at=change.first), Text(text=total)]


def _tracking(change: Change) -> Line:
    where = f" ({_named('line', [change.line])})" if change.line else ""
    if change.kind is Kind.TRACKING_REMOVED:
        return Line(
            spans=(Text(text="Tracking removed: "), Text(text=change.before or "", style="struck"), Text(text=where))
        )
    spans: list[Span] = [Text(text="Tracking: ")]
    if change.before:
        spans += [Text(text=change.before, style="struck"), Text(text=" → ")]
    if change.package:
        spans += _package(change.package)
    return Line(spans=(*spans, Text(text=where)))


def _package(package: Package) -> list[Span]:
    number = package.tracking_number or "without a number"
    spans: list[Span] = [Text(text=f"{package.carrier} ")] if package.carrier else []
    if package.tracking_url:
        return [*spans, Link(text=number, url=package.tracking_url)]
    return [*spans, Text(text=number, style="code")]


def _line_item(group: list[Change]) -> Line:
    change = group[0]
    name = _capital(_named("line", [one.line for one in group if one.line]))
    match change.kind:
        case Kind.LINE_ADDED:
            return _line(f"{name} added: {short(change.after)}" if change.after else f"{name} added")
        case Kind.LINE_CANCELLED:
            return _line(f"{name} cancelled" + (f" (was: {short(change.before)})" if change.before else ""))
        case Kind.QUANTITY:
            return _line(f"{name}: quantity {_from_to(change)}")
        case _:
            return _line(f"{name}: {_from_to(change)}")


def _named(thing: str, names: Sequence[str]) -> str:
    unique = [short(name) for name in dict.fromkeys(names)]
    return f"{thing} {unique[0]}" if len(unique) == 1 else f"{thing}s {', '.join(unique)}"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _from_to(change: Change) -> str:
    return " → ".join(short(word or "none") for word in (change.before, *(change.steps or ()), change.after))


def _context(order: Order, changes: Sequence[Change]) -> list[Line]:
    """What the reader asks next, where the changes did not say it: when it comes, and where the parcels are."""
    told = {change.kind for change in changes}
    lines = []
    open_order = not order.status.stage.is_final
    if open_order and not told & PROMISE_KINDS and (promised := _next_promise(order)):
        lines.append(Line(spans=(Text(text="Delivery promised for "), When(at=promised))))
    no_tracking_told = not told & {Kind.TRACKING_ADDED, Kind.TRACKING_REPLACED, Kind.TRACKING_REMOVED}
    if no_tracking_told and (Kind.DISPATCHED in told or order.status.stage in (Stage.SHIPPED, Stage.PARTLY_SHIPPED)):
        shown = _packages(order)[:_PACKAGES_SHOWN]
        lines += [Line(spans=(Text(text="Tracking: "), *_package(package))) for package in shown]
    return lines


_PACKAGES_SHOWN = 5
"""As context; packages that are themselves the news are all told."""


def _next_promise(order: Order) -> Moment | None:
    dates = [order.delivery_promised]
    dates += [shipment.delivery_promised for shipment in order.shipments if not shipment.dispatched]
    return order.delivery_promised or min((date for date in dates if date), default=None)


def _packages(order: Order) -> list[Package]:
    return [package for shipment in order.shipments for package in shipment.packages if package.tracking_number]


def _line(text: str) -> Line:
    return Line(spans=(Text(text=text),))
