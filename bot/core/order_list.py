"""A file that names orders: a plain list, or a table of which one column holds their numbers."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.spreadsheet import text_of

_SEPARATORS = "\t;,"
_NUMBER_COLUMNS = ("key", "number", "order", "order number", "order no", "order id")
"""The first of these that a table has counts. A key, which an export has, says more: it names the country too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One order as a file names it."""

    line: int
    written: str
    source: str = ""
    """Empty where the file does not say."""
    name: str = ""
    """What it is to be called."""


def read_order_list(text: str) -> list[Entry]:
    """The orders of a file, with their lines counted from 1. Blank lines are none.

    A table begins with the names of its columns, of which `source` and `name` count too. Raises ValueError for one
    that has no column of numbers.
    """
    rows = _rows(text)
    first = next(rows, None)
    if first is None:
        return []
    line, cells = first
    names = [" ".join(cell.replace("_", " ").split()).casefold() for cell in cells]
    column = next((names.index(name) for name in _NUMBER_COLUMNS if name in names), None)
    if column is None:
        if len(cells) > 1:
            raise ValueError(f"line {line} names no column of order numbers; call it `number`, or give a plain list")
        return [Entry(line, cells[0]), *(Entry(at, row[0]) for at, row in rows)]
    return [
        Entry(at, _cell(row, column), _cell(row, _place("source", names)), _cell(row, _place("name", names)))
        for at, row in rows
    ]


def key_at(entry: Entry, key_of: Mapping[str, Callable[[str], str]], source: str | None) -> tuple[str, str]:
    """The source and key of an order: where the file says, else at `source`, else at the only source that can read it.

    `key_of` is by source, and raises ValueError for what it cannot read. Raises ValueError that says why it is none.
    """
    if not entry.written:
        raise ValueError("there is no order number")
    if not any(char.isdigit() for char in entry.written):
        raise ValueError("has no digit, so it is no order number")
    named = entry.source or source
    if named is not None:
        if named not in key_of:
            raise ValueError(f"there is no source '{named}'; there are {', '.join(key_of)}")
        return named, key_of[named](entry.written)
    found, reasons = [], []
    for name, read in key_of.items():
        try:
            found.append((name, read(entry.written)))
        except ValueError as error:
            reasons.append(str(error))
    if len(found) > 1:
        raise ValueError(f"may be an order of {' or '.join(name for name, _ in found)}; say which with --source")
    if not found:
        raise ValueError("; ".join(reasons) or "there is no source")
    return found[0]


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of every row that is not blank. Raises ValueError for a cell that never ends."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    line = 1
    try:
        for row in reader:
            cells = [text_of(cell).strip() for cell in row]
            if any(cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {line} cannot be read: {error}") from None


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else -1


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if 0 <= column < len(row) else ""
