"""The stage of the journeys: the whole product beside the whole sandbox, on real sockets, in a time of their own.

A pass of the product is driven directly (`look`), so nothing here waits for a timer: the clock leaps to the end of
every sleep, and by a minute or more before each pass.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import App, Pass, open_app
from bot.config import load as config
from bot.sandbox.accepted import Accepted
from bot.sandbox.judge import Verdict, is_card
from bot.sandbox.orders import Step, WorldOrder
from bot.sandbox.server import Sandbox
from bot.sandbox.world import ACCOUNTS, World
from tests.journeys import store

PATIENCE = 60.0
"""Real seconds that anything on loopback may take before a journey gives up."""


class LeapingClock:
    """A clock for which a sleep takes no time: it leaps to the sleep's end. Sleeps side by side overlap."""

    def __init__(self) -> None:
        self._start = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        """The moment the clock has leapt to."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds leapt so far."""
        return self._elapsed

    def leap(self, seconds: float) -> None:
        """Let that much time have passed."""
        self._elapsed += seconds

    async def sleep(self, seconds: float) -> None:
        """Leap there. A microsecond more, so that no rounding leaves a rest to sleep again."""
        end = self._elapsed + max(0.0, seconds) + 1e-6
        for _ in range(10):  # whoever is told that somebody waits goes first
            await asyncio.sleep(0)
        self._elapsed = max(self._elapsed, end)


@dataclass(frozen=True)
class News:
    """What each chat has shown since the last look, as people read it."""

    slack: tuple[str, ...]
    telegram: tuple[str, ...]

    def is_one_message_with(self, *words: str) -> bool:
        """Whether each chat got exactly one message, and it holds all these words."""
        return all(len(texts) == 1 and all(word in texts[0] for word in words) for texts in (self.slack, self.telegram))

    @property
    def is_none(self) -> bool:
        """Whether nobody was told anything."""
        return not (self.slack or self.telegram)


class Scene:
    """One sandbox and one product that watches it. Nothing is watched before `start`."""

    def __init__(self, folder: Path, *accounts: str, orders: int = 6) -> None:
        self.clock = LeapingClock()
        self.sandbox = Sandbox(clock=self.clock, accounts=accounts or ACCOUNTS, orders_per_account=orders)
        self.settings: dict[str, Any] = {}
        self.path = folder / "watchlists.yaml"
        self.baseline = self.clock.now()
        self._shown = 0
        self._stack = AsyncExitStack()
        self._product = AsyncExitStack()
        self._app: App | None = None

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.sandbox)
        self.settings = self.sandbox.config(every="60s", one_by_one=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._product.aclose()
        await self._stack.aclose()

    @property
    def world(self) -> World:
        """The truth."""
        return self.sandbox.world

    @property
    def app(self) -> App:
        """The product that runs now."""
        assert self._app is not None
        return self._app

    @property
    def database(self) -> Path:
        """The product's file."""
        return self.path.with_name("orderwatch.db")

    def order(self, account: str, step: Step) -> WorldOrder:
        """The first order of an account that is this far."""
        return next(order for order in self.world.orders(account) if order.step == step)

    def set(self, path: str, value: Any) -> None:
        """Change one key of watchlists.yaml, such as `sources.stateset.retrieve`; from the next start on."""
        *folders, name = path.split(".")
        place = self.settings
        for folder in folders:
            place = place[folder]
        place[name] = value

    async def serve(self, account: str, application: web.Application) -> None:
        """Let another server stand in for the sandbox's own twin of an account; from the next start on."""
        server = TestServer(application)
        await server.start_server()
        self._stack.push_async_callback(server.close)
        here = str(server.make_url("/")).rstrip("/")
        for key in {"base_url", "token_url"} & self.settings["sources"][account].keys():
            path = urlsplit(self.settings["sources"][account][key]).path
            self.set(f"sources.{account}.{key}", here + path)

    async def start(self) -> Self:
        """Start the product and let it take its baseline."""
        await self.open()
        await self.look()
        self.baseline = self.clock.now()
        self.clock.leap(1)
        return self

    async def open(self) -> None:
        """Start the product."""
        self.path.write_text(json.dumps(store.placed(self.settings, self.path.parent)), encoding="utf-8")
        self._app = await self._product.enter_async_context(open_app(config.load(self.path, {}), self.clock))

    async def close(self) -> None:
        """Stop the product; `open` starts it again on the same database."""
        await self._product.aclose()

    async def restart(self) -> None:
        """Stop the product and start it again."""
        await self.close()
        await self.open()

    async def look(self, after: float = 61.0) -> News:
        """One pass, that many seconds later. Returns what the chats have shown since the last look."""
        self.clock.leap(after)
        await self.once()
        return self.news()

    @asynccontextmanager
    async def meanwhile(self, after: float) -> AsyncIterator[None]:
        """One pass, that many seconds later, beside the block; done when the block is left."""
        self.clock.leap(after)
        looking = asyncio.create_task(self.once())
        try:
            yield
        finally:
            await looking

    async def once(self) -> Pass:
        """One pass, now."""
        async with asyncio.timeout(PATIENCE):
            return await self.app.once()

    def news(self) -> News:
        """What the chats have shown since this was asked last."""
        fresh = self.sandbox.accepted[self._shown :]
        self._shown += len(fresh)
        return News(slack=_texts(fresh, "slack"), telegram=_texts(fresh, "telegram"))

    def verdict(self) -> Verdict:
        """What the judge says: everything since the baseline is owed in both chats."""
        return self.sandbox.verdict(baseline=self.baseline, calm=self.clock.now())

    def requests(self, account: str) -> int:
        """How many requests an account has had."""
        return self.sandbox.faults[account].requests

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Everything in a table, byte for byte."""
        return store.rows(self.path.parent, table)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something on a socket has happened; TimeoutError when it does not."""
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - the other side of the socket knows no event of ours
            await asyncio.sleep(0.02)


def _texts(accepted: list[Accepted], chat: str) -> tuple[str, ...]:
    return tuple(one.text for one in accepted if one.chat == chat and not is_card(one))
