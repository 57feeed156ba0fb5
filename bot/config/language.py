"""In which language each destination is told, from what the file says of it and of the status words of its sources."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from bot.config.problems import hint
from bot.core.words import Voices, Words
from bot.languages import languages, words_of
from bot.model.order import normal_word
from bot.sources._settings import SourceSettings


def _language(written: str) -> str:
    if written not in languages():
        raise ValueError(f"no words are known in '{written}'{hint(written, languages())}")
    return written


Language = Annotated[str, AfterValidator(_language), WithJsonSchema({"enum": list(languages())})]


def voices_of(default: str, destinations: Mapping[str, str | None], sources: Mapping[str, SourceSettings]) -> Voices:
    """The words of each destination in its own language, else in `default`, and those of places in no config."""
    wanted = {default, *(language for language in destinations.values() if language)}
    words = {language: _showing(words_of(language), sources) for language in wanted}
    return Voices(words[default], {name: words[language or default] for name, language in destinations.items()})


def _showing(words: Words, sources: Mapping[str, SourceSettings]) -> Words:
    named = {name: settings.display.get(words.language, {}) for name, settings in sources.items()}
    displays = {
        source: {normal_word(word): shown for word, shown in names.items()} for source, names in named.items() if names
    }
    return replace(words, displays=displays)
