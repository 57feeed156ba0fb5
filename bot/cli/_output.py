"""What commands print: tables on a terminal, plain columns or JSON lines elsewhere, and whole files.

Nothing can steer the terminal.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from bot.errors import OrderwatchError

_STEERING = re.compile(r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters beyond ASCII that JSON would let through and a terminal may obey: C1 controls and writing directions."""


def printable(text: str) -> str:
    """The text in one line, with a blank for every character that is not plainly visible."""
    return "".join(char if char.isprintable() else " " for char in text)


def say(text: str = "") -> None:
    """Print one line."""
    click.echo(printable(text))


def complain(text: str) -> None:
    """Print one line to standard error."""
    click.echo(printable(text), err=True)


def say_json(value: Any) -> None:
    """Print one JSON value on one line."""
    click.echo(as_json(value))


def as_json(value: Any) -> str:
    """One JSON value on one line, with letters as they are, and nothing that a terminal may obey."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO]:
    """Where to write: standard output, or a file that takes its place only when it is complete.

    A new file is for its owner alone. Raises OrderwatchError.
    """
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
        unfinished.replace(path)
    except OSError as error:
        raise OrderwatchError(f"cannot write {path}: {error.strerror}; nothing of it was changed") from None
    finally:
        unfinished.unlink(missing_ok=True)


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, color: bool = True) -> None:
    """Print rows under column names."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        # only here: rich takes longer to import than most commands take to run
        from bot.cli._tables import draw

        draw(columns, cells, color=color)
        return
    widths = [max(len(row[index]) for row in (columns, *cells)) for index in range(len(columns))]
    for row in (columns, *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
