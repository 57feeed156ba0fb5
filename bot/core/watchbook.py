"""Which watchlists follow which order of one source, and how closely."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from bot.model.poll import OrderState, Scope
from bot.model.watch import Watchlist


class WatchBook:
    """The watchlists of one source, indexed. `key_of` turns an order as written into its key, as the source does."""

    def __init__(self, watchlists: Iterable[Watchlist], key_of: Callable[[str], str]) -> None:
        self.watchlists = tuple(watchlists)
        self.named: dict[str, list[Watchlist]] = {}
        """By key: the watchlists that name the order."""
        self._by_scope: dict[str, list[Watchlist]] = {}
        self.scopes: dict[str, Scope] = {}
        """By id: the listings to sweep."""
        for watchlist in self.watchlists:
            if watchlist.orders is None:
                scope = scope_of(watchlist)
                self.scopes[scope.id] = scope
                self._by_scope.setdefault(scope.id, []).append(watchlist)
            else:
                for written in watchlist.orders:
                    following = self.named.setdefault(key_of(written), [])
                    if watchlist not in following:
                        following.append(watchlist)

        self._details = {
            scope_id: min(watchlist.details for watchlist in following)
            for scope_id, following in self._by_scope.items()
        }

    def follow(self, key: str, watchlist: Watchlist) -> None:
        """Follow one order for somebody in chat. Such a watchlist is not summed up and stands beside the others."""
        others = [one for one in self.named.get(key, ()) if one.name != watchlist.name]
        self.named[key] = [*others, watchlist]

    def unfollow(self, key: str, name: str) -> None:
        """Let the watchlist of that name not follow the order any more."""
        others = [one for one in self.named.get(key, ()) if one.name != name]
        if others:
            self.named[key] = others
        else:
            self.named.pop(key, None)

    def of_scope(self, scope_id: str) -> Sequence[Watchlist]:
        """The watchlists that follow everything a listing shows."""
        return self._by_scope.get(scope_id, [])

    def following(self, key: str, scopes: Iterable[str]) -> list[Watchlist]:
        """The watchlists that follow an order: by name, or because a listing showed it."""
        found = list(self.named.get(key, ()))
        for scope_id in scopes:
            found += [watchlist for watchlist in self.of_scope(scope_id) if watchlist not in found]
        return found

    def follows(self, state: OrderState) -> bool:
        """Whether anybody follows the order."""
        return state.key in self.named or any(scope_id in self._by_scope for scope_id in state.scopes)

    def sweep_every(self, scope_id: str) -> timedelta:
        """How often a listing is swept: as often as its most curious watchlist asks."""
        return min(watchlist.every for watchlist in self._by_scope[scope_id])

    @property
    def named_every(self) -> timedelta:
        """How often orders that are named are looked at, by the most curious of their watchlists."""
        return min((each.every for each in self._naming()), default=timedelta(minutes=15))

    @property
    def named_details(self) -> timedelta:
        """How old what is known of them may become although no row moves."""
        return min((each.details for each in self._naming()), default=timedelta(hours=4))

    def details_every(self, scope_id: str) -> timedelta:
        """The same for the orders of a listing."""
        return self._details[scope_id]

    def look_every(self, state: OrderState) -> timedelta:
        """How often an open order is looked at by itself.

        One that is named: each `every`. One that a listing shows: each `details`, since its row tells when it moves.
        """
        asked = [watchlist.every for watchlist in self.named.get(state.key, ())]
        asked += [self._details[scope_id] for scope_id in state.scopes if scope_id in self._details]
        return min(asked, default=timedelta(days=1))

    def _naming(self) -> list[Watchlist]:
        return [watchlist for watchlist in self.watchlists if watchlist.orders is not None]


def scope_of(watchlist: Watchlist) -> Scope:
    """The listing that a watchlist of all orders sweeps."""
    return Scope(tuple(sorted(watchlist.where.items())))
