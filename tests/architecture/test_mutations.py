"""The breaks that the suite has to notice can still be made: the code they speak of is where it was."""

from pathlib import Path

import pytest

from tests.mutations import BREAKS, Break

SOURCES = [path.read_text("utf-8") for path in sorted((Path(__file__).parents[2] / "bot").rglob("*.py"))]


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.name)
def test_a_break_speaks_of_code_that_stands_once(one: Break) -> None:
    assert sum(source.count(one.old) for source in SOURCES) == 1
