"""An order as people name it at a terminal: by a number, or as messages write it, `PO 26-40006`, quoted or not."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import click

from bot.app import build_sources, checked
from bot.clock import SystemClock
from bot.config.load import Config
from bot.core.access import EVERYTHING
from bot.core.catalogue import Catalogue
from bot.core.command_arguments import without_label
from bot.core.schedule import noted_look
from bot.crew import catalogue
from bot.desk.seeking import named_in
from bot.model.moment import Moment
from bot.model.order import Snapshot
from bot.ports import Views


def order_argument(*, required: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The argument `order`: one or more words, that are one name. None where there is none and none is required."""
    metavar = "ORDER" if required else "[ORDER]"
    return click.argument("order", nargs=-1, required=required, metavar=metavar, callback=_joined)


def names_of(order: str) -> Sequence[str]:
    """What the order may be called in the store, best first."""
    return list(dict.fromkeys([order, without_label(order)]))


async def find(views: Views, order: str) -> Sequence[Snapshot]:
    """Orders of that name, in all sources. Raises StorageError."""
    for name in names_of(order):
        if found := await views.find_orders(name):
            return found
    return []


async def next_looks(config: Config, views: Views, found: Sequence[Snapshot]) -> dict[tuple[str, str], Moment]:
    """By source and key, those of these orders that the config follows: until when they are looked at again.

    Raises ConfigError for what only a source can tell. So does `not_seen_yet`.
    """
    async with _catalogue(config) as known:
        looks = {}
        for order in (snapshot.order for snapshot in found):
            rows = await views.seek([order.key], known.extents(EVERYTHING, source=order.source))
            for row in (row for row in rows if row.snapshot.order.key == order.key and known.following(row)):
                if at := noted_look(row, datetime.now(UTC)):
                    looks[order.source, order.key] = at
        return looks


async def not_seen_yet(config: Config, order: str) -> tuple[str, str] | None:
    """Source and name of an order that a watchlist names so, though the store knows nothing of it."""
    async with _catalogue(config) as known:
        return named_in(known, known.extents(EVERYTHING), names_of(order))


@asynccontextmanager
async def _catalogue(config: Config) -> AsyncIterator[Catalogue]:
    sources = build_sources(checked(config, SystemClock()), SystemClock())
    try:
        yield catalogue(config, sources)
    finally:
        for source in sources.values():
            await source.close()


def _joined(_context: click.Context, _parameter: click.Parameter, words: Sequence[str]) -> str | None:
    return " ".join(words) if words else None
