"""What a digest says: counts first, then orders by the number that can be asked for, last how the sources are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.core.digest_times import is_late
from bot.core.notices import notification_key
from bot.core.phrases import counted, spans_line, strong
from bot.core.promise import day_bounds, days_after, days_late
from bot.core.render import po_name, short
from bot.core.words import ENGLISH, Words, phrase
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
    """How they are counted in the first line: `{count} overdue`."""
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
        return not any(found.total for _, found in self.sections) and not _failing(self)


def sections(
    digest: Digest, extents: tuple[Extent, ...], now: datetime, zone: tzinfo, since: Moment
) -> tuple[Section, ...]:
    """What to look for, most pressing first."""
    today = now.astimezone(zone).date()
    days = 7 if digest.is_weekly else 1
    begins, ends = day_bounds(today, zone), day_bounds(days_after(today, days), zone)
    due = (phrase("Due today"), phrase("{count} due today"))
    if digest.is_weekly:
        due = (phrase("Due within 7 days"), phrase("{count} due within 7 days"))
    waiting = Selection(extents, waits_for_somebody=True)
    return (
        Section(phrase("Open exceptions"), phrase("{count} with open exceptions"), "list exceptions", waiting),
        Section(phrase("Overdue"), phrase("{count} overdue"), "late", Selection(extents, due_before=begins)),
        Section(*due, f"due {days}", Selection(extents, due_from=begins, due_before=ends)),
        Section(phrase("Stuck"), phrase("{count} stuck"), "list stuck", Selection(extents, is_stuck=True)),
        Section(phrase("Moved"), phrase("{count} moved"), "list", Selection(extents, changed_since=since)),
    )


def message(
    digest: Digest,
    said: Said,
    slot: Slot,
    now: datetime,
    zone: tzinfo,
    since: Moment,
    picture: Attachment | None,
    words: Words = ENGLISH,
) -> Message:
    """The digest as it is sent."""
    told = [(section, found) for section, found in said.sections if found.total]
    counts = ", ".join(words(section.counts, count=_count(found.total, words)) for section, found in told)
    headline = words.spans(
        "{when} · {digest}: {counts}",
        when=strong(words("This week") if digest.is_weekly else words("Today")),
        digest=digest.name,
        counts=counts or words("nothing is due, late or stuck, and nothing moved"),
    )
    if is_late(slot, now):
        at = When(at=from_instant(slot.at))
        headline = words.spans("{news} · late, for nothing ran at {when}", news=headline, when=at)
    writer = _Writer(said, words, now, zone)
    return Message(
        emoji="🗞️",
        headline=Line(spans=headline),
        body=(*(line for section, found in told for line in writer.section(section, found)), *writer.failing()),
        footer=writer.footer(since),
        attachment=picture,
        language=words.language,
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


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the lines of one digest."""

    said: Said
    words: Words
    now: datetime
    zone: tzinfo

    def section(self, section: Section, found: Selected) -> Iterator[Line]:
        """The sort and its count, some of its orders, and how to ask for the rest."""
        words = self.words
        yield spans_line(strong(words(section.title)), f" · {_count(found.total, words)}")
        for row in found.rows:
            yield self._row(row, section)
        if rest := found.total - len(found.rows):
            ask = Text(text=section.asks, style="code")
            if found.total >= MOST_COUNTED:
                yield Line(spans=words.spans("and {count} or more: ask {command}", count=rest, command=ask), indent=1)
            else:
                yield Line(spans=words.spans("and {count} more: ask {command}", count=rest, command=ask), indent=1)

    def _row(self, row: OrderRow, section: Section) -> Line:
        words, selection = self.words, section.selection
        spans: list[Span | str] = [Text(text=row.number, style="code")]
        spans += [f" · {po_name(row.reference)}"] if row.reference else []
        spans.append(f" · {short(words.status(row.source, row.status))}")
        if row.due and (selection.due_before or selection.due_from):
            spans += self._date(row.due, is_today_known=not selection.due_from or section.asks == "due 1")
        elif selection.is_stuck:
            spans += [" · ", *words.spans("unchanged since {when}", when=When(at=row.changed_at))]
        else:
            spans += [" · ", When(at=row.changed_at)]
        if len(self.said.labels) > 1:
            spans.append(f" · {row.source}")
        return spans_line(*spans, indent=1)

    def _date(self, due: Moment, *, is_today_known: bool) -> Iterable[Span | str]:
        today, words = self.now.astimezone(self.zone).date(), self.words
        if days := days_late(due, today, self.zone):
            one, many = "late by {n} day, promised for {date}", "late by {n} days, promised for {date}"
            return [" · ", *words.counted(days, one, many, date=When(at=due))]
        if is_today_known and day_of(due, self.zone) == today and len(due) == len("2026-11-24"):
            return []
        return [" · ", *words.spans("due {date}", date=When(at=due))]

    def failing(self) -> Iterator[Line]:
        """The sources that do not answer."""
        words = self.words
        for label, health in _failing(self.said):
            if health.failing_since:
                since = When(at=health.failing_since)
                told = words.spans("{source} does not answer since {when}", source=strong(label), when=since)
            else:
                told = words.spans("{source} not answered yet", source=strong(label))
            yield spans_line("⚠️ ", *told)

    def footer(self, since: Moment) -> Line:
        """How the sources are, and since when something has moved."""
        words, failing = self.words, len(_failing(self.said))
        health = words("Every source answers")
        if failing:
            one, many = "{failing} of {n} source failing", "{failing} of {n} sources failing"
            health = words.count(len(self.said.labels), one, many, failing=failing)
        return words.line("{health} · moved means since {when}", health=health, when=When(at=since))


def _count(total: int, words: Words) -> str:
    return words("{count} or more", count=MOST_COUNTED) if total >= MOST_COUNTED else words.number(total)


def _failing(said: Said) -> list[tuple[str, Health]]:
    found = ((label, said.healths.get(name)) for name, label in said.labels.items())
    return [(label, health) for label, health in found if health and health.failures]
