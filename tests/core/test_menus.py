"""The menus of the chats, in every language they are shown in."""

import pytest

from bot.core.commands import listed
from bot.core.menus import ENGLISH, TEXTS, menus


def test_a_menu_says_what_help_says_where_no_language_is_ours() -> None:
    assert menus()[ENGLISH] == [(entry.verb.value, entry.does) for entry in listed()]


@pytest.mark.parametrize("language", ["fr", "nl", "de"])
def test_a_language_has_its_own_words_for_every_verb_that_is_listed(language: str) -> None:
    assert set(TEXTS[language]) == {entry.verb for entry in listed()}
    assert [name for name, _ in menus()[language]] == [name for name, _ in menus()[ENGLISH]]
    assert not {text for _, text in menus()[language]} & {text for _, text in menus()[ENGLISH]}


@pytest.mark.parametrize("language", menus())
def test_a_line_fits_into_the_menu_of_a_phone(language: str) -> None:
    assert [text for _, text in menus()[language] if not 1 <= len(text) <= 64] == []
