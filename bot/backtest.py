"""What another config would have told of what was found: the wiring between what is stored and `core/replay`."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from sys import intern

from bot.app import build_chats, build_sources, checked
from bot.config.load import Config
from bot.core.compare import Comparison, compare
from bot.core.replay import Happening, News, Replay, Telltale
from bot.core.summary import BACK
from bot.core.telling import SNOOZED
from bot.core.watchbook import WatchBook
from bot.crew import book_of, telling_of
from bot.errors import SourceError
from bot.loops.following import BY_HAND
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order
from bot.model.outbox import State
from bot.model.poll import Scope
from bot.model.sending import Limit
from bot.model.view import FoundThen, OwedThen
from bot.model.watch import Watchlist
from bot.past import Past
from bot.ports import Clock, Source
from bot.storage.doors import past_of

_ORDERS_AT_HAND = 10_000
_BY_ORDER = ("statuses", "references", "amount", "texts")
"""Members of a Route that look at what of an order may change."""


@dataclass(slots=True)
class Backtest:
    """What came of it."""

    since: Moment | None = None
    until: Moment | None = None
    """When something was last found or settled: so the same database gives the same result."""
    changes: int = 0
    approximated: int = 0
    """Polls that were judged by the order as it is now, since the answer of then is not kept or cannot be read."""
    unwanted: int = 0
    """News that somebody had muted or put off."""
    by_hand: int = 0
    """News that went where somebody follows an order by hand."""
    unknown: list[str] = field(default_factory=list)
    """Watchlists whose listing was never swept: nobody knows their orders."""
    about: dict[News, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Order number and kinds of change."""
    comparison: Comparison = field(default_factory=lambda: compare((), ()))
    _news: dict[News, News] = field(default_factory=dict)

    def known(self, news: News) -> News:
        """Equal news as one value: there may be hundreds of thousands of each."""
        return self._news.setdefault(news, (intern(news[0]), intern(news[1]), news[2]))


def backtest(
    config: Config, clock: Clock, *, days: int, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Backtest:
    """Compare what was told in the last `days` with what this config would have told. Sends and writes nothing.

    `progress` is told how many of how many changes are done. Raises ConfigError and StorageError.
    """
    return asyncio.run(_backtest(config, clock, days, progress))


async def _backtest(config: Config, clock: Clock, days: int, progress: Callable[[int, int], None]) -> Backtest:
    sources = build_sources(checked(config, clock), clock)
    limits = await _limits(config, clock)
    async with past_of(config.database) as past:
        result = Backtest(until=await past.latest())
        end = _instant(result.until)
        if end is None:
            return result
        result.since = from_instant(end - timedelta(days=days))
        before = _Before(result)
        async for owed in past.owed(result.since):
            before.add(owed)
        replay = Replay(
            {name: telling_of(config, source) for name, source in sources.items()}, config.destinations, limits
        )
        stage = _Stage(config, sources, past, await past.scopes(), result)
        total = await past.count(result.since)
        after: list[Telltale] = []
        async for found in past.found(result.since):
            if happening := await stage.happening(found, before.unwanted.get((found.source, found.key, found.seen_at))):
                after += (replace(each, news=result.known(each.news)) for each in replay.feed(happening))
            progress(len(found.changes), total)
        after += replay.finish(end)
        result.comparison = compare(before.told(), after)
    return result


async def _limits(config: Config, clock: Clock) -> Mapping[str, Sequence[Limit]]:
    chats = build_chats(config, clock)
    try:
        return {name: chats[place.chat].limits(place) for name, place in config.destinations.items()}
    finally:
        for chat in chats.values():
            await chat.close()


class _Before:
    """What was told, without what no config decides."""

    def __init__(self, result: Backtest) -> None:
        self.unwanted: dict[News, frozenset[str]] = {}
        self._result = result
        self._rows: list[tuple[News, str, int]] = []
        self._sent: dict[int, Moment | None] = {}

    def add(self, row: OwedThen) -> None:
        news = self._result.known((row.source, row.key, row.seen_at))
        if all(label.startswith(BY_HAND) for label in row.route.split(", ")):
            self._result.by_hand += 1
        elif row.state is State.MUTED or row.held_for == SNOOZED:
            self._result.unwanted += 1
            self.unwanted[news] = self.unwanted.get(news, frozenset()) | {row.destination}
        elif row.reason != BACK:
            if row.state is State.SENT:
                self._sent[row.id] = row.settled_at
            leader = row.id if row.merged_into is None else row.merged_into
            self._rows.append((news, intern(row.destination), leader))

    def told(self) -> Iterator[Telltale]:
        for news, destination, leader in self._rows:
            sent_at = self._sent.get(leader)
            if destination not in self.unwanted.get(news, ()):
                yield Telltale(news, destination, _instant(sent_at), leader)


class _Stage:
    """Puts the orders back to where they were."""

    def __init__(
        self,
        config: Config,
        sources: Mapping[str, Source],
        past: Past,
        swept: frozenset[tuple[str, str]],
        result: Backtest,
    ) -> None:
        self._sources = sources
        self._past = past
        self._result = result
        self._books = {name: book_of(config, source) for name, source in sources.items()}
        self._at_hand: dict[tuple[str, str], tuple[Order, tuple[str, ...]] | None] = {}
        self._looks_at_orders = any(
            getattr(route, member) is not None
            for routes in (config.notify, *(watchlist.notify for watchlist in config.watchlists.values()))
            for route in routes
            for member in _BY_ORDER
        )
        self._swept = swept
        for source, book in self._books.items():
            for scope_id in book.scopes:
                if scope_id != Scope().id and (source, scope_id) not in self._swept:
                    result.unknown += [watchlist.name for watchlist in book.of_scope(scope_id)]

    async def happening(self, found: FoundThen, unwanted_at: frozenset[str] | None) -> Happening | None:
        self._result.changes += len(found.changes)
        known = await self._order(found.source, found.key)
        if known is None or found.source not in self._sources:
            number = known[0].number if known else found.key
            self._note(found, number)
            return None
        order, scopes = known
        self._note(found, order.number)
        return Happening(
            order=await self._as_it_was(found, order),
            at=found.seen_at,
            changes=found.changes,
            watchlists=self._following(found.source, self._books[found.source], found.key, scopes),
            unwanted_at=unwanted_at or frozenset(),
        )

    async def _order(self, source: str, key: str) -> tuple[Order, tuple[str, ...]] | None:
        place = (source, key)
        if place not in self._at_hand:
            if len(self._at_hand) >= _ORDERS_AT_HAND:
                self._at_hand.clear()
            self._at_hand[place] = await self._past.order(source, key)
        return self._at_hand[place]

    def _note(self, found: FoundThen, number: str) -> None:
        kinds = tuple(dict.fromkeys(change.kind.value for change in found.changes))
        self._result.about[self._result.known((found.source, found.key, found.seen_at))] = (number, kinds)

    def _following(self, source: str, book: WatchBook, key: str, scopes: Sequence[str]) -> Sequence[Watchlist]:
        """Who follows an order. Whoever will follow the whole account follows all that was ever seen of it."""
        return book.following(key, scopes if (source, Scope().id) in self._swept else (*scopes, Scope().id))

    async def _as_it_was(self, found: FoundThen, now: Order) -> Order:
        if not self._looks_at_orders:
            return now
        payload = await self._past.payload(found.source, found.key, found.seq)
        if payload is not None:
            try:
                return self._sources[found.source].parse(found.key, payload)
            except SourceError:
                pass
        self._result.approximated += 1
        return now


def _instant(moment: Moment | None) -> datetime | None:
    return instant_of(moment) if moment else None
