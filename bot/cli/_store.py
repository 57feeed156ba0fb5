"""How commands read the store, also while the bot runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.model.database import Database
from bot.ports import Views
from bot.storage.doors import views_of

_T = TypeVar("_T")


def ask(database: Database, question: Callable[[Views], Awaitable[_T]]) -> _T:
    """The answer to a question put to the store. Raises StorageError."""
    return asyncio.run(_ask(database, question))


async def _ask(database: Database, question: Callable[[Views], Awaitable[_T]]) -> _T:
    views = views_of(database)
    await views.open()
    try:
        return await question(views)
    finally:
        await views.close()
