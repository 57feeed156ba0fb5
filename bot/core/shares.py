"""How leases are spread over workers: whoever has more than a fair share gives some to those who have less."""

from collections import Counter
from collections.abc import Collection, Mapping


def to_hand_over(holders: Mapping[str, str], workers: Collection[str], mine: str) -> dict[str, str]:
    """Which leases the worker `mine` should give to whom: lease to worker. Empty when it has no more than is fair.

    `holders` is who holds each lease; `workers` are those that live. Every worker that asks is given the same rule, so
    several may give at once without taking too much from anybody. Each kind of lease is spread by itself.
    """
    given: dict[str, str] = {}
    for kind in {_kind(lease) for lease in holders}:
        given |= _given({lease: worker for lease, worker in holders.items() if _kind(lease) == kind}, workers, mine)
    return given


def _kind(lease: str) -> str:
    return lease.partition(" ")[0]


def _given(holders: Mapping[str, str], workers: Collection[str], mine: str) -> dict[str, str]:
    held = Counter(dict.fromkeys(workers, 0))
    held.update(worker for worker in holders.values() if worker in workers)
    if mine not in held:
        return {}
    most_fair = -(-sum(held.values()) // len(workers))
    given: dict[str, str] = {}
    own = sorted(lease for lease, worker in holders.items() if worker == mine)
    while own and held[mine] > most_fair:
        poorest = min(sorted(held), key=lambda worker: held[worker])
        given[own.pop()] = poorest
        held[mine] -= 1
        held[poorest] += 1
    return given
