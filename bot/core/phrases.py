"""Pieces that answers are made of: lines, spans, and how the age of data and the health of a source are said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from bot.core.commands import written
from bot.core.health import wait_until_retry
from bot.core.mutes import end_words
from bot.model.access import Role
from bot.model.command import Verb
from bot.model.message import Line, Message, Span, Text, When
from bot.model.moment import Moment, instant_of
from bot.model.order import Order
from bot.model.outbox import State
from bot.model.poll import Health
from bot.model.talk import ChatWatch, Mute
from bot.model.view import Found


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads an answer, when, and what is said to everybody: the names and the health of sources."""

    now: datetime
    zone: tzinfo
    labels: Mapping[str, str]
    """Source to what people are shown."""
    healths: Mapping[str, Health]
    role: Role = Role.VIEWER
    public_places: frozenset[str] = frozenset()
    """Destinations that the config names."""
    own_places: frozenset[str] = frozenset()
    """Destinations in which the reader is told: this place, and a private talk."""
    watches: Sequence[ChatWatch] = ()
    """What the reader follows."""
    mutes: Sequence[Mute] = ()
    """What the reader does not want to hear."""
    here: str = ""
    """The destination of them that is this place."""
    looked_at: Mapping[tuple[str, str], Moment] = field(default_factory=dict)
    """Source and key to the last look at an order, where this process has looked."""
    person: str = ""
    """Who reads, where that is one person."""
    is_read_by_others: bool = False
    """Whether people read it who are no operators, whoever asked."""

    @property
    def is_insider(self) -> bool:
        """Whether it may be said who asked for what, where, and how a source fails."""
        return self.role is Role.OPERATOR and not self.is_read_by_others


@dataclass(frozen=True, slots=True)
class Offer:
    """A button, before it has a key: what it says and what it asks."""

    label: str
    asks: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, and what may be asked next."""

    messages: tuple[Message, ...]
    offers: tuple[Offer, ...] = ()
    outcome: str = "answered"
    """For the audit: one word."""


def says(*lines: Line | str, emoji: str = "", outcome: str = "answered", offers: Sequence[Offer] = ()) -> Answer:
    """An answer of a few lines, the first of them its headline."""
    first, *rest = [line if isinstance(line, Line) else text_line(line) for line in lines]
    return Answer((Message(emoji=emoji, headline=first, body=tuple(rest)),), tuple(offers), outcome)


def text_line(text: str, *, indent: int = 0) -> Line:
    """A line of plain words."""
    return Line(spans=(Text(text=text),), indent=indent)


def spans_line(*spans: Span | str, indent: int = 0) -> Line:
    """A line of spans; words stand for plain ones."""
    return Line(spans=tuple(Text(text=span) if isinstance(span, str) else span for span in spans), indent=indent)


def strong(text: str) -> Text:
    """Words set off."""
    return Text(text=text, style="strong")


def counted(number: int, what: str) -> str:
    """`1 order`, `1,204 orders`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def footer(found: Found, reading: Reading, *, has_changed: bool) -> Line:
    """Where an order comes from, since when it is as it is, when it was last looked at, and if its source fails.

    Where nobody knows the last look, it is said of the source that it answers, and only of the source.
    """
    order = found.snapshot.order
    health, looked_at = reading.healths.get(order.source), reading.looked_at.get((order.source, order.key))
    spans: list[Span | str] = [reading.labels.get(order.source, order.source)]
    spans += [" · last change " if has_changed else " · watched since ", When(at=found.changed_at)]
    spans += [" · looked at ", When(at=looked_at)] if looked_at else []
    if looked_at is None or (health and health.failures):
        spans += [" · source ", *health_spans(health)]
    return spans_line(*spans)


def health_spans(health: Health | None) -> list[Span | str]:
    """Whether a source answers, and since when it does not."""
    if health is None or (health.last_ok_at is None and not health.failures):
        return ["not asked yet"]
    if health.failures and health.failing_since:
        return ["does not answer since ", When(at=health.failing_since)]
    return ["answered ", When(at=health.last_ok_at)] if health.last_ok_at else ["not answered yet"]


