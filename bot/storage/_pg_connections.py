"""Connections to PostgreSQL: one writer whose callers share transactions, some readers, a bell between processes."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from weakref import WeakSet

from psycopg import AsyncConnection, Error, IsolationLevel, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.string import StrDumper
from psycopg_pool import AsyncConnectionPool

from bot.errors import StorageError
from bot.model.database import Dsn
from bot.storage._pg_trouble import told_for_people

T = TypeVar("T")
Connection: TypeAlias = AsyncConnection[tuple[Any, ...]]
Job = Callable[[Connection], Awaitable[T]]
"""What is to be done with a connection, inside a transaction."""

_READERS = 4
_PATIENCE = 10.0
"""Seconds to wait for a connection that is free."""
_LOOK_EVERY = 5.0
"""Seconds. A connection that listens dies in silence, so whoever waits looks for himself now and then."""
_CHANNEL = "orderwatch_outbox"
_UNLESS_GIVEN = {
    "connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}  # fmt: skip
"""A cut network is noticed within half a minute, not within hours."""
_SESSION = """set idle_in_transaction_session_timeout = '15s'; set tcp_keepalives_idle = 10;
    set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3; set client_min_messages = warning"""


def without_nul(text: str) -> str:
    """Text as PostgreSQL can hold it: with a picture of each NUL, which it knows not."""
    return text.replace("\x00", "\u2400")


class _Text(StrDumper):  # type: ignore[misc,unused-ignore]  # the driver may be absent when types are checked
    def dump(self, obj: str) -> Any:
        return super().dump(without_nul(obj) if "\x00" in obj else obj)


async def connect(database: Dsn, *, name: str = "orderwatch") -> Connection:
    """A connection that leaves transactions to the caller. `name` is what the server's own lists show."""
    connection = await AsyncConnection.connect(address_of(database, name), autocommit=True)
    connection.adapters.register_dumper(str, _Text)
    try:
        await connection.execute(_SESSION)
    except BaseException:
        await connection.close()
        raise
    return connection


def process_name(holder: str) -> str:
    """How this process is called in the server's lists, which keep 63 bytes of it."""
    return f"{holder or 'orderwatch'} (process {os.getpid()} on {socket.gethostname()})"


class Pool(AsyncConnectionPool[Connection]):
    """Connections to borrow. Who is cancelled while waiting for one is cancelled, also when it comes just then."""

    async def getconn(self, timeout: float | None = None) -> Connection:  # noqa: ASYNC109  inherited
        """As inherited; before Python 3.12 `asyncio.wait_for`, by which it waits there, may lose a cancellation."""
        task = asyncio.current_task()
        assert task is not None, "somebody borrows it"
        asked_to_end = task.cancelling()
        connection = await super().getconn(timeout)
        if task.cancelling() > asked_to_end:
            await self.putconn(connection)
            raise asyncio.CancelledError
        return connection


class Readers:
    """Connections that only read, each time on one consistent view of the database, and wait for nobody."""

    def __init__(self, database: Dsn) -> None:
        self._database = database
        self._pool = Pool(
            address_of(database, process_name("")),
            kwargs={"autocommit": True},
            min_size=1,
            max_size=_READERS,
            timeout=_PATIENCE,
            configure=_only_read,
            check=Pool.check_connection,
            open=False,
        )

    async def open(self, *, is_reached: bool) -> None:
        """Be ready. `is_reached`: somebody has just connected. Raises StorageError."""
        with told_for_people(self._database):
            if not is_reached:  # a connection says at once what is wrong; the pool tries on
                await (await connect(self._database)).close()
            await self._pool.open(wait=True, timeout=_PATIENCE)

    async def read(self, job: Job[T]) -> T:
        """Run a job that only reads."""
        with told_for_people(self._database):
            async with self._pool.connection() as connection, connection.transaction():
                return await job(connection)

    async def close(self) -> None:
        """Wait for running reads, then close the connections."""
        await self._pool.close()


@dataclass(frozen=True, slots=True)
class _Waiting:
    job: Job[Any]
    future: asyncio.Future[Any]
    rings: bool


