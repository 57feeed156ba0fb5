"""Text from outside in a table that a spreadsheet opens: no cell of it can be a formula, and nothing is lost by that.

As OWASP advises on CSV injection, a cell that would begin like a formula begins with an apostrophe instead, which
spreadsheets take for "this is text". They may also split a cell where it holds their own separator, so the same is
done after one inside it.
"""

import re

_CELL_BEGINS = r"(?:^|(?<=[;\t\r\n]))"
"""Where a spreadsheet may see a cell begin. The comma is ours: whoever reads it as a separator sees our quotes too."""
_LIKE_A_FORMULA = re.compile(rf"{_CELL_BEGINS}(?=[ \"]*[=+\-@\t\r\n'＝＋－＠])")
_OUR_APOSTROPHE = re.compile(rf"{_CELL_BEGINS}'")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_STEERING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters that a terminal may obey or that nobody sees. Tab and line ends are not among them."""


def harmless(text: str) -> str:
    """The text as a cell: no formula, whatever program opens it. `text_of` gives it back. A number stays as it is."""
    return text if _NUMBER.fullmatch(text) else _LIKE_A_FORMULA.sub("'", text)


def text_of(cell: str) -> str:
    """The text that a cell stands for."""
    return _OUR_APOSTROPHE.sub("", cell)


def visible(text: str) -> str:
    """The text with the sign for an unreadable character in place of each that cannot be seen."""
    return _STEERING.sub("\ufffd", text)
