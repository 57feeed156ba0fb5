"""Lists of orders: what is late, due, stuck, followed here, or just changed; a page at a time."""

from collections.abc import Iterable, Sequence
from datetime import date

from bot.core.commands import written, written_list
from bot.core.phrases import (
    Answer,
    Offer,
    Reading,
    counted,
    days_words,
    spans_line,
    strong,
    wait_spans,
)
from bot.core.promise import days_late
from bot.core.render import po_name
from bot.model.command import Command, Verb
from bot.model.message import Line, Message, Span, When
from bot.model.moment import day_of
from bot.model.talk import ChatWatch
from bot.model.view import MOST_COUNTED, OrderRow, Selected

PAGE = 10
"""Orders on a page."""
DUE_DAYS = 7
"""How far ahead `due` looks if nobody says."""


def listing(command: Command, selected: Selected, reading: Reading, unknown_yet: Sequence[ChatWatch] = ()) -> Answer:
    """A page of the orders wanted. `unknown_yet` are followed, and stand on the first page."""
    today = reading.now.astimezone(reading.zone).date()
    title, count = _title(command), _count(selected)
    waiting = _waiting(unknown_yet, command, reading) if command.page == 1 else []
    if not selected.rows and not waiting:
        words = "There is no such page." if command.page > 1 and selected.total else "No order."
        message = Message(emoji="📋", headline=spans_line(strong(title), f": {words}"), footer=_footer(reading))
        return Answer((message,), outcome="empty")
    pages = max(1, -(-selected.total // PAGE))
    count += f", and {len(unknown_yet)} not known to the source yet" if unknown_yet else ""
    of_pages = "" if pages == 1 else f" · page {command.page} of {pages}{'+' if selected.total >= MOST_COUNTED else ''}"
    message = Message(
        emoji="📋",
        headline=spans_line(strong(title), f": {count}{of_pages}"),
        body=(*waiting, *(_row(row, command, today, reading) for row in selected.rows)),
        footer=_footer(reading),
    )
    return Answer((message,), tuple(_offers(command, selected, pages)))


def _offers(command: Command, selected: Selected, pages: int) -> Iterable[Offer]:
    if command.page > 1:
        yield Offer("Previous page", written_list(command, command.page - 1))
    if command.page < pages:
        yield Offer("Next page", written_list(command, command.page + 1))
    if len(selected.rows) == 1:
        (row,) = selected.rows
        yield Offer("Status", written(Verb.STATUS, row.key, row.source))


def _title(command: Command) -> str:
    days = command.days
    title = {
        "all": "Orders",
        "late": "Late" if not days else f"Late by {days_words(days)} or more",
        "due": "Due today" if days == 1 else f"Due within {days_words(days or DUE_DAYS)}",
        "stuck": f"Unchanged for {days_words(days)} or more" if days else "Stuck: longer in a status than they may be",
        "exceptions": "Waiting for somebody to acknowledge",
    }[command.which]
    if command.mine:
        title += ", followed here"
    if command.stage:
        title += f", {command.stage.value.replace('_', ' ')}"
    if command.source:
        title += f", of {command.source}"
    return title + (f", in {command.watchlist}" if command.watchlist else "")


def _count(selected: Selected) -> str:
    return f"{MOST_COUNTED:,} orders or more" if selected.total >= MOST_COUNTED else counted(selected.total, "order")


def _row(row: OrderRow, command: Command, today: date, reading: Reading) -> Line:
    name = f"{row.number} · {po_name(row.reference)}" if row.reference else row.number
    spans: list[Span | str] = [strong(name), f" · {row.status}"]
    spans += [" · no longer listed"] if row.vanished else []
    spans += _date(row, today, reading)
    if command.which in ("all", "stuck"):
        spans += [" · last change ", When(at=row.changed_at)]
    if command.source is None and len(reading.labels) > 1:
        spans.append(f" · {row.source}")
    names = [watch.name for watch in reading.watches if (watch.source, watch.key) == (row.source, row.key)]
    spans += [f" · “{name}”" for name in names if name]
    return spans_line(*spans)


def _waiting(watches: Sequence[ChatWatch], command: Command, reading: Reading) -> list[Line]:
    lines = []
    for watch in watches:
        spans: list[Span | str] = [strong(watch.written), " · not known to the source yet · followed since "]
        spans.append(When(at=watch.since))
        spans += [f" · {watch.source}"] if command.source is None and len(reading.labels) > 1 else []
        spans += [f" · “{watch.name}”"] if watch.name else []
        lines.append(spans_line(*spans))
    return lines


def _date(row: OrderRow, today: date, reading: Reading) -> Iterable[Span | str]:
    if row.due is None or row.stage.is_final:
        return
    if days := days_late(row.due, today, reading.zone):
        yield " · "
        yield strong(f"late by {days_words(days)}")
        yield ", promised for "
    else:
        yield " · due today, " if day_of(row.due, reading.zone) == today else " · due "
    yield When(at=row.due)


def _footer(reading: Reading) -> Line:
    """Lists are as old as their sources' last answers: say which of them do not answer, or are not asked."""
    failing: list[Span | str] = []
    resting: list[Span | str] = []
    for name in reading.labels:
        health = reading.healths.get(name)
        wait = wait_spans(health, reading.now)
        if health and health.failures:
            failing += [", " if failing else "does not answer now: ", name, *([" (", *wait, ")"] if wait else [])]
        elif wait:
            resting += ["; ", name, ": ", *wait]
    return spans_line("From the store; ", *(failing or ["every source answers"]), *resting)
