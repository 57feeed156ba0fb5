"""Workers that share a PostgreSQL database, as commands see them. What that needs is loaded when it is asked for."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager

from bot.app import Company
from bot.config.load import Config, Store
from bot.core.shards import shards
from bot.errors import ConfigError, StorageError
from bot.model.database import Database, Dsn
from bot.model.lease import STALL, Lease, Standing, Worker
from bot.ports import Clock


def joining(worker: str | None, clock: Clock) -> Callable[[Config], AbstractAsyncContextManager[Company]]:
    """How a process joins the workers of a config's database; it raises ConfigError and StorageError."""

    def join(config: Config) -> AbstractAsyncContextManager[Company]:
        if not isinstance(config.database, Dsn):
            says = "is a file of one machine; workers share postgresql://user@host/database"
            raise ConfigError([config.problem("database", says)])
        try:
            from bot.fleet import Times, open_fleet
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == "bot":
                raise
            raise StorageError("workers need more than one machine does; pip install 'orderwatch[postgres]'") from None
        return open_fleet(config.database, clock, name=worker, times=Times())

    return join


def standing(store: Store) -> Standing | None:
    """Who works on a config's database, and on what; None: nobody ever shared it. Raises StorageError."""
    return asyncio.run(_standing(store.database, [lease.name for lease in leases_of(store)]))


def leases_of(store: Store) -> list[Lease]:
    """The leases that there are by a config."""
    return shards(store.sources, store.chats)


async def have_workers(database: Database) -> bool:
    """Whether workers share a database that give signs of life. Raises StorageError."""
    found = await _standing(database, ())
    return found is not None and any(worker.silent < STALL for worker in found.workers)


def without_signs(workers: Iterable[Worker], *, longer_than: float) -> list[str]:
    """A line that names the workers that have been silent for more than so many seconds; none where all speak."""
    silent = [f"{worker.name} for {worker.silent:.0f} s" for worker in workers if worker.silent > longer_than]
    return [f"silent: {', '.join(silent)}; see whether they run and reach the database"] if silent else []


def unknown(found: Standing, leases: Iterable[Lease]) -> list[str]:
    """A line that names what of these leases no worker knows; none where all is known."""
    known = {held.lease: held.sources for held in found.holdings}
    names = [
        *(f"the source {name}" for lease in leases for name in lease.sources if name not in known.get(lease.name, ())),
        *(f"the lease {lease.name}" for lease in leases if not lease.sources and lease.name not in known),
    ]
    return [f"nobody works on {', '.join(names)}; give every worker this config"] if names else []


async def _standing(database: Database, wanted: Collection[str]) -> Standing | None:
    if not isinstance(database, Dsn):
        return None
    try:
        from bot import fleet
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "bot":
            raise
        return None  # whoever shares it has what that needs
    return await fleet.standing(database, wanted=wanted)
