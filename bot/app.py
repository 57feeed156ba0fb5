"""The wiring: a Config becomes hands, loops and the order in which they open and close. It decides nothing else."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import registry
from bot.config.file import GROUP_WAIT
from bot.config.load import Config
from bot.core.catalogue import Catalogue
from bot.core.menus import menus
from bot.core.telling import Telling
from bot.core.turns import Turns
from bot.core.watchbook import WatchBook
from bot.desk.asking import FrontDesk
from bot.desk.room import Room
from bot.errors import ConfigError, Problem
from bot.loops.following import Following
from bot.loops.healths import Healths
from bot.loops.janitor import Janitor
from bot.loops.ledger import Ledger
from bot.loops.listener import Listener
from bot.loops.notifier import Notifier
from bot.loops.poller import Poller
from bot.loops.rounds import Rounds
from bot.loops.supervisor import Loop, Supervisor
from bot.loops.timekeeper import Timekeeper
from bot.model.outbox import Notification, State
from bot.model.poll import Health, Listing
from bot.model.watch import Watchlist
from bot.pacer import Pacer
from bot.ports import Chat, Clock, Desk, Ear, Source, Storage
from bot.sources._settings import SourceSettings
from bot.storage.sqlite import SqliteStorage
from bot.web.calendar import CalendarFeed
from bot.web.promised import PromisedDates


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

    def __init__(
        self,
        storage: Storage,
        pollers: Mapping[str, Poller],
        notifier: Notifier,
        janitor: Janitor,
        clock: Clock,
        *,
        timekeeper: Timekeeper,
        following: Following,
        desk: Desk,
        ears: Mapping[str, Ear],
        feeds: Mapping[str, CalendarFeed],
    ) -> None:
        self.storage = storage
        self.pollers = pollers
        self.notifier = notifier
        self.desk = desk
        self._janitor = janitor
        self._clock = clock
        self._timekeeper = timekeeper
        self._following = following
        self._ears = ears
        self.feeds = feeds

    async def run(self, stop: asyncio.Event, beside: Mapping[str, Loop] | None = None) -> None:
        """Watch and tell until `stop` is set, and run the loops `beside`; ends within ten seconds of that."""
        loops: dict[str, Loop] = {f"poller {name}": poller for name, poller in self.pollers.items()}
        loops |= {"notifier": self.notifier, "janitor": self._janitor, "following": self._following}
        loops |= {"timekeeper": self._timekeeper}
        loops |= {f"listener {chat}": Listener(chat, ear, self.desk) for chat, ear in self._ears.items()}
        await Supervisor(loops | dict(self.feeds) | dict(beside or {}), self.storage, self._clock).run(stop)

    async def once(self) -> Pass:
        """One pass over everything that is watched, then send what is owed, and return."""
        before = await self.storage.counts()
        await asyncio.gather(*(poller.once() for poller in self.pollers.values()))
        await self._timekeeper.once()
        await self.notifier.drain()
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
async def open_storage(config: Config, clock: Clock) -> AsyncIterator[SqliteStorage]:
    """The store of a config, locked. Raises StorageError."""
    storage = SqliteStorage(config.database, clock, holder="orderwatch")
    await storage.open()
    try:
        yield storage
    finally:
        await storage.close()


@asynccontextmanager
async def open_on(
    storage: SqliteStorage, opened: OpenSources, config: Config, clock: Clock, *, is_single_pass: bool = False
) -> AsyncIterator[App]:
    """What a config asks for, on a store that is open and sources that may be. `is_single_pass` as for `open_app`."""
    async with AsyncExitStack() as stack:
        sources = await opened.of(config)
        for name, settings in config.sources.items():
            await storage.read_stages_again(name, settings.statuses)
        chats = build_chats(config, clock)
        for chat in chats.values():
            stack.push_async_callback(chat.close)
        books = {name: book_of(config, source) for name, source in sources.items()}
        healths = Healths()
        tellings = {name: telling_of(config, source, gathers=not is_single_pass) for name, source in sources.items()}
        pollers = {
            name: _poller(config, source, Ledger(storage, clock, books[name], tellings[name], healths), clock)
            for name, source in sources.items()
        }
        known = catalogue(config, sources)
        following = Following(storage, storage.talks, clock, known, pollers)
        await following.refresh()
        timekeeper = Timekeeper(storage, clock, pollers)
        await timekeeper.load()
        pacer = Pacer(clock)
        ears = build_ears(config, chats, clock, pacer)
        notifier = Notifier(
            storage,
            clock,
            chats,
            config.destinations,
            operators=config.operators,
            labels=known.labels,
            access=config.access,
            pacer=pacer,
            role_at=lambda place: following.role_at(place) if place.chat in ears else None,
        )
        yield App(
            storage,
            pollers,
            notifier,
            Janitor(storage, clock, config.retention),
            clock,
            timekeeper=timekeeper,
            following=following,
            desk=FrontDesk(Room(known, storage, storage.talks, following, pollers, clock)),
            ears=ears,
            feeds=build_feeds(config, known, clock),
        )


def build_sources(config: Config, clock: Clock) -> dict[str, Source]:
    """The sources of a config, by name."""
    return {name: _build_source(name, settings, clock) for name, settings in config.sources.items()}


def _build_source(name: str, settings: SourceSettings, clock: Clock) -> Source:
    return registry.source_module(settings.kind).build(name, settings, clock)


def build_chats(config: Config, clock: Clock) -> dict[str, Chat]:
    """The chats of a config, by kind."""
    return {kind: registry.chat_module(kind).build(settings, clock) for kind, settings in config.chats.items()}


def build_ears(config: Config, chats: Mapping[str, Chat], clock: Clock, pacer: Pacer) -> dict[str, Ear]:
    """The chats that listen, by kind."""
    found = {
        kind: registry.build_ear(kind, settings, clock, menus(), chats[kind], pacer)
        for kind, settings in config.chats.items()
    }
    return {kind: ear for kind, ear in found.items() if ear is not None}


def build_feeds(config: Config, known: Catalogue, clock: Clock) -> dict[str, CalendarFeed]:
    """What a config serves to programs, by name."""
    if config.calendar is None:
        return {}
    dates = PromisedDates(config.database, known)
    token = config.calendar.token.get_secret_value()
    return {"calendar": CalendarFeed(config.calendar.listen, token, dates.calendar, known, clock)}


def catalogue(config: Config, sources: Mapping[str, Source]) -> Catalogue:
    """What questions are about."""
    return Catalogue(
        labels={name: source.label for name, source in sources.items()},
        key_of={name: source.key_of for name, source in sources.items()},
        watchlists=config.watchlists,
        destinations=config.destinations,
        catch_all=config.notify,
        access=config.access,
        timezone=config.timezone,
        version=_version(),
    )


def _version() -> str:
    try:
        return version("orderwatch")
    except PackageNotFoundError:
        return "from a source tree"


def telling_of(config: Config, source: Source, *, gathers: bool = True) -> Telling:
    """How a config tells news of a source. `gathers`: whether news of an order waits for more of it."""
    return Telling(
        source=source.name,
        label=source.label,
        zone=ZoneInfo(config.timezone),
        catch_all=config.notify,
        operators=config.operators,
        keeps_personal_data=config.sources[source.name].personal_data == "keep",
        group_waits={name: place.group_wait for name, place in config.destinations.items()} if gathers else {},
        group_wait=GROUP_WAIT if gathers else timedelta(0),
        confirm=config.confirm,
        alarms=config.alarms,
    )


def _poller(config: Config, source: Source, ledger: Ledger, clock: Clock) -> Poller:
    settings = config.sources[source.name]
    turns = Turns([rate for rate in (settings.budget, settings.daily_budget) if rate], ledger.telling.zone)
    rounds = Rounds(source, clock, ledger, turns)
    return Poller(rounds, clock, workers=settings.in_flight)


def problems_with(config: Config, clock: Clock) -> list[Problem]:
    """What only the sources can tell about a config: order numbers they cannot read, listings they do not have."""
    sources = build_sources(config, clock)
    return [
        problem
        for watchlist in config.watchlists.values()
        for problem in _problems(config, sources[watchlist.source], watchlist)
    ]


def checked(config: Config, clock: Clock, *, database: Path | None = None) -> Config:
    """The config, if it can be used, and on this database. Raises ConfigError."""
    problems = problems_with(config, clock)
    if database not in (None, config.database):
        problems.append(config.problem("database", f"is another one; restart orderwatch to leave {database} for it"))
    if problems:
        raise ConfigError(problems)
    return config


def book_of(config: Config, source: Source) -> WatchBook:
    """Which watchlists of a config follow which order of a source."""
    watchlists = [watchlist for watchlist in config.watchlists.values() if watchlist.source == source.name]
    return WatchBook(watchlists, source.key_of)


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
