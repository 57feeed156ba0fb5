"""The program itself, watched while it writes: `python -m tests.crash.child POINT COUNT STEPS COMMAND -c FILE ...`.

It kills itself with SIGKILL when it passes POINT for the COUNT-th time, and otherwise is what `python -m bot` is: only
the connections to the database are of a class that looks at each statement. STEPS migrations come after the
released ones, so that a file with data in it can be migrated again and again.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bot.cli.main import main
from bot.storage._schema import MIGRATIONS

FIRST_STEP = 9001
_MARKS = {
    "insert into orders": "poll",
    "update notifications set state = 'sending'": "claim",
    "update notifications set state = ?": "settle",
    "create table": "migration",
}
"""How a statement begins, to what its transaction is for."""
_STEPS = {"pragma integrity_check": "checked", "update notifications set unclear = 1": "doubted"}
"""How a statement begins, to the point of a copy that it passes."""


class Death:
    """Comes when a point has been passed often enough."""

    def __init__(self, point: str, count: int) -> None:
        self._point = point
        self._left = count

    def at(self, point: str) -> None:
        """The process is at a point now."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class WatchedConnection(sqlite3.Connection):
    """Tells `death` where in its work the database is."""

    death: Death
    copying = "copy"
    """What a copy is made for: a start that migrates, or a command."""
    _kinds: frozenset[str] = frozenset()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As always."""
        self._before(sql)
        cursor = super().execute(sql, parameters)
        self._after(sql)
        return cursor

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        """As always."""
        cursor = super().executemany(sql, parameters)
        self._after(sql)
        return cursor

    def backup(self, target: sqlite3.Connection, **options: Any) -> None:
        """As always."""
        self.death.at(f"{self.copying}: begun")
        super().backup(target, **options)
        self.death.at(f"{self.copying}: written")

    def _before(self, sql: str) -> None:
        if sql == "COMMIT":
            for kind in self._kinds:
                self.death.at(f"{kind}: before commit")

    def _after(self, sql: str) -> None:
        if sql == "COMMIT":
            kinds, self._kinds = self._kinds, frozenset()
            for kind in kinds:
                self.death.at(f"{kind}: after commit")
            return
        statement = " ".join(sql.split()).lower()
        for mark, kind in _MARKS.items():
            if statement.startswith(mark) and self.in_transaction:
                self._kinds |= {kind}
                self.death.at(f"{kind}: in transaction")
        for mark, step in _STEPS.items():
            if statement.startswith(mark):
                self.death.at(f"{self.copying}: {step}")


def link(source: Path, target: Path) -> None:
    """As always, and watched: a finished copy gets its name."""
    real_link(source, target)
    WatchedConnection.death.at(f"{WatchedConnection.copying}: in place")


def add_steps(steps: int) -> None:
    """Migrations as a later program would have them: each builds a table from what is there."""
    for number in range(FIRST_STEP, FIRST_STEP + steps):

        def build(db: Database, number: int = number) -> None:
            db.execute(f"create table step_{number} (key text, state text)")
            db.execute(f"insert into step_{number} select key, state from notifications")

        MIGRATIONS(name=f"{number}_step")(build)


if __name__ == "__main__":
    WatchedConnection.death = Death(sys.argv[1], int(sys.argv[2]))
    add_steps(int(sys.argv[3]))
    if sys.argv[4] in ("backup", "restore"):
        WatchedConnection.copying = sys.argv[4]
    real_link, os.link = os.link, link  # type: ignore[assignment]
    sqlite3.connect = partial(sqlite3.connect, factory=WatchedConnection)  # type: ignore[assignment]  # every connection
    sys.exit(main(sys.argv[4:]))
