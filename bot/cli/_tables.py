"""Tables on a terminal of any width: no word is cut, so that every number can be read and copied."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 2
"""Blanks between two columns, and in front of what belongs to a row that stands in lines."""


def draw(columns: Sequence[str], cells: Sequence[Sequence[str]], *, color: bool) -> None:
    """Print rows under column names."""
    console = Console(no_color=not color, highlight=False)
    console.print(fitted(columns, cells, console.width))


def fitted(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> RenderableType:
    """A table whose cells are wrapped at blanks; where that is too wide, each row as lines that name its columns."""
    widths = _widths(columns, cells, width)
    if widths is None:
        return Group(*(_in_lines(columns, row) for row in cells))
    table = Table(box=None, padding=(0, _GAP, 0, 0), pad_edge=False, header_style="bold")
    for column, wide in zip(columns, widths, strict=True):
        table.add_column(Text(column), width=wide)
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _widths(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """How wide each column is: all it needs from left to right, with every word whole; None where words do not fit."""
    texts = [[column, *(row[index] for row in cells)] for index, column in enumerate(columns)]
    widths = [max(cell_len(word) for text in column for word in text.split() or [""]) for column in texts]
    left = width - sum(widths) - _GAP * (len(columns) - 1)
    if left < 0:
        return None
    for index, column in enumerate(texts):
        more = min(left, max(map(cell_len, column)) - widths[index])
        widths[index] += more
        left -= more
    return widths


def _in_lines(columns: Sequence[str], row: Sequence[str]) -> RenderableType:
    facts = (f"{column}: {cell}" for column, cell in zip(columns[1:], row[1:], strict=True) if cell)
    return Group(Text(row[0], style="bold"), Padding(Text(" · ".join(facts)), (0, 0, 0, _GAP)))
