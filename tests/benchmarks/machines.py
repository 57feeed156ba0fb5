"""Workers as processes of their own on a PostgreSQL of their own, and what CPU each side takes, as /proc tells."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.errors import UndefinedTable

from bot.core.shards import shards
from tests.benchmarks.accounts import Accounts
from tests.benchmarks.figure import NotHere
from tests.chaos.database import Database
from tests.postgres import Unavailable

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
"""Seconds to wait for anything."""
OWN = (20.0, 3.0, 30.0)
"""The product's own times: lease, heartbeat, stall."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU so far: of PostgreSQL with all it ever started, of the workers that run, of the supplier."""

    postgres: float
    workers: float
    supplier: float
    machine: float
    """Of everything on this machine."""

    def __sub__(self, earlier: "Cpu") -> "Cpu":
        return Cpu(
            self.postgres - earlier.postgres,
            self.workers - earlier.workers,
            self.supplier - earlier.supplier,
            self.machine - earlier.machine,
        )

    @property
    def others(self) -> float:
        """Of programs that have nothing to do with it."""
        return max(0.0, self.machine - self.postgres - self.workers - self.supplier)


class Machines:
    """So many workers as are started, on `database`, which runs in `folder`."""

    def __init__(self, folder: Path, database: Database, accounts: Accounts) -> None:
        self.database = database
        self.accounts = accounts
        self._folder = folder
        self._leases = shards([f"account {each}" for each in range(accounts.count)], ["console"])
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def config(self, name: str, *, orders: int, every: str) -> Path:
        """A config that looks at the first so many orders of each account so often."""
        numbers = range(self.accounts.count)
        document = {
            "database": self.database.address,
            "sources": {f"account {each}": {**self.accounts.settings(each), "budget": "100000/s"} for each in numbers},
            "destinations": {"here": {"chat": "console"}},
            "watchlists": {
                f"list {each}": {
                    "source": f"account {each}",
                    "orders": self.accounts.orders_of(each)[:orders],
                    "every": every,
                }
                for each in numbers
            },
            "notify": [{"to": "here"}],
            "operators": {"to": "here"},
        }
        path = self._folder / f"{name}.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def start(self, worker: str, config: Path, times: tuple[float, float, float] = OWN) -> None:
        """One more worker."""
        command = ["-m", "tests.chaos.child", str(config), self.database.address, worker, *map(str, times)]
        with self._log(worker).open("wb") as log:
            self._workers[worker] = subprocess.Popen(
                [sys.executable, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log
            )

    def stop(self, worker: str) -> None:
        """Let one leave in peace."""
        self._workers[worker].terminate()
        self._workers.pop(worker).wait(PATIENCE)

    def kill(self, worker: str) -> None:
        """One is gone without a word."""
        self._workers[worker].kill()
        self._workers.pop(worker).wait(PATIENCE)

    def end(self) -> None:
        """Everybody is gone."""
        for worker in list(self._workers):
            self.kill(worker)

    def cpu(self) -> Cpu:
        """So far."""
        postmaster = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        stats = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
        ended = stats[postmaster].ended_children
        postgres = sum(each.own for pid, each in stats.items() if postmaster in (pid, each.parent))
        workers = sum(stats[worker.pid].own for worker in self._workers.values())
        return Cpu(ended + postgres, workers, stats[self.accounts.pid].own, _machine())

    def is_true(self, question: str) -> bool:
        """Ask the database, whose tables need not be there yet."""
        try:
            return self.database.ask(question) == [(True,)]
        except UndefinedTable:
            return False

    def is_shared_by(self, *workers: str) -> bool:
        """Whether these workers have all leases, and each its fair share."""
        names = ", ".join(f"'{worker}'" for worker in workers)
        fair = len(self._leases) // len(workers) - 1
        return self.is_true(
            f"""select count(*) = {len(workers)} and sum(held) = {len(self._leases)} and min(held) >= {fair}
                and bool_and(worker in ({names}))
                from (select worker, count(*) as held from leases where token is not null group by worker) as each"""
        )

    def accounts_of(self, worker: str) -> set[int]:
        """Numbers of the accounts that a worker has."""
        held = self.database.ask(f"select name from leases where token is not null and worker = '{worker}'")
        names = {name for (name,) in held}
        return {int(source.split()[1]) for lease in self._leases if lease.name in names for source in lease.sources}

    def said(self, worker: str, words: str) -> int:
        """In how many lines of its last life a worker said so."""
        return self._log(worker).read_text("utf-8", "replace").count(words)

    def until(self, is_so: Callable[[], bool]) -> float:
        """Seconds until something is so."""
        began = time.monotonic()
        while not is_so():
            if time.monotonic() > began + PATIENCE or any(worker.poll() for worker in self._workers.values()):
                last = "; ".join(self._log(worker).read_text("utf-8", "replace")[-300:] for worker in self._workers)
                raise AssertionError(f"it does not come to that; the workers' last words: {last}")
            time.sleep(0.05)
        return time.monotonic() - began

    def _log(self, worker: str) -> Path:
        return self._folder / f"{worker}.log"


@contextmanager
def machines(accounts: Accounts) -> Iterator[Machines]:
    """A server without any worker yet. Raises NotHere."""
    if not Path("/proc/self/stat").exists():
        raise NotHere("CPU of other processes is read from /proc, which only Linux has")
    with tempfile.TemporaryDirectory(prefix="orderwatch-fleet-") as made:
        folder = Path(made)
        database = Database(folder)
        try:
            database.make()
        except Unavailable as error:
            raise NotHere(f"no PostgreSQL of our own: {error}") from None
        found = Machines(folder, database, accounts)
        try:
            yield found
        finally:
            found.end()
            database.stop()


@dataclass(frozen=True, slots=True)
class _Stat:
    parent: int
    own: float
    ended_children: float


def _stat(process: Path) -> _Stat:
    """What /proc/PID/stat says, see man proc; nothing of one that has just ended."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _Stat(0, 0.0, 0.0)
    ticks = os.sysconf("SC_CLK_TCK")
    own, ended = (sum(map(int, fields[start : start + 2])) / ticks for start in (11, 13))
    return _Stat(int(fields[1]), own, ended)


def _machine() -> float:
    """Everything but idling and waiting for disks."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, *interrupts = map(int, fields[:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
