"""Who works on what: an engine hands out leases, and runs the loops of each for as long as it is held.

On one machine there is one lease of everything, for ever, and nothing is asked of the database for it.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from bot.loops.supervisor import Cry, Loop, Supervisor
from bot.model.lease import Lease
from bot.ports import Askable, Clock, Storage


class Crew(Protocol):
    """Makes the loops that do the work of a lease."""

    @property
    def pollers(self) -> Mapping[str, Askable]:
        """By source: those of the leases that are held now."""
        ...

    async def loops_fail(self, errors: Mapping[str, str]) -> None:
        """Loops, by name, have failed for a while: operators hear of it. Raises StorageError."""
        ...

    async def take(self, lease: Lease, storage: Storage) -> Mapping[str, Loop]:
        """Loops by name, made anew: what was known of an earlier lease is forgotten. They write to `storage`."""
        ...

    def leave(self, lease: Lease) -> None:
        """Its loops have ended: forget them."""
        ...


class Engine(Protocol):
    """Runs what this process holds a lease of."""

    async def run(self, stop: asyncio.Event, beside: Mapping[str, Loop]) -> None:
        """Work until `stop` is set, and run the loops `beside` all the time; ends within ten seconds of that."""
        ...


class LocalEngine:
    """One lease of everything, for ever."""

    def __init__(self, loops: Mapping[str, Loop], storage: Storage, clock: Clock, cry: Cry) -> None:
        """`loops` do everything there is to do."""
        self._loops = loops
        self._storage = storage
        self._clock = clock
        self._cry = cry

    async def run(self, stop: asyncio.Event, beside: Mapping[str, Loop]) -> None:
        """Run all of it until `stop` is set."""
        await Supervisor({**self._loops, **beside}, self._storage, self._clock, self._cry).run(stop)
