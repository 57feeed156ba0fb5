"""The catalogues that come with the program: one file a language in `bot/words/`, English needing none."""

import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bot.core.words import ENGLISH, Words

_FOLDER = files("bot") / "words"


@lru_cache
def languages() -> tuple[str, ...]:
    """ISO codes of the languages there are, English first."""
    found = sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml"))
    return (ENGLISH.language, *found)


@lru_cache
def words_of(language: str) -> Words:
    """The words of a language; English where there is no such catalogue, as after a step back to an older program."""
    if language not in languages()[1:]:
        return ENGLISH
    return words_from(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8")))


def words_from(language: str, data: dict[str, Any]) -> Words:
    """A language of what its file holds; see `bot/words/fr.toml` for the shape."""
    rules = data["language"]
    return Words(
        language=language,
        texts=data["texts"],
        singular=frozenset(rules["singular"]),
        thousands=rules["thousands"],
        weekdays=tuple(rules["weekdays"]),
        months=tuple(rules["months"]),
        day=rules["day"],
    )
