"""An ear that listens to a twin, and a desk that answers by script."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot import registry
from bot.clock import SystemClock
from bot.core.menus import Menu
from bot.model.command import Button, Question, Reply
from bot.model.message import Attachment, Message
from bot.ports import Clock
from tests.chats.harness import line, message, served


class HurriedClock(SystemClock):
    """Time that passes twenty times as fast, for waits that are kept."""

    SPEED = 20.0

    def __init__(self) -> None:
        self._started = super().now()
        self._began = super().monotonic()

    def now(self) -> datetime:
        """The hurried present."""
        return self._started + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Hurried seconds since the clock was made."""
        return (super().monotonic() - self._began) * self.SPEED

    async def sleep(self, seconds: float) -> None:
        """Wait a twentieth of it."""
        await super().sleep(seconds / self.SPEED)


def reply(*texts: str, **members: Any) -> Reply:
    """A reply with one message for each text."""
    return Reply(messages=tuple(Message(headline=line(text)) for text in texts), **members)


def pictured() -> Reply:
    """A reply with a picture."""
    picture = Attachment(name="history.png", media_type="image/png", data=b"\x89PNG", alt="Since Monday: Placed")
    return Reply(messages=(Message(headline=line("History"), attachment=picture),))


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something on a socket has happened; TimeoutError when it does not."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - the other side of the socket knows no event of ours
            await asyncio.sleep(0.01)


def long_reply(lines: int = 700, **members: Any) -> Reply:
    """A reply of one message that fits into no single one of any chat."""
    body: Message = message(*(f"item {number:04d} of the order" for number in range(lines)), headline="A long order")
    return Reply(messages=(body,), **members)


@dataclass
class ScriptedDesk:
    """Answers every question by `script`, and keeps what it was asked. A second time the same id is answered None."""

    script: Callable[[Question], Reply | None] = lambda question: reply(f"you asked: {question.text}")
    asked: list[Question] = field(default_factory=list)
    hangs: asyncio.Event = field(default_factory=asyncio.Event)
    """Clear it to let the desk hang."""
    fails: Exception | None = None
    known: set[str] = field(default_factory=set)
    notes: bool = True
    """Whether questions are noted as soon as they come."""
    over: list[str] = field(default_factory=list)
    """Questions nobody waits for any more, by id."""
    left: tuple[Question, ...] = ()
    """What an earlier process left unanswered."""

    def __post_init__(self) -> None:
        self.hangs.set()

    async def answer(self, question: Question, noted: asyncio.Event | None = None) -> Reply | None:
        """See ports.Desk."""
        self.asked.append(question)
        if noted and self.notes:
            noted.set()
        await self.hangs.wait()
        if self.fails:
            raise self.fails
        if question.id in self.known:
            return None
        self.known.add(question.id)
        return self.script(question)

    async def told(self, question: Question) -> None:
        """See ports.Desk."""
        self.over.append(question.id)

    async def unanswered(self, chat: str) -> Sequence[Question]:
        """See ports.Desk."""
        return [question for question in self.left if question.chat == chat]

    @property
    def texts(self) -> list[str]:
        """What was asked."""
        return [question.text for question in self.asked]


@dataclass
class Scene:
    """A twin, the ear that listens to it, and the desk behind."""

    twin: Any
    ear: Any
    desk: ScriptedDesk
    running: asyncio.Task[None]
    stop: asyncio.Event
    base: str

    async def until(self, holds: Callable[[], bool], within: float = 5.0) -> None:
        """Wait until something holds, for what comes over a socket."""
        async with asyncio.timeout(within):
            while True:
                if holds():
                    return
                await asyncio.sleep(0.005)

    async def quiet(self) -> None:
        """Let whatever might still come, come."""
        await asyncio.sleep(0.25)


def ear_for(kind: str, settings: dict[str, Any], clock: Clock | None = None, **more: Any) -> Any:
    """The ear with these settings."""
    module: Any = registry.chat_module(kind)
    return module.ear(module.Settings(**settings), clock or SystemClock(), **more)


@asynccontextmanager
async def hearing(
    twin: Any,
    kind: str,
    settings: Callable[[str], dict[str, Any]],
    *,
    desk: ScriptedDesk | None = None,
    menus: Mapping[str, Menu] = {"": (("status", "Where an order is"),)},
) -> AsyncIterator[Scene]:
    """The ear of a chat, listening to its twin until the end."""
    async with served(twin.application()) as base:
        ear = ear_for(kind, settings(base), twin._clock, menus=menus)
        desk = desk or ScriptedDesk()
        stop = asyncio.Event()
        running = asyncio.create_task(ear.listen(desk, stop))
        try:
            yield Scene(twin, ear, desk, running, stop, base)
        finally:
            stop.set()
            desk.hangs.set()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(running, 10)


def button(label: str, key: str) -> Button:
    """A button."""
    return Button(label=label, key=key)
