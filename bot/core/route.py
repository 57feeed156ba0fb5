"""Which change goes where: data and one pure match."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.model.change import Change, Kind, Severity
from bot.model.route import Route
from bot.model.watch import Watchlist

_URGENT = frozenset({Kind.CANCELLED, Kind.VANISHED, Kind.MOVED_BACKWARDS, Kind.UNDISPATCHED})
_LOW = frozenset({Kind.LINE_CHANGED, Kind.TRACKING_REPLACED, Kind.OTHER})


@dataclass(slots=True)
class Share:
    """What one destination is told of one poll of one order."""

    destination: str
    routes: list[str] = field(default_factory=list)
    """Labels of the routes that brought it here, each once."""
    changes: list[Change] = field(default_factory=list)


def severity_of(kind: Kind) -> Severity:
    """How urgent a kind of change is where no route says otherwise."""
    if kind in _URGENT:
        return Severity.URGENT
    return Severity.LOW if kind in _LOW else Severity.NORMAL


def matching(kind: Kind, routes: Sequence[Route]) -> list[Route]:
    """The routes a change of this kind takes: the first that matches, and further ones while they say to go on."""
    taken = []
    for route in routes:
        if route.on is None or kind in route.on:
            taken.append(route)
            if not route.continues:
                break
    return taken


def routes_of(kind: Kind, watchlists: Iterable[Watchlist], catch_all: Sequence[Route]) -> list[Route]:
    """The routes of every watchlist that follows the order; one whose own routes match nothing uses the catch-all."""
    taken: list[Route] = []
    for watchlist in watchlists:
        for route in matching(kind, watchlist.notify) or matching(kind, catch_all):
            if route not in taken:
                taken.append(route)
    return taken


def share_out(changes: Sequence[Change], watchlists: Sequence[Watchlist], catch_all: Sequence[Route]) -> list[Share]:
    """The changes by destination, each destination and each change in it once, in the order of the changes."""
    shares: dict[str, Share] = {}
    for change in changes:
        for route in routes_of(change.kind, watchlists, catch_all):
            for destination in route.to:
                share = shares.setdefault(destination, Share(destination))
                if route.label not in share.routes:
                    share.routes.append(route.label)
                if not any(change is told for told in share.changes):
                    share.changes.append(change)
    return list(shares.values())
