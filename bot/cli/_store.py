"""How commands read the store, also while the bot runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.config.problems import hint
from bot.model.database import Database
from bot.ports import Views
from bot.storage.doors import views_of

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


async def _ask(database: Database, question: Callable[[Views], Awaitable[_T]]) -> _T:
    views = views_of(database)
    await views.open()
    try:
        return await question(views)
    finally:
        await views.close()
