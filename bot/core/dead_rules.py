"""Rules that no news ever reaches, because of what they want together or of the rules before them.

What a rule is asked about falls into cells: a watchlist, its source, and a kind of change. Matchers of these are
weighed cell by cell; those of an order, which is not known beforehand, by whether one surely covers the other.
"""

from collections.abc import Iterable, Sequence
from itertools import product

from bot.core.matchers import MATCHERS, written
from bot.model.change import Kind
from bot.model.route import News, Route

Cells = frozenset[News]


def cells(watchlists: Iterable[tuple[str, str]]) -> Cells:
    """All news there can be of these watchlists, each given with its source."""
    return frozenset(
        News(kind=kind, source=source, watchlist=name) for (name, source), kind in product(watchlists, Kind)
    )


def reach(route: Route, among: Cells) -> Cells:
    """The news that a rule may match."""
    own = [matcher for matcher in written(route) if matcher.covers is None]
    return frozenset(
        news for news in among if all(matcher.matches(getattr(route, matcher.member), news) for matcher in own)
    )


def surely_taken(routes: Iterable[Route], among: Cells) -> Cells:
    """The news that one of the rules takes for good, whatever the order is."""
    takers = [route for route in routes if not route.continues and all(each.covers is None for each in written(route))]
    sure = [reach(route, among) for route in takers]
    return frozenset().union(*sure)


def takers(routes: Sequence[Route], index: int, among: Cells) -> list[Route] | None:
    """The rules that leave nothing to the one at `index`, which may match something; None if it can be reached."""
    left, found = reach(routes[index], among), []
    for earlier in routes[:index]:
        theirs = reach(earlier, left)
        if theirs and not earlier.continues and _covers(earlier, routes[index]):
            left -= theirs
            found.append(earlier)
    return None if left else found


def _covers(wide: Route, narrow: Route) -> bool:
    """Whether the first matches every order that the second matches."""
    for matcher in MATCHERS:
        wanted, given = getattr(wide, matcher.member), getattr(narrow, matcher.member)
        if matcher.covers is not None and wanted is not None and (given is None or not matcher.covers(wanted, given)):
            return False
    return True
