"""The loop that makes digests: each at its time of day, once a day, late if nothing ran then, and never twice.

That one was made is remembered together with what is owed for it, in one transaction, so no stop and no restart loses
one or repeats one. One that had nothing to say counts as made.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from bot import pictures
from bot.clock import sleep_unless
from bot.core import digest_times, digest_words
from bot.core.access import rights_of_place
from bot.core.catalogue import Catalogue
from bot.core.voices import Voices
from bot.log import event
from bot.model.access import Grant
from bot.model.digest import Digest, Digested, Slot
from bot.model.message import Attachment
from bot.model.moment import from_instant
from bot.model.outbox import Destination
from bot.model.view import Extent
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

LOOK_AT_LEAST_EVERY = 60.0
"""Seconds, for clocks that jump."""


class Digester:
    """Makes the digests of a config. `grants` gives who may see what, at any time."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        digests: Sequence[Digest],
        catalogue: Catalogue,
        grants: Callable[[], Sequence[Grant]],
        voices: Voices | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._digests = digests
        self._catalogue = catalogue
        self._grants = grants
        self._voices = voices or Voices()

    async def run(self, stop: asyncio.Event) -> None:
        """Make what is due until `stop` is set."""
        while not stop.is_set():
            await self.make_due()
            await sleep_unless(stop, self._pause(), self._clock)

    async def make_due(self) -> None:
        """Make every digest whose time has come today and that was not made yet."""
        for digest, place in self._each():
            now = self._clock.now()
            slot = digest_times.slot_now(digest, digest_times.zone_of(digest, place), now)
            if slot is None:
                continue
            last = await self._storage.digests.last(digest.name, place.name)
            if last is None or last.day != slot.day.isoformat():
                await self._make(digest, place, slot, last, now)

    def _each(self) -> list[tuple[Digest, Destination]]:
        places = self._catalogue.destinations
        return [(digest, places[name]) for digest in self._digests for name in digest.to if name in places]

    def _pause(self) -> float:
        now = self._clock.now()
        each = ((digest, digest_times.zone_of(digest, place)) for digest, place in self._each())
        times = [digest_times.next_slot_at(digest, zone, now) for digest, zone in each]
        return min([LOOK_AT_LEAST_EVERY, *((at - now).total_seconds() for at in times)])

    async def _make(self, digest: Digest, place: Destination, slot: Slot, last: Digested | None, now: datetime) -> None:
        zone, since = digest_times.zone_of(digest, place), digest_times.since(digest, last, now)
        said, extents = await self._look(digest, place, now, last)
        notification = None
        if digest.when_empty or not said.is_empty:
            picture = await self._picture(extents, slot, now) if digest.picture else None
            told = digest_words.message(digest, said, slot, now, zone, since, picture, self._voices.at(place.name))
            notification = digest_words.notification(digest, place.name, slot, told, now)
        made = Digested(digest.name, place.name, slot.day.isoformat(), from_instant(now))
        await self._storage.digests.note(made, notification)
        event(log, "digest_made", digest=digest.name, destination=place.name, sent=notification is not None)

    async def _look(
        self, digest: Digest, place: Destination, now: datetime, last: Digested | None
    ) -> tuple[digest_words.Said, tuple[Extent, ...]]:
        catalogue = self._catalogue
        given = rights_of_place(place.chat, place.address, self._grants())
        rights = digest_times.rights_for(digest, place, catalogue.watchlists, catalogue.catch_all, given)
        extents = catalogue.extents(rights)
        zone, since = digest_times.zone_of(digest, place), digest_times.since(digest, last, now)
        found = [
            (section, await self._storage.select(section.selection, limit=digest_words.NAMED))
            for section in digest_words.sections(digest, extents, now, zone, since)
        ]
        seen = {extent.source for extent in extents}
        healths = {health.source: health for health in await self._storage.healths()}
        labels = {name: label for name, label in catalogue.labels.items() if name in seen}
        return digest_words.Said(tuple(found), healths, labels), extents

    async def _picture(self, extents: tuple[Extent, ...], slot: Slot, now: datetime) -> Attachment | None:
        """The open orders as bars; None where there are none, or nothing that draws."""
        ages = await self._storage.digests.open_ages(extents, digest_words.age_edges(now))
        if not ages or not pictures.can_draw():
            return None
        drawn = await asyncio.to_thread(pictures.open_orders, digest_words.bars(ages), digest_words.AGE_NAMES)
        return Attachment(
            name=f"open-orders-{slot.day}.png",
            media_type="image/png",
            data=drawn,
            alt=digest_words.ages_in_words(ages),
        )
