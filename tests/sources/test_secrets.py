"""Secrets that a server repeats to us, in the ways servers write them."""

import json

import pytest

from bot.errors import SourceBusy
from bot.sources._secrets import hide, hiding

SECRET = 'p&ss "wörd"/+?'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        SECRET.upper(),
        "p&amp;ss &quot;wörd&quot;/+?",
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        "p%26ss%20%22w%C3%B6rd%22%2F%2B%3F",
        "p%26ss%20%22w%c3%b6rd%22%2f%2b%3f",
        "p%26ss+%22w%C3%B6rd%22%2F%2B%3F",
        "p%26ss+%22w%C3%B6rd%22/%2B?",
    ],
)
def test_a_secret_is_hidden_however_it_is_written(written: str) -> None:
    assert hide(f"you sent <{written}> to us", ["other", SECRET]) == "you sent <***> to us"


def test_the_beginning_of_a_secret_that_an_excerpt_cuts_off_is_hidden_too() -> None:
    assert hide("you sent 0123456…", ["0123456789"]) == "you sent ***…"
    assert hide("see page 012…", ["0123456789"]) == "see page 012…"


def test_an_error_keeps_everything_but_the_secret() -> None:
    with pytest.raises(SourceBusy) as caught, hiding(["hunter22"]):
        raise SourceBusy("parts", "GET /x?p=hunter22", "came hunter22", retry_after=7.0)
    assert str(caught.value) == "parts asks us to wait: asked GET /x?p=***, came ***"
    assert caught.value.retry_after == 7.0
