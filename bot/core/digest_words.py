"""What a digest says: counts first, then orders by the number that can be asked for, last how the sources are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.core.digest_times import is_late
from bot.core.notices import notification_key
from bot.core.phrases import counted, days_words, health_spans, spans_line, strong
from bot.core.promise import day_bounds, days_after, days_late
from bot.core.render import po_name
from bot.model.digest import Digest, Slot
from bot.model.message import Attachment, Line, Message, Span, Text, When
from bot.model.moment import Moment, day_of, from_instant
from bot.model.order import Stage
from bot.model.outbox import NewNotification
from bot.model.poll import Health
from bot.model.view import MOST_COUNTED, Extent, OrderRow, Selected, Selection

NAMED = 10
"""Orders that a digest names of each sort before it counts the rest."""
AGES = (1, 3, 7, 14)
"""Days without a change at which the bars of the picture change their shade."""
AGE_NAMES = ("less than a day", "1 to 3 days", "3 to 7 days", "7 to 14 days", "14 days or more")
KIND = "digest"

Ages = Mapping[Stage, Sequence[int]]
"""Open orders by stage, and for each of AGE_NAMES how many."""


@dataclass(frozen=True, slots=True)
class Section:
    """Orders of one sort."""

    title: str
    counts: str
    """How they are counted in the first line: `overdue`."""
    asks: str
    """The command that lists them all."""
    selection: Selection


@dataclass(frozen=True, slots=True)
class Said:
    """What a digest has to say."""

    sections: tuple[tuple[Section, Selected], ...]
    healths: Mapping[str, Health]
    labels: Mapping[str, str]
    """The sources that it is about, as people call them."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits and no source fails."""
        return not any(found.total for _, found in self.sections) and not any(_failing(self))


def sections(
    digest: Digest, extents: tuple[Extent, ...], now: datetime, zone: tzinfo, since: Moment
) -> tuple[Section, ...]:
    """What to look for, most pressing first."""
    today = now.astimezone(zone).date()
    days = 7 if digest.is_weekly else 1
    begins, ends = day_bounds(today, zone), day_bounds(days_after(today, days), zone)
    title = "Due within 7 days" if digest.is_weekly else "Due today"
    waiting = Selection(extents, waits_for_somebody=True)
    return (
        Section("Open exceptions", "with open exceptions", "list exceptions", waiting),
        Section("Overdue", "overdue", "late", Selection(extents, due_before=begins)),
        Section(title, title.lower(), f"due {days}", Selection(extents, due_from=begins, due_before=ends)),
        Section("Stuck", "stuck", "list stuck", Selection(extents, is_stuck=True)),
        Section("Moved", "moved", "list", Selection(extents, changed_since=since)),
    )


def message(
    digest: Digest, said: Said, slot: Slot, now: datetime, zone: tzinfo, since: Moment, picture: Attachment | None
) -> Message:
    """The digest as it is sent."""
    counts = [f"{_count(found)} {section.counts}" for section, found in said.sections if found.total]
    words = ", ".join(counts) or "nothing is due, late or stuck, and nothing moved"
    kind = "This week" if digest.is_weekly else "Today"
    late: list[Span | str] = []
    if is_late(slot, now):
        late = [" · late, for nothing ran at ", When(at=from_instant(slot.at))]
    body = [
        line for section, found in said.sections if found.total for line in _section(section, found, said, now, zone)
    ]
    return Message(
        emoji="🗞️",
        headline=spans_line(strong(kind), f" · {digest.name}: {words}", *late),
        body=(*body, *_failing(said)),
        footer=_footer(said, since),
        attachment=picture,
    )


def notification(digest: Digest, destination: str, slot: Slot, told: Message, now: datetime) -> NewNotification:
    """One digest, owed to one destination: the same one, whenever it is made."""
    return NewNotification(
        key=notification_key(KIND, digest.name, destination, slot.day),
        destination=destination,
        kinds=(KIND,),
        route=f"digests.{digest.name}",
        message=told,
        created_at=from_instant(now),
    )


def age_edges(now: datetime) -> tuple[Moment, ...]:
    """The instants that part the AGES, the youngest first."""
    return tuple(from_instant(now - timedelta(days=days)) for days in AGES)


def ages_in_words(ages: Ages) -> str:
    """What the picture shows, for those who do not see it."""
    parts = []
    for stage, counts in ages.items():
        old = f" ({counts[-1]:,} of them for {AGES[-1]} days or more)" if counts[-1] else ""
        parts.append(f"{sum(counts):,} {stage_name(stage)}{old}")
    total = sum(map(sum, ages.values()))
    return f"{counted(total, 'open order')} by status and days without a change: {', '.join(parts)}"


def bars(ages: Ages) -> dict[str, Sequence[int]]:
    """By the name of the stage, in the order in which orders go through them."""
    return {stage_name(stage): counts for stage, counts in ages.items()}


def stage_name(stage: Stage) -> str:
    """`in progress`."""
    return stage.value.replace("_", " ")


def _section(section: Section, found: Selected, said: Said, now: datetime, zone: tzinfo) -> Iterator[Line]:
    if not found.total:
        return
    yield spans_line(strong(section.title), f" · {_count(found)}")
    for row in found.rows:
        yield _row(row, section, said, now, zone)
    if rest := found.total - len(found.rows):
        more = f"{rest:,} or more" if found.total >= MOST_COUNTED else f"{rest:,} more"
        yield spans_line(f"and {more}: ask ", Text(text=section.asks, style="code"), indent=1)


def _row(row: OrderRow, section: Section, said: Said, now: datetime, zone: tzinfo) -> Line:
    spans: list[Span | str] = [Text(text=row.number, style="code")]
    spans += [f" · {po_name(row.reference)}"] if row.reference else []
    spans.append(f" · {row.status}")
    selection = section.selection
    if row.due and (selection.due_before or selection.due_from):
        spans += _date(row.due, now, zone, is_today_known=not selection.due_from or section.asks == "due 1")
    else:
        spans += [" · unchanged since " if selection.is_stuck else " · ", When(at=row.changed_at)]
    if len(said.labels) > 1:
        spans.append(f" · {row.source}")
    return spans_line(*spans, indent=1)


def _date(due: Moment, now: datetime, zone: tzinfo, *, is_today_known: bool) -> Iterable[Span | str]:
    today = now.astimezone(zone).date()
    if days := days_late(due, today, zone):
        return [f" · late by {days_words(days)}, promised for ", When(at=due)]
    if is_today_known and day_of(due, zone) == today and len(due) == len("2026-11-24"):
        return []
    return [" · due ", When(at=due)]


def _count(found: Selected) -> str:
    return f"{MOST_COUNTED:,} or more" if found.total >= MOST_COUNTED else f"{found.total:,}"


def _failing(said: Said) -> list[Line]:
    return [
        spans_line("⚠️ ", strong(label), " ", *health_spans(health))
        for name, label in said.labels.items()
        if (health := said.healths.get(name)) and health.failures
    ]


def _footer(said: Said, since: Moment) -> Line:
    failing = len(_failing(said))
    health = "Every source answers" if not failing else f"{failing} of {counted(len(said.labels), 'source')} failing"
    return spans_line(f"{health} · moved means since ", When(at=since))
