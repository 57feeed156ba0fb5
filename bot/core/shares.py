"""How leases are spread over workers: whoever has more than others gives some to those who have less."""

from collections import Counter
from collections.abc import Collection, Mapping


def to_hand_over(holders: Mapping[str, str], may_have: Mapping[str, Collection[str]], mine: str) -> dict[str, str]:
    """Which leases the worker `mine` should give to whom: lease to worker.

    `holders` is who holds each lease; `may_have` are the workers that live, and which of these leases each of them may
    be given. Every worker that asks reckons what all of them give, so several may give at once without giving too much.

    First each kind of lease is spread by itself, then all of them together as far as that leaves the kinds even. What
    is given makes the counts more even, so it ends: whoever may have everything has at most one less than any other.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for lease, worker in holders.items():
        counts.update(_places(worker, lease))
    given: dict[str, str] = {}
    for choose in (_poorest_of_the_kind, _poorest_of_all):
        for lease, giver in sorted(holders.items()):
            takers = [worker for worker in sorted(may_have) if lease in may_have[worker]]
            taker = choose(lease, giver, takers, counts) if giver in may_have and lease not in given else None
            if taker:
                given[lease] = taker
                counts.subtract(_places(giver, lease))
                counts.update(_places(taker, lease))
    return {lease: taker for lease, taker in given.items() if holders[lease] == mine}


def _places(worker: str, lease: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Where a lease counts: among those of its kind, and among all."""
    return (worker, lease.partition(" ")[0]), (worker, "")


def _poorest_of_the_kind(
    lease: str, giver: str, takers: Collection[str], counts: Mapping[tuple[str, str], int]
) -> str | None:
    """Who has at least two less of the kind."""
    poorest = min(takers, key=lambda taker: [counts[place] for place in _places(taker, lease)], default=giver)
    more_of_kind, _ = _more(lease, giver, poorest, counts)
    return poorest if more_of_kind >= 2 else None


def _poorest_of_all(
    lease: str, giver: str, takers: Collection[str], counts: Mapping[tuple[str, str], int]
) -> str | None:
    """Who has less of the kind, and at least two less of all."""
    fewer = [taker for taker in takers if _more(lease, giver, taker, counts)[0] >= 1]
    poorest = min(fewer, key=lambda taker: counts[taker, ""], default=giver)
    _, more_of_all = _more(lease, giver, poorest, counts)
    return poorest if more_of_all >= 2 else None


def _more(lease: str, giver: str, taker: str, counts: Mapping[tuple[str, str], int]) -> tuple[int, int]:
    """How many more the giver has than the taker, of the kind and of all."""
    of_kind, of_all = (
        counts[of_giver] - counts[of_taker]
        for of_giver, of_taker in zip(_places(giver, lease), _places(taker, lease), strict=True)
    )
    return of_kind, of_all
