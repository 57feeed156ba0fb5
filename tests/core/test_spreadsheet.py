"""A table for a spreadsheet holds no formula, and every text comes back from it."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli._export import csv_lines
from bot.core.spreadsheet import harmless, text_of, visible

TEXTS = st.text(st.one_of(st.sampled_from("=+-@'\t\r\n;, \"0a＝"), st.characters(exclude_categories=["Cs"])))


@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-x", "@SUM(A1)", "\t=1", "\r=1", "＝1", '"=1', " =1", "'=1", "'"])
def test_what_begins_like_a_formula_begins_with_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}" or harmless(text).startswith("'")
    assert text_of(harmless(text)) == text


@pytest.mark.parametrize("text", ["-5", "12.50", "-0.1", "0045001234", "PO 26-40006", "a=b", "C:\\x", "", "é; ü"])
def test_numbers_and_ordinary_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_a_cell_cannot_become_two_of_which_one_is_a_formula() -> None:
    assert harmless("a;=1+1\n@x") == "a;'=1+1\n'@x"


@given(TEXTS)
def test_every_text_comes_back(text: str) -> None:
    assert text_of(harmless(text)) == text


@given(TEXTS)
def test_no_cell_begins_like_a_formula_whichever_sign_parts_them(text: str) -> None:
    parts = re.split(r"[;\t\r\n]", harmless(text))
    begins = [part.lstrip(' "')[:1] for part in parts]
    assert not [begin for begin in begins if begin and begin in "=+@＝＋－＠"]
    assert not [part for part, begin in zip(parts, begins, strict=True) if begin == "-" and harmless(text) != text]


@given(st.lists(st.tuples(TEXTS, st.integers() | st.none(), st.booleans()), max_size=5))
def test_a_table_reads_back_as_it_was_written(rows: list[tuple[str, int | None, bool]]) -> None:
    columns = ("text", "number", "is_so")
    written = "".join(csv_lines(columns, (dict(zip(columns, row, strict=True)) for row in rows)))
    names, *read = csv.reader(io.StringIO(written, newline=""), strict=True)
    assert tuple(names) == columns
    wanted = [(visible(a), "" if b is None else str(b), "yes" if c else "no") for a, b, c in rows]
    assert [(text_of(a), b, c) for a, b, c in read] == wanted


@given(st.lists(TEXTS, min_size=1, max_size=3))
def test_no_sign_that_a_terminal_obeys_is_in_a_table(texts: list[str]) -> None:
    written = "".join(csv_lines(("text",), ({"text": f"\x1b[2J{text}"} for text in texts)))
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", written)
