"""The console: messages printed as text, for trying things out and for logs that somebody reads."""

import re
import sys
from collections.abc import Sequence
from typing import TextIO
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from bot.chats._attached import caption
from bot.chats._pages import Measure, pages
from bot.chats._text import clean
from bot.errors import CannotLookBack, ChatUnreachable
from bot.model.command import Button
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.sending import Limit, Part, Threads
from bot.ports import Clock

_MEASURE = Measure(room=sys.maxsize, text=len)
"""A terminal takes any length, so there is always one part."""


class Settings(BaseModel):
    """What stands under `chats: console:`, which is nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Address(BaseModel):
    """There is only one place."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_person(written: str) -> str:
    """A name to be printed. Raises ValueError."""
    if not re.fullmatch(r"@?[\w.-]+", written):
        raise ValueError(f"{written!r} is no name such as alice")
    return written


def build(settings: Settings, clock: Clock, stream: TextIO | None = None) -> "Console":
    """A console that prints to `stream`, else to standard output."""
    del settings, clock  # nothing to set, nothing to time
    return Console(stream or sys.stdout)


class Console:
    """ports.Chat for a stream of text."""

    kind = "console"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._sent = 0

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """None."""
        del destination
        return ()

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        """One part, and one that names a file. Terminal codes and control characters from outside are gone from it."""
        del buttons  # nobody can press them on paper
        zone = ZoneInfo(destination.timezone)
        parts = [Part(plain=page.plain(zone), rich={}) for page in pages(message, _MEASURE, zone, repeated=repeated)]
        if file := message.attachment:
            parts.append(Part(plain=f"[{clean(file.name)}] {caption(file, repeated=repeated)}", rich={}, file=file))
        return parts

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        """None."""
        del destination
        return ()

    def threads(self, destination: Destination) -> Threads:
        """None: lines come one after the other."""
        del destination
        return Threads.NONE

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        """Print the part and an empty line. Returns the running number."""
        del destination, key, under, aloud
        encoding = self._stream.encoding or "utf-8"
        text = part.plain.encode(encoding, "replace").decode(encoding)
        try:
            self._stream.write(f"{text}\n\n")
            self._stream.flush()
        except (OSError, ValueError):
            raise ChatUnreachable(self.kind, "standard output is closed") from None
        self._sent += 1
        return str(self._sent)

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        """What was printed stays as it is."""

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        """What was printed cannot be read back: always raises CannotLookBack."""
        raise CannotLookBack(self.kind, "what was printed cannot be read back")

    async def check(self) -> str:
        """Nobody has to be asked."""
        return "standard output"

    async def close(self) -> None:
        """Nothing to release: the stream belongs to whoever handed it over."""
