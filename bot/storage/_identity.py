"""Whether a file is still the one that was opened: SQLite goes on writing into a file that has lost its name."""

from pathlib import Path

from bot.errors import StorageError


class SameFile:
    """The file at a path as it is now, to be compared with what is there later. Costs a microsecond each time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._was = _identity(path)

    def require(self) -> None:
        """Raise StorageError when another file is there, or none. A file that never was there is not missed."""
        if self._was is not None and _identity(self._path) != self._was:
            raise StorageError(
                f"{self._path} was deleted, or replaced by another file, while in use; nothing is read, written or "
                "sent until the same file is back. To go on with another one, start the program again"
            )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return (-1, -1)  # the disk says why when it is asked for data
    return found.st_dev, found.st_ino
