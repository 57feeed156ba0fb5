"""Measures the product against the limit it lives next to, in the same run: `python -m tests.benchmarks [name ...]`.

Prints a table for people, and with `--json` one line of JSON a figure. Nothing is asserted: machines are noisy, and a
number is only worth something beside the one it is compared with.
"""

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import aiohttp
from pyinstrument import Profiler

from tests.benchmarks.figure import Figure, NotHere
from tests.benchmarks.size import FULL, SHORT

TOOLS = ("__main__", "accounts", "figure", "lag", "machines", "making", "serving", "size")
"""Files beside the benchmarks that hold none."""
WAITING = ("asleep", "fleet")
"""Benchmarks that mostly wait for workers to begin and end: too long for the small form, unless they are named."""


def main() -> int:
    """Run the benchmarks named, or all."""
    names = sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]))
    names = [name for name in names if name not in TOOLS]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(names)}; default: all")
    parser.add_argument("--short", action="store_true", help="small and quick: proves that they work, measures little")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write a flame graph of this process, as HTML")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    machine: dict[str, object] = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "aiohttp": aiohttp.__version__,
        "sqlite": sqlite3.sqlite_version,
    }
    if not arguments.json:
        print(f"{machine['python']} on {machine['system']}, {machine['cores']} cores\n")
    size = SHORT if arguments.short else FULL
    with profiled(arguments.profile) if arguments.profile else nullcontext():
        usual = [name for name in names if not (arguments.short and name in WAITING)]
        for name in arguments.names or usual:
            try:
                for figure in importlib.import_module(f"tests.benchmarks.{name}").measure(size):
                    show(name, figure, machine, as_json=arguments.json)
            except NotHere as reason:
                print(f"{name:10} is left out: {reason}", file=sys.stderr)
    return 0


@contextmanager
def profiled(path: Path) -> Iterator[None]:
    """Sample what the main thread does, a thousand times a second, and write it down: it slows what is measured."""
    profiler = Profiler(interval=0.001, async_mode="disabled")
    with profiler:
        yield
    path.write_text(profiler.output_html(), encoding="utf-8")


def show(name: str, figure: Figure, machine: dict[str, object], *, as_json: bool) -> None:
    """Print one figure."""
    if as_json:
        print(json.dumps({"benchmark": name, **figure.as_dict(), **machine}), flush=True)
        return
    spread = f"  ({figure.low:,.3g} to {figure.high:,.3g})" if figure.low != figure.high else ""
    aim = f"  aim: {figure.aim}" if figure.aim else ""
    print(f"{name:10} {figure.what:62} {figure.median:>12,.4g} {figure.unit}{spread}{aim}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
