"""A desk over the real store, with scripted sources behind it, and people who ask."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from bot.chats.slack import read_person
from bot.clock import ManualClock
from bot.core.care import Care
from bot.core.catalogue import Catalogue
from bot.core.telling import Telling
from bot.core.turns import Turns
from bot.core.watchbook import WatchBook
from bot.desk.asking import FrontDesk
from bot.desk.room import Room
from bot.loops.following import Following
from bot.loops.ledger import Ledger
from bot.loops.poller import Poller
from bot.loops.rounds import Rounds
from bot.model.access import Grant, Role
from bot.model.command import Question, Reply
from bot.model.order import Order
from bot.model.outbox import Destination
from bot.model.units import RateValue
from bot.model.watch import Watchlist
from bot.ports import Talks, Views
from bot.storage.sqlite import SqliteStorage
from tests.core.making import OPS, TELLING, order, watchlist, words
from tests.loops.scripted import ScriptedSource, work

OPERATOR = Grant(chat="slack", person="U0", role=Role.OPERATOR)
WATCHER = Grant(chat="slack", person="U1", role=Role.WATCHER)
CHANNEL = Grant(chat="slack", place="C1", role=Role.WATCHER, sources=("panels",))
DESTINATIONS = {"ops": Destination(name="ops", chat="slack", address={"channel": "COPS"}, timezone="Europe/Paris")}

_ids = itertools.count(1)


class Bot:
    """Sources, pollers and a desk that share one store."""

    def __init__(
        self,
        storage: SqliteStorage,
        clock: ManualClock,
        sources: Sequence[ScriptedSource],
        watchlists: Sequence[Watchlist],
        grants: Sequence[Grant],
        views: Views | None = None,
        talks: Talks | None = None,
    ) -> None:
        self.storage = storage
        self.clock = clock
        self.catalogue = Catalogue(
            labels={source.name: source.label for source in sources},
            key_of={source.name: source.key_of for source in sources},
            watchlists={watchlist.name: watchlist for watchlist in watchlists},
            destinations=DESTINATIONS,
            catch_all=(OPS,),
            access=tuple(grants),
            timezone="UTC",
            version="1.2.3",
            read_person={"slack": read_person},
        )
        self.pollers = {source.name: self._poller(source, watchlists) for source in sources}
        self.following = Following(storage, storage.talks, clock, self.catalogue, self.pollers)
        room = Room(self.catalogue, views or storage, talks or storage.talks, self.following, self.pollers, clock)
        self.desk = FrontDesk(room)

    def _poller(self, source: ScriptedSource, watchlists: Sequence[Watchlist]) -> Poller:
        mine = [watchlist for watchlist in watchlists if watchlist.source == source.name]
        care = Care(chats={name: place.chat for name, place in DESTINATIONS.items()})
        telling = Telling(source.name, source.label, TELLING.zone, TELLING.catch_all, TELLING.operators, care=care)
        ledger = Ledger(self.storage, self.clock, WatchBook(mine, source.key_of), telling)
        turns = Turns([RateValue(100_000, 60.0)], TELLING.zone)
        return Poller(Rounds(source, self.clock, ledger, turns), self.clock, workers=2)

    async def start(self) -> "Bot":
        """As the program starts: what was set up in chat first, then the pollers, then everything that is due."""
        await self.following.refresh()
        for poller in self.pollers.values():
            await poller.rounds.load()
        await self.poll()
        return self

    async def poll(self) -> None:
        """Do everything that is due."""
        for poller in self.pollers.values():
            await work(poller.rounds, self.clock)

    async def ask(self, text: str, **members: Any) -> Reply | None:
        """The reply to a question, by default of U1 in channel C1."""
        return await self.desk.answer(question(text, **members))

    async def hear(self, text: str, **members: Any) -> str:
        """The reply as plain text."""
        return plain(await self.ask(text, **members))


class Shop(ScriptedSource):
    """Another account."""

    name = "shop"
    label = "shop (StateSet)"


def panels(*orders: Order) -> ScriptedSource:
    """The first account."""
    return ScriptedSource(*orders)


def one(number: str = "4500001", **members: Any) -> Order:
    """An order of the first account."""
    return order(key=number, number=number, **members)


async def a_bot(
    storage: SqliteStorage,
    clock: ManualClock,
    *sources: ScriptedSource,
    watchlists: Sequence[Watchlist] = (watchlist(),),
    grants: Sequence[Grant] = (OPERATOR, WATCHER, CHANNEL),
    views: Views | None = None,
    talks: Talks | None = None,
) -> Bot:
    """A bot that has looked at everything."""
    return await Bot(storage, clock, sources, watchlists, grants, views, talks).start()


def question(text: str, *, person: str = "U1", channel: str = "C1", **members: Any) -> Question:
    """Somebody asks something new."""
    known: Mapping[str, Any] = {
        "id": f"q{next(_ids)}", "chat": "slack", "person": person, "place": {"channel": channel}, "text": text,
        "own_place": {"channel": person},
    }  # fmt: skip
    return Question.model_validate({**known, **members})


def plain(reply: Reply | None) -> str:
    """A reply as plain text."""
    return "\n".join(map(words, reply.messages)) if reply else ""


def key_of(reply: Reply | None, label: str) -> str:
    """The key of the button with that label."""
    assert reply is not None
    (key,) = [button.key for button in reply.buttons if button.label == label]
    return key
