"""Which change goes where: one walk along the rules, which sends, explains and is asserted alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.core.matchers import severity_of as severity_of
from bot.core.matchers import written
from bot.model.change import Change, Kind, Severity
from bot.model.order import Order
from bot.model.route import News, Route
from bot.model.watch import Watchlist


@dataclass(frozen=True, slots=True)
class Miss:
    """A matcher that kept a rule from matching."""

    matcher: str
    """Key in the file."""
    wanted: str
    found: str
    """Empty where there is nothing to look at."""


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that was asked. It is taken if nothing is missed."""

    route: Route
    misses: tuple[Miss, ...]

    @property
    def is_taken(self) -> bool:
        """Whether the news goes to the destinations of this rule."""
        return not self.misses


@dataclass(slots=True)
class Share:
    """What one destination is told of one poll of one order."""

    destination: str
    routes: list[str] = field(default_factory=list)
    """Labels of the routes that brought it here, each once."""
    changes: list[Change] = field(default_factory=list)
    group_wait: timedelta | None = None
    """The smallest that any of the routes asks for."""
    watchlists: list[list[str]] = field(default_factory=list)
    """For each change: names of the watchlists that brought it here."""
    severities: list[Severity] = field(default_factory=list)
    """For each change: the highest that any route makes of it."""
    called: list[list[str]] = field(default_factory=list)
    """For each change: ids of people to call."""

    @property
    def severity(self) -> Severity:
        """The highest of all changes."""
        return self.severity_of(self.changes)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Whoever is called for any of the changes, each once."""
        return self.mentions_of(self.changes)

    def severity_of(self, changes: Iterable[Change]) -> Severity:
        """The highest of some of the changes, which are those of the share themselves, not equal ones."""
        found = [self.severities[self._index(change)] for change in changes]
        return max(found, key=lambda one: one.rank, default=Severity.LOW)

    def mentions_of(self, changes: Iterable[Change]) -> tuple[str, ...]:
        """Whoever is called for some of the changes, each once."""
        found = [person for change in changes for person in self.called[self._index(change)]]
        return tuple(dict.fromkeys(found))

    def add(self, change: Change, route: Route, watchlist: str) -> None:
        """Take in a change that a route of a watchlist brings here."""
        if not any(change is told for told in self.changes):
            self.changes.append(change)
            self.watchlists.append([])
            self.severities.append(Severity.LOW)
            self.called.append([])
        place = self._index(change)
        if watchlist not in self.watchlists[place]:
            self.watchlists[place].append(watchlist)
        if route.label not in self.routes:
            self.routes.append(route.label)
        made = route.severity or severity_of(change.kind)
        self.severities[place] = max(self.severities[place], made, key=lambda one: one.rank)
        self.called[place] += route.mention
        waits = [wait for wait in (self.group_wait, route.group_wait) if wait is not None]
        self.group_wait = min(waits, default=None)

    def _index(self, change: Change) -> int:
        return next(place for place, told in enumerate(self.changes) if told is change)


def walk(news: News, routes: Sequence[Route]) -> list[Step]:
    """The rules that are asked, in turn, up to the first that matches and does not say to go on."""
    steps = []
    for route in routes:
        step = Step(route, _misses(route, news))
        steps.append(step)
        if step.is_taken and not route.continues:
            break
    return steps


def walk_all(news: News, own: Sequence[Route], catch_all: Sequence[Route]) -> list[Step]:
    """The rules of a watchlist, and unless one of them takes the news for good, those for everything else."""
    steps = walk(news, own)
    ends = any(step.is_taken and not step.route.continues for step in steps)
    return steps if ends else [*steps, *walk(news, catch_all)]


def taken(steps: Iterable[Step]) -> list[Route]:
    """The rules by which news goes."""
    return [step.route for step in steps if step.is_taken]


def routes_of(
    kind: Kind,
    order: Order | None,
    watchlists: Iterable[Watchlist],
    catch_all: Sequence[Route],
    *,
    minor: bool = False,
) -> list[Route]:
    """The routes that a change takes from every watchlist that follows the order, each once. `minor` as in Change."""
    found: list[Route] = []
    for watchlist in watchlists:
        news = News(kind=kind, source=watchlist.source, watchlist=watchlist.name, order=order, minor=minor)
        found += [route for route in taken(walk_all(news, watchlist.notify, catch_all)) if route not in found]
    return found


def share_out(
    changes: Sequence[Change], order: Order, watchlists: Sequence[Watchlist], catch_all: Sequence[Route]
) -> list[Share]:
    """The changes by destination, each destination and each change in it once, in the order of the changes.

    `order` is as it is after them.
    """
    shares: dict[str, Share] = {}
    for change in changes:
        for watchlist in watchlists:
            for route in routes_of(change.kind, order, [watchlist], catch_all, minor=change.minor):
                for destination in route.to:
                    shares.setdefault(destination, Share(destination)).add(change, route, watchlist.name)
    return list(shares.values())


def _misses(route: Route, news: News) -> tuple[Miss, ...]:
    if news.minor and route.on is None:
        return (Miss("on", f"{news.kind} by name", "a move below the threshold"),)
    return tuple(
        Miss(matcher.key, matcher.wanted(route), matcher.found(news))
        for matcher in written(route)
        if not matcher.matches(getattr(route, matcher.member), news)
    )
