from functools import cache

import pytest

from bot.core.words import ENGLISH, Words, placeholders
from bot.languages import languages, words_of
from tests.core.catalogues import Wanted, wanted

TRANSLATED = languages()[1:]


@cache
def all_wanted() -> Wanted:
    return wanted()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_says_every_text_of_the_program_and_no_other(language: str) -> None:
    texts = words_of(language).texts.keys()
    everything = all_wanted().plain | all_wanted().counted.keys()
    assert sorted(everything - texts) == []
    assert sorted(texts - everything) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_keeps_the_placeholders_of_every_text(language: str) -> None:
    for english, said in words_of(language).texts.items():
        for form in [said] if isinstance(said, str) else said:
            assert placeholders(form) == placeholders(english), english


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_text_that_counts_has_a_form_for_one_and_for_many(language: str) -> None:
    for english, said in words_of(language).texts.items():
        counts = english in all_wanted().counted
        assert isinstance(said, list) is counts, english
        assert not counts or len(said) == 2, english


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_language_takes_much_more_room_than_english(language: str) -> None:
    for english, said in words_of(language).texts.items():
        for form in [said] if isinstance(said, str) else said:
            assert len(form) <= max(30, 2 * len(english)), form


@pytest.mark.parametrize("language", languages())
def test_a_language_names_seven_days_and_twelve_months(language: str) -> None:
    words = words_of(language)
    assert (len(set(words.weekdays)), len(set(words.months))) == (7, 12)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["0 orders", "1 order", "1,204 orders"]),
        ("fr", ["0 commande", "1 commande", "1\u202f204 commandes"]),
        ("nl", ["0 orders", "1 order", "1.204 orders"]),
        ("de", ["0 Bestellungen", "1 Bestellung", "1.204 Bestellungen"]),
    ],
)
def test_none_one_and_many_are_said_as_the_language_says_them(language: str, said: list[str]) -> None:
    words = words_of(language)
    assert [words.count(number, "{n} order", "{n} orders") for number in (0, 1, 1204)] == said


def test_english_is_what_stands_in_the_code() -> None:
    assert Words() == ENGLISH
    assert ENGLISH("{source} at {when}", source="panels", when="noon") == "panels at noon"


def test_a_text_that_no_catalogue_knows_stays_english() -> None:
    assert words_of("fr")("Nobody has translated {this}", this="yet") == "Nobody has translated yet"


def test_a_language_there_is_no_more_is_english() -> None:
    assert words_of("xx") is ENGLISH


def test_braces_from_outside_are_words_like_any_other() -> None:
    assert words_of("fr")("Reason: {reason}", reason="{reason} {0.__class__}") == "Motif : {reason} {0.__class__}"
