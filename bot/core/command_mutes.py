"""Which news mutes are about, and until when: an order, a watchlist, a kind, or all that comes here."""

import difflib
import re
from datetime import date
from typing import Any

from bot.core.command_arguments import (
    FILLERS,
    LONGEST_NAME,
    Members,
    how_long,
    names_of,
    source_at,
    source_of_words,
    taken_off,
    whom,
)
from bot.core.command_words import Misunderstood, Words, shortened
from bot.model.change import Kind
from bot.model.command import Until
from bot.model.quiet import Weekday


def muting(words: Words) -> Members:
    """`45001234 2 days`, `watchlist web shop until friday note they know`, `kind promise moved here`."""
    members = _with_end(words)
    is_order = "names" in members and not members.get("is_all")
    if is_order and not members.keys() & {"lasts", "until"}:
        raise Misunderstood("For how long? Say 1h, 2 days, “until friday” or “until change” after the order.")
    return members


def snoozing(words: Words) -> Members:
    """The same, with an end that has a time."""
    members = _with_end(words)
    if not members.get("lasts") and not members.get("until"):
        raise Misunderstood("Until when shall I keep it? Say 1h, 2 days or “until friday 9:00” after it.")
    return members


def unmuting(words: Words) -> Members:
    """`45001234 me`, `watchlist web shop`, `here`."""
    members = taken_off(words, whom, source_at, source_of_words)
    return {**members, **_news(words, is_here=members.get("for_me") is False)}


def _with_end(words: Words) -> dict[str, Any]:
    words, note = words.split_at("note")
    members = taken_off(words, whom, _until, source_at, how_long, source_of_words)
    if "lasts" in members and "until" in members:
        raise Misunderstood("Only one end can be: a time from now, or “until” something.")
    if note is not None:
        members["note"] = _note(note)
    return {**members, **_news(words, is_here=members.get("for_me") is False)}


def _note(words: Words) -> str:
    note = " ".join(words.texts)
    if not note:
        raise Misunderstood("What shall I note? The words after “note” are missing.")
    if len(note) > LONGEST_NAME:
        raise Misunderstood(f"I can remember a note of up to {LONGEST_NAME} characters.")
    return note


def _news(words: Words, *, is_here: bool) -> Members:
    """An order, watchlist or kind, or all. No name at all: the order that is spoken of, which `here` need not be."""
    parts: dict[str, list[str]] = {"order": []}
    part = "order"
    for text in words.texts:
        if text.lower() in ("watchlist", "kind"):
            part = text.lower()
            parts.setdefault(part, [])
        else:
            parts[part].append(text)
    members: dict[str, Any] = {}
    if "watchlist" in parts:
        members["watchlist"] = _watchlist(parts["watchlist"])
    if "kind" in parts:
        members["kind"] = _kind(parts["kind"])
    order = Words(parts["order"]).without(FILLERS)
    named = order.without(_EVERYTHING)
    if named:
        return {**members, "names": names_of(Words(parts["order"]).without(_EVERYTHING))}
    if order and not members:
        return {"is_all": True}
    return members or {"names": (), "is_all": is_here}


def _watchlist(texts: list[str]) -> str:
    if not texts:
        raise Misunderstood("Which watchlist? Its name is missing.")
    return " ".join(texts)


def _kind(texts: list[str]) -> Kind:
    written = "_".join(texts).lower().replace("-", "_").replace(" ", "_")
    kinds = [kind.value for kind in Kind]
    if written in kinds:
        return Kind(written)
    near = difflib.get_close_matches(written, kinds, n=1)
    there_are = f"Did you mean {near[0]}?" if near else f"There is {', '.join(kinds)}."
    raise Misunderstood(f"There is no kind of change “{shortened(' '.join(texts))}”. {there_are}")


# Ends


def _until(words: Words) -> Members | None:
    """`until change`, `until friday`, `until tomorrow at 9:00`, `until 2026-12-24`: as far as it is understood."""
    before, after = words.split_at("until")
    if after is None:
        return None
    is_change, day, clock = False, None, None
    while after:
        word = after.first.lower().rstrip(",")
        if word in _CHANGE:
            is_change = True
        elif (named := _day(word)) and day is None:
            day = named
        elif (minutes := _clock(word)) is not None and clock is None:
            clock = minutes
        elif word not in _AROUND_END and not _leads_to_a_clock(after):
            break
        after.take()
    if is_change == bool(day or clock is not None):
        raise Misunderstood("Until when? Say “until change”, “until friday 9:00”, or how long, such as 1h or 2 days.")
    words.texts = [*before.texts, *after.texts]
    return {"lasts": None} if is_change else {"until": Until(day=day, clock=clock)}


def _leads_to_a_clock(words: Words) -> bool:
    return len(words.texts) > 1 and words.first.lower() == "at" and _clock(words.texts[1]) is not None


def _day(word: str) -> str | None:
    if word in ("today", "tomorrow"):
        return word
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        return _DAYS.get(word)


def _clock(word: str) -> int | None:
    match = _CLOCK.fullmatch(word.lower())
    if match is None or not (match["minutes"] or match["half"]):
        return None
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    if match["half"]:
        hours = hours % 12 + (12 if match["half"] == "pm" else 0)
    return hours * 60 + minutes if hours < 24 else None


_EVERYTHING = frozenset({"all", "everything", "news"})
_CHANGE = frozenset({"change", "changes", "changed"})
_AROUND_END = frozenset({"it", "its", "status", "the", "next", "order", "is", "a", "has", "on"})
_CLOCK = re.compile(r"(?P<hours>\d{1,2})(?::(?P<minutes>[0-5]\d))?(?P<half>am|pm)?")
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {day.value: day.value for day in Weekday} | dict(zip(_FULL_DAYS, (day.value for day in Weekday), strict=True))
