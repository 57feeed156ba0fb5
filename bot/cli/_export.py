"""`orderwatch orders export`: orders, their changes and what was told of them, for a spreadsheet or a program."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import as_json, complain, opened
from bot.cli._store import strange
from bot.core.phrases import counted
from bot.core.spreadsheet import harmless, visible
from bot.model.moment import from_instant
from bot.model.view import Table, TableRow
from bot.storage.doors import export
from bot.storage.tables import COLUMNS

_ENOUGH = 64 * 1024
"""Characters that are written at once."""


@click.command("export")
@click.option(
    "--what",
    default=Table.ORDERS.value,
    show_default=True,
    type=click.Choice([what.value for what in Table]),
    help="Table to write.",
)
@click.option("--source", help="Only of this source.")
@click.option(
    "--days",
    type=click.IntRange(1, 36500),
    help="Only orders that changed, changes found, messages made in these days.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file, in place of stdout.")
@click.option("--bom", is_flag=True, help="Begin with a byte order mark, by which Excel knows UTF-8.")
@common_options
def command(
    invocation: Invocation, what: str, source: str | None, days: int | None, output: Path | None, bom: bool
) -> int:
    """Write orders, changes or notifications as a table. It is CSV, or with --json a JSON object a line.

    It may run beside the bot and takes little memory, however much there is. A cell that a spreadsheet would take for a
    formula begins with an apostrophe; `orders import` and the README know how to take it away again.
    """
    wanted = Table(what)
    since = from_instant(datetime.now(UTC) - timedelta(days=days)) if days else None
    database = read_store(invocation).database
    rows = export(database, wanted, source=source, since=since)
    tally = _Tally(rows)
    with opened(output) as file:
        if bom:
            file.write(codecs.BOM_UTF8)
        lines = json_lines(tally) if invocation.json else csv_lines(COLUMNS[wanted], tally)
        for block in _blocks(lines):
            file.write(block.encode("utf-8"))
    if output is not None:
        complain(f"{counted(tally.count, wanted.removesuffix('s'))} written to {output}")
    elif not tally.count:
        complain(strange(database, source) or f"there are no {wanted} to write")
    return Exit.DONE if tally.count else Exit.NOTHING


class _Tally:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterable[TableRow]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[TableRow]:
        for row in self._rows:
            self.count += 1
            yield row


def csv_lines(columns: Sequence[str], rows: Iterable[TableRow]) -> Iterator[str]:
    """A table as RFC 4180 has it: a line of names, then one for each row, each ended by CR LF.

    Every text stands in quotes; a list is joined by comma and blank. Table cannot be seen is the sign for unreadable.
    """
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        yield _taken(written)
        writer.writerow([_cell(row[name]) for name in columns])
    yield _taken(written)


def json_lines(rows: Iterable[TableRow]) -> Iterator[str]:
    """A JSON object a line, with everything as it is."""
    for row in rows:
        yield as_json(row) + "\n"


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return value
        case list():
            return harmless(visible(", ".join(map(str, value))))
        case _:
            return harmless(visible(str(value)))


def _taken(written: io.StringIO) -> str:
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text


def _blocks(lines: Iterable[str]) -> Iterator[str]:
    waiting, length = [], 0
    for line in lines:
        waiting.append(line)
        length += len(line)
        if length >= _ENOUGH:
            yield "".join(waiting)
            waiting, length = [], 0
    yield "".join(waiting)
