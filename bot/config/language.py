"""Languages as the file names them, with its own names for the status words of sources."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from bot.config.problems import hint
from bot.core.words import Words
from bot.languages import languages, words_of
from bot.model.order import normal_word
from bot.sources._settings import SourceSettings


def _language(written: str) -> str:
    if written not in languages():
        raise ValueError(f"no words are known in '{written}'{hint(written, languages())}")
    return written


Language = Annotated[str, AfterValidator(_language), WithJsonSchema({"enum": list(languages())})]


def words_with(language: str, sources: Mapping[str, SourceSettings]) -> Words:
    """The words of a language, and what its readers are shown for the status words of these sources."""
    named = {name: settings.display.get(language, {}) for name, settings in sources.items()}
    displays = {
        source: {normal_word(word): shown for word, shown in names.items()} for source, names in named.items() if names
    }
    return replace(words_of(language), displays=displays)
