"""A PostgreSQL server that can be broken off and begun again, and an eye on who writes what.

Whatever a worker commits is on disk here as its settings promise: only then does it mean anything that nothing is lost.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

import psycopg

from bot.core.shards import shards
from tests import postgres

_SETTINGS = {**postgres._SETTINGS, "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "100"}
_EYE = """
create table lease_of (source text, destination text, lease text not null);
create table strangers (at timestamptz not null default clock_timestamp(), who text, what text, lease text);
create function watch() returns trigger language plpgsql as $$
declare lease_name text;
begin
    if tg_table_name = 'snapshots' then
        select lease into lease_name from lease_of where source = new.source;
    else
        select lease into lease_name from lease_of where destination = new.destination;
    end if;
    perform 1 from leases where name = lease_name and token is not null
        and starts_with(current_setting('application_name'), worker || ' (');
    if not found then
        insert into strangers (who, what, lease)
            values (current_setting('application_name'), tg_table_name, lease_name);
    end if;
    return new;
end $$;
"""
_LOOKS = (
    "create trigger watched before insert or update on snapshots for each row execute function watch()",
    "create trigger watched before update of state on notifications for each row execute function watch()",
)


class Database:
    """A server of our own in `folder`, with one database."""

    def __init__(self, folder: Path, name: str = "data") -> None:
        self._folder = folder
        self._user = "nobody" if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.data = folder / name
        self.binaries = folder
        self.address = f"postgresql:///postgres?host={quote(str(self.data), safe='')}&user=postgres"

    def make(self) -> None:
        """Make the files and start. Raises Unavailable."""
        self._folder.chmod(0o755)
        self.binaries = postgres._binaries(self._folder, self._user)
        self.claim()
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.run("initdb", "-D", str(self.data), *options).wait()
        self.start()

    def claim(self) -> None:
        """Make the folder of its files."""
        self.data.mkdir(0o700)
        if self._user:
            shutil.chown(self.data, self._user)

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        for left in ("postmaster.pid", ".s.PGSQL.5432.lock"):  # the second also by a server that this is a copy of
            (self.data / left).unlink(missing_ok=True)
        self._process = self.run("postgres", "-D", str(self.data), "-k", str(self.data), *settings)
        postgres._wait_for(self.data, self._folder / "log")

    async def break_off(self, seconds: float) -> None:
        """End at once, as a lost power supply would, and be back after so long."""
        self.stop()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.start)

    def stop(self) -> None:
        """End at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def kill(self) -> None:
        """End like a machine that is no more: with all its processes, whatever state they are in."""
        if self._process is not None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            for pid in (self._process.pid, *map(int, children)):
                os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def watch(self, sources: Collection[str], destinations: dict[str, str]) -> None:
        """Note from now on every write of a worker that did not hold the lease. `destinations`: name to chat."""
        # Each statement by itself: whoever waits for one table while it holds another may wait for ever.
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(_EYE)
            rows: list[tuple[str | None, str | None, str]]
            rows = [(source, None, each.name) for each in shards(sources, ()) for source in each.sources]
            rows += [(None, name, f"chat {chat}") for name, chat in destinations.items()]
            with connection.cursor() as cursor:
                cursor.executemany("insert into lease_of values (%s, %s, %s)", rows)
            for look in _LOOKS:
                connection.execute(look)

    def ask(self, question: str) -> list[tuple[object, ...]]:
        """Rows."""
        with psycopg.connect(self.address) as connection:
            return connection.execute(question.encode()).fetchall()

    def run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a program of PostgreSQL as whoever owns the files."""
        command = [str(self.binaries / program), *arguments]
        environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(self._folder)}
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(command, user=self._user, cwd=self._folder, env=environ, stdout=log, stderr=log)
