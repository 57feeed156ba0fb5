"""Pictures are drawn the same from the same data, small enough to send, on a card of their own."""

import io

import pytest
from matplotlib.image import imread

from bot import pictures
from bot.core.digest_words import AGE_NAMES

BARS = {"confirmed": [2, 0, 5, 0, 1], "partly shipped": [0, 3, 0, 0, 0]}


def test_the_same_orders_give_the_same_bytes() -> None:
    assert pictures.open_orders(BARS, AGE_NAMES) == pictures.open_orders(BARS, AGE_NAMES)


@pytest.mark.parametrize("rows", [1, 7])
def test_a_picture_of_orders_is_a_small_png_whatever_there_is(rows: int) -> None:
    drawn = pictures.open_orders({f"status {number}": [0, 0, 0, 0, 1] for number in range(rows)}, AGE_NAMES)
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) < 100_000


def test_letters_that_no_font_has_and_control_characters_are_drawn_as_boxes_and_blanks() -> None:
    assert pictures.timeline("1\x1b[31m", [("已确认 $x^2$ 🏷️\n", 0.0)], [], 1.0).startswith(b"\x89PNG")


def test_a_picture_brings_its_own_background_so_that_it_reads_on_light_and_dark() -> None:
    pixels = imread(io.BytesIO(pictures.open_orders(BARS, AGE_NAMES)))
    middle = pixels[len(pixels) // 2, 10]
    assert tuple(round(float(part), 2) for part in middle[:3]) == (0.98, 0.98, 0.98)
    assert middle[3] == 1.0
