"""How destinations are spoken to, from the file: their languages, and templates that are tried on samples first."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.file import DestinationEntry, FileEntry
from bot.config.language import words_with
from bot.config.problems import Complaints, Place, hint
from bot.config.text import Document
from bot.core.samples import SEEN, sample
from bot.core.template import VARIABLES, Template, TemplateWrong
from bot.core.voices import Voices
from bot.core.wording import Templates, word
from bot.core.words import ENGLISH
from bot.model.change import Kind
from bot.sources._settings import SourceSettings


def voices_of(
    top: FileEntry | None,
    destinations: Mapping[str, DestinationEntry],
    sources: Mapping[str, SourceSettings],
    document: Document,
) -> Voices:
    """The language and templates of each destination: its own, else those of the file. Complains about wrong ones."""
    complaints = document.complaints
    everywhere = _templates(document.data.get("templates"), ("templates",), complaints)
    own = {
        name: _templates(entry.templates, ("destinations", name, "templates"), complaints)
        for name, entry in destinations.items()
    }
    default = top.language if top else ENGLISH.language
    languages = {name: entry.language or default for name, entry in destinations.items()}
    words = {language: words_with(language, sources) for language in {default, *languages.values()}}
    return Voices(
        words[default],
        {name: words[language] for name, language in languages.items()},
        everywhere,
        {name: {**everywhere, **templates} for name, templates in own.items()},
    )


def _templates(written: Any, place: Place, complaints: Complaints) -> Templates:
    """Kind to template of what stands at `place`, and a complaint about each that cannot be used."""
    if written is None:
        return {}
    if not isinstance(written, dict):
        complaints.add(place, "must be kinds of change with a text each")
        return {}
    kinds = [kind.value for kind in Kind]
    found = {}
    for kind, text in written.items():
        if kind not in kinds:
            complaints.add((*place, kind), f"'{kind}' is no kind of change{hint(str(kind), kinds)}")
        elif not isinstance(text, str):
            complaints.add((*place, kind), "must be text; put it in quotes, or below a |")
        elif template := _template(Kind(kind), text, (*place, kind), complaints):
            found[Kind(kind)] = template
    return found


def _template(kind: Kind, text: str, place: Place, complaints: Complaints) -> Template | None:
    from bot.core.templates import template_of  # Jinja takes a while to load, and few have templates

    try:
        template = template_of(text)
        order, change = sample(kind)
        usual = word(order, [change], source="sample", seen_at=SEEN, zone=ZoneInfo("UTC"), words=ENGLISH, templates={})
        said = word(
            order,
            [change],
            source="sample",
            seen_at=SEEN,
            zone=ZoneInfo("UTC"),
            words=ENGLISH,
            templates={kind: template},
        )
        if said == usual and "details" not in template.variables:
            raise TemplateWrong(f"says nothing, or far too much, of a {kind.value} as it usually is")
    except TemplateWrong as wrong:
        near = hint(wrong.unknown, VARIABLES) if wrong.unknown else ""
        complaints.add(place, f"{wrong}{near}", line=_line(wrong.line, text, place, complaints))
        return None
    return template


def _line(line: int, text: str, place: Place, complaints: Complaints) -> int | None:
    """Where that line of a template is in the file: a text of several begins below its key."""
    begun = complaints.line(place)
    return begun + line if begun and "\n" in text else begun
