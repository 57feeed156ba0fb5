"""A line to PostgreSQL that can be cut without a word, or be slow: what a network does, over loopback alone."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import quote, urlencode

from bot.model.database import Dsn

_PIECE = 65536


class Line:
    """Forwards connections to the server of an address. `address` is the same database at this end of it.

    While it is cut, nothing gets through in either direction and nothing is closed: each side believes that the other
    is slow. When it heals, what was under way arrives.
    """

    def __init__(self, database: Dsn, *, host: str = "127.0.0.1") -> None:
        """`host` is the address of this end."""
        from psycopg.conninfo import conninfo_to_dict  # the driver is not on every machine

        self._settings = {name: str(value) for name, value in conninfo_to_dict(database.secret).items()}
        self._host = host
        self._whole = asyncio.Event()
        self._whole.set()
        self._delay: Callable[[], float] = float
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.lay()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.take_away()

    @property
    def address(self) -> Dsn:
        """Where the database is to be found at this end."""
        others = {name: value for name, value in self._settings.items() if name not in ("host", "port", "dbname")}
        return Dsn(f"postgresql://{self._host}:{self._port}/{quote(self._settings['dbname'])}?{urlencode(others)}")

    async def lay(self, port: int = 0) -> None:
        """Let it be there."""
        self._server = await asyncio.start_server(self._accept, self._host, port)
        self._port: int = self._server.sockets[0].getsockname()[1]

    async def take_away(self) -> None:
        """Let there be nothing: connections break, and new ones are refused."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def lay_again(self) -> None:
        """Let it be there again where it was."""
        await self.lay(self._port)

    def cut(self) -> None:
        """From now on nothing gets through."""
        self._whole.clear()

    def heal(self) -> None:
        """From now on everything does."""
        self._whole.set()

    def slow_down(self, shortest: float, longest: float, seed: int = 1) -> None:
        """Let everything take so many seconds in each direction."""
        chance = random.Random(f"line {seed}")
        self._delay = lambda: chance.uniform(shortest, longest)

    async def _accept(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        far: asyncio.StreamWriter | None = None
        with suppress(OSError, asyncio.CancelledError):
            try:
                far_reader, far = await self._connect()
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._forward(near_reader, far))
                    both.create_task(self._forward(far_reader, near))
            except* OSError:
                pass
            finally:
                near.transport.abort()
                if far is not None:
                    far.transport.abort()

    def _connect(self) -> Coroutine[Any, Any, tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        host, port = self._settings.get("host", "127.0.0.1"), self._settings.get("port", "5432")
        if host.startswith("/"):
            return asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return asyncio.open_connection(host, int(port))

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            await asyncio.sleep(self._delay())
            await self._whole.wait()
            writer.write(piece)
            await writer.drain()
        await self._whole.wait()
        raise ConnectionResetError("one side has hung up")
