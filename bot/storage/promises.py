"""What is promised for when, for a calendar: read beside a running bot, in one view."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.errors import StorageError
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.view import Extent, Found
from bot.storage import _lists
from bot.storage._schema import require_current
from bot.storage._trouble import told_for_people

_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Which orders. A day stands in both forms a Moment has: the day, and the instant at which it begins."""

    extents: tuple[Extent, ...]
    start: tuple[Moment, Moment]
    """The first day of which open orders are wanted."""
    end: tuple[Moment, Moment]
    """The first day of which they are not."""
    since: Moment
    """Completed and cancelled orders that changed after that instant are wanted, whenever they were promised for."""
    limit: int
    """How many of the open ones by date, and how many of either kind of the others, the last changed first."""


def promised(path: Path, asked: Asked) -> Sequence[Found]:
    """Open orders by the next delivery promised, then cancelled and completed ones. Raises StorageError."""
    if not path.exists():
        raise StorageError(f"there is no database at {path}; the config names it, relative to itself")
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with (
        told_for_people(path),
        closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as connection,
    ):
        require_current(path, connection)
        connection.execute("begin")
        return list(_read(connection, asked))


def _read(connection: sqlite3.Connection, asked: Asked) -> Iterator[Found]:
    yield from _lists.promised(connection, asked.extents, asked.start, asked.end, asked.limit)
    for stage in (Stage.CANCELLED, Stage.COMPLETED):
        yield from _lists.finished(connection, asked.extents, stage, asked.since, asked.limit)
