"""What commands print: tables on a terminal, plain columns or JSON lines elsewhere. Nothing can steer the terminal."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click

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
    text = json.dumps(value, ensure_ascii=False, default=str)
    click.echo(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, color: bool = True) -> None:
    """Print rows under column names."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells, color=color)
        return
    widths = [max(len(row[index]) for row in (columns, *cells)) for index in range(len(columns))]
    for row in (columns, *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(columns: Sequence[str], cells: list[list[str]], *, color: bool) -> None:
    # only where a table is drawn: rich takes longer to import than most commands take to run
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for row in cells:
        table.add_row(*map(Text, row))
    Console(no_color=not color, highlight=False).print(table)
