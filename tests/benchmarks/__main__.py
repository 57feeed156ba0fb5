"""Measures the product against the limit it lives next to, in the same run: `python -m tests.benchmarks [name ...]`.

Prints a table for people, and with `--json` one line of JSON a figure and nothing else. Nothing is asserted: machines
are noisy, and a number is only worth something beside the one it is compared with. A missed aim is marked.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pyinstrument import Profiler

from tests.benchmarks.figure import Figure, NotHere
from tests.benchmarks.size import FULL, SHORT

ROOT = Path(__file__).parents[2]
TOOLS = ("__main__", "accounts", "figure", "lag", "machines", "making", "serving", "size")
"""Files beside the benchmarks that hold none."""
WAITING = ("asleep", "fleet")
"""Benchmarks that mostly wait for workers to begin and end: too long for the small form, unless they are named."""
DEFAULT = f"all, but with --short {' and '.join(WAITING)} only where they are named"


def main() -> int:
    """Run the benchmarks named, or all."""
    names = sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]))
    names = [name for name in names if name not in TOOLS]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}; default: {DEFAULT}")
    parser.add_argument("--short", action="store_true", help="small and quick: proves that they work, measures little")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write a flame graph of this process, as HTML")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if arguments.profile and (reason := why_not_writable(arguments.profile)):
        parser.exit(2, f"--profile {arguments.profile} cannot be written: {reason}\n")
    usual = [name for name in names if not (arguments.short and name in WAITING)]
    circumstances = of_this_run(is_short=arguments.short)
    out = sys.stdout
    if not arguments.json:
        print(f"{header(circumstances)}\n", file=out, flush=True)
    # what the product says in its console meanwhile is no figure
    with (
        profiled(arguments.profile) if arguments.profile else nullcontext(),
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
    ):
        for name, figure in measured(arguments.names or usual, is_short=arguments.short):
            as_json = {"benchmark": name, **figure.as_dict(), **circumstances}
            print(json.dumps(as_json) if arguments.json else figure.line(name), file=out, flush=True)
    return 0


def measured(names: Sequence[str], *, is_short: bool) -> Iterator[tuple[str, Figure]]:
    """Every figure with the name of its benchmark. The small form measures too little to be held against an aim."""
    for name in names:
        try:
            for figure in importlib.import_module(f"tests.benchmarks.{name}").measure(SHORT if is_short else FULL):
                yield name, figure.without_aim() if is_short else figure
        except NotHere as reason:
            print(f"{name:10} is left out: {reason}", file=sys.stderr)


def of_this_run(*, is_short: bool) -> dict[str, object]:
    """What is measured, with what, and on what."""
    return {
        "orderwatch": version_of("orderwatch"),
        "commit": commit(),
        "short": is_short,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "uvloop": version_of("uvloop"),
        "aiohttp": version_of("aiohttp"),
        "sqlite": sqlite3.sqlite_version,
    }


def header(run: dict[str, object]) -> str:
    """The same for people."""
    what = f"orderwatch {run['orderwatch']}" + (f" ({run['commit']})" if run["commit"] else "")
    tools = f"Python {run['python']}, uvloop {run['uvloop']}, aiohttp {run['aiohttp']}, SQLite {run['sqlite']}"
    short = "\nshort: this proves that the benchmarks work, and measures little" if run["short"] else ""
    return f"{what}, {tools}\non {run['system']}, {run['cores']} cores{short}"


def version_of(package: str) -> str | None:
    """None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def commit() -> str | None:
    """The commit that is checked out, with `-dirty` where something was changed since; None outside of a checkout."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return None
    asking = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(asking, capture_output=True, text=True, check=False).stdout.strip() or None


def why_not_writable(path: Path) -> str | None:
    """What keeps a file from being written; None if nothing does."""
    try:
        path.open("a").close()
    except OSError as error:
        return error.strerror
    return None


@contextmanager
def profiled(path: Path) -> Iterator[None]:
    """Sample what the main thread does, a thousand times a second, and write it down: it slows what is measured."""
    profiler = Profiler(interval=0.001, async_mode="disabled")
    with profiler:
        yield
    path.write_text(profiler.output_html(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
