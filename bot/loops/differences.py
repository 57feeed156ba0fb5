"""Workers whose configs have different sources: said once for each lease, for a source that only some know may wait."""

import logging
from collections.abc import Collection, Mapping

from bot.log import event
from bot.model.lease import Lease

log = logging.getLogger(__name__)

_ADVICE = "give every worker the same config; what only some of them know is done only while one of these has the lease"


class Differences:
    """What is in the leases of others, compared with what this worker's config has in them."""

    def __init__(self, leases: Mapping[str, Lease]) -> None:
        """`leases` are all there are by this worker's config."""
        self._leases = leases
        self._seen: frozenset[str] = frozenset()
        self._told: set[str] = set()

    def compare(self, held: Mapping[str, Collection[str]]) -> None:
        """`held` has the sources of each lease that somebody holds, by the holder's config.

        Logs what differs as it did the last time: in between, one worker after the other may take a new config.
        """
        own = {name: set(lease.sources) for name, lease in self._leases.items()}
        differing = frozenset(name for name, sources in held.items() if own.get(name) != set(sources))
        for name in sorted(differing & self._seen - self._told):
            here, elsewhere = own.get(name, set()), set(held[name])
            event(
                log,
                "configs_differ",
                level=logging.WARNING,
                lease=name,
                only_here=_listed(here - elsewhere),
                only_elsewhere=_listed(elsewhere - here),
                advice=_ADVICE,
            )
            self._told.add(name)
        self._seen = differing


def _listed(sources: Collection[str]) -> str | None:
    return ", ".join(sorted(sources)) or None
