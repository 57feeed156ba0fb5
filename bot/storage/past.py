"""What happened, for whoever looks back: one consistent view of a database, also while a bot works on it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from bot.errors import StorageError
from bot.model.change import Change
from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.outbox import State
from bot.model.poll import Payload
from bot.storage import _views
from bot.storage._schema import require_current
from bot.storage._trouble import told_for_people


@dataclass(frozen=True, slots=True)
class Found:
    """What one poll found of one order."""

    source: str
    key: str
    seq: int
    seen_at: Moment
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """What was owed of that to one destination, and what became of it."""

    id: int
    source: str
    key: str
    seen_at: Moment
    destination: str
    route: str
    state: State
    settled_at: Moment | None
    held_for: str | None
    merged_into: int | None
    reason: str | None


class Past:
    """Reads, and never writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def latest(self) -> Moment | None:
        """When something was last found or settled; None in an empty database."""
        moments = self._connection.execute(
            "select (select max(seen_at) from changes) union all select (select max(settled_at) from notifications)"
        )
        return max((Moment(row[0]) for row in moments if row[0] is not None), default=None)

    def count(self, since: Moment) -> int:
        """How many changes were found since then."""
        row = self._connection.execute("select count(*) from changes where seen_at >= ?", (since,)).fetchone()
        return int(row[0])

    def changes(self, since: Moment) -> Iterator[Found]:
        """What was found since then, in the order in which it was."""
        rows = self._connection.execute(
            "select source, key, seq, seen_at, change from changes where seen_at >= ? order by id", (since,)
        )
        for (source, key, seq, seen_at), several in groupby(rows, lambda row: row[:4]):
            yield Found(source, key, seq, seen_at, tuple(Change.model_validate_json(row[4]) for row in several))

    def owed(self, since: Moment) -> Iterator[Owed]:
        """What was owed about orders since then, by id."""
        rows = self._connection.execute(
            """select id, source, order_key, created_at, destination, route, state, settled_at, held_for, merged_into,
                    reason
                from notifications where created_at >= ? and order_key is not null order by id""",
            (since,),
        )
        for row in rows:
            id_, source, key, seen_at, destination, route, state, *rest = row
            yield Owed(id_, source, key, seen_at, destination, route, State(state), *rest)

    def order(self, source: str, key: str) -> tuple[Order, tuple[str, ...]] | None:
        """An order as it is known now, and the ids of the listings that show it; None for one never seen."""
        row = self._connection.execute(
            "select snapshot, scopes from orders where source = ? and key = ? and snapshot is not null", (source, key)
        ).fetchone()
        return None if row is None else (Order.model_validate_json(row[0]), tuple(json.loads(row[1])))

    def payload(self, source: str, key: str, seq: int) -> Payload | None:
        """What a source answered that made a version; None where retention dropped it."""
        return _views.payload(self._connection, source, key, seq)

    def scopes(self) -> frozenset[tuple[str, str]]:
        """Every listing that has been swept: source and id."""
        return frozenset(self._connection.execute("select source, scope from sweeps"))


@contextmanager
def open_past(path: Path) -> Iterator[Past]:
    """One view for the whole block. Raises StorageError, and SchemaTooNew."""
    if not path.exists():
        raise StorageError(f"there is no database at {path}; the config names it, relative to itself")
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    with told_for_people(path), closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        require_current(path, connection)
        connection.execute("begin")
        yield Past(connection)
