"""What another config would have changed about what was told: news that comes, goes, or reaches people elsewhere."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from bot.core.replay import News, Telltale

SAME_TIME = timedelta(minutes=2)
"""What a real send may be later than a simulated one without being told at another time."""


class Difference(StrEnum):
    """What became different about news at a destination."""

    ADDED = "added"
    REMOVED = "removed"
    ELSEWHERE = "elsewhere"
    """It goes to another destination."""
    COMPANY = "company"
    """It is told with other news than before, or alone."""
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Item:
    """One difference."""

    what: Difference
    news: News
    before: str | None
    """Destination."""
    after: str | None
    at_before: datetime | None
    """None: it was not sent, or waits."""
    at_after: datetime | None
    with_before: int
    """How many other news were in the same message."""
    with_after: int


@dataclass(slots=True)
class Counts:
    """What one destination was told and would be."""

    messages_before: int = 0
    messages_after: int = 0
    added: int = 0
    removed: int = 0
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it."""

    destinations: Mapping[str, Counts]
    items: Sequence[Item]
    """By time of the news."""

    @property
    def digest(self) -> str:
        """Equal for equal results."""
        lines = [f"{name} {counts}" for name, counts in sorted(self.destinations.items())]
        lines += map(repr, self.items)
        return blake2b("\n".join(lines).encode(), digest_size=8).hexdigest()


@dataclass(slots=True)
class _Place:
    """One news at one destination."""

    at: datetime | None = None
    is_open: bool = False
    messages: tuple[int, ...] = ()


_NOWHERE = _Place()


class _Side:
    """What was told, or would be."""

    def __init__(self, told: Iterable[Telltale]) -> None:
        self.places: defaultdict[News, dict[str, _Place]] = defaultdict(dict)
        self._sizes: Counter[int] = Counter()
        self._marks: Counter[int] = Counter()
        sent: set[tuple[str, int]] = set()
        for each in told:
            place = self.places[each.news].setdefault(each.destination, _Place())
            place.is_open |= each.at is None
            place.at = max(filter(None, (place.at, each.at)), default=None)
            if each.message not in place.messages:
                place.messages += (each.message,)
                self._sizes[each.message] += 1
                self._marks[each.message] += _mark(each.news)
            if each.at is not None:
                sent.add((each.destination, each.message))
        self.messages = Counter(name for name, _ in sent)

    def company(self, place: _Place) -> int:
        return max((self._sizes[number] - 1 for number in place.messages), default=0)

    def marks(self, place: _Place) -> list[int]:
        return sorted({self._marks[number] for number in place.messages})


def compare(before: Iterable[Telltale], after: Iterable[Telltale]) -> Comparison:
    """What is different. News that still waits, or was given up, has no time and no company to compare."""
    was, is_now = _Side(before), _Side(after)
    items = [
        item
        for news in sorted(was.places.keys() | is_now.places.keys(), key=lambda each: (each[2], each[0], each[1]))
        for item in _of_one(news, was, is_now)
    ]
    counts: defaultdict[str, Counts] = defaultdict(Counts)
    for name in was.messages.keys() | is_now.messages.keys():
        counts[name].messages_before, counts[name].messages_after = was.messages[name], is_now.messages[name]
    for item in items:
        _count(counts, item)
    return Comparison(dict(sorted(counts.items())), items)


def _of_one(news: News, was: _Side, is_now: _Side) -> Iterator[Item]:
    old, new = was.places.get(news, {}), is_now.places.get(news, {})
    gone, come = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
    pairs = min(len(gone), len(come))

    def item(what: Difference, before: str | None, after: str | None) -> Item:
        one, other = old.get(before or "", _NOWHERE), new.get(after or "", _NOWHERE)
        return Item(what, news, before, after, one.at, other.at, was.company(one), is_now.company(other))

    yield from (item(Difference.ELSEWHERE, *pair) for pair in zip(gone, come, strict=False))
    yield from (item(Difference.REMOVED, name, None) for name in gone[pairs:])
    yield from (item(Difference.ADDED, None, name) for name in come[pairs:])
    for name in sorted(old.keys() & new.keys()):
        one, other = old[name], new[name]
        if one.is_open or other.is_open or one.at is None or other.at is None:
            continue
        if was.marks(one) != is_now.marks(other):
            yield item(Difference.COMPANY, name, name)
        elif abs(one.at - other.at) > SAME_TIME:
            yield item(Difference.TIME, name, name)


def _count(counts: Mapping[str, Counts], item: Item) -> None:
    match item.what:
        case Difference.ADDED:
            counts[item.after or ""].added += 1
        case Difference.REMOVED:
            counts[item.before or ""].removed += 1
        case _:
            for name in {item.before or "", item.after or ""}:
                counts[name].moved += 1


def _mark(news: News) -> int:
    """A number for news; the sum over a message stands for all that it tells."""
    return int.from_bytes(blake2b(repr(news).encode(), digest_size=12).digest(), "big")
