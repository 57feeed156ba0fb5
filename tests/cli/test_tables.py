"""Tables fit the terminal they are drawn on, and can be read there."""

import io

import pytest
from rich.console import Console

from bot.cli._tables import fitted

COLUMNS = ("order", "status", "tracking", "changed")
ROWS = [
    ("0045001007", "In production", "XF010356374FR, 1Z999AA10010277184", "2026-11-22 05:15"),
    ("45001014", "Shipped", "", "2026-11-22 05:16"),
]


def drawn(width: int) -> list[str]:
    """The lines of the table on a terminal that is so many characters wide."""
    out = io.StringIO()
    Console(width=width, file=out).print(fitted(COLUMNS, ROWS, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_where_there_is_room_each_row_is_one_line() -> None:
    assert drawn(100) == [
        "order       status         tracking                           changed",
        "0045001007  In production  XF010356374FR, 1Z999AA10010277184  2026-11-22 05:15",
        "45001014    Shipped                                           2026-11-22 05:16",
    ]


@pytest.mark.parametrize("width", [100, 78, 60, 52, 40])
def test_no_number_is_cut_and_no_line_is_too_long(width: int) -> None:
    lines = drawn(width)
    words = " ".join(lines).replace(",", "").split()
    assert {"0045001007", "XF010356374FR", "1Z999AA10010277184", "45001014"} <= set(words)
    assert max(map(len, lines)) <= width


def test_where_no_table_fits_each_row_names_its_columns() -> None:
    assert drawn(40)[-3:] == ["45001014", "  status: Shipped · changed: 2026-11-22", "  05:16"]


def test_letters_that_take_two_places_are_measured_so() -> None:
    out = io.StringIO()
    Console(width=20, file=out).print(fitted(("order", "called"), [("注文番号", "🚀")], 20))
    assert out.getvalue().splitlines()[1].rstrip() == "注文番号  🚀"
