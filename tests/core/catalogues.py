"""Every English text that the program looks up, found in its source: what a catalogue has to say, and nothing else."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BOT = Path(__file__).parents[2] / "bot"


@dataclass(frozen=True)
class Wanted:
    """What catalogues have to say."""

    plain: set[str] = field(default_factory=set)
    counted: dict[str, str] = field(default_factory=dict)
    """English of many to English of one."""


def wanted() -> Wanted:
    """From all calls of `words`, and all that is marked with `phrase`."""
    found = Wanted()
    for path in sorted(BOT.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for scope in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            named = list(_constants(scope))
            for call in (node for node in ast.walk(scope) if isinstance(node, ast.Call)):
                _note(call, {name: texts for line, name, texts in named if line < call.lineno}, found)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id == "phrase":
                found.plain.update(_texts(call.args[0], {}))
    return found


def _note(call: ast.Call, known: dict[str, list[str]], found: Wanted) -> None:
    function = call.func
    if isinstance(function, ast.Name) and function.id == "words" and call.args:
        found.plain.update(_texts(call.args[0], known))
    if not isinstance(function, ast.Attribute) or not _is_words(function.value):
        if isinstance(function, ast.Attribute) and function.attr == "words" and call.args:
            found.plain.update(_texts(call.args[0], known))
        return
    if function.attr in ("spans", "line"):
        found.plain.update(_texts(call.args[0], known))
    elif function.attr in ("count", "counted"):
        one, many = (_texts(arg, known) for arg in call.args[1:3])
        found.counted.update(zip(many, one, strict=True))


def _is_words(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "words") or (
        isinstance(node, ast.Attribute) and node.attr in ("words", "_words")
    )


def _texts(node: ast.expr, known: dict[str, list[str]]) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Name(id=name):
            return known.get(name, [])
        case ast.IfExp(body=body, orelse=orelse):
            return [*_texts(body, known), *_texts(orelse, known)]
        case _:
            return []


def _constants(scope: ast.AST) -> Iterator[tuple[int, str, list[str]]]:
    """Line, local name and its texts, in the order of the code."""
    nodes = (node for node in ast.walk(scope) if isinstance(node, ast.Assign))
    for node in sorted(nodes, key=lambda node: node.lineno):
        if len(node.targets) == 1:
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                for name, text in zip(target.elts, value.elts, strict=False):
                    if isinstance(name, ast.Name) and (texts := _texts(text, {})):
                        yield node.lineno, name.id, texts
            elif isinstance(target, ast.Name) and (texts := _texts(value, {})):
                yield node.lineno, target.id, texts
