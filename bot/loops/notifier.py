"""The loop over the outbox: every destination with something owed gets a lane, and a lane sends one after the other.

What goes next, alone or in company, `core/gather` decides; lanes do not wait for each other. What is told together is
written down as one before it goes out, a notification is claimed (written down as being sent) before and settled after,
so that whatever ends us in between is known at the next start.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from bot.clock import wait_for
from bot.core import settle
from bot.core.access import quiet_of
from bot.core.alert_buttons import alert_buttons
from bot.core.gather import FEW, MANY, Gather, Send, Step, Wait, is_all_needed, next_step
from bot.core.summary import told_as_one
from bot.core.voices import Voices
from bot.errors import CannotLookBack, ChatBusy, ChatError, SendUnclear, Stumbled
from bot.languages import words_of
from bot.log import event
from bot.loops.conversation import Conversation, Conversations, Stopping
from bot.model.access import Grant, Role
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.outbox import Destination, Move, Notification, Settlement, State
from bot.model.view import Waiting
from bot.pacer import Pacer, Turn
from bot.ports import Chat, Clock, Storage

log = logging.getLogger(__name__)

DEFECTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Of ours, that one odd message brings up. It is given up with a word to operators, and the next one goes on."""
REPEAT_AFTER = 60.0
"""Seconds from a lost answer to the one repeat, where nobody can look it up: most trouble is over by then."""
LOOK_AT_LEAST_EVERY = 30.0
"""Seconds. The outbox tells when something is added; this is for clocks that jump."""
FILE_SHOWS_WITHIN = 5.0
"""Seconds. A chat may take a file and show it a moment later; one that is not shown by then may still come."""


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
        labels: Mapping[str, str],
        voices: Voices | None = None,
        access: Sequence[Grant] = (),
        role_at: Callable[[Destination], Role | None] = lambda _: None,
        pacer: Pacer | None = None,
        is_ours: Callable[[Destination | None], bool] | None = None,
    ) -> None:
        """`labels` are the sources as people call them, `voices` the words of each destination.

        `role_at` says what the readers of a destination may ask for; None: they cannot ask. `is_ours` says whether
        what is owed to a destination (None: to one that is no more) is told here; by default all of it is.
        """
        self._storage = storage
        self._clock = clock
        self._chats = chats
        self._destinations = dict(destinations)
        self._operators = operators
        self._access = access
        self._role_at = role_at
        self._labels = labels
        self._is_ours = is_ours
        self._voices = voices or Voices()
        self._pacer = pacer or Pacer(clock)
        self._conversations = Conversations(storage, clock, self._pacer, labels, self._voices)
        self._lanes: dict[str, _Lane] = {}
        self._again: dict[int, float] = {}
        """Notification that was tried to the monotonic seconds at which it is tried again."""
        self._repeat_at: dict[int, float] = {}
        """Notification whose answer was lost to the monotonic seconds from which it may be repeated."""

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, then let sends in flight end; what still waits stays in the outbox."""
        await self._load()
        try:
            while not stop.is_set():
                self._storage.outbox_changed.clear()
                await self._open_lanes(stop)
                await wait_for(self._storage.outbox_changed, LOOK_AT_LEAST_EVERY, self._clock, stop)
            if self._lanes:
                await asyncio.wait([lane.task for lane in self._lanes.values() if lane.task])
        finally:
            for lane in self._lanes.values():
                if lane.task:
                    lane.task.cancel()

    async def drain(self) -> None:
        """Send what may be sent now, then return; what has to wait stays in the outbox."""
        await self._load()
        stop = asyncio.Event()
        progress = [True]
        while any(progress):
            owed = await self._storage.owed()
            progress = await asyncio.gather(*(self._work(_Lane(each.destination), stop, wait=False) for each in owed))

    async def _load(self) -> None:
        for name, move in (await self._storage.addresses()).items():
            self._move(name, move)

    async def _open_lanes(self, stop: asyncio.Event) -> None:
        for owed in await self._storage.owed():
            if self._is_ours and not self._is_ours(await self._destination(owed.destination)):
                continue
            lane = self._lanes.get(owed.destination)
            if lane is None:
                lane = self._lanes[owed.destination] = _Lane(owed.destination)
                lane.task = asyncio.create_task(self._work(lane, stop, wait=True))
                lane.task.add_done_callback(partial(self._lane_ended, lane.destination))
            elif owed.newest > lane.newest:
                lane.has_news.set()
            lane.newest = owed.newest

    def _lane_ended(self, name: str, task: asyncio.Task[bool]) -> None:
        self._lanes.pop(name, None)
        if not task.cancelled() and (error := task.exception()):
            event(log, "lane_failed", level=logging.ERROR, destination=name, error=error)
            return  # a full disk fails again at once: the next regular look is soon enough
        # Something may have been added while it ended.
        self._storage.outbox_changed.set()

    async def _work(self, lane: "_Lane", stop: asyncio.Event, *, wait: bool) -> bool:
        """Do what there is to do for one destination. Returns whether there was anything to do at once."""
        has_worked = False
        turn: Turn | None = None
        while not stop.is_set():
            lane.has_news.clear()
            destination = await self._destination(lane.destination)
            if destination is None or destination.chat not in self._chats:
                if not await self._wait_for_place(lane, stop, wait=wait):
                    return has_worked
                has_worked = True
                continue
            step = await self._next_step(destination)
            if step is None or (isinstance(step, Wait) and not wait):
                return has_worked
            if isinstance(step, Wait):
                await self._rest(lane, step.until, stop)
                continue
            has_worked = True
            chat = self._chats[destination.chat]
            if turn is None:
                # It may take a while; what came meanwhile may go first, or along.
                turn = await self._pacer.turn(chat.limits(destination), stop)
            elif isinstance(step, Send) or not await self._gather(step, destination):
                first = step.id if isinstance(step, Send) else step.ids[0]
                with turn:
                    for row in await self._storage.claim([first], now=self._at()):
                        await self._deliver(row, destination, chat, stop)
                turn = None
        return has_worked

    async def _next_step(self, destination: Destination) -> Step | None:
        """What to do next; more of a long queue is only read where all of it comes together."""
        step: Step | None = None
        for limit in (FEW, MANY):
            waiting = [self._as_due(row) for row in await self._storage.waiting(destination.name, limit=limit)]
            step = next_step(waiting, destination, self._clock.now())
            if len(waiting) < limit or not is_all_needed(step):
                break
        return step

    def _as_due(self, row: Waiting) -> Waiting:
        """A row whose wait after a failure is over is due, also where the clock on the wall was set back since."""
        is_over = self._again.get(row.id, math.inf) <= self._clock.monotonic()
        return replace(row, not_before=None) if is_over else row

    async def _gather(self, step: Gather, destination: Destination) -> bool:
        """False where we stumble over what it comes to: each is to be told by itself."""
        news = await self._storage.news(step.ids)
        orders = {}
        for source in {each.row.source for each in news if each.row.source}:
            keys = [each.row.order for each in news if each.row.source == source and each.row.order]
            found = await self._storage.snapshots(source, keys)
            orders.update({(source, key): snapshot.order for key, snapshot in found.items()})
        # Thousands of orders take a while to say.
        try:
            gathering = await asyncio.to_thread(
                told_as_one,
                step.shape,
                news,
                orders,
                labels=self._labels,
                zone=ZoneInfo(destination.timezone),
                now=self._at(),
                words=self._voices.at(destination.name),
                templates=self._voices.templates_at(destination.name),
            )
        except DEFECTS as defect:
            _note_stumbled(destination, defect)
            return False
        if await self._storage.gather(gathering):
            event(log, "gathered", destination=destination.name, shape=step.shape, notifications=len(step.ids))
        return True

    async def _destination(self, name: str) -> Destination | None:
        """A destination of the config, or a place where somebody asked to be told; None if it is neither."""
        if name not in self._destinations and (place := await self._storage.talks.place(name)):
            place = place.model_copy(update={"quiet": quiet_of(place, self._access)})
            self._destinations[name] = place
            if move := (await self._storage.addresses()).get(name):
                self._move(name, move)
        return self._destinations.get(name)

    async def _deliver(self, row: Notification, destination: Destination, chat: Chat, stop: asyncio.Event) -> None:
        repeated = False
        self._again.pop(row.id, None)
        try:
            buttons = alert_buttons(row, self._role_at(destination), words_of(row.message.language))
            conversation = await self._conversations.of(row, destination, chat, buttons, stop)
            if row.unclear:
                row, repeated = await self._reconcile(row, conversation, destination, chat)
            parts = chat.compose(row.message, destination, repeated=repeated, buttons=buttons)
            if row.parts_sent < len(parts):
                await conversation.prepare(repeated=repeated)
            while row.parts_sent < len(parts):
                message_id = await conversation.send(parts[row.parts_sent], _part_key(row))
                row = await self._note_part(row, message_id, len(parts), conversation)
                if row.parts_sent < len(parts):
                    await conversation.wait_for_another()
        except DEFECTS as defect:
            _note_stumbled(destination, defect)
            came = f"orderwatch itself stumbles over it ({type(defect).__name__}); please report it"
            await self._note_failed(row, destination, Stumbled(chat.kind, came), repeated=repeated)
        except Stopping:
            await self._settle(row, settle.interrupted(row, self._clock.now()))
        except ChatError as error:
            if isinstance(error, ChatBusy) and error.whole_chat:
                self._pacer.close(chat.limits(destination)[0].key, error.retry_after)
            await self._note_failed(row, destination, error, repeated=repeated)

    async def _reconcile(
        self, row: Notification, conversation: Conversation, destination: Destination, chat: Chat
    ) -> tuple[Notification, bool]:
        """Find out what became of a send whose answer never came.

        Returns the row as it stands then, and whether sending it now may repeat it. Raises ChatError.
        """
        parts, key = chat.compose(row.message, destination), _part_key(row)
        is_file = row.parts_sent < len(parts) and parts[row.parts_sent].file is not None
        try:
            found = await conversation.find(key)
            if found is None and is_file:
                await self._clock.sleep(FILE_SHOWS_WITHIN)
                found = await conversation.find(key)
        except CannotLookBack:
            # The one repeat there may be is not spent on a chat that is down, or was a moment ago.
            await chat.check()
            if (wait := self._repeat_at.get(row.id, 0.0) - self._clock.monotonic()) > 0:
                raise ChatBusy(chat.kind, "gave no answer, and is asked once more a little later", wait) from None
            return row, True
        if found is None:
            return row, is_file
        return await self._note_part(row, found, len(parts), conversation), False

    async def _note_part(
        self, row: Notification, message_id: str, parts: int, conversation: Conversation
    ) -> Notification:
        """A part is known to have arrived."""
        now, arrived = self._clock.now(), row.parts_sent + 1
        if arrived == parts:
            settlement = settle.sent(row, [message_id], parts, now)
        else:
            settlement = settle.part_sent(row, message_id, arrived, now)
        await self._settle(row, settlement.model_copy(update={"thread": conversation.after(message_id)}))
        return row.model_copy(update={"parts_sent": arrived, "unclear": False})

    async def _note_failed(
        self, row: Notification, destination: Destination, error: ChatError, *, repeated: bool
    ) -> None:
        now = self._clock.now()
        settlement = settle.failed(
            row,
            error,
            now,
            there=destination.address,
            repeated=repeated,
            operators=self._operators,
            voices=self._voices,
        )
        await self._settle(row, settlement)
        if settlement.not_before and (again_at := instant_of(settlement.not_before)):
            self._again[row.id] = self._clock.monotonic() + (again_at - now).total_seconds()
        if isinstance(error, SendUnclear) and not row.unclear:
            self._repeat_at[row.id] = self._clock.monotonic() + REPEAT_AFTER
        if settlement.moved:
            self._move(row.destination, settlement.moved)
        level = logging.ERROR if settlement.state is State.DEAD else logging.WARNING
        event(log, "send_failed", level=level, id=row.id, destination=row.destination, error=error)

    async def _wait_for_place(self, lane: "_Lane", stop: asyncio.Event, *, wait: bool) -> bool:
        """A destination left the config: the first message owed to it waits, then all of them end as dead.

        Returns whether there is more to do about it.
        """
        waiting = await self._storage.waiting(lane.destination, limit=FEW)
        until = waiting and waiting[0].not_before and instant_of(waiting[0].not_before)
        if until and until > self._clock.now():
            if wait:
                await self._rest(lane, until, stop)
            return wait
        for first in await self._storage.claim([row.id for row in waiting[:1]], now=self._at()):
            settlement = settle.unplaced(first, self._clock.now(), operators=self._operators, voices=self._voices)
            await self._settle(first, settlement)
            while settlement.state is State.DEAD and (
                others := await self._storage.waiting(lane.destination, limit=FEW)
            ):
                rows = await self._storage.claim([row.id for row in others], now=self._at())
                await self._storage.settle([settle.buried(row, self._clock.now()) for row in rows])
        return bool(waiting)

    async def _rest(self, lane: "_Lane", until: datetime, stop: asyncio.Event) -> None:
        pause = (until - self._clock.now()).total_seconds()
        await wait_for(lane.has_news, min(pause, LOOK_AT_LEAST_EVERY), self._clock, stop)

    async def _settle(self, row: Notification, settlement: Settlement) -> None:
        await self._storage.settle([settlement])
        if settlement.state not in (State.PENDING, State.SENDING):
            self._repeat_at.pop(row.id, None)
        if settlement.state is State.SENT:
            event(log, "sent", id=row.id, destination=row.destination, order=row.order, kinds=", ".join(row.kinds))

    def _move(self, name: str, move: Move) -> None:
        """Go where a destination is now; not if people gave it another address since."""
        destination = self._destinations.get(name)
        if destination and destination.address == move.old:
            self._destinations[name] = destination.model_copy(update={"address": move.new})

    def _at(self) -> Moment:
        return from_instant(self._clock.now())


@dataclass(slots=True)
class _Lane:
    """The work on one destination."""

    destination: str
    newest: int = 0
    """Id of the youngest notification it has been told of."""
    has_news: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[bool] | None = None


def _note_stumbled(destination: Destination, defect: Exception) -> None:
    event(log, "stumbled", level=logging.ERROR, destination=destination.name, error=repr(defect))
    log.debug("traceback", exc_info=defect)


def _part_key(row: Notification) -> str:
    """What marks the next part of a notification in the chat: `<key>.<part>`."""
    return f"{row.key}.{row.parts_sent}"
