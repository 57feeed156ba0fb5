"""The storages that the contract is tried on. A new one is one more line in STORAGES."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.ports import Clock, Storage
from bot.storage.sqlite import SqliteStorage
from tests.postgres import database_for


def _postgres(folder: Path, clock: Clock) -> Storage:
    database = database_for(folder)
    from bot.storage.postgres import PostgresStorage  # the driver is not on every machine

    return PostgresStorage(database, clock)


STORAGES: dict[str, Callable[[Path, Clock], Storage]] = {
    "sqlite": lambda folder, clock: SqliteStorage(folder / "store.db", clock),
    "postgres": _postgres,
}
Make = Callable[[], Storage]
Reopen = Callable[[], Awaitable[Storage]]


@pytest.fixture(params=STORAGES)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes storages that all work on the same data, one after the other."""
    return lambda: STORAGES[request.param](tmp_path, ManualClock())


@pytest.fixture
async def store(make: Make) -> AsyncIterator[Storage]:
    """An empty storage."""
    storage = make()
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def reopen(make: Make, store: Storage) -> AsyncIterator[Reopen]:
    """Ends the storage and begins another on the same data, as a restart does."""
    opened: list[Storage] = [store]

    async def restart() -> Storage:
        await opened[-1].close()
        opened.append(make())
        await opened[-1].open()
        return opened[-1]

    yield restart
    await opened[-1].close()
