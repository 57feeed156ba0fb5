"""Reads a YAML or JSON document as plain data and remembers where everything stands.

Scalars follow YAML 1.2: only `true false null` and plain decimal numbers are more than text. So `on` and `NO` stay
words, `1:30` is no number of seconds, and an order number such as 0045001234 keeps its zeros.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.config.problems import Complaints, Place
from bot.config.secrets import expand
from bot.errors import ConfigError, Problem
from bot.files import Files

_STR, _INT, _FLOAT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_BOOL, _NULL, _MERGE = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"


class Document:
    """The data of a file, each scalar's own text, and what is wrong so far."""

    def __init__(self, path: Path, environ: Mapping[str, str], files: Files | None = None) -> None:
        """Read `path`, by `files`. Raises ConfigError when it is not a document at all."""
        self.path = path
        self.files = files or Files()
        self.complaints = Complaints(str(path))
        self._environ = environ
        self._texts: dict[Place, str] = {}
        self._open: list[yaml.Node] = []
        root = _compose(path, self.files)
        self.data: Any = {} if root is None else self._read(root, ())
        if not isinstance(self.data, dict):
            raise ConfigError([Problem(str(path), 1, "", "must be keys with values, such as `sources:`")])

    def text(self, place: Place) -> str | None:
        """The scalar at that place as text, exactly as written, variables expanded; None if none is there."""
        return self._texts.get(place)

    def _read(self, node: yaml.Node, place: Place) -> Any:
        self.complaints.stands(place, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, place)
        if node in self._open:
            self.complaints.add(place, "contains itself through an alias")
            return None
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, place)
            return [self._read(item, (*place, index)) for index, item in enumerate(node.value)]
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in self._pairs(node, place):
            key = _whole(key_node.value)
            if key not in result:
                self.complaints.stands((*place, key), key_node.start_mark.line + 1)
                result[key] = self._read(value_node, (*place, key))
        return result

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        """A mapping's own keys, then those it merges in."""
        merged: list[yaml.Node] = []
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == _MERGE:
                merged.extend(value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node])
            elif not isinstance(key_node, yaml.ScalarNode):
                self.complaints.add(place, "has a key that is not text", line=line)
            elif key_node.value in lines:
                first = lines[key_node.value]
                self.complaints.add((*place, key_node.value), f"is there twice; first on line {first}", line=line)
            else:
                lines[key_node.value] = line
                yield key_node, value_node
        for source in merged:
            if not isinstance(source, yaml.MappingNode):
                self.complaints.add(place, "merges (<<) something that has no keys", line=source.start_mark.line + 1)
            elif source in self._open:
                self.complaints.add(place, "contains itself through an alias")
            else:
                self._open.append(source)
                yield from self._pairs(source, place)
                self._open.remove(source)

    def _scalar(self, node: yaml.ScalarNode, place: Place) -> Any:
        written = _whole(node.value)
        self._texts[place] = written
        match node.tag:
            case "tag:yaml.org,2002:null":
                return None
            case "tag:yaml.org,2002:bool":
                return written.lower() == "true"
            case "tag:yaml.org,2002:int":
                return int(written)
            case "tag:yaml.org,2002:float":
                return float(written)
            case "tag:yaml.org,2002:str":
                return self._expanded(written, place)
        self.complaints.add(place, f"has the tag {node.tag}, which means nothing here")
        return written

    def _expanded(self, written: str, place: Place) -> str:
        try:
            value = expand(written, self._environ, self.files)
        except ValueError as error:
            self.complaints.add(place, str(error))
            return written
        self.complaints.disguise(value, written)
        self._texts[place] = value
        return value


class _Loader(yaml.SafeLoader):
    """Composes nodes whose plain scalars are resolved as YAML 1.2 does."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    (_NULL, r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    (_BOOL, r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    (_INT, r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    (_FLOAT, r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", list("-0123456789")),
    (_MERGE, r"^<<$", ["<"]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), _first)


def _compose(path: Path, files: Files) -> yaml.Node | None:
    text = _text_of(path, files)
    try:
        return yaml.compose(_without_json_tabs(text), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = " ".join(filter(None, (error.context, error.problem)))
        if "'\\t'" in what:
            what += "; indent with blanks, not with tabs"
        raise ConfigError([Problem(str(path), mark.line + 1 if mark else None, "", f"is not YAML: {what}")]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            [Problem(str(path), line, "", f"is not YAML: holds the unseen character {ord(text[error.position]):#04x}")]
        ) from None


def _text_of(path: Path, files: Files) -> str:
    try:
        return files.read(path).decode("utf-8-sig")
    except FileNotFoundError:
        text = "there is no such file; name yours with --config or ORDERWATCH_CONFIG"
    except OSError as error:
        text = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        text = "is not UTF-8 text"
    raise ConfigError([Problem(str(path), None, "", text)])


def _without_json_tabs(text: str) -> str:
    """JSON may be indented with tabs, YAML may not. In JSON a tab never stands inside a string."""
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except ValueError:
        return text
    return text.replace("\t", " ")


def _whole(text: str) -> str:
    """JSON writes characters beyond 16 bits as two halves, which YAML leaves apart."""
    if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
