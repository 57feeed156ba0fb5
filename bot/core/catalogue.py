"""What the config knows of: sources, watchlists and destinations, and which orders somebody may see of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.core.access import Rights, destination_name, place_id
from bot.core.watchbook import scope_of
from bot.model.access import Grant
from bot.model.outbox import Destination
from bot.model.route import Route
from bot.model.view import Extent, Found
from bot.model.watch import Watchlist


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The part of the config that questions are about."""

    labels: Mapping[str, str]
    """Source to what people are shown."""
    key_of: Mapping[str, Callable[[str], str]]
    """Source to what turns an order as written into its key. Raises ValueError."""
    watchlists: Mapping[str, Watchlist]
    destinations: Mapping[str, Destination]
    catch_all: tuple[Route, ...]
    access: tuple[Grant, ...]
    timezone: str
    version: str
    lines: Mapping[str, str] = field(default_factory=dict)
    """Label of a rule to where it stands: `watchlists.yaml:10`. Empty while the bot runs, as the file may be edited."""
    read_person: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    """Chat to what turns a person as written into the id by which a message calls them. Raises ValueError."""

    def extents(self, rights: Rights, *, source: str | None = None, watchlist: str | None = None) -> tuple[Extent, ...]:
        """The orders that these rights let see; only those of one source or watchlist, if asked."""
        wanted = [name for name in self.labels if source in (None, name)]
        if watchlist is not None:
            wanted = [name for name in wanted if name == self.watchlists[watchlist].source]
        parts = [self._extent(rights, name, watchlist) for name in wanted]
        return tuple(part for part in parts if part.is_whole or part.scopes or part.keys)

    def open_sources(self, rights: Rights) -> list[str]:
        """Sources of which anything may be seen."""
        return [extent.source for extent in self.extents(rights)]

    def open_watchlists(self, rights: Rights) -> list[str]:
        """Watchlists whose orders may be seen."""
        return [name for name, each in self.watchlists.items() if rights.sees_watchlist(name, each.source)]

    def following(self, found: Found) -> list[Watchlist]:
        """The watchlists that follow an order: by name, or because a listing showed it."""
        order = found.snapshot.order
        return [
            watchlist
            for watchlist in self.watchlists.values()
            if watchlist.source == order.source
            and (
                scope_of(watchlist).id in found.scopes
                if watchlist.orders is None
                else order.key in map(self.key_of[order.source], watchlist.orders)
            )
        ]

    def place(self, chat: str, address: Mapping[str, Any]) -> str:
        """The destination that an address is: of the config, else by an own name."""
        for name, destination in self.destinations.items():
            if destination.chat == chat and place_id(destination.address) == place_id(address):
                return name
        return destination_name(chat, address)

    def zone_of(self, destination: str) -> str:
        """The IANA zone of the readers at a destination."""
        known = self.destinations.get(destination)
        return known.timezone if known else self.timezone

    def _extent(self, rights: Rights, source: str, watchlist: str | None) -> Extent:
        if rights.sees_source(source) and watchlist is None:
            return Extent(source, is_whole=True)
        names = self.open_watchlists(rights) if watchlist is None else [watchlist]
        seen = [self.watchlists[name] for name in names if self.watchlists[name].source == source]
        return self._of_watchlists(source, seen)

    def _of_watchlists(self, source: str, watchlists: Sequence[Watchlist]) -> Extent:
        key_of = self.key_of[source]
        return Extent(
            source,
            scopes=frozenset(scope_of(each).id for each in watchlists if each.orders is None),
            keys=frozenset(key_of(order) for each in watchlists for order in each.orders or ()),
        )
