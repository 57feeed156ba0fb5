"""What happens to one order at one destination, as messages that hang together.

In a chat with cards the replies stand under one message, which is edited to say where the order is now; in one with
chains each message answers the one before it. The thread is only where news is shown, never a reason for not telling
it: whatever is wrong with a card, the news goes out, by itself if need be.

Nothing is sent under a card before the card is remembered, and a card goes out with a key of its own. So whatever ends
us in between, there is one card, and the news once.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.core import settle
from bot.core.card import card, digest
from bot.core.voices import Voices
from bot.errors import CannotLookBack, ChatBusy, ChatError, MessageGone, MessageRefused
from bot.log import event
from bot.model.change import Severity
from bot.model.command import Button
from bot.model.moment import from_instant, instant_of
from bot.model.outbox import Destination, Notification
from bot.model.sending import Part, Thread, Threads
from bot.pacer import Pacer
from bot.ports import Chat, Clock, Storage

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(seconds=5)
"""Before the first try: the chat's clock may run behind ours."""
EDIT_PATIENCE = 10.0
"""Seconds that news waits for the edit of its card to be allowed; urgent news does not. One that may not be made in
time is left out: the next news brings the card up to date."""


class Stopping(Exception):
    """We are stopping, and no more is sent."""


class Conversations:
    """Opens the conversation that a notification belongs to.

    `labels` are the sources as people call them, `voices` the words of each destination.
    """

    def __init__(self, storage: Storage, clock: Clock, pacer: Pacer, labels: Mapping[str, str], voices: Voices) -> None:
        self.storage = storage
        self.clock = clock
        self.pacer = pacer
        self._labels = labels
        self._voices = voices

    async def of(
        self,
        row: Notification,
        destination: Destination,
        chat: Chat,
        buttons: Sequence[Button],
        stop: asyncio.Event,
    ) -> "Conversation":
        """The conversation about the order of a row, or one of this row alone. `buttons` go under its card too."""
        way = chat.threads(destination) if destination.threads and row.only_order else Threads.NONE
        thread = card_now = None
        if way is not Threads.NONE and row.source and row.order:
            thread = await self.storage.thread(destination.name, row.source, row.order)
        if way is Threads.CARD and row.source and row.order:
            found = await self.storage.snapshots(row.source, [row.order])
            label = self._labels.get(row.source, row.source)
            if row.order in found:
                message = card(found[row.order], label=label, kinds=row.kinds, words=self._voices.at(row.destination))
                card_now = _Card(chat.compose(message, destination, buttons=buttons)[0], digest(message))
        if thread and thread.place != _place(destination):
            thread = None
        return Conversation(self, row, destination, chat, way, thread, card_now, stop)


@dataclass(frozen=True, slots=True)
class _Card:
    """What the head of a thread has to say now."""

    part: Part
    says: str
    """Its digest."""


