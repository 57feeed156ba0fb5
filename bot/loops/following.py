"""The loop that keeps what was set up in chat in force: who may ask, what is followed by hand, what is muted.

The store is the truth. It is read when something was asked for here, and every few seconds for what a command at a
terminal wrote beside us. A watch counts only as long as its place or person may see the order.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.clock import sleep_unless
from bot.core.access import Rights, granted, place_id, rights_of_place
from bot.core.catalogue import Catalogue
from bot.loops.poller import Poller
from bot.model.access import Grant, Role
from bot.model.exception import Assignment
from bot.model.moment import from_instant
from bot.model.outbox import Destination, Move
from bot.model.route import Route
from bot.model.talk import ChatWatch, Mute
from bot.model.watch import Watchlist
from bot.ports import Clock, Talks, Views

EVERY = 5.0
"""Seconds between two looks at what may have been written beside us."""
BY_HAND = "watch by"
"""How the label of a route begins that somebody made in chat."""
TERMINAL = "terminal"
"""Who asks at the machine itself: an operator, who may send news to any destination of the config."""
LOOK_EVERY = timedelta(minutes=15)
"""How often an order that is only followed from chat is looked at while it is open."""


class Following:
    """What is in force now, and how it gets into the pollers."""

    def __init__(
        self, views: Views, talks: Talks, clock: Clock, catalogue: Catalogue, pollers: Mapping[str, Poller]
    ) -> None:
        self.grants: tuple[Grant, ...] = catalogue.access
        self.watches: tuple[ChatWatch, ...] = ()
        self.mutes: tuple[Mute, ...] = ()
        self.assignments: dict[tuple[str, str], Assignment] = {}
        """By source and key: who takes care of an order."""
        self._moves: Sequence[Move] = ()
        self._views = views
        self._talks = talks
        self._clock = clock
        self._catalogue = catalogue
        self._pollers = pollers
        self._in_force: dict[tuple[str, str, str], ChatWatch] = {}
        self._reading = asyncio.Lock()
        self._asked = self._served = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Refresh every few seconds until `stop` is set."""
        while not stop.is_set():
            await self.refresh()
            await sleep_unless(stop, EVERY, self._clock)

    async def refresh(self) -> None:
        """Read everything, and let the pollers follow and hold back accordingly.

        All who ask while it is being read are served together by the next reading: leases are taken by the dozen.
        """
        self._asked += 1
        mine = self._asked
        async with self._reading:
            if mine > self._served:
                asked = self._asked
                await self._read()
                self._served = asked

    async def _read(self) -> None:
        talks = self._talks
        self.grants = (*self._catalogue.access, *await talks.members())
        self._moves = [move for name, move in (await self._views.addresses()).items() if self._still_counts(name, move)]
        self.mutes = tuple(await talks.mutes(from_instant(self._clock.now())))
        self.watches = tuple([watch for watch in await talks.watches() if await self.may_be_told(watch)])
        self.assignments = {(each.source, each.key): each for each in await talks.assignments()}
        for name, poller in self._pollers.items():
            mine = [each for each in self.assignments.values() if each.source == name]
            poller.rounds.ledger.telling.care.become(mine)
            poller.rounds.ledger.telling.mutes.become(mute for mute in self.mutes if mute.source in (None, name))
        await self._apply()

    def leave(self, source: str) -> None:
        """The poller of a source is no longer ours; the next one has everything to learn."""
        for place in [place for place in self._in_force if place[0] == source]:
            del self._in_force[place]

    def role_at(self, destination: Destination) -> Role | None:
        """What the readers of a destination may do who were let in as such; None if they were not."""
        address = self.known_as(destination.chat, destination.address)
        persons, places = granted(self.grants, destination.chat, place_id(address), address)
        return max((grant.role for grant in (*persons, *places)), key=lambda role: role.rank, default=None)

    def known_as(self, chat: str, place: Mapping[str, Any]) -> dict[str, Any]:
        """The address of a place as the config, watches and mutes have it, also when the chat gave it another since."""
        _, places = granted(self.grants, chat, "", place)
        moves = () if places else self._moves
        return next((known for move in moves if (known := move.before(place))), dict(place))

    def _still_counts(self, name: str, move: Move) -> bool:
        """Whether people have not written another address of the destination since."""
        written = self._catalogue.destinations.get(name)
        return written is None or written.address == move.old

    async def _apply(self) -> None:
        wanted = {(watch.source, watch.key, watch.destination): watch for watch in self.watches}
        for place, watch in list(self._in_force.items()):
            if place not in wanted:
                del self._in_force[place]
                poller = self._pollers[watch.source]
                poller.rounds.unfollow(watch.key, _name(watch))
        for place, watch in wanted.items():
            if place not in self._in_force and watch.source in self._pollers:
                self._in_force[place] = watch
                poller = self._pollers[watch.source]
                await poller.rounds.follow(watch.key, watchlist_of(watch))
                poller.wake()

    async def may_be_told(self, watch: ChatWatch) -> bool:
        """Whether those who are told may still see the order."""
        if watch.person == TERMINAL and watch.destination in self._catalogue.destinations:
            return watch.source in self._catalogue.labels
        if watch.is_own_place:
            persons, places = granted(self.grants, watch.chat, watch.person, watch.place)
            grants = persons or places
            rights = Rights(grants[0].role, grants) if grants else None
        else:
            rights = rights_of_place(watch.chat, watch.place, self.grants)
        if rights is None:
            return False
        if rights.sees_source(watch.source):
            return watch.source in self._catalogue.labels
        extents = self._catalogue.extents(rights, source=watch.source)
        found = await self._views.seek([watch.key], extents)
        return any(one.snapshot.order.key == watch.key for one in found)


def _name(watch: ChatWatch) -> str:
    return f"watch from {watch.destination}"


def watchlist_of(watch: ChatWatch) -> Watchlist:
    """A watch as what the poller follows: everything that happens to one order, to one place."""
    route = Route(to=(watch.destination,), label=f"{BY_HAND} {watch.person} in {watch.chat}")
    return Watchlist(name=_name(watch), source=watch.source, orders=(watch.written,), every=LOOK_EVERY, notify=(route,))
