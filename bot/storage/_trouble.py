"""What SQLite says when something is wrong, said again for people: which file, what happened, what to do next."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import StorageError

_ADVICE = {
    sqlite3.SQLITE_BUSY: "another program holds it and did not let go in time; close that program and try again",
    sqlite3.SQLITE_LOCKED: "another program holds it; close that program and try again",
    sqlite3.SQLITE_FULL: "the disk is full, nothing of this was written; free some space",
    sqlite3.SQLITE_READONLY: "it cannot be written; give this user write permission to the file and to its folder",
    sqlite3.SQLITE_PERM: "access is denied; give this user permission to the file and to its folder",
    sqlite3.SQLITE_AUTH: "access is denied; give this user permission to the file and to its folder",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that the folder exists, that this user may write to it, and "
    "that this process may open more files",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write; check the disk and the system's log, then start again",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; keep a copy of it and go back to a backup (orderwatch restore)",
    sqlite3.SQLITE_NOTADB: "this is not a database; choose another path, or go back to a backup (orderwatch restore)",
    sqlite3.SQLITE_NOMEM: "the memory is used up; give the program more of it",
}


@contextmanager
def told_for_people(path: Path) -> Iterator[None]:
    """Turn whatever SQLite or the file system raises inside the block into a StorageError about `path`."""
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"{path}: {_advice(error)}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(f"{path}: {reason}; check the folder, its permissions and the free space") from error
    except (UnicodeError, OverflowError) as error:
        raise StorageError(f"{path}: a value cannot be stored, nothing of this was written ({error})") from error


def _advice(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", None)  # absent on errors Python raises by itself
    words = (
        None if code is None else _ADVICE.get(code & 0xFF)
    )  # the low byte is the primary code: sqlite.org/rescode.html
    return f"{words} ({error})" if words else f"the database refused this, nothing of it was written ({error})"
