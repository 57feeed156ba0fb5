"""The databases that the contract is tried on. A new one is one more line in STORAGES."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.clock import ManualClock
from bot.model.database import Database
from bot.ports import Storage
from bot.storage import doors
from tests.postgres import database_for

STORAGES: dict[str, Callable[[Path], Database]] = {
    "sqlite": lambda folder: folder / "store.db",
    "postgres": database_for,
}
"""By name: the database in a folder. What works on it is what the doors open for such a one."""
Make = Callable[[], Storage]
Reopen = Callable[[], Awaitable[Storage]]


@pytest.fixture(params=STORAGES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Where the data is."""
    return STORAGES[request.param](tmp_path)


@pytest.fixture
def make(database: Database) -> Make:
    """Makes storages that all work on the same data, one after the other."""
    return lambda: doors.storage_of(database, ManualClock(), holder="")


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