class Conversation:
    """One message being added to what hangs together with it. Made by Conversations for one attempt."""

    def __init__(
        self,
        conversations: Conversations,
        row: Notification,
        destination: Destination,
        chat: Chat,
        way: Threads,
        thread: Thread | None,
        card_now: "_Card | None",
        stop: asyncio.Event,
    ) -> None:
        self._storage = conversations.storage
        self._clock = conversations.clock
        self._pacer = conversations.pacer
        self._row = row
        self._destination = destination
        self._chat = chat
        self._way = way
        self._thread = thread
        self._card = card_now
        self._stop = stop
        first = row.first_try_at and instant_of(row.first_try_at)
        self._since = from_instant((first or self._clock.now()) - LOOK_BACK)
        self._has_begun = False

    async def find(self, key: str) -> str | None:
        """The id of a part of this row that may have arrived. Raises what `Chat.find` raises."""
        return await self._chat.find(self._destination, key=key, since=self._since, under=self._under)

    async def prepare(self, *, repeated: bool) -> None:
        """Bring the card up to date, or post one. `repeated`: what was sent cannot be read back, so no card is posted.

        Raises ChatError where the destination takes nothing now, and Stopping.
        """
        if self._card is None:
            return
        if self._thread is not None:
            await self._edit()
        if self._thread is None and not repeated:
            await self._begin()

    async def send(self, part: Part, key: str) -> str:
        """Send a part of this row where it belongs. Returns its id. Raises ChatError, and Stopping."""
        try:
            return await self._send(part, key)
        except MessageGone:
            self._thread = None
        if not self._has_begun:
            await self._begin()
        try:
            return await self._send(part, key)
        except MessageGone:
            self._thread = None
            return await self._send(part, key)

    async def wait_for_another(self) -> None:
        """Wait until the place takes one more message, after the one whose turn we are in. Raises Stopping."""
        turn = await self._pacer.turn(self._chat.limits(self._destination), self._stop)
        if not turn.has_come:
            raise Stopping

    def after(self, message_id: str) -> Thread | None:
        """The thread as it is once this message of the row is in it."""
        if self._way is Threads.CHAIN:
            return self._begun(message_id)
        return self._thread and self._thread.model_copy(update={"told_at": from_instant(self._clock.now())})

    @property
    def _under(self) -> str | None:
        return self._thread.message_id if self._thread else None

    async def _send(self, part: Part, key: str) -> str:
        aloud = self._row.severity is Severity.URGENT
        return await self._chat.send(part, self._destination, key=key, under=self._under, aloud=aloud)

    async def _edit(self) -> None:
        """Let the card say what is so now. No failure is a reason to hold back the news."""
        assert self._thread is not None
        assert self._card is not None
        if self._thread.says == self._card.says:
            return
        limits = self._chat.edit_limits(self._destination)
        patience = 0.0 if self._row.severity is Severity.URGENT else EDIT_PATIENCE
        turn = await self._pacer.turn(limits, self._stop, patience=patience)
        if not turn.has_come:
            return
        try:
            with turn:
                await self._chat.edit(self._thread.message_id, self._card.part, self._destination)
            self._thread = self._thread.model_copy(update={"says": self._card.says})
        except MessageGone:
            self._thread = None
        except ChatError as error:
            if isinstance(error, ChatBusy) and limits:
                self._pacer.close(limits[0].key, error.retry_after)
            self._note("card_not_edited", error)

    async def _begin(self) -> None:
        """Post a card and remember it, or remember the one that an earlier attempt posted."""
        self._has_begun = True
        if self._card is None:
            return
        if self._row.unclear:
            with suppress(CannotLookBack):
                await self._find_card()
        if self._thread is None:
            try:
                key = _card_key(self._row)
                self._thread = self._begun(await self._chat.send(self._card.part, self._destination, key=key))
            except MessageRefused as error:
                self._note("card_refused", error)
                return
            await self._store()
            await self.wait_for_another()
        else:
            await self._store()

    async def _find_card(self) -> None:
        found = await self._chat.find(self._destination, key=_card_key(self._row), since=self._since)
        if found is not None:
            self._thread = self._begun(found, says="")

    async def _store(self) -> None:
        assert self._thread is not None
        await self._storage.settle([settle.thread_begun(self._row, self._thread, self._clock.now())])

    def _begun(self, message_id: str, *, says: str | None = None) -> Thread:
        assert self._row.source is not None
        assert self._row.order is not None
        return Thread(
            destination=self._destination.name,
            source=self._row.source,
            order=self._row.order,
            place=_place(self._destination),
            message_id=message_id,
            says=(self._card.says if self._card else "") if says is None else says,
            told_at=from_instant(self._clock.now()),
        )

    def _note(self, what: str, error: ChatError) -> None:
        event(log, what, level=logging.WARNING, destination=self._destination.name, order=self._row.order, error=error)


def _place(destination: Destination) -> str:
    return json.dumps(destination.address, sort_keys=True)


def _card_key(row: Notification) -> str:
    """What marks the card that was posted for a notification: never the key of one of its parts."""
    return f"{row.key}.card"
