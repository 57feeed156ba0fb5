"""Everything there is of something, row by row, in little memory, also while a bot works on the database.

Rows are read some hundred at a time, and nothing stays open in between: however slowly they are taken, nobody waits
and the write-ahead log does not grow. An order that changes meanwhile comes as it was or as it is; none comes twice.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.errors import StorageError
from bot.model.moment import Moment
from bot.storage._exports import (
    CHANGES,
    NOTIFICATIONS,
    ORDERS,
    changes_after,
    notifications_after,
    orders_after,
)
from bot.storage._schema import require_current
from bot.storage._trouble import told_for_people

_PAGE = 500
_BUSY_SECONDS = 5.0
_LISTS = ("tracking", "kinds")
"""Columns that hold a list."""
_FLAGS = ("vanished", "minor")
"""Columns that hold a yes or no."""

Row = dict[str, Any]


class What(StrEnum):
    """What can be had."""

    ORDERS = "orders"
    CHANGES = "changes"
    NOTIFICATIONS = "notifications"


COLUMNS: Mapping[What, tuple[str, ...]] = {
    What.ORDERS: tuple(ORDERS),
    What.CHANGES: tuple(CHANGES),
    What.NOTIFICATIONS: tuple(NOTIFICATIONS),
}
"""The names of the columns, in their order."""


def export(path: Path, what: What, *, source: str | None = None, since: Moment | None = None) -> Iterator[Row]:
    """Rows by column: text, whole numbers, lists of text, None where there is nothing; what holds a yes or no
    is bool.

    `since` is an instant: only orders that changed, changes that were found or notifications that were made from then
    on. Orders come by source and key, the others as they came about. Raises StorageError, and SchemaTooNew.
    """
    if not path.exists():
        raise StorageError(f"there is no database at {path}; the config names it, relative to itself")
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with (
        told_for_people(path),
        closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as connection,
    ):
        require_current(path, connection)
        for values in _pages(connection, what, source, since or Moment("")):
            row = dict(zip(COLUMNS[what], values, strict=True))
            for name in _LISTS:
                if name in row:
                    row[name] = json.loads(row[name])
            for name in _FLAGS:
                if name in row:
                    row[name] = bool(row[name])
            yield row


def _pages(connection: sqlite3.Connection, what: What, source: str | None, since: Moment) -> Iterator[tuple[Any, ...]]:
    if what is What.ORDERS:
        place = ("", "")
        while page := orders_after(connection, place, source, since, _PAGE):
            yield from (row[2:] for row in page)
            place = page[-1][:2]
        return
    read, last = changes_after if what is What.CHANGES else notifications_after, 0
    while page := read(connection, last, source, since, _PAGE):
        yield from (row[1:] for row in page)
        last = page[-1][0]
