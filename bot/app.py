"""The wiring: a Config becomes hands, loops and the order in which they open and close. It decides nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from bot import registry
from bot.config.load import Config
from bot.core import shards
from bot.crew import Crew
from bot.errors import ConfigError, Problem
from bot.loops.engine import Engine, LocalEngine
from bot.loops.supervisor import Loop
from bot.model.database import Database
from bot.model.outbox import Notification, State
from bot.model.poll import Health, Listing
from bot.model.watch import Watchlist
from bot.ports import Askable, Chat, Clock, Source, Storage
from bot.sources._settings import SourceSettings
from bot.storage.doors import storage_of


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over everything watched came to."""

    changes: int
    """Changes found."""
    sent: int
    """Notifications sent."""
    waiting: int
    """Notifications that could not be sent yet; the next pass, or `run`, sends them."""
    dead: int
    """Notifications given up in this pass."""
    failing: Mapping[str, str]
    """Source to the reason why it could not be read."""
    blocked: Mapping[str, str]
    """Destination to the reason why what is owed to it waits, and when it is tried again."""


class App:
    """Everything that runs, ready to run."""

    def __init__(self, storage: Storage, crew: Crew, engine: Engine) -> None:
        self.storage = storage
        self.pollers = crew.pollers
        self.desk = crew.desk
        self.feeds = crew.feeds
        self._crew = crew
        self._engine = engine

    async def run(self, stop: asyncio.Event, beside: Mapping[str, Loop] | None = None) -> None:
        """Watch and tell until `stop` is set, and run the loops `beside`; ends within ten seconds of that."""
        await self._engine.run(stop, {"following": self._crew.following, **self.feeds, **(beside or {})})

    async def once(self) -> Pass:
        """One pass over everything that is watched, then send what is owed, and return."""
        before = await self.storage.counts()
        await asyncio.gather(*(poller.once() for poller in self.pollers.values()))
        for timekeeper in self._crew.timekeepers.values():
            await timekeeper.once()
        for digester in self._crew.digesters.values():
            await digester.make_due()
        for notifier in self._crew.notifiers.values():
            await notifier.drain()
        after = await self.storage.counts()
        waiting = await self.storage.notifications(states=(State.PENDING, State.SENDING))
        healths = [(name, poller.rounds.ledger.health) for name, poller in self.pollers.items()]
        return Pass(
            changes=after["changes"] - before["changes"],
            sent=after["sent"] - before["sent"],
            waiting=after["pending"] + after["sending"],
            dead=after["dead"] - before["dead"],
            failing={name: _why_failing(health) for name, health in healths if health.failures},
            blocked={row.destination: _why_waiting(row) for row in reversed(waiting)},
        )


def _why_failing(health: Health) -> str:
    again = f"; not asked again before {health.retry_at}" if health.retry_at else ""
    return f"{health.reason}{again}"


def _why_waiting(row: Notification) -> str:
    again = f", next try {row.not_before}" if row.not_before else ""
    return f"{row.reason or 'waits for its turn'}{again}"


@asynccontextmanager
async def open_app(config: Config, clock: Clock, *, is_single_pass: bool = False) -> AsyncIterator[App]:
    """Everything a config asks for, opened; and closed again in the opposite order.

    `is_single_pass`: it looks once and ends, so news of an order waits for no more of it. Raises ConfigError for what
    only a source can tell (an order number it cannot read), and StorageError.
    """
    async with (
        OpenSources(clock) as sources,
        open_storage(checked(config, clock), clock) as storage,
        open_on(storage, sources, config, clock, is_single_pass=is_single_pass) as app,
    ):
        yield app


