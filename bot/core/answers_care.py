"""Answers about what waits for somebody, and about who takes care of an order."""

from collections.abc import Sequence

from bot.core.phrases import Answer, Reading, person_words, says, spans_line
from bot.core.render import title_of
from bot.model.exception import Assignment, OrderException
from bot.model.message import Line, Span, When


def acknowledged(name: str, waited: Sequence[OrderException], note: str | None) -> Answer:
    """What waited is taken care of."""
    if not waited:
        return says(f"Nothing about {name} waits for anybody.", emoji="👌", outcome="unchanged")
    what = ", ".join(title_of(each.kind).lower() for each in waited)
    lines = ["No more reminders, and nobody else is told, unless it happens again."]
    return says(
        f"Acknowledged: {name} ({what}).", *lines, *([f"Noted: {note}"] if note else []), emoji="👌", outcome="done"
    )


def assigned(name: str, *, to_asker: bool, person: str) -> Answer:
    """Somebody takes care from now on."""
    who, whom = ("You take", "you") if to_asker else (f"{person} takes", person)
    return says(
        f"{who} care of {name}.",
        f"Messages about it call {whom} and nobody else. To end that: unassign {name.partition(' · ')[0]}",
        emoji="🙋",
        outcome="done",
    )


def unassigned(name: str, *, was: bool) -> Answer:
    """Nobody in particular takes care any more, or did before."""
    if not was:
        return says(f"Nobody in particular took care of {name}.", emoji="👥", outcome="unchanged")
    return says(f"Nobody in particular takes care of {name} any more.", emoji="👥", outcome="done")


def no_such_person(written: str, reasons: Sequence[str]) -> Answer:
    """Somebody who cannot be called."""
    return says(
        f"I cannot call “{written}”.",
        *reasons,
        "Whoever is meant can say it: assign ORDER me. Their id is what “about” tells them.",
        emoji="❔",
        outcome="misread",
    )


def not_at_a_terminal() -> Answer:
    """`me` where nobody is."""
    return says("Who is “me” at a terminal? Name a person of a chat, such as @U0123456789.", outcome="misread")


def care_lines(exceptions: Sequence[OrderException], assignment: Assignment | None, reading: Reading) -> list[Line]:
    """What waits for somebody, what was acknowledged and is still so, and who takes care."""
    lines = [_line(each, reading) for each in exceptions]
    if assignment is not None:
        spans: list[Span | str] = [f"Assigned to {person_words(assignment.person, reading)} since "]
        lines.append(spans_line(*spans, When(at=assignment.since)))
    return lines


def _line(each: OrderException, reading: Reading) -> Line:
    spans: list[Span | str] = [f"{title_of(each.kind)} since ", When(at=each.since)]
    if each.acknowledged_at is None:
        told = f", reminded {each.reminded} times" if each.reminded > 1 else ", reminded once" if each.reminded else ""
        passed = ", passed on" if each.escalated_at else ""
        return spans_line("⚠️ ", *spans, f": nobody has acknowledged it{told}{passed}")
    spans += [f": acknowledged by {person_words(each.acknowledged_by or '', reading)} ", When(at=each.acknowledged_at)]
    return spans_line(*spans, *([f" (“{each.note}”)"] if each.note else []))
