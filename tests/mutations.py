"""Breaks the program on purpose, and shows that the suite notices: `python -m tests.mutations`.

Each break is made in a copy of the tree and must turn the tests named beside it red. Exit code 1 if one survived, 2 if
one could not be made or tried any more: then the program has changed, and the break has to be written anew here.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TELLING = ("tests/loops/test_telling.py", "tests/loops/test_outbox_model.py")
PATIENCE = 300.0
"""Seconds for the tests of one break."""


@dataclass(frozen=True, slots=True)
class Break:
    """`old` stands exactly once in all of `bot/`, whichever file it is in; with `new` in its place a promise breaks."""

    name: str
    old: str
    new: str
    tests: tuple[str, ...]


BREAKS = (
    Break(
        "settle before send",
        """\
                message_id = await conversation.send(parts[row.parts_sent], _part_key(row))
                row = await self._note_part(row, message_id, len(parts), conversation)
""",
        """\
                settled = await self._note_part(row, "0", len(parts), conversation)
                await conversation.send(parts[row.parts_sent], _part_key(row))
                row = settled
""",
        TELLING,
    ),
    Break(
        "commit without notifications",
        "added = await add_notifications(connection, record.notifications, versions)",
        "added = await add_notifications(connection, (), versions)",
        ("tests/loops/test_polling.py",),
    ),
    Break("retry without read-back", "            if row.unclear:\n", "            if False:\n", TELLING),
    Break("baseline from an empty page", "if is_first and seen:", "if is_first:", ("tests/loops/test_polling.py",)),
    Break(
        "escaping off (Slack)",
        'return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")',
        "return text",
        ("tests/contracts/test_chats.py", "tests/chats/test_slack.py"),
    ),
    Break(
        "escaping off (Telegram)",
        "return html.escape(disarmed(text))",
        "return text",
        ("tests/chats/test_telegram.py", "tests/contracts/test_chats.py"),
    ),
)


class NotApplicable(Exception):
    """A break that cannot be made any more."""


def apply(one: Break, tree: Path) -> Path:
    """Make a break in a copy of the tree, and return the file. Raises NotApplicable."""
    files = [path for path in sorted((tree / "bot").rglob("*.py")) if one.old in path.read_text("utf-8")]
    if len(files) != 1 or files[0].read_text("utf-8").count(one.old) != 1:
        where = ", ".join(str(path.relative_to(tree)) for path in files) or "no file"
        raise NotApplicable(f"its text stands in {where}, not exactly once; write the break anew:\n{one.old}")
    files[0].write_text(files[0].read_text("utf-8").replace(one.old, one.new), "utf-8")
    return files[0].relative_to(tree)


def red(tree: Path, tests: Sequence[str]) -> str | None:
    """The first test that fails; None if none does. Raises NotApplicable when they cannot be run."""
    if absent := [test for test in tests if not (tree / test).exists()]:
        raise NotApplicable(f"there is no {', '.join(absent)} any more")
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-p", "no:cacheprovider", *tests]
    try:
        ended = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"no end within {PATIENCE:g} s"
    if ended.returncode == 0:
        return None
    found = re.search(r"^FAILED (\S+)", ended.stdout, re.MULTILINE)
    if ended.returncode != 1 or found is None:
        raise NotApplicable(f"pytest ended with {ended.returncode}: {ended.stdout[-2000:]}{ended.stderr[-1000:]}")
    return found[1]


def copy_of_the_tree(folder: Path) -> Path:
    """A copy that may be broken."""
    for name in ("bot", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    for name in ("pyproject.toml", "README.md", "watchlists.yaml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def main() -> int:
    """Make every break, one at a time, and say which tests noticed."""
    worst = 0
    with tempfile.TemporaryDirectory(prefix="orderwatch-whole-") as folder:
        tests = sorted({test for one in BREAKS for test in one.tests})
        if failing := red(copy_of_the_tree(Path(folder)), tests):
            print(f"without any break {failing} fails already: nothing can be told from it")
            return 2
    print(f"{'break':<32}{'in':<32}{'seconds':>8}  noticed by")
    for one in BREAKS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="orderwatch-broken-") as folder:
            try:
                place = str(apply(one, copy_of_the_tree(Path(folder))))
                noticed = red(Path(folder), one.tests)
                worst = worst if noticed else max(worst, 1)
            except NotApplicable as why:
                place, noticed, worst = "?", f"NOT TRIED: {why}", 2
        print(f"{one.name:<32}{place:<32}{time.monotonic() - started:>8.1f}  {noticed or 'NOBODY'}", flush=True)
    return worst


if __name__ == "__main__":
    sys.exit(main())
