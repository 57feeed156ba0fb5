"""The wiring: a Config becomes hands, loops and the order in which they open and close. It decides nothing else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from bot import registry
from bot.config.load import Config
from bot.core import shards
from bot.core.phrases import span_words, spent_words
from bot.crew import Crew
from bot.errors import ConfigError, Problem
from bot.loops.engine import Engine, LocalEngine
from bot.loops.supervisor import Loop
from bot.model.database import Database
from bot.model.moment import Moment, instant_of, said
from bot.model.outbox import Notification, State
from bot.model.poll import Health, Listing
from bot.model.watch import Watchlist
from bot.pacer import Pacer
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

    def __init__(self, storage: Storage, crew: Crew, engine: Engine, clock: Clock) -> None:
        self.storage = storage
        self.pollers = crew.pollers
        self.desk = crew.desk
        self.feeds = crew.feeds
        self._crew = crew
        self._engine = engine
        self._clock = clock

    async def run(self, stop: asyncio.Event, beside: Mapping[str, Loop] | None = None) -> None:
        """Watch and tell until `stop` is set, and run the loops `beside`; ends within ten seconds of that."""
        await self._engine.run(stop, {"following": self._crew.following, **self.feeds, **(beside or {})})

    async def once(self, tell: Callable[[str], None] = lambda _: None) -> Pass:
        """One pass over everything that is watched, then send what is owed, and return.

        `tell` is told of a source whose budget holds up the pass for long, in words, once.
        """
        before = await self.storage.counts()
        stop = asyncio.Event()
        kept = [spending.run(stop) for each in self._crew.spendings.values() for spending in each.values()]
        keeping = asyncio.gather(*kept)
        telling = [asyncio.create_task(poller.tell_of_waiting(tell)) for poller in self.pollers.values()]
        polling = asyncio.gather(*(poller.once() for poller in self.pollers.values()))
        polling.add_done_callback(lambda _: stop.set())
        try:
            # Where nothing is kept of what is spent, nothing more may be spent: who waits for it would wait for ever.
            await asyncio.wait((polling, keeping), return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for each in telling:
                each.cancel()
            polling.cancel()
            stop.set()
            await asyncio.gather(polling, keeping, return_exceptions=True)
        await keeping
        await polling
        for timekeeper in self._crew.timekeepers.values():
            await timekeeper.once()
        for digester in self._crew.digesters.values():
            await digester.make_due()
        for notifier in self._crew.notifiers.values():
            await notifier.drain()
        after = await self.storage.counts()
        waiting = await self.storage.notifications(states=(State.PENDING, State.SENDING))
        now = self._clock.now()
        healths = [(name, poller.rounds.ledger.health) for name, poller in self.pollers.items()]
        return Pass(
            changes=after["changes"] - before["changes"],
            sent=after["sent"] - before["sent"],
            waiting=after["pending"] + after["sending"],
            dead=after["dead"] - before["dead"],
            failing={
                **{
                    name: _why_spent(health, until, now)
                    for name, health in healths
                    if (until := self.pollers[name].spent_until)
                },
                **{name: _why_failing(health, now) for name, health in healths if health.failures},
            },
            blocked={row.destination: _why_waiting(row, now) for row in reversed(waiting)},
        )


def _why_spent(health: Health, until: Moment, now: datetime) -> str:
    spent = f"{health.source}: {spent_words(health)}, so that not everything was looked at"
    return f"{spent}; it can be asked again {_ahead(until, now)}"


def _why_failing(health: Health, now: datetime) -> str:
    again = f"; not asked again before {_ahead(health.retry_at, now)}" if health.retry_at else ""
    return f"{health.reason}{again}"


def _why_waiting(row: Notification, now: datetime) -> str:
    again = f", next try {_ahead(row.not_before, now)}" if row.not_before else ""
    return f"{row.reason or 'waits for its turn'}{again}"


def _ahead(moment: Moment, now: datetime) -> str:
    """When, and where that is soon in how long: to the minute alone it would seem to be over."""
    instant = instant_of(moment)
    is_soon = instant is not None and timedelta(0) < instant - now < timedelta(hours=1)
    return f"{said(moment)} (in {span_words(instant - now)})" if instant and is_soon else said(moment)


@asynccontextmanager
async def open_app(config: Config, clock: Clock, *, is_single_pass: bool = False) -> AsyncIterator[App]:
    """Everything a config asks for, opened; and closed again in the opposite order.

    `is_single_pass`: it looks once and ends, so news of an order waits for no more of it. Raises ConfigError for what
    only a source can tell (an order number it cannot read), and StorageError.
    """
    async with (
        OpenHands(clock) as hands,
        open_storage(checked(config, clock), clock) as storage,
    ):
        yield await app_on(storage, hands, config, clock, is_single_pass=is_single_pass)


class OpenHands:
    """Sources and chats that stay open from one config to the next as long as their settings are the same.

    So does the pace of all that is sent: what a platform allows, and the waits it asked for, do not begin anew.
    """

    def __init__(self, clock: Clock) -> None:
        self.pacer = Pacer(clock)
        self._sources = _Kept[SourceSettings, Source](
            lambda name, settings: _build_source(name, settings, clock), _keep_counting
        )
        self._chats = _Kept[BaseModel, Chat](lambda kind, settings: _build_chat(kind, settings, clock))

    async def __aenter__(self) -> "OpenHands":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sources.of({})
        await self._chats.of({})

    async def of(self, config: Config) -> tuple[dict[str, Source], dict[str, Chat]]:
        """The sources and chats of a config; those it does not name, or has other settings for, are closed."""
        return await self._sources.of(config.sources), await self._chats.of(config.chats)


_Settings = TypeVar("_Settings")
_Hand = TypeVar("_Hand", bound=Source | Chat)


class _Kept(Generic[_Settings, _Hand]):
    """`follow` is given what is built in place of another, with both settings."""

    def __init__(
        self,
        build: Callable[[str, _Settings], _Hand],
        follow: Callable[[_Settings, _Hand, _Settings, _Hand], None] = lambda *_: None,
    ) -> None:
        self._build = build
        self._follow = follow
        self._open: dict[str, tuple[_Settings, _Hand]] = {}

    async def of(self, wanted: Mapping[str, _Settings]) -> dict[str, _Hand]:
        changed = [name for name, (settings, _) in self._open.items() if wanted.get(name) != settings]
        before = {name: self._open.pop(name) for name in changed}
        for _, hand in before.values():
            await hand.close()
        for name, settings in wanted.items():
            if name not in self._open:
                self._open[name] = (settings, self._build(name, settings))
                if name in before:
                    self._follow(*before[name], *self._open[name])
        return {name: self._open[name][1] for name in wanted}


def _keep_counting(before: SourceSettings, earlier: Source, settings: SourceSettings, source: Source) -> None:
    """A source that is asked at the same address counts on, whatever else is new about it."""
    if settings.base_url == before.base_url:
        source.budget.follow(earlier.budget)


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

    @property
    def clock(self) -> Clock:
        """The time of all of them."""
        ...

    def elsewhere(self, sources: Iterable[str]) -> Mapping[str, Askable]:
        """How to ask about sources that others may poll."""
        ...

    def engine(self, crew: Crew, sources: Iterable[str], chats: Iterable[str]) -> Engine:
        """What gives a crew its share of the work."""
        ...


async def app_on(
    storage: Storage,
    hands: OpenHands,
    config: Config,
    clock: Clock,
    *,
    is_single_pass: bool = False,
    company: Company | None = None,
) -> App:
    """What a config asks for, on a store that is open. `is_single_pass` as for `open_app`."""
    sources, chats = await hands.of(config)
    for name, settings in config.sources.items():
        await storage.read_stages_again(name, settings.statuses)
    crew = Crew(
        config,
        sources,
        chats,
        storage,
        clock,
        pacer=hands.pacer,
        gathers=not is_single_pass,
        elsewhere=company.elsewhere(sources) if company else {},
    )
    engine: Engine
    if company:
        engine = company.engine(crew, sources, chats)
    else:
        loops = await crew.take(shards.everything(sources, chats), storage)
        engine = LocalEngine(loops, storage, clock, crew.loops_fail)
    return App(storage, crew, engine, clock)


def build_sources(config: Config, clock: Clock) -> dict[str, Source]:
    """The sources of a config, by name."""
    return {name: _build_source(name, settings, clock) for name, settings in config.sources.items()}


def _build_source(name: str, settings: SourceSettings, clock: Clock) -> Source:
    return registry.source_module(settings.kind).build(name, settings, clock)


def build_chats(config: Config, clock: Clock) -> dict[str, Chat]:
    """The chats of a config, by kind."""
    return {kind: _build_chat(kind, settings, clock) for kind, settings in config.chats.items()}


def _build_chat(kind: str, settings: BaseModel, clock: Clock) -> Chat:
    return registry.chat_module(kind).build(settings, clock)


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
