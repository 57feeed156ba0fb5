"""What the program weighs, from outside: memory, file descriptors, and its file."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One look, at a simulated second."""

    at: float
    memory: int
    """Resident bytes."""
    descriptors: int
    database: int
    """Bytes of the file and its log."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in the file at the end."""

    size: int
    """Bytes of pages in use."""
    data: int
    """Bytes of values in all rows."""
    rows: dict[str, int]
    oldest_raw: str | None
    oldest_sent: str | None
    versions: int
    """Sum of the versions of all orders."""


def sample(pid: int, database: Path, at: float) -> Sample:
    """Look at a process of this machine."""
    process = Path("/proc") / str(pid)
    memory = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmRSS"))
    size = sum(part.stat().st_size for part in database.parent.glob(f"{database.name}*") if part.suffix != ".lock")
    return Sample(at, int(memory.split()[1]) * 1024, len(list((process / "fd").iterdir())), size)


def contents(database: Path) -> Contents:
    """Look into a database nobody writes any more."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:

        def ask(question: str) -> tuple[object, ...]:
            found: tuple[object, ...] = connection.execute(question).fetchone()
            return found

        tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        data = 0
        for table in tables:
            columns = [f'"{row[1]}"' for row in connection.execute(f'pragma table_info("{table}")')]
            lengths = " + ".join(f"ifnull(length(cast({column} as blob)), 0)" for column in columns)
            data += int(str(ask(f'select ifnull(sum({lengths}), 0) from "{table}"')[0]))
        pages, free, size = (
            int(str(ask(f"pragma {name}")[0])) for name in ("page_count", "freelist_count", "page_size")
        )
        raw = ask("select min(seen_at) from snapshots where raw is not null")[0]
        sent = ask("select min(settled_at) from notifications")[0]
        return Contents(
            size=(pages - free) * size,
            data=data,
            rows={table: int(str(ask(f'select count(*) from "{table}"')[0])) for table in tables},
            oldest_raw=None if raw is None else str(raw),
            oldest_sent=None if sent is None else str(sent),
            versions=int(str(ask("select ifnull(sum(seq), 0) from orders")[0])),
        )
