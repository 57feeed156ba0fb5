"""What is wrong with a config: collected with its place, told in words, without a secret."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.config.secrets import secret_fields
from bot.errors import Problem

Place = tuple[str | int, ...]
"""Where something stands in a document: keys and list positions from the top."""

_SHORTEST_DISGUISE = 4
"""Characters. Replacing shorter values wherever they occur would garble the words around them."""

_EXPECTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


class Complaints:
    """Everything wrong with one document. Only the first complaint about a place counts."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Place, int] = {}
        self._texts: dict[Place, tuple[int | None, str]] = {}
        self._disguises: dict[str, str] = {}
        self._others: list[Problem] = []

    def stands(self, place: Place, line: int) -> None:
        """Remember the line, counted from 1, of a key or list item."""
        self._lines.setdefault(place, line)

    def disguise(self, value: str, shown: str) -> None:
        """Show a value that came from outside the file, or is secret, only as `shown`."""
        if value and value != shown:
            self._disguises.setdefault(value, shown)

    def add(self, place: Place, text: str, *, line: int | None = None) -> None:
        """Note what is wrong there. Without a line it is that of the nearest thing written around it."""
        self._texts.setdefault(place, (line or self.line(place), text))

    def knows(self, place: Place) -> bool:
        """Whether something is written there."""
        return place in self._lines

    def within(self, place: Place) -> bool:
        """Whether something is wrong there or below."""
        return any(other[: len(place)] == place for other in self._texts)

    def line(self, place: Place) -> int | None:
        """Where that, or the nearest thing around it, is written."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place)

    def lines(self) -> dict[str, int]:
        """Dotted key to line, for everything that is written."""
        return {dotted(place): line for place, line in self._lines.items()}

    def take(self, problems: Iterable[Problem]) -> None:
        """Take in what is wrong with another file."""
        self._others += problems

    def problems(self) -> list[Problem]:
        """All of it, in the order of the file; other files behind."""
        found = [
            Problem(self._file, line, dotted(place), self._disguised(text))
            for place, (line, text) in self._texts.items()
        ]
        return [*sorted(found, key=lambda problem: problem.line or 0), *self._others]

    def _disguised(self, text: str) -> str:
        for value in sorted(self._disguises, key=len, reverse=True):
            shown = self._disguises[value]
            text = text.replace(repr(value), repr(shown))
            if len(value) >= _SHORTEST_DISGUISE:
                text = text.replace(value, shown)
        return text


def dotted(place: Place) -> str:
    """`watchlists.plant-3 panels.notify[0].to`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def nearest(written: str, known: Iterable[str]) -> str | None:
    """The word that was probably meant, whatever its case."""
    words = {word.lower(): word for word in known}
    near = difflib.get_close_matches(written.lower(), words, n=1)
    return words[near[0]] if near else None


def hint(written: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or the words there are, or nothing when there are none."""
    words = list(known)
    if near := nearest(written, words):
        return f"; did you mean '{near}'?"
    return f"; there are {', '.join(sorted(words))}" if words else ""


def translate(error: ValidationError, model: type[BaseModel], base: Place, complaints: Complaints) -> None:
    """Turn what pydantic found into complaints. `base` is where the validated data stand.

    A misspelt key is one problem, although the right one is then missing too.
    """
    places: dict[Place, list[str]] = {}
    details = error.errors(include_url=False)
    misspelt = {
        (*detail["loc"][:-1], nearest(str(detail["loc"][-1]), _siblings(detail["loc"], model)))
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    for detail in details:
        if detail["type"] == "missing" and detail["loc"] in misspelt:
            continue
        place = place_of(detail, base, complaints)
        texts = places.setdefault(place, [])
        if (text := _in_words(detail, model)) not in texts:
            texts.append(text)
    for place, texts in places.items():
        complaints.add(place, " or ".join(texts))


def place_of(detail: ErrorDetails, base: Place, complaints: Complaints) -> Place:
    """The place of an error: pydantic's own, without the names of union members it threads in."""
    place = base
    for step in detail["loc"]:
        if complaints.knows((*place, step)):
            place = (*place, step)
    if detail["type"] == "missing":
        place = (*place, detail["loc"][-1])
    return place


def _in_words(detail: ErrorDetails, model: type[BaseModel]) -> str:
    context: Mapping[str, Any] = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "is missing" + _purpose(detail["loc"], model)
        case "extra_forbidden":
            return "is not a key here" + hint(str(detail["loc"][-1]), _siblings(detail["loc"], model))
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            written = str(detail["input"])
            return f"'{written}' is not known here" + hint(written, _EXPECTED.findall(str(context["expected"])))
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be keys with values"
        case "string_type" if detail["input"] is None:
            return "has no value; text that begins with # goes in quotes"
        case "string_type":
            return "must be text"
        case "list_type" | "tuple_type" | "set_type" | "frozen_set_type":
            return "must be a list"
        case "too_short" if context["actual_length"] == 0:
            return "is empty; name at least one, or leave the key out"
        case _:
            return detail["msg"].replace("Input should be", "must be")


def _purpose(loc: Sequence[str | int], model: type[BaseModel]) -> str:
    owner = _owner(loc, model)
    field = owner.model_fields.get(str(loc[-1])) if owner else None
    return f": {field.description}" if field and field.description else ""


def _siblings(loc: Sequence[str | int], model: type[BaseModel]) -> list[str]:
    owner = _owner(loc, model)
    if owner is None:
        return []
    names = [info.alias or name for name, info in owner.model_fields.items()]
    return names + [f"{name}_file" for name in secret_fields(owner)]


def _owner(loc: Sequence[str | int], model: type[BaseModel]) -> type[BaseModel] | None:
    """The model that holds the member at the end of `loc`; None where lists or unions are on the way."""
    owner = model
    for step in loc[:-1]:
        field = owner.model_fields.get(str(step))
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return None
        owner = field.annotation
    return owner
