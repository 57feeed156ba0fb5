"""What operators do to the outbox from outside: send again what was given up, and end what need not be sent.

Each is one transaction on a connection of its own. It needs no stop of a running program: that one claims a row in a
transaction before it sends it, so whatever is not being sent is nobody's, and it looks at the outbox every half minute.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.errors import StorageError
from bot.model.moment import Moment
from bot.storage._schema import require_current
from bot.storage._trouble import told_for_people

DROPPED = "dropped by operator"
DOUBT = """update notifications set unclear = true, first_try_at = coalesce(first_try_at, created_at)
    where state in ('pending', 'sending')"""
"""What is owed may have been sent: it is looked for in the chat, from its making on, or sent as a possible repeat."""

_BUSY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which notifications: these ids, or all of a destination, or all there are."""

    ids: tuple[int, ...] = ()
    destination: str | None = None


def retry(path: Path, chosen: Chosen) -> Sequence[int]:
    """Put dead notifications back, each in its place by id, and let waiting ones be tried at once. Returns their ids.

    A row whose last send may have arrived keeps its first try: that is how far back it is looked for. Any other
    starts anew. Parts that arrived are not sent again. Raises StorageError.
    """
    condition, values = _condition(chosen)
    with _transaction(path) as connection:
        return _ids(
            connection.execute(
                f"""update notifications set state = 'pending', reason = null, attempts = 0, not_before = null,
                    settled_at = null, first_try_at = case when unclear then first_try_at end
                where (state = 'dead' or state = 'pending' and attempts > 0) and {condition} returning id""",  # noqa: S608
                values,
            )
        )


def drop(path: Path, chosen: Chosen, at: Moment) -> Sequence[int]:
    """End waiting and dead notifications as dead, with DROPPED as reason. Returns their ids. Raises StorageError.

    What is being sent is left alone.
    """
    condition, values = _condition(chosen)
    with _transaction(path) as connection:
        return _ids(
            connection.execute(
                f"""update notifications set state = 'dead', reason = :reason, settled_at = :at, not_before = null
                where state in ('dead', 'pending') and reason is not :reason and {condition} returning id""",  # noqa: S608
                {**values, "reason": DROPPED, "at": at},
            )
        )


def doubt(path: Path, chosen: Chosen) -> Sequence[int]:
    """Say that what is owed may have been sent, as after a way back to an older copy of the database. Returns the ids.

    It is looked for in the chat, or marked as a possible repeat, before it is sent. Raises StorageError.
    """
    condition, values = _condition(chosen)
    with _transaction(path) as connection:
        return _ids(connection.execute(f"{DOUBT} and {condition} returning id", values))


def _condition(chosen: Chosen) -> tuple[str, dict[str, object]]:
    if chosen.ids:
        return "id in (select value from json_each(:ids))", {"ids": json.dumps(chosen.ids)}
    if chosen.destination is not None:
        return "destination = :destination", {"destination": chosen.destination}
    return "true", {}


def _ids(cursor: sqlite3.Cursor) -> list[int]:
    return sorted(row[0] for row in cursor.fetchall())


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise StorageError(f"there is no database at {path}; `orderwatch run` makes it, or choose another path")
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    with (
        told_for_people(path),
        closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)) as connection,
    ):
        require_current(path, connection)
        connection.execute("pragma synchronous = full")
        connection.execute("begin immediate")
        yield connection
        connection.execute("commit")
