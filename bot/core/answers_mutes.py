"""Answers about news that is not wanted for a while."""

from collections.abc import Sequence

from bot.core.mutes import end_words
from bot.core.phrases import Answer, Reading, person_words, place_words, says, spans_line
from bot.core.render import order_name
from bot.model.access import Role
from bot.model.command import Verb
from bot.model.message import Line, Span, When
from bot.model.talk import About, Mute
from bot.model.view import Found


def news_words(about: About, order: str | None) -> str:
    """What news is called: `status news of 4500001`, `news of the watchlist web shop`, `all news`."""
    of = order or (f"the watchlist {about.watchlist}" if about.watchlist else None)
    kind = f"{about.kind.value.replace('_', ' ')} " if about.kind else ""
    if order and about.watchlist:
        of = f"{order} from the watchlist {about.watchlist}"
    if of is None:
        return f"{kind}news" if kind else "news of any order"
    return f"{kind}news of {of}"


def muted(news: str, mute: Mute, where: str) -> Answer:
    """News is held back from now on; `where`: `here`, `to you`, `to ops`, `anywhere`."""
    start = f"No {news} {where} until "
    if mute.until is None:
        told = "; that will be told." if mute.key is not None else ": unmute brings it back."
        return says(f"{start}{end_words(mute)}{told}", *_note_lines(mute), emoji="🔕", outcome="muted")
    after = "Then I tell what it came to." if mute.holds else "What happens meanwhile stays in its history."
    until = spans_line(start, When(at=mute.until), ".")
    return says(until, after, *_note_lines(mute), emoji="💤" if mute.holds else "🔕", outcome="muted")


def unmuted(news: str, where: str, *, was: bool, still: str | None = None) -> Answer:
    """News comes again, or always did; `still`: other mutes hold some of it back, and this question lists them."""
    capital, at = news[0].upper() + news[1:], "everywhere" if where == "anywhere" else where
    words = f"{capital} comes {at} again." if was else f"{capital} was not muted {at.replace('to ', 'for ', 1)}."
    if was and still:
        words = f"That mute of {news} is over."
    more = [f"But all of it, or a part, is still held back by another wish. To see it: {still}"] if still else []
    return says(words, *more, emoji="🔔", outcome="unmuted" if was else "unchanged")


def has_passed() -> Answer:
    """An end that lies behind."""
    return says(
        "That moment has passed.", "Say a later one, such as until friday or until 2026-12-24 9:00.", outcome="misread"
    )


def is_far(most: int) -> Answer:
    """An end that lies so many days ahead that the mute would be forgotten."""
    return says(f"A mute lasts up to {most} days.", "Say an earlier end, such as until friday.", outcome="misread")


def only_operators(verb: Verb, role: Role) -> Answer:
    """More than one order, where others read."""
    return says(
        f"Others read here: for {verb.value} of more than one order one needs the role operator; you are {role.value}.",
        f"For yourself alone, add “me”. One order: {verb.value} ORDER 1d",
        emoji="🔒",
        outcome="not_allowed",
    )


def listing(mutes: Sequence[tuple[Mute, Found | None]], reading: Reading, *, has_more: bool) -> Answer:
    """Who does not want to hear what, where, until when and why."""
    if not mutes:
        return says("Nothing is muted here.", emoji="🔔", outcome="empty")
    lines = [_row(mute, found, reading) for mute, found in mutes]
    more = ["There are more that are not shown."] if has_more else []
    return says(f"Not told now ({len(mutes):,}):", *lines, *more, emoji="🔕")


def _row(mute: Mute, found: Found | None, reading: Reading) -> Line:
    name = order_name(found.snapshot.order) if found else None
    where = "everywhere" if mute.destination is None else _place(mute.destination, reading)
    verb = "held" if mute.holds else "muted"
    news = news_words(mute, name)
    spans: list[Span | str] = [f"• {news[0].upper()}{news[1:]} · {where} · {verb} until "]
    spans.append(When(at=mute.until) if mute.until else end_words(mute))
    spans.append(f" · by {person_words(mute.person, reading)}")
    return spans_line(*spans, *([f" · “{mute.note}”"] if mute.note else []))


def _place(destination: str, reading: Reading) -> str:
    is_private = destination in reading.own_places - reading.public_places and destination != reading.here
    return "for you" if is_private else place_words(destination, reading)


def _note_lines(mute: Mute) -> list[str]:
    return [f"Noted: {mute.note}"] if mute.note else []
