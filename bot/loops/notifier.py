"""The loop over the outbox: every destination with something owed gets a lane, and a lane sends one after the other.

Within a lane order is kept; lanes do not wait for each other. A notification is claimed (written down as being sent)
before it goes out and settled after, so that whatever ends us in between is known at the next start.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bot.clock import sleep_unless
from bot.core import settle
from bot.core.access import quiet_of
from bot.core.alert_buttons import alert_buttons
from bot.errors import CannotLookBack, ChatBusy, ChatError
from bot.log import event
from bot.model.access import Grant, Role
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.outbox import Destination, Notification, Settlement, State
from bot.model.view import Owed
from bot.pacer import Pacer
from bot.ports import Chat, Clock, Storage

log = logging.getLogger(__name__)

LOOK_AT_LEAST_EVERY = 30.0
"""Seconds. The outbox tells when something is added; this is for clocks that jump."""
LOOK_BACK = timedelta(seconds=5)
"""Before the first try: the chat's clock may run behind ours."""


class Notifier:
    """Sends what the outbox owes through `chats` (by kind) to `destinations` (by name)."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        chats: Mapping[str, Chat],
        destinations: Mapping[str, Destination],
        *,
        operators: Sequence[str],
        access: Sequence[Grant] = (),
        role_at: Callable[[Destination], Role | None] = lambda _: None,
        pacer: Pacer | None = None,
    ) -> None:
        """`role_at` says what the readers of a destination may ask for; None: they cannot ask."""
        self._storage = storage
        self._clock = clock
        self._chats = chats
        self._destinations = dict(destinations)
        self._operators = operators
        self._access = access
        self._role_at = role_at
        self._pacer = pacer or Pacer(clock)
        self._lanes: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, then let sends in flight end; what still waits stays in the outbox."""
        await self._load()
        try:
            while not stop.is_set():
                self._storage.outbox_changed.clear()
                await self._open_lanes(stop)
                waiting = asyncio.create_task(sleep_unless(stop, LOOK_AT_LEAST_EVERY, self._clock))
                changed = asyncio.create_task(self._storage.outbox_changed.wait())
                await asyncio.wait((waiting, changed), return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                changed.cancel()
            if self._lanes:
                await asyncio.wait(self._lanes.values())
        finally:
            for lane in self._lanes.values():
                lane.cancel()

    async def drain(self) -> None:
        """Send what may be sent now, then return; what has to wait stays in the outbox."""
        await self._load()
        stop = asyncio.Event()
        while ready := [owed.destination for owed in await self._storage.owed() if not self._pause(owed)]:
            await asyncio.gather(*(self._drain_lane(name, stop, wait=False) for name in ready))

    async def _load(self) -> None:
        for name, address in (await self._storage.addresses()).items():
            self._move(name, dict(address))

    async def _open_lanes(self, stop: asyncio.Event) -> None:
        for owed in await self._storage.owed():
            name = owed.destination
            if name in self._lanes:
                continue
            lane = asyncio.create_task(self._drain_lane(name, stop, wait=True))
            self._lanes[name] = lane
            lane.add_done_callback(partial(self._lane_ended, name))

    def _lane_ended(self, name: str, lane: asyncio.Task[None]) -> None:
        self._lanes.pop(name, None)
        if not lane.cancelled() and (error := lane.exception()):
            event(log, "lane_failed", level=logging.ERROR, destination=name, error=error)
            return  # a full disk fails again at once: the next regular look is soon enough
        # Something may have been added while it ended.
        self._storage.outbox_changed.set()

    async def _drain_lane(self, name: str, stop: asyncio.Event, *, wait: bool) -> None:
        while not stop.is_set():
            pause = await self._pause_of(name)
            if pause is None:
                return
            if pause > 0:
                if not wait:
                    return
                await sleep_unless(stop, min(pause, LOOK_AT_LEAST_EVERY), self._clock)
                continue
            destination = await self._destination(name)
            if destination is None or destination.chat not in self._chats:
                await self._wait_for_place(name)
                continue
            chat = self._chats[destination.chat]
            if await self._pacer.turn(chat.limits(destination), stop):
                for row in await self._storage.claim(name, now=self._at(), limit=1):
                    await self._deliver(row, destination, chat, stop)

    async def _destination(self, name: str) -> Destination | None:
        """A destination of the config, or a place where somebody asked to be told; None if it is neither."""
        if name not in self._destinations and (place := await self._storage.talks.place(name)):
            place = place.model_copy(update={"quiet": quiet_of(place, self._access)})
            moved = (await self._storage.addresses()).get(name)
            self._destinations[name] = place.model_copy(update={"address": dict(moved)}) if moved else place
        return self._destinations.get(name)

    async def _pause_of(self, name: str) -> float | None:
        """Seconds until the first notification of a lane may be tried, 0 if now; None if nothing is owed."""
        for owed in await self._storage.owed(name):
            return self._pause(owed)
        return None

    def _pause(self, owed: Owed) -> float:
        at = owed.not_before and instant_of(owed.not_before)
        return max(0.0, (at - self._clock.now()).total_seconds()) if at else 0.0

    async def _deliver(self, row: Notification, destination: Destination, chat: Chat, stop: asyncio.Event) -> None:
        repeated = False
        try:
            if row.unclear:
                row, repeated = await self._reconcile(row, destination, chat)
            buttons = alert_buttons(row, self._role_at(destination))
            parts = chat.compose(row.message, destination, repeated=repeated, buttons=buttons)
            while row.parts_sent < len(parts):
                message_id = await chat.send(parts[row.parts_sent], destination, key=_part_key(row))
                row = await self._note_part(row, message_id, len(parts))
                if row.parts_sent < len(parts) and not await self._pacer.turn(chat.limits(destination), stop):
                    await self._settle(row, settle.interrupted(row, self._clock.now()))
                    return
        except ChatError as error:
            if isinstance(error, ChatBusy) and error.whole_chat:
                self._pacer.close(chat.limits(destination)[0].key, error.retry_after)
            await self._note_failed(row, error, repeated=repeated)

    async def _reconcile(self, row: Notification, destination: Destination, chat: Chat) -> tuple[Notification, bool]:
        """Find out what became of a send whose answer never came.

        Returns the row as it stands then, and whether sending it now may repeat it. Raises ChatError.
        """
        first = row.first_try_at and instant_of(row.first_try_at)
        since = from_instant((first or self._clock.now()) - LOOK_BACK)
        try:
            found = await chat.find(destination, key=_part_key(row), since=since)
        except CannotLookBack:
            # The one repeat there may be is not spent on a chat that is down.
            await chat.check()
            return row, True
        if found is not None:
            parts = chat.compose(row.message, destination)
            row = await self._note_part(row, found, len(parts))
        return row, False

    async def _note_part(self, row: Notification, message_id: str, parts: int) -> Notification:
        """A part is known to have arrived."""
        now, arrived = self._clock.now(), row.parts_sent + 1
        if arrived == parts:
            await self._settle(row, settle.sent(row, [message_id], parts, now))
        else:
            await self._settle(row, settle.part_sent(row, message_id, arrived, now))
        return row.model_copy(update={"parts_sent": arrived, "unclear": False})

    async def _note_failed(self, row: Notification, error: ChatError, *, repeated: bool) -> None:
        settlement = settle.failed(row, error, self._clock.now(), repeated=repeated, operators=self._operators)
        await self._settle(row, settlement)
        if settlement.moved_to:
            self._move(row.destination, settlement.moved_to)
        level = logging.ERROR if settlement.state is State.DEAD else logging.WARNING
        event(log, "send_failed", level=level, id=row.id, destination=row.destination, error=error)

    async def _wait_for_place(self, name: str) -> None:
        """A destination left the config: the first message owed to it waits, then all of them end as dead."""
        for first in await self._storage.claim(name, now=self._at(), limit=1):
            settlement = settle.unplaced(first, self._clock.now(), operators=self._operators)
            await self._settle(first, settlement)
            while settlement.state is State.DEAD and (
                rows := await self._storage.claim(name, now=self._at(), limit=100)
            ):
                await self._storage.settle([settle.buried(row, self._clock.now()) for row in rows])

    async def _settle(self, row: Notification, settlement: Settlement) -> None:
        await self._storage.settle([settlement])
        if settlement.state is State.SENT:
            event(log, "sent", id=row.id, destination=row.destination, order=row.order, kinds=", ".join(row.kinds))

    def _move(self, name: str, address: dict[str, Any]) -> None:
        if destination := self._destinations.get(name):
            self._destinations[name] = destination.model_copy(update={"address": address})

    def _at(self) -> Moment:
        return from_instant(self._clock.now())


def _part_key(row: Notification) -> str:
    """What marks the next part of a notification in the chat: `<key>.<part>`."""
    return f"{row.key}.{row.parts_sent}"