def wait_spans(health: Health | None, now: datetime) -> list[Span | str]:
    """Until when a source is not asked, as it fails or its budget is spent; nothing where it may be asked now."""
    if health is None:
        return []
    if health.retry_at and wait_until_retry(health, now):
        return ["not asked before ", When(at=health.retry_at)]
    if health.spent_until and (goes_on := instant_of(health.spent_until)) and goes_on > now:
        return [f"{spent_words(health)}, goes on ", When(at=health.spent_until)]
    return []


def spent_words(health: Health) -> str:
    """What is spent of that source's budget."""
    return f"its budget of {health.spent_limit} is spent" if health.spent_limit else "as much was asked as it allows"


def place_words(destination: str, reading: Reading) -> str:
    """How a destination is called to this reader: other people's private ones have no names."""
    if destination in reading.own_places and destination not in reading.public_places:
        return "here"
    if destination in reading.public_places or reading.is_insider:
        return destination
    return "another chat"


def person_words(person: str, reading: Reading) -> str:
    """How a person is called to this reader: only operators are told who others are."""
    if person and person == reading.person:
        return "you"
    return person if reading.is_insider else "somebody"


STATE_WORDS = {
    State.SENT: "told",
    State.PENDING: "waiting for",
    State.SENDING: "being sent to",
    State.MUTED: "muted for",
    State.MERGED: "told with other news to",
    State.DEAD: "could not be sent to",
}


def order_offers(order: Order, reading: Reading) -> list[Offer]:
    """What is mostly asked next about an order."""

    def ask(verb: Verb, *more: str) -> str:
        return written(verb, order.key, order.source, *more)

    offers = [Offer("Check now", ask(Verb.CHECK)), Offer("History", ask(Verb.HISTORY)), Offer("Why", ask(Verb.WHY))]
    if reading.role.rank >= Role.WATCHER.rank:
        if followed := [watch.destination for watch in reading.watches if _is_of(watch, order)]:
            offers.append(Offer("Unwatch", ask(Verb.UNWATCH, *_for_whom(followed, reading))))
        else:
            offers.append(Offer("Watch", ask(Verb.WATCH)))
        if muted := [mute.destination for mute in mutes_of(order, reading)]:
            offers.append(Offer("Unmute", ask(Verb.UNMUTE, *_for_whom(muted, reading))))
        else:
            offers += [
                Offer("Mute 1 h", ask(Verb.MUTE, "1h")),
                Offer("Mute 1 d", ask(Verb.MUTE, "1d")),
                Offer("Mute until it changes", ask(Verb.MUTE, "until", "change")),
            ]
    return [*offers, Offer("Share here", ask(Verb.STATUS, "share"))]


def _is_of(watch: ChatWatch, order: Order) -> bool:
    return (watch.source, watch.key) == (order.source, order.key)


def _for_whom(destinations: Sequence[str | None], reading: Reading) -> list[str]:
    """What a button has to add where only the person is meant, and not this place."""
    return [] if reading.here in destinations else ["me"]


def mutes_of(order: Order, reading: Reading) -> list[Mute]:
    """The mutes of all news of the order where the reader is told: in this place, or for the person alone."""
    mine = (mute for mute in reading.mutes if (mute.source, mute.key) == (order.source, order.key))
    return [mute for mute in mine if mute.kind is None and mute.watchlist is None]


def mute_lines(order: Order, reading: Reading) -> list[Line]:
    """Where news of the order is held back from the reader, and until when."""
    whole_places = [mute for mute in reading.mutes if not (mute.key or mute.watchlist or mute.kind)]
    lines = []
    for mute in [*mutes_of(order, reading), *whole_places]:
        what = (
            ("Held" if mute.holds else "Muted") if mute.key else ("All news held" if mute.holds else "All news muted")
        )
        where = "here" if mute.destination == reading.here else "for you"
        lines.append(spans_line(f"{what} {where} until ", When(at=mute.until) if mute.until else end_words(mute)))
    return lines


def days_words(days: int) -> str:
    """`1 day`, `12 days`."""
    return counted(days, "day")


def span_words(span: timedelta) -> str:
    """`5 s`, `3 min`, `4 h`, `2 days`, rounded up."""
    seconds = max(1, int(-(-span.total_seconds() // 1)))
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{-(-seconds // 60)} min"
    return f"{-(-seconds // 3600)} h" if seconds < 172_800 else f"{-(-seconds // 86_400)} days"
