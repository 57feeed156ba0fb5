"""The rules that keep rooms findable: floors, sizes, no cycles, and a docstring where a stranger needs one."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "bot").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FLOORS = {  # imports go down only
    "model": 0, "errors": 0, "log": 0, "core": 1, "languages": 2, "outbox": 2, "ports": 2,
    "budget": 2, "care": 2, "timebook": 2, "digestbook": 2, "past": 2,
    "clock": 3, "files": 3, "gate": 3, "pacer": 3, "http_client": 3, "pictures": 3,
    "sources": 4, "chats": 4, "storage": 4, "loops": 5, "desk": 5, "web": 5, "registry": 6, "config": 6,
    "crew": 6, "app": 6, "fleet": 6, "reload": 6, "backtest": 6, "cli": 7, "__main__": 7,
}  # fmt: skip
HANDS = ("sources", "chats", "storage")
BESIDE = {"sandbox": {"model", "errors", "ports", "clock", "sandbox"}}
MAX_FILE, MAX_FUNCTION, MAX_METHODS = 400, 60, 20


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """`bot.core.diff` is in `core`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


MODULES: dict[str, ast.Module] = {name_of(path): ast.parse(path.read_text("utf-8")) for path in FILES}


def imports_of(module: str) -> Iterator[str]:
    """Every import of the house in a module, those under TYPE_CHECKING and inside functions too."""
    for node in ast.walk(MODULES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "bot")
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "bot":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down_only_and_never_sideways_between_hands(module: str) -> None:
    room = room_of(module)
    for target in set(imports_of(module)):
        other = room_of(target)
        if room in BESIDE:
            assert other in BESIDE[room], f"{module} imports {target}"
        elif other in BESIDE:
            assert room == "cli", f"{module} imports {target}: only the doors open the sandbox"
        elif room and other:
            assert FLOORS[other] <= FLOORS[room], f"{module} imports {target}, which is above it"
            assert room == other or not (room in HANDS and other in HANDS), f"{module} reaches sideways to {target}"


def test_nothing_imports_in_a_ring() -> None:
    remaining = {module: set(imports_of(module)) - {module} for module in MODULES}
    while free := [module for module, targets in remaining.items() if not targets & remaining.keys()]:
        for module in free:
            del remaining[module]
    assert not remaining


@pytest.mark.parametrize("path", [*FILES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_functions_and_classes_keep_their_size(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= MAX_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} has {length} lines"
        if isinstance(node, ast.ClassDef) and not any("Protocol" in ast.unparse(base) for base in node.bases):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert len(methods) <= MAX_METHODS, f"{node.name} has {len(methods)} methods"


@pytest.mark.parametrize("module", MODULES)
def test_public_things_say_what_they_are(module: str) -> None:
    tree = MODULES[module]
    assert ast.get_docstring(tree), f"{module} has no docstring"
    owners: list[ast.Module | ast.ClassDef] = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
    for owner in owners:
        if isinstance(owner, ast.ClassDef) and owner.name.startswith("_"):
            continue
        for node in owner.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            ):
                assert ast.get_docstring(node), f"{module}: {node.name} has no docstring"


@pytest.mark.parametrize("path", [path for path in FILES if path.name == "__init__.py"], ids=name_of)
def test_a_package_file_is_a_docstring_and_nothing_else(path: Path) -> None:
    assert len(ast.parse(path.read_text("utf-8")).body) == 1


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_file_is_an_attic(path: Path) -> None:
    assert not re.search(r"utils?|helpers?|common|types|misc", path.stem)


def test_the_readme_names_only_paths_that_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    named = re.findall(r"`((?:bot|tests|\.ci)/[\w./]*)`", readme)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
