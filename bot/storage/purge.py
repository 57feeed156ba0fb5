"""Erasing one order: what it was, what changed, and the words of what was told about it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bot.errors import StorageError
from bot.model.message import Line, Message, Text
from bot.model.moment import Moment
from bot.storage._connection import Connection
from bot.storage._lock import ProcessLock
from bot.storage._schema import require_current
from bot.storage._sqlite_words import run_here
from bot.storage._trouble import told_for_people

# Names of tables are constants of this package; every value goes in as a parameter.
# ruff: noqa: S608

_PURGED = "erased by operator"

_TELLING = 4
"""Characters. A shorter name stands in many a question that is not about the order."""
_TABLES = ("orders", "order_names", "snapshots", "changes", "watches", "mutes", "threads", "exceptions", "assignments")
"""Whose rows about the order go, all of them with `source` and `key`."""


async def erase(connection: Connection, source: str, key: str, at: Moment) -> Mapping[str, int]:
    """Erase an order. Returns how many rows of which table went.

    Rows of the outbox stay, so that they add up, but say nothing any more; one still owed ends as dead.
    """
    names = await connection.rows("select name from order_names where source = ? and key = ?", (source, key))
    gone = {
        table: await connection.run(f"delete from {table} where source = ? and key = ?", (source, key))
        for table in _TABLES
    }
    gone["notifications"] = await connection.run(
        """update notifications set order_key = null, message = :message, reason = :reason, not_before = null,
            settled_at = coalesce(settled_at, :at),
            state = case when state in ('pending', 'sending') then 'dead' else state end
        where source = :source and order_key = :key""",
        {"message": _nothing(), "reason": _PURGED, "at": at, "source": source, "key": key},
    )
    gone["audit"] = 0
    for name in (key, *(name for (name,) in names)):
        if len(name) >= _TELLING:  # a text is another one without the name where it has it
            gone["audit"] += await connection.run(
                """update audit set text = :reason, waiting = null
                    where replace(lower(text), lower(:name), '') <> lower(text)""",
                {"reason": _PURGED, "name": name},
            )
    return gone


def purge_file(path: Path, source: str, key: str, *, holder: str, at: Moment) -> Mapping[str, int]:
    """Erase an order, also from the free pages of the file. Copies made before keep what they hold.

    Raises StorageLocked while a bot works on the file, and StorageError.
    """
    with _alone(path, holder, at) as connection:
        connection.execute("begin immediate")
        gone = run_here(partial(erase, source=source, key=key, at=at), connection)
        connection.execute("commit")
        connection.execute("vacuum")  # what was deleted still lies in free pages
        connection.execute("pragma wal_checkpoint(truncate)")
    return gone


def _nothing() -> str:
    """A message that says only that it was erased, as it is stored."""
    message = Message(headline=Line(spans=(Text(text=f"({_PURGED})"),)))
    return message.model_dump_json(exclude_none=True)


@contextmanager
def _alone(path: Path, holder: str, at: Moment) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise StorageError(f"there is no database at {path}; nothing was erased")
    lock = ProcessLock(path)
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    with told_for_people(path):
        lock.take(holder=holder, since=at)
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=5.0, isolation_level=None)) as connection:
                require_current(path, connection)
                yield connection
        finally:
            lock.release()