class Writer:
    """One connection. Jobs that wait while a transaction runs share the next one, and one sync to disk.

    `connect` makes the connection, again whenever it broke, and may refuse.
    """

    def __init__(self, database: Dsn, connect: Callable[[], Awaitable[Connection]]) -> None:
        self._database = database
        self._connect = connect
        self._connection: Connection | None = None
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect. Raises StorageError, and what `connect` does."""
        with told_for_people(self._database):
            self._connection = await self._connect()

    async def write(self, job: Job[T], *, rings: bool = False) -> T:
        """Run a job and return its result once it is safe on disk. A job that fails leaves nothing of itself.

        `rings`: a true result is news for the bells of all processes. A caller that is cancelled while its job waits
        takes the job away with it.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(job, future, rings))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def close(self) -> None:
        """Finish what waits, let go of every lock, and close the connection."""
        if self._flushing is not None:
            await asyncio.wait((self._flushing,))  # it may have been cancelled with all the rest
        connection, self._connection = self._connection, None
        if connection is not None and not connection.closed:
            with suppress(Error):  # by itself the server lets go of it a moment later
                await connection.execute("select pg_advisory_unlock_all()")
            await connection.close()

    async def _flush(self) -> None:
        while self._waiting:
            batch = [each for each in self._waiting if not each.future.done()]
            self._waiting = []
            outcomes = await self._run([each.job for each in batch]) if batch else []
            rings = False
            for each, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    if not each.future.done():
                        each.future.set_exception(outcome)
                    continue
                rings = rings or (each.rings and bool(outcome))
                if not each.future.done():
                    each.future.set_result(outcome)
            if rings:
                await self._ring()

    async def _run(self, jobs: Sequence[Job[Any]]) -> list[Any]:
        """Each job's outcome is its result, or the exception that undid it alone.

        What breaks the transaction itself is the outcome of all of them.
        """
        try:
            with told_for_people(self._database):
                connection = await self._begun()
                outcomes = [await self._run_apart(connection, job) for job in jobs]
                await connection.execute("commit")
                return outcomes
        except Exception as error:  # noqa: BLE001  whoever waits for the outcome must get one
            if self._connection is not None and not self._connection.closed:
                with suppress(Error):
                    await self._connection.execute("rollback")
            return [error] * len(jobs)

    async def _begun(self) -> Connection:
        """The connection, in a new transaction. One that broke meanwhile is replaced: nothing was lost with it."""
        if self._connection is not None and not self._connection.closed:
            with suppress(OperationalError):
                await self._connection.execute("begin")
                return self._connection
            if not self._connection.closed:
                await self._connection.close()
        self._connection = None
        self._connection = await self._connect()
        await self._connection.execute("begin")
        return self._connection

    async def _run_apart(self, connection: Connection, job: Job[Any]) -> Any:
        try:
            with told_for_people(self._database):
                async with connection.transaction():
                    return await job(connection)
        except Exception as error:
            if connection.closed:
                raise
            return error

    async def _ring(self) -> None:
        """Let the bells ring, outside the transaction: a commit that notifies holds up every other one that does."""
        if self._connection is not None and not self._connection.closed:
            with suppress(Error):  # who is not woken looks for himself before long
                await self._connection.execute(f"notify {_CHANNEL}")


class Bells:
    """Events that are set together; each is cleared by whoever waits on it."""

    def __init__(self) -> None:
        self._all: WeakSet[asyncio.Event] = WeakSet()

    def one_more(self) -> asyncio.Event:
        """An event that is set from now on until nobody has it any more."""
        event = asyncio.Event()
        self._all.add(event)
        return event

    def ring(self) -> None:
        """Set them all."""
        for event in self._all:
            event.set()


class Bell:
    """Rings when any process on the database rings, and every few seconds in case that was not heard.

    `greet` is given every connection that it makes.
    """

    def __init__(self, database: Dsn, bells: Bells, greet: Callable[[Connection], Awaitable[None]]) -> None:
        self._database = database
        self._bells = bells
        self._greet = greet
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen from now on."""
        self._task = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Listen no more. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))

    async def _listen(self) -> None:
        while True:
            with suppress(Error, OSError):
                connection = await connect(self._database, name=process_name(""))
                try:
                    await self._greet(connection)
                    await connection.execute(f"listen {_CHANNEL}")
                    while True:
                        async for _ in connection.notifies(timeout=_LOOK_EVERY, stop_after=1):
                            pass
                        self._bells.ring()
                finally:
                    await connection.close()
            await asyncio.sleep(_LOOK_EVERY)
            self._bells.ring()


async def _only_read(connection: Connection) -> None:
    connection.adapters.register_dumper(str, _Text)
    await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
    await connection.set_read_only(True)
    await connection.execute(_SESSION)


async def prepare_session(connection: Connection) -> None:
    """Let a connection of a pool leave transactions to its users, and notice what goes wrong in time."""
    await connection.set_autocommit(True)
    await connection.execute(_SESSION)


def address_of(database: Dsn, name: str) -> str:
    """What the driver is given, with patience for what the address does not say. Raises StorageError."""
    with told_for_people(database):
        given = {key: str(value) for key, value in conninfo_to_dict(database.secret).items() if value is not None}
        return str(make_conninfo(**{**_UNLESS_GIVEN, "application_name": name, **given}))


def not_open(database: Dsn) -> StorageError:
    """What is raised before `open` and after `close`."""
    return StorageError(f"{database} is not open")
