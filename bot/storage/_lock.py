"""One process at a time on one database, with the holder's name for whoever comes second."""

import fcntl
import json
import os
import socket
from pathlib import Path

from bot.errors import StorageLocked
from bot.model.moment import Moment, said


class ProcessLock:
    """An advisory lock on the file beside the database; the kernel lets go of it however the process ends.

    The file stays when the lock is released: removing it would let two processes lock two files of the same name.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def take(self, *, holder: str, since: Moment) -> None:
        """Lock, and write down who did. Raises StorageLocked with the holder, OSError when the folder is not usable."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            written = os.read(descriptor, 4096)
            os.close(descriptor)
            raise StorageLocked(_refusal(self._database, written)) from None
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        entry = {"pid": os.getpid(), "host": socket.gethostname(), "since": since, "command": holder}
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(entry).encode())

    def release(self) -> None:
        """Let go. Idempotent."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _refusal(database: Path, written: bytes) -> str:
    try:
        entry = json.loads(written)
        name = entry["command"] or "another process"
        who = f"{name} (process {entry['pid']} on {entry['host']}) since {said(entry['since'])}"
    except (ValueError, KeyError, TypeError):
        who = "another process"
    return f"{database} is in use by {who}; stop it first, or give this one its own database"
