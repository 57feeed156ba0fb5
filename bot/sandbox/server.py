"""Starts the whole sandbox on loopback: every account of the world, Slack and Telegram, each on a port of its own."""

import asyncio
import contextlib
import importlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol, Self, cast

from aiohttp import web

from bot.clock import SystemClock
from bot.ports import Clock
from bot.sandbox.accepted import Accepted
from bot.sandbox.faults import Faults
from bot.sandbox.judge import Place, Verdict, judge
from bot.sandbox.life import Life
from bot.sandbox.slack import SlackTwin
from bot.sandbox.telegram import TelegramTwin
from bot.sandbox.world import ACCOUNTS, World

SLACK_CHANNEL = "C0123456789"
TELEGRAM_CHAT = 1001
"""A private chat: a group would take 20 messages a minute, and the sandbox lives fast."""

TELEGRAM_PERSON = 1002
"""Somebody who asks, in a private chat where no alerts arrive."""


class SourceTwin(Protocol):
    """What a file of this package named after its account offers."""

    def application(self, world: World, account: str, faults: Faults) -> web.Application:
        """The server of one account."""
        ...

    def settings(self, base: str) -> dict[str, Any]:
        """The entry under `sources:` for it."""
        ...


_ONE_BY_ONE = {"group_wait": "0s", "storm": 0}
"""A destination where what each poll found is told by itself."""


class Sandbox:
    """A running sandbox: `async with Sandbox() as sandbox`. Nothing happens in its world before `begin`."""

    def __init__(
        self,
        *,
        seed: int = 1,
        speed: float = 1200.0,
        dwell: float = 3.0,
        most: int = 0,
        accounts: Sequence[str] = ACCOUNTS,
        orders_per_account: int = 6,
        clock: Clock | None = None,
        port_base: int = 0,
    ) -> None:
        """`speed`, `dwell` and `most` are those of Life. With a `port_base` the ports follow each other from there."""
        self.clock = clock or SystemClock()
        self.world = World(self.clock, seed, accounts, orders_per_account)
        self.faults = {name: Faults(seed) for name in (*accounts, "slack", "telegram")}
        self.slack = SlackTwin(self.clock, faults=self.faults["slack"])
        self.telegram = TelegramTwin(self.clock, faults=self.faults["telegram"])
        self.telegram.add_room(TELEGRAM_PERSON, "private", "bob")
        self.urls: dict[str, str] = {}
        """Name of account or chat to where it is served, such as `http://127.0.0.1:1234`."""
        self._lively = {"seed": seed, "speed": speed, "dwell": dwell, "most": most}
        self._life: Life | None = None
        self._living: asyncio.Task[None] | None = None
        self._runners: list[web.AppRunner] = []
        self._port_base = port_base

    async def __aenter__(self) -> Self:
        applications = {name: _twin(name).application(self.world, name, self.faults[name]) for name in self.accounts}
        applications |= {"slack": self.slack.application(), "telegram": self.telegram.application()}
        try:
            for offset, (name, application) in enumerate(applications.items()):
                port = self._port_base + offset if self._port_base else 0
                self.urls[name] = await self._serve(application, port)
        except OSError:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    @property
    def accounts(self) -> Sequence[str]:
        """Names of the source accounts."""
        return self.world.accounts

    @property
    def accepted(self) -> list[Accepted]:
        """What the chats show now, in the order it came."""
        return sorted((*self.slack.accepted, *self.telegram.accepted), key=lambda one: one.at)

    @property
    def names(self) -> Mapping[Place, str]:
        """Where messages arrive, to the name of the destination in the config this sandbox gives."""
        return {("slack", SLACK_CHANNEL): "ops", ("telegram", str(TELEGRAM_CHAT)): "sales"}

    @property
    def hears(self) -> Mapping[Place, Sequence[str]]:
        """Which accounts' news each place has to be told by the config this sandbox gives."""
        return dict.fromkeys(self.names, self.accounts)

    def begin(self) -> None:
        """Let the orders live from now on."""
        self._life = Life(self.world, self.clock, **cast(dict[str, Any], self._lively))
        self._living = asyncio.create_task(self._life.live())

    def calm(self) -> datetime:
        """Let nothing more happen. Returns now."""
        return self._life.calm() if self._life else self.clock.now()

    def verdict(self, *, baseline: datetime, calm: datetime, answers: Collection[tuple[str, str]] = ()) -> Verdict:
        """What the judge says about everything accepted so far but `answers`, by kind of chat and message id."""
        told = [one for one in self.accepted if (one.chat, one.message_id) not in answers]
        return judge(self.world.facts, told, self.hears, baseline=baseline, calm=calm, standings=self.world.standings())

    def config(
        self,
        every: str = "1s",
        details: str | None = None,
        database: str = "orderwatch.db",
        *,
        listening: bool = False,
        one_by_one: bool = False,
    ) -> dict[str, Any]:
        """A complete watchlists.yaml as plain data: everything here is watched and told in both chats.

        `listening`: and both chats are listened to. `one_by_one`: nothing is gathered, each change is a message.
        """
        gathering = _ONE_BY_ONE if one_by_one else {}
        twins: dict[str, SlackTwin | TelegramTwin] = {"slack": self.slack, "telegram": self.telegram}
        return {
            "timezone": "Europe/Paris",
            "database": database,
            "sources": {name: {**_twin(name).settings(self.urls[name]), "budget": "1000/s"} for name in self.accounts},
            "chats": {
                name: (twin.listening if listening else twin.settings)(self.urls[name]) for name, twin in twins.items()
            },
            "destinations": {
                "ops": {"chat": "slack", "channel": SLACK_CHANNEL, **gathering},
                "sales": {"chat": "telegram", "chat_id": TELEGRAM_CHAT, **gathering},
            },
            "watchlists": {
                f"all of {name}": {
                    "source": name,
                    "orders": "all",
                    "every": every,
                    "details": details or every,
                    "notify": [{"to": ["ops", "sales"]}],
                }
                for name in self.accounts
            },
            "notify": [{"to": "ops"}],
            "operators": {"to": "ops"},
            "access": {
                "slack": [{"place": SLACK_CHANNEL, "role": "operator"}],
                "telegram": [
                    {"place": str(TELEGRAM_CHAT), "role": "operator"},
                    {"place": str(TELEGRAM_PERSON), "role": "viewer"},
                ],
            },
        }

    async def _serve(self, application: web.Application, port: int) -> str:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        self._runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _close(self) -> None:
        if self._living:
            self._living.cancel()
        for faults in self.faults.values():
            faults.clear()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        if self._living:
            with contextlib.suppress(asyncio.CancelledError):
                await self._living


def _twin(account: str) -> SourceTwin:
    return cast(SourceTwin, importlib.import_module(f"bot.sandbox.{account}"))
