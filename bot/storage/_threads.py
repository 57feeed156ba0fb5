"""The threads that hold connections: one writer whose callers share transactions, and a few readers."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

from bot.errors import StorageError
from bot.storage._identity import SameFile
from bot.storage._trouble import told_for_people

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]
"""What is to be done with a connection, in its thread."""


class Writer:
    """One thread, one connection. Jobs that wait while a transaction runs share the next one, and one sync to disk."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._files = (SameFile(path), SameFile(path.with_name(f"{path.name}.lock")))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="storage-writer")
        self._waiting: list[tuple[Job[Any], asyncio.Future[Any]]] = []
        self._flushing: asyncio.Task[None] | None = None

    async def write(self, job: Job[T]) -> T:
        """Run a job and return its result once it is safe on disk. A job that fails leaves nothing of itself.

        A caller that is cancelled while its job waits takes the job away with it.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())
        return await future

    async def close(self) -> None:
        """Finish what waits, then close the connection."""
        if self._flushing is not None:
            await asyncio.wait((self._flushing,))  # it may have been cancelled with all the rest
        await asyncio.to_thread(self._thread.shutdown)
        with told_for_people(self._path):
            self._connection.close()

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = [(job, future) for job, future in self._waiting if not future.done()]
            self._waiting = []
            jobs = [job for job, _ in batch]
            outcomes = await loop.run_in_executor(self._thread, self._run, jobs)
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)

    def _run(self, jobs: Sequence[Job[Any]]) -> list[Any]:
        try:
            for file in self._files:
                file.require()
        except StorageError as error:
            return [error] * len(jobs)
        return run_together(self._path, self._connection, jobs)


class Readers:
    """A few threads with connections of their own: in WAL mode they see the last commit and wait for nobody."""

    def __init__(self, path: Path, connections: Sequence[sqlite3.Connection]) -> None:
        self._path = path
        self._file = SameFile(path)
        self._connections = tuple(connections)
        self._threads = ThreadPoolExecutor(len(connections), thread_name_prefix="storage-reader")
        self._free: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for connection in connections:
            self._free.put(connection)

    async def read(self, job: Job[T]) -> T:
        """Run a job that only reads, on one consistent view of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, job)

    async def close(self) -> None:
        """Wait for running reads, then close the connections."""
        await asyncio.to_thread(self._threads.shutdown)
        with told_for_people(self._path):
            for connection in self._connections:
                connection.close()

    def _run(self, job: Job[T]) -> T:
        connection = self._free.get()
        try:
            self._file.require()
            with told_for_people(self._path):
                connection.execute("BEGIN")
                try:
                    return job(connection)
                finally:
                    if connection.in_transaction:  # a failing disk may have ended it
                        connection.execute("ROLLBACK")
        finally:
            self._free.put(connection)


def run_together(path: Path, connection: sqlite3.Connection, jobs: Sequence[Job[Any]]) -> list[Any]:
    """Run jobs in one transaction; each one's outcome is its result, or the exception that undid it alone.

    What breaks the transaction itself (a full disk, a commit that fails) is the outcome of all of them.
    """
    try:
        with told_for_people(path):
            connection.execute("BEGIN IMMEDIATE")
            outcomes = [_run_apart(path, connection, job) for job in jobs]
            connection.execute("COMMIT")
            return outcomes
    except Exception as error:  # noqa: BLE001  whoever waits for the outcome must get one
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        return [error] * len(jobs)


def _run_apart(path: Path, connection: sqlite3.Connection, job: Job[Any]) -> Any:
    connection.execute("SAVEPOINT job")
    try:
        with told_for_people(path):
            result = job(connection)
    except Exception as error:
        if not connection.in_transaction:  # a full disk ends the whole transaction, savepoints and all
            raise
        connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
        return error
    connection.execute("RELEASE job")
    return result
