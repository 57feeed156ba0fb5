"""How commands read the store, also while the bot runs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from bot.ports import Views
from bot.storage.sqlite import SqliteViews

_T = TypeVar("_T")


def ask(database: Path, question: Callable[[Views], Awaitable[_T]]) -> _T:
    """The answer to a question put to the store. Raises StorageError."""
    return asyncio.run(_ask(database, question))


async def _ask(database: Path, question: Callable[[Views], Awaitable[_T]]) -> _T:
    views = SqliteViews(database)
    await views.open()
    try:
        return await question(views)
    finally:
        await views.close()
