"""Outside text made harmless, moments in words, and what may be a link."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chats._text import clean, in_words, is_web_address, tidy
from bot.model.message import Link, Text, When
from bot.model.moment import Moment
from tests.chats.harness import line, message

PARIS = ZoneInfo("Europe/Paris")


@given(st.text())
def test_clean_text_is_one_line_that_any_platform_can_write(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert len(cleaned.splitlines()) <= 1
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in cleaned)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "M"]), max_size=50))
def test_clean_changes_no_visible_character(text: str) -> None:
    assert clean(text) == text


def test_terminal_codes_go_whole() -> None:
    assert clean("a\x1b[1;31mred\x1b[0m\x07b") == "ared b"


def test_overrides_of_writing_direction_go_and_the_letters_stay() -> None:
    assert clean("\u202egpj.exe\u202c שלום") == "gpj.exe שלום"


def test_a_day_is_shown_without_a_zone() -> None:
    assert in_words(When(at=Moment("2026-11-24")), PARIS) == "Tue 24 Nov 2026"


def test_an_instant_is_shown_in_the_readers_zone() -> None:
    assert in_words(When(at=Moment("2026-11-24T13:30:00Z")), PARIS) == "Tue 24 Nov 2026, 14:30 CET"


def test_an_instant_late_in_the_day_falls_on_the_next_one_further_east() -> None:
    assert in_words(When(at=Moment("2026-07-31T23:30:00Z")), PARIS) == "Sat 1 Aug 2026, 01:30 CEST"


@pytest.mark.parametrize("url", ["https://dhl.com/t?a=1&b=2#x", "http://127.0.0.1:8080/", "https://bücher.example/ü"])
def test_web_addresses_may_be_links(url: str) -> None:
    assert is_web_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "tg://user?id=1",
        "HTTPS//no-colon",
        "https://",
        "https://bank.example@evil.example/",
        "https://a b.example/",
        "https://a.example/\nx",
        "https://a.example/\u202egpj",
        "https://[::1",
        "https://a.example/" + "x" * 2000,
        "",
    ],
)
def test_other_addresses_are_words(url: str) -> None:
    assert not is_web_address(url)


def test_a_link_that_may_not_be_one_keeps_its_words_and_its_address() -> None:
    tidied = tidy(message(line(Link(text="JD0146", url="ftp://dhl.example/1"))))
    assert tidied.body[0].spans == (Text(text="JD0146 (ftp://dhl.example/1)"),)


def test_a_link_without_words_shows_its_address() -> None:
    tidied = tidy(message(line(Link(text=" ", url="https://dhl.example/1"))))
    assert tidied.body[0].spans == (Link(text="https://dhl.example/1", url="https://dhl.example/1"),)


def test_a_message_without_a_headline_is_still_a_message() -> None:
    assert tidy(message(headline=line("\x00"))).headline.spans == (Text(text="(no headline)"),)
