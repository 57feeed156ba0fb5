"""A whole copy of a database while it is in use, and the way back from one."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from bot.errors import StorageError
from bot.model.moment import Moment
from bot.storage._lock import ProcessLock
from bot.storage._schema import require_known
from bot.storage._trouble import told_for_people
from bot.storage.redrive import DOUBT


def backup(database: Path, target: Path) -> int:
    """Copy a database into a new file of mode 0600, as it is at one moment, and check the copy. Returns its bytes.

    Whoever writes meanwhile waits for nothing. `target` appears only when it is complete. Raises StorageError.
    """
    if not database.exists():
        raise StorageError(f"there is no database at {database}; nothing was copied")
    _require_nothing_at(target)
    with told_for_people(database), closing(_connect(database, "ro")) as source:
        require_known(database, Database(source, execute_plugins=False))
        with _new_file(target) as unfinished:
            _copy(source, unfinished)
    return target.stat().st_size


def restore(copy: Path, database: Path, *, holder: str, at: Moment) -> int:
    """Put a copy to where no database is. Returns how many messages it owes.

    What it owed may have been sent since it was made: these notifications are looked for in the chat, or marked as a
    possible repeat, before they are sent. Raises StorageLocked, SchemaTooNew, StorageError.
    """
    if not copy.exists():
        raise StorageError(f"there is no file {copy}; nothing was restored")
    lock = ProcessLock(database)
    with told_for_people(database):
        lock.take(holder=holder, since=at)
    try:
        for left in (database, *(database.with_name(f"{database.name}{end}") for end in ("-wal", "-journal"))):
            _require_nothing_at(left)
        with told_for_people(copy), closing(_connect(copy, "ro")) as source:
            require_known(copy, Database(source, execute_plugins=False))
            with _new_file(database) as unfinished:
                _copy(source, unfinished)
                return _doubt_what_is_owed(unfinished)
    finally:
        lock.release()


def _require_nothing_at(path: Path) -> None:
    if path.exists():
        raise StorageError(f"{path} is there already, and nothing is overwritten; move it away first")


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """An unfinished file beside `path` that becomes it at the end of the block, unless the block fails."""
    unfinished = path.with_name(f"{path.name}.part")
    with told_for_people(path):
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield unfinished
            os.link(unfinished, path)  # refuses what has come there meanwhile
            _sync(path.parent)
        finally:
            unfinished.unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, path: Path) -> None:
    with told_for_people(path), closing(sqlite3.connect(path)) as copy:
        source.backup(copy)  # in one step: a reader's view, which a writer neither waits for nor changes
        copy.execute("pragma journal_mode = delete")  # one file, complete in itself
        (verdict,) = copy.execute("pragma integrity_check").fetchone()
        if verdict != "ok":
            raise StorageError(f"the file is damaged ({verdict}); the copy was thrown away")
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _doubt_what_is_owed(path: Path) -> int:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(DOUBT).rowcount


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode={mode}", uri=True, timeout=5.0)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
