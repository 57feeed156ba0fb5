"""How commands read the store, and write what people set up, also while the bot runs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from bot.app import build_sources
from bot.clock import SystemClock
from bot.config.load import Config
from bot.config.problems import hint
from bot.core.catalogue import Catalogue
from bot.crew import catalogue
from bot.model.database import Database
from bot.ports import Views
from bot.storage.doors import Beside, beside_of, views_of

_T = TypeVar("_T")


def ask(database: Database, question: Callable[[Views], Awaitable[_T]]) -> _T:
    """The answer to a question put to the store. Raises StorageError."""
    return asyncio.run(_ask(database, question))


def strange(database: Database, source: str | None) -> str | None:
    """What is wrong with the name of a source of which nothing was found; None where it is known, or none was named."""
    known = {health.source for health in ask(database, lambda views: views.healths())}
    if source is None or source in known:
        return None
    return f"no source '{source}' has ever been watched here{hint(source, known)}"


@asynccontextmanager
async def beside(database: Database) -> AsyncIterator[Beside]:
    """The store, to read it and to write what people set up. Raises StorageError."""
    store = beside_of(database)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def beside_with(config: Config) -> AsyncIterator[tuple[Beside, Catalogue]]:
    """The same, with what the config knows of orders. Raises StorageError."""
    sources = build_sources(config, SystemClock())
    try:
        async with beside(config.database) as store:
            yield store, catalogue(config, sources)
    finally:
        for source in sources.values():
            await source.close()


async def _ask(database: Database, question: Callable[[Views], Awaitable[_T]]) -> _T:
    views = views_of(database)
    await views.open()
    try:
        return await question(views)
    finally:
        await views.close()