class OpenSources:
    """Sources that stay open from one config to the next as long as their settings are the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, tuple[SourceSettings, Source]] = {}

    async def __aenter__(self) -> "OpenSources":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close(list(self._open))

    async def of(self, config: Config) -> dict[str, Source]:
        """The sources of a config; those it does not name, or has other settings for, are closed."""
        wanted = config.sources
        await self._close([name for name, (settings, _) in self._open.items() if wanted.get(name) != settings])
        for name, settings in wanted.items():
            if name not in self._open:
                self._open[name] = (settings, _build_source(name, settings, self._clock))
        return {name: self._open[name][1] for name in wanted}

    async def _close(self, names: Sequence[str]) -> None:
        for name in names:
            await self._open.pop(name)[1].close()


@asynccontextmanager
async def open_storage(config: Config, clock: Clock) -> AsyncIterator[Storage]:
    """The store of a config, locked. Raises StorageError."""
    storage = storage_of(config.database, clock, holder="orderwatch")
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


class Company(Protocol):
    """Other workers on the same store, and what this one shares with them."""

    @property
    def storage(self) -> Storage:
        """The store, open."""
        ...

    def elsewhere(self, sources: Iterable[str]) -> Mapping[str, Askable]:
        """How to ask about sources that others may poll."""
        ...

    def engine(self, crew: Crew, sources: Iterable[str], chats: Iterable[str]) -> Engine:
        """What gives a crew its share of the work."""
        ...


@asynccontextmanager
async def open_on(
    storage: Storage,
    opened: OpenSources,
    config: Config,
    clock: Clock,
    *,
    is_single_pass: bool = False,
    company: Company | None = None,
) -> AsyncIterator[App]:
    """What a config asks for, on a store that is open and sources that may be. `is_single_pass` as for `open_app`."""
    async with AsyncExitStack() as stack:
        sources = await opened.of(config)
        for name, settings in config.sources.items():
            await storage.read_stages_again(name, settings.statuses)
        chats = build_chats(config, clock)
        for chat in chats.values():
            stack.push_async_callback(chat.close)
        elsewhere = company.elsewhere(sources) if company else {}
        crew = Crew(config, sources, chats, storage, clock, gathers=not is_single_pass, elsewhere=elsewhere)
        engine: Engine
        if company:
            engine = company.engine(crew, sources, chats)
        else:
            engine = LocalEngine(await crew.take(shards.everything(sources, chats), storage), storage, clock)
        yield App(storage, crew, engine)


def build_sources(config: Config, clock: Clock) -> dict[str, Source]:
    """The sources of a config, by name."""
    return {name: _build_source(name, settings, clock) for name, settings in config.sources.items()}


def _build_source(name: str, settings: SourceSettings, clock: Clock) -> Source:
    return registry.source_module(settings.kind).build(name, settings, clock)


def build_chats(config: Config, clock: Clock) -> dict[str, Chat]:
    """The chats of a config, by kind."""
    return {kind: registry.chat_module(kind).build(settings, clock) for kind, settings in config.chats.items()}


def problems_with(config: Config, clock: Clock) -> list[Problem]:
    """What only the sources can tell about a config: order numbers they cannot read, listings they do not have."""
    sources = build_sources(config, clock)
    return [
        problem
        for watchlist in config.watchlists.values()
        for problem in _problems(config, sources[watchlist.source], watchlist)
    ]


def checked(config: Config, clock: Clock, *, database: Database | None = None) -> Config:
    """The config, if it can be used, and on this database. Raises ConfigError."""
    problems = problems_with(config, clock)
    if database not in (None, config.database):
        problems.append(config.problem("database", f"is another one; restart orderwatch to leave {database} for it"))
    if problems:
        raise ConfigError(problems)
    return config


def _problems(config: Config, source: Source, watchlist: Watchlist) -> list[Problem]:
    key = f"watchlists.{watchlist.name}.orders"
    if watchlist.orders is None and source.listing is Listing.NONE:
        return [config.problem(key, f"{source.label} cannot list its orders; name them one by one")]
    problems = []
    for index, written in enumerate(watchlist.orders or ()):
        try:
            source.key_of(written)
        except ValueError as error:
            problems.append(config.problem(f"{key}[{index}]", str(error)))
    return problems
