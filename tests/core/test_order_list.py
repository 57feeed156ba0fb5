"""Files that name orders, as people and programs write them."""

from collections.abc import Callable, Mapping

import pytest

from bot.core.order_list import Entry, key_at, read_order_list


def of_panels(written: str) -> str:
    if not written.isdigit():
        raise ValueError("write digits")
    return f"FR/{written}"


PANELS: Mapping[str, Callable[[str], str]] = {"panels": of_panels}
BOTH: Mapping[str, Callable[[str], str]] = {**PANELS, "shop": str}


def test_a_plain_list_has_an_order_a_line() -> None:
    assert read_order_list("1\r\n\n  2 \n3") == [Entry(1, "1"), Entry(3, "2"), Entry(4, "3")]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_by_the_names_of_its_columns(separator: str) -> None:
    text = "Name,Order_Number,Source\nhall,1,panels\n,2,\n".replace(",", separator)
    assert read_order_list(text) == [Entry(2, "1", "panels", "hall"), Entry(3, "2")]


def test_a_key_counts_before_a_number() -> None:
    assert read_order_list("number,key\n1,FR/1\n") == [Entry(2, "FR/1")]


def test_a_row_that_ends_early_names_no_order() -> None:
    assert read_order_list("name,number\nhall\n") == [Entry(2, "", name="hall")]


def test_an_apostrophe_that_an_export_wrote_is_taken_away() -> None:
    assert read_order_list('number\n"\'=1"\n') == [Entry(2, "=1")]


def test_lines_are_counted_through_cells_of_several() -> None:
    assert [entry.line for entry in read_order_list('number,note\n1,"a\nb"\n2,\n')] == [2, 4]


def test_a_table_without_a_column_of_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1 names no column of order numbers; call it `number`"):
        read_order_list("what,when\n1,2\n")


def test_a_cell_that_is_too_long_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2 cannot be read"):
        read_order_list("1\n" + "2" * 200_000)


def test_nothing_names_no_order() -> None:
    assert read_order_list("\n \n") == []


@pytest.mark.parametrize(
    ("entry", "source", "place"),
    [
        (Entry(1, "1"), None, ("panels", "FR/1")),
        (Entry(1, "1"), "shop", ("shop", "1")),
        (Entry(1, "1", "shop"), "panels", ("shop", "1")),
    ],
)
def test_the_file_says_where_an_order_is_before_the_option_does(
    entry: Entry, source: str | None, place: tuple[str, str]
) -> None:
    assert key_at(entry, BOTH if source else PANELS, source) == place


def test_the_only_source_that_can_read_a_number_has_it() -> None:
    assert key_at(Entry(1, "ord_1"), BOTH, None) == ("shop", "ord_1")


@pytest.mark.parametrize(
    ("entry", "source", "why"),
    [
        (Entry(1, ""), None, "there is no order number"),
        (Entry(1, "Bestellung"), "shop", "has no digit, so it is no order number"),
        (Entry(1, "1"), None, "may be an order of panels or shop; say which with --source"),
        (Entry(1, "1", "parts"), None, "there is no source 'parts'; there are panels, shop"),
        (Entry(1, "x1"), "panels", "write digits"),
    ],
)
def test_what_names_no_order_is_refused_with_the_reason(entry: Entry, source: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        key_at(entry, BOTH, source)
