"""Holds what was told against what happened, from the words people read; the product's own books are not asked.

Every fact must be told wherever its account is listened to; everything said about an order must tell a fact that
nobody has been told there yet. The phrases below are what a reader takes for the telling of each kind: a number that
only stands somewhere in a message tells nothing. Several facts about one thing may be told as the one they come to,
and facts that cancel out before anybody was told of them need not be told at all.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.sandbox.accepted import Accepted
from bot.sandbox.orders import Fact
from bot.sandbox.said import Said, entries, joined
from bot.sandbox.standing import Standing, claims, is_true

Place = tuple[str, str]
"""Kind of chat, and the place there as its twin writes it."""

_PHRASES: dict[str, str] = {
    # One line of a message, with {} where the needle stands.
    "appeared": r"New order\b.*{}",
    "status": r"→ {}",
    "dispatched": r"^\W*(?=.*{})Dispatched\b",
    "undispatched": r"^\W*(?=.*{})Dispatch withdrawn\b",
    "tracking_added": r"\bTracking: (?!.*→).*{}",
    "tracking_replaced": r"\bTracking: .*→ .*{}",
    "tracking_removed": r"\bTracking removed: .*{}",
    "promise_moved": r"\b(?:Delivery|Shipping|Date)\b[^:]*: (?:.*→ |promised for ).*{}",
    "line_added": r"\bLines? .*added: .*{}",
    "line_cancelled": r"\bLines? (?=.*{}).*\bcancelled\b",
    "quantity": r"\bquantity .*→ {}",
    "cancelled": r"→ {}",
    "completed": r"→ {}",
    "moved_backwards": r"Moved backwards\b.*→ {}",
    "vanished": r"No longer listed\b.*{}",
    "reappeared": r"Listed again\b.*{}",
}
_NOTICE = re.compile(
    r"\W*(?:Now watching|Source failing|Source recovered|We cannot reach anything|We reach our sources"
    r"|Unknown status|Field missing|Field is back|Order not readable|Cannot deliver|Not delivered"
    r"|Part of orderwatch fails|Questions are not heard)\b"
)
_CARD = re.compile(r"\W*Order (?!not readable\b)(?P<name>.+) · ")
"""The message at the head of an order's thread. It says where the order is and tells nobody anything."""
_CLAIM = re.compile(r"^(?!\W*Lines? [^:]*: (?!quantity)).*→")
"""A line that says what became what. The status of a single line is left out: no fact is recorded for it."""
_SHORT = {
    "promise_moved": "New date",
    "tracking_replaced": "Tracking replaced",
    "tracking_removed": "Tracking removed",
    "tracking_added": "Tracking added",
    "status": "Status",
    "line_cancelled": "Line cancelled",
    "quantity": "Quantity changed",
    "line_added": "Line added",
    "dispatched": "Dispatched",
}
"""What a summary says of the rest of the changes of an order, where they are many."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found. The details are sentences for people."""

    changes: int
    """How many facts somebody had to be told, counted once for each place."""
    messages: int
    """How many messages about orders were accepted; the parts of a split one count once."""
    notices: int
    """How many messages about watchlists, sources and destinations were."""
    repeats: int
    """Of the messages, how many told nothing new but said themselves that they may be a repeat."""
    cards: int = 0
    """How many orders have a card at the head of their thread."""
    missed: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    false: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether everything was told, once, and nothing else."""
        return not (self.missed or self.duplicates or self.false)

    def __str__(self) -> str:
        count = (
            f"{self.changes} changes to tell, {self.messages} messages, {len(self.missed)} missed, "
            f"{len(self.duplicates)} duplicates, {len(self.false)} false"
        )
        return "\n".join((count, *self.missed, *self.duplicates, *self.false))


def judge(
    facts: Sequence[Fact],
    accepted: Sequence[Accepted],
    hears: Mapping[Place, Collection[str]],
    *,
    baseline: datetime,
    calm: datetime,
    standings: Mapping[str, Sequence[Standing]] | None = None,
) -> Verdict:
    """Compare. `hears` says which accounts' news each place has to be told.

    `standings` are those of the world, by which what time alone makes (overdue, stuck) is judged.

    Only facts after `baseline` and up to `calm` must be told; others may be.
    """
    courts = {place: _Court(place, facts, accounts) for place, accounts in hears.items()}
    for court in courts.values():
        court.standings = standings or {}
    notices = 0
    strays = []
    cards = [one for one in accepted if is_card(one)]
    messages = joined([one for one in accepted if not is_card(one)])
    for message in messages:
        said = [entry for entry in entries(message) if not _NOTICE.match(entry.text)]
        notices += not said
        for entry in said:
            if (message.chat, message.place) in courts:
                courts[message.chat, message.place].hear(entry)
            else:
                strays.append(f"{_where(entry)}, where nobody listens: {_said(entry)}")
    owed = [(court, fact) for court in courts.values() for fact in court.facts if baseline < fact.at <= calm]
    return Verdict(
        changes=len(owed),
        messages=len(messages) - notices,
        notices=notices,
        repeats=sum(court.repeats for court in courts.values()),
        missed=tuple(f"{court.name} was not told: {_fact(fact)}" for court, fact in owed if not court.knows(fact)),
        cards=len(cards),
        duplicates=(*_second_cards(cards), *(line for court in courts.values() for line in court.duplicates)),
        false=tuple(strays + [line for court in courts.values() for line in court.false]),
    )


def untold(facts: Sequence[Fact], accepted: Sequence[Accepted], place: Place) -> list[Fact]:
    """The facts that no message in a place tells, whether or not they had to be told."""
    court = _Court(place, facts, {fact.account for fact in facts})
    for message in joined([one for one in accepted if (one.chat, one.place) == place and not is_card(one)]):
        for entry in entries(message):
            court.hear(entry)
    return [fact for fact in facts if id(fact) not in court.first_told]


def is_card(accepted: Accepted) -> bool:
    """Whether it is the card of an order, and no news."""
    return accepted.under is None and _CARD.match(accepted.text) is not None


def _second_cards(cards: Sequence[Accepted]) -> Iterator[str]:
    seen: set[tuple[str, str, str]] = set()
    for one in cards:
        found = _CARD.match(one.text)
        about = (one.chat, one.place, found["name"] if found else "")
        if about in seen:
            yield f"{one.chat} {one.place} shows a second card: {one.text.strip().partition(chr(10))[0]}"
        seen.add(about)


@dataclass(slots=True)
class _Court:
    """Everything told in one place, message by message."""

    place: Place
    all_facts: Sequence[Fact]
    accounts: Collection[str]
    facts: list[Fact] = field(default_factory=list)
    told: set[int] = field(default_factory=set)
    """Ids of the facts that a message was taken to tell."""
    first_told: dict[int, datetime] = field(default_factory=dict)
    """Id of a fact to when a message came that tells it, if only together with another one that reads the same."""
    standings: Mapping[str, Sequence[Standing]] = field(default_factory=dict)
    told_by_time: set[tuple[str, str, str]] = field(default_factory=set)
    repeats: int = 0
    duplicates: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    by_name: dict[str, list[Fact]] = field(default_factory=dict)
    by_thing: dict[tuple[str, str, str], list[Fact]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = [fact for fact in self.all_facts if fact.account in self.accounts]
        for fact in self.facts:
            for name in fact.names or (fact.order,):
                self.by_name.setdefault(name, []).append(fact)
            if fact.thing:
                self.by_thing.setdefault((fact.account, fact.order, fact.thing), []).append(fact)

    @property
    def name(self) -> str:
        return " ".join(self.place)

    def hear(self, message: Said) -> None:
        """Give the message the oldest untold fact of each sort that it tells."""
        known = [fact for fact in self._about(message) if fact.at <= message.at]
        tells = [fact for fact in known if _tells(message.text, fact)]
        sorts: dict[tuple[str, str], Fact] = {}
        for fact in tells:
            if id(fact) not in self.told:
                sorts.setdefault((fact.kind, fact.needle), fact)
        news = [*sorts.values(), *self._told_as_one(message, known)]
        self.told.update(map(id, news))
        for fact in (*tells, *news):
            self.first_told.setdefault(id(fact), message.at)
        moved = [line for line in message.text.split("\n") if _CLAIM.search(line)]
        by_time = self._by_time(message)
        is_new = bool(news) or True in by_time
        if None in by_time:
            self.false.append(f"{_where(message)} was told what was not so: {_said(message)}")
        elif not (tells or is_new or by_time) or any(not any(_tells(line, fact) for fact in known) for line in moved):
            self.false.append(f"{_where(message)} was told what never happened: {_said(message)}")
        elif not is_new and message.is_repeat:
            self.repeats += 1
        elif not is_new:
            self.duplicates.append(f"{_where(message)} was told again: {_said(message)}")

    def _by_time(self, message: Said) -> list[bool | None]:
        """For each claim of what time alone made: whether it is news; None if it was not so."""
        name = next((each for each in self.standings if each in message.headline), "")
        found: list[bool | None] = []
        for kind, line in claims(message.text):
            if not is_true(kind, line, self.standings.get(name, ()), message.at):
                found.append(None)
                continue
            is_news = (kind, name, line) not in self.told_by_time
            self.told_by_time.add((kind, name, line))
            found.append(is_news)
        return found

    def knows(self, fact: Fact) -> bool:
        """Whether a message told it, or there is nothing to tell because it came to nothing in time."""
        return id(fact) in self.first_told or any(
            run[0].before == run[-1].after and all(self._came_late(each, run[-1].at) for each in run)
            for run in self._runs(fact)
        )

    def _came_late(self, fact: Fact, at: datetime) -> bool:
        return self.first_told.get(id(fact), at) >= at

    def _runs(self, fact: Fact) -> Iterator[Sequence[Fact]]:
        """Everything that happened to its thing one after the other, from then to then; at least two facts."""
        line = self.by_thing.get((fact.account, fact.order, fact.thing), [fact])
        here = line.index(fact)
        for first in range(here + 1):
            for last in range(max(here, first + 1), len(line)):
                yield line[first : last + 1]

    def _told_as_one(self, message: Said, known: Sequence[Fact]) -> list[Fact]:
        """Untold moves of parcels that the message tells as the one they come to."""
        left = [fact for fact in known if fact.kind.startswith("tracking") and id(fact) not in self.told]
        for last in left:
            gone = [[fact, last] for fact in left if not fact.after and last.kind == "tracking_added"]
            for run in (*self._runs(last), *gone):
                if run[-1] is last and all(fact in left for fact in run) and _tells(message.text, _net(run)):
                    return list(run)
        return []

    def _about(self, message: Said) -> list[Fact]:
        for name, facts in self.by_name.items():
            if name in message.headline and re.search(_whole(name), message.headline):
                return facts
        return []


def _tells(text: str, fact: Fact) -> bool:
    needle = "|".join(_whole(each) for each in (fact.needle, *fact.also))
    phrase = _PHRASES.get(fact.kind, "{}").replace("{}", f"(?:{needle})")
    lines = text.split("\n")
    return any(re.search(phrase, line, re.IGNORECASE) or _SHORT.get(fact.kind) in line.split(", ") for line in lines)


def _net(run: Sequence[Fact]) -> Fact:
    """What several moves of one parcel come to."""
    before, after = run[0].before, run[-1].after
    kind = "tracking_removed" if not after else "tracking_replaced" if before else "tracking_added"
    return replace(run[-1], kind=kind, needle=after or before)


def _whole(words: str) -> str:
    return rf"(?<!\w){re.escape(words)}(?!\w)"


def _where(message: Said) -> str:
    return f"{message.chat} {message.place} at {message.at:%Y-%m-%d %H:%M:%S.%f}"


def _said(message: Said) -> str:
    return " / ".join(line.strip() for line in message.text.split("\n") if line.strip())


def _fact(fact: Fact) -> str:
    return f"{fact.kind} of {fact.account} {fact.order} ({fact.needle}) at {fact.at:%Y-%m-%d %H:%M:%S.%f}"
