"""The hands and loops of one config, made for whichever leases this process holds."""

from collections import ChainMap
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import cast
from zoneinfo import ZoneInfo

from bot import registry
from bot.config.file import GROUP_WAIT
from bot.config.load import Config
from bot.core.care import Care
from bot.core.catalogue import Catalogue
from bot.core.menus import menus
from bot.core.telling import Telling
from bot.core.turns import Turns
from bot.core.watchbook import WatchBook
from bot.desk.asking import FrontDesk
from bot.desk.room import Room
from bot.loops.digester import Digester
from bot.loops.following import Following
from bot.loops.healths import Healths
from bot.loops.janitor import Janitor
from bot.loops.ledger import Ledger
from bot.loops.listener import Listener
from bot.loops.notifier import Notifier
from bot.loops.own_trouble import OwnTrouble
from bot.loops.poller import Poller
from bot.loops.rounds import Rounds
from bot.loops.spending import Spending
from bot.loops.supervisor import Loop
from bot.loops.timekeeper import Timekeeper
from bot.model.lease import Lease
from bot.model.outbox import Destination
from bot.pacer import Pacer
from bot.ports import Askable, Chat, Clock, Ear, Source, Storage
from bot.web.calendar import CalendarFeed
from bot.web.promised import PromisedDates


class Crew:
    """Makes the loops that do the work of a lease, and answers questions about all of it.

    `pollers`, `timekeepers`, `notifiers` and `digesters` are those of the leases that are held: by source, and by
    lease.
    """

    def __init__(
        self,
        config: Config,
        sources: Mapping[str, Source],
        chats: Mapping[str, Chat],
        storage: Storage,
        clock: Clock,
        *,
        pacer: Pacer,
        gathers: bool = True,
        elsewhere: Mapping[str, Askable] | None = None,
    ) -> None:
        """`pacer` is the pace of all that is sent, `elsewhere` the sources that others may poll.

        `gathers`: whether news of an order waits for more of it.
        """
        self.pollers: dict[str, Poller] = {}
        self.timekeepers: dict[str, Timekeeper] = {}
        self.spendings: dict[str, Mapping[str, Spending]] = {}
        self.notifiers: dict[str, Notifier] = {}
        self.digesters: dict[str, Digester] = {}
        self._config = config
        self._sources = sources
        self._chats = chats
        self._clock = clock
        self._gathers = gathers
        self._healths = Healths()
        self._pacer = pacer
        self._ears = build_ears(config, chats, clock, self._pacer)
        self._catalogue = catalogue(config, sources)
        self.following = Following(storage, storage.talks, clock, self._catalogue, self.pollers)
        self._trouble = OwnTrouble(storage, clock, config.operators, config.voices)
        self.loops_fail = self._trouble.loops_fail
        """See engine.Crew."""
        self.feeds = build_feeds(config, self._catalogue, clock)
        askable = ChainMap(cast("dict[str, Askable]", self.pollers), dict(elsewhere or {}))
        self.desk = FrontDesk(Room(self._catalogue, storage, storage.talks, self.following, askable, clock))

    async def take(self, lease: Lease, storage: Storage) -> dict[str, Loop]:
        """The loops of a lease by name, made anew. They write to `storage`."""
        loops: dict[str, Loop] = {}
        pollers = {name: self._poller(self._sources[name], storage) for name in lease.sources}
        loops |= {f"poller {name}": poller for name, poller in pollers.items()}
        self.pollers |= pollers
        self.spendings[lease.name] = await self._spendings(lease, storage)
        loops |= {f"budget {name}": spending for name, spending in self.spendings[lease.name].items()}
        await self.following.refresh()
        if pollers:
            timekeeper = self.timekeepers[lease.name] = Timekeeper(storage, self._clock, pollers)
            await timekeeper.load()
            loops["timekeeper"] = timekeeper
        if lease.chats or lease.has_strays:
            self.notifiers[lease.name] = self._notifier(lease, storage)
            loops["notifier"] = self.notifiers[lease.name]
        ears = {chat: self._ears[chat] for chat in lease.chats if chat in self._ears}
        loops |= {f"listener {chat}": Listener(chat, ear, self.desk, self._trouble) for chat, ear in ears.items()}
        if lease.keeps_house:
            loops["janitor"] = Janitor(storage, self._clock, self._config.retention)
            digester = Digester(
                storage,
                self._clock,
                self._config.digests,
                self._catalogue,
                lambda: self.following.grants,
                self._config.voices,
            )
            loops["digester"] = self.digesters[lease.name] = digester
        return loops

    def leave(self, lease: Lease) -> None:
        """The loops of a lease have ended: forget them, and how its sources were doing."""
        self.notifiers.pop(lease.name, None)
        self.timekeepers.pop(lease.name, None)
        self.spendings.pop(lease.name, None)
        self.digesters.pop(lease.name, None)
        for name in lease.sources:
            self.pollers.pop(name, None)
            self.following.leave(name)
            self._healths.forget(name)

    async def _spendings(self, lease: Lease, storage: Storage) -> Mapping[str, Spending]:
        """For the sources of a lease whose budget is one of hours or a day; what was spent of it counts from now on."""
        budgets = {name: self._sources[name].budget for name in lease.sources}
        kept = {
            name: Spending(name, budget, storage, self._clock) for name, budget in budgets.items() if budget.portion
        }
        for spending in kept.values():
            await spending.recall()
        return kept

    def _poller(self, source: Source, storage: Storage) -> Poller:
        settings = self._config.sources[source.name]
        telling = telling_of(self._config, source, gathers=self._gathers)
        ledger = Ledger(storage, self._clock, book_of(self._config, source), telling, self._healths)
        turns = Turns([rate for rate in (settings.budget, settings.daily_budget) if rate], telling.zone)
        rounds = Rounds(source, self._clock, ledger, turns)
        return Poller(rounds, self._clock, workers=settings.in_flight)

    def _notifier(self, lease: Lease, storage: Storage) -> Notifier:
        def is_ours(place: Destination | None) -> bool:
            return lease.has_strays if place is None or place.chat not in self._chats else place.chat in lease.chats

        tells_everywhere = set(lease.chats) == set(self._chats)
        return Notifier(
            storage,
            self._clock,
            {chat: self._chats[chat] for chat in lease.chats},
            self._config.destinations,
            operators=self._config.operators,
            labels=self._catalogue.labels,
            voices=self._config.voices,
            access=self._config.access,
            pacer=self._pacer,
            role_at=lambda place: self.following.role_at(place) if place.chat in self._ears else None,
            is_ours=None if tells_everywhere else is_ours,
        )


def book_of(config: Config, source: Source) -> WatchBook:
    """Which watchlists of a config follow which order of a source."""
    watchlists = [watchlist for watchlist in config.watchlists.values() if watchlist.source == source.name]
    return WatchBook(watchlists, source.key_of)


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
        read_person={chat: partial(registry.read_person, chat) for chat in config.chats},
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
        care=Care(chats={name: place.chat for name, place in config.destinations.items()}),
        alarms=config.alarms,
        voices=config.voices,
    )
