"""Files as they were read, so that whoever read them can tell later whether they say something else."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

Held = Mapping[Path, bytes | None]
"""Digest of what each file holds; None for one that cannot be read."""


class Files:
    """Reads files and remembers what each held: always by its bytes, since time and size may stay when those change."""

    def __init__(self) -> None:
        self._held: dict[Path, bytes | None] = {}

    def read(self, path: Path) -> bytes:
        """What a file holds. Raises OSError; that it could not be read is remembered too."""
        self._held[path] = None
        content = path.read_bytes()
        self._held[path] = _digest(content)
        return content

    @property
    def held(self) -> Held:
        """What every file held when it was read."""
        return dict(self._held)

    def now(self) -> Held:
        """What the same files hold now. A pipe can be read only once, and counts as unchanged."""
        return {path: held if _is_spent(path) else _look(path) for path, held in self._held.items()}


def _look(path: Path) -> bytes | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _is_spent(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()
