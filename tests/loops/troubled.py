"""Chats in which all goes wrong that can, and a process that ends over it: for tests that try any order of these."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.clock import ManualClock
from bot.errors import (
    CannotLookBack,
    ChatBusy,
    ChatRefused,
    ChatUnreachable,
    DestinationBroken,
    DestinationMoved,
    MessageRefused,
    SendUnclear,
)
from bot.loops.notifier import Notifier
from bot.model.command import Button
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.sending import Limit, Part, Threads
from bot.model.units import RateValue
from tests.core.making import words

PLACES = {"ops": "readable", "sales": "blind", "desk": "readable"}
"""Destination to the chat it is in. Operators hear of trouble at the desk."""
IN_MEMORY = Path("/dev/shm")
"""Where a sync costs nothing: this test syncs some thousand times and kills no power supply."""
MARK = "(may be a repeat) "


class Killed(BaseException):
    """The process ends here, whatever it was doing."""


TROUBLE: dict[str, tuple[bool, Callable[[str], BaseException] | None]] = {
    "works": (True, None),
    "answer lost": (True, lambda kind: SendUnclear(kind, "no answer")),
    "request lost": (False, lambda kind: SendUnclear(kind, "no answer")),
    "unreachable": (False, lambda kind: ChatUnreachable(kind, "refused")),
    "busy": (False, lambda kind: ChatBusy(kind, "ratelimited", 30.0)),
    "all busy": (False, lambda kind: ChatBusy(kind, "ratelimited", 30.0, whole_chat=True)),
    "message refused": (False, lambda kind: MessageRefused(kind, "invalid_blocks")),
    "destination broken": (False, lambda kind: DestinationBroken(kind, "is_archived")),
    "killed before it arrives": (False, Killed),
    "killed after it arrived": (True, Killed),
    "token refused": (False, lambda kind: ChatRefused(kind, "token_revoked")),
}
"""What can become of a send: whether the chat shows the message, and what we are told."""


class RestlessClock(ManualClock):
    """Whoever waits moves it on: nothing else happens meanwhile."""

    async def sleep(self, seconds: float) -> None:
        await self.advance(max(0.0, seconds), settle=1)


class TroubledChat:
    """Shows messages in `heard`, by room. The next sends meet `coming`, one each; after that they work."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.coming: list[str] = []
        self.heard: list[tuple[str, str, str]] = []
        """Room, key and text of all it shows."""
        self.moves: dict[str, str] = {}
        """Rooms that live on under another name."""

    def limits(self, destination: Destination) -> Sequence[Limit]:
        return [Limit(self.kind, RateValue(1000, 1.0))]

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        text = words(message)
        parts = 2 if text.startswith("long") else 1
        return [Part(f"{MARK if repeated else ''}{text} #{number}", {}) for number in range(parts)]

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        return self.limits(destination)

    def threads(self, destination: Destination) -> Threads:
        return Threads.NONE

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        room = str(destination.address["room"])
        if room in self.moves:
            raise DestinationMoved(self.kind, "upgraded", {"room": self.moves[room]})
        is_shown, error = TROUBLE[self.coming.pop(0) if self.coming else "works"]
        if is_shown:
            self.heard.append((destination.name, key, part.plain))
        if error is not None:
            raise error(self.kind)
        return f"m{len(self.heard)}"

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        pass

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        if self.kind == "blind":
            raise CannotLookBack(self.kind, "no history here")
        found = (number for number, heard in enumerate(self.heard) if heard[:2] == (destination.name, key))
        return next((f"m{number}" for number in found), None)

    async def check(self) -> str:
        return self.kind

    async def close(self) -> None:
        pass


async def drained(notifier: Notifier) -> bool:
    """Send what may be sent now. Returns whether the process was killed over it."""
    try:
        await notifier.drain()
    except Killed:
        lanes = asyncio.all_tasks() - {asyncio.current_task()}
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        return True
    return False
