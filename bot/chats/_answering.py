"""What every ear does with a question: asks the desk, tells the answer, and never lets anybody wait for nothing."""

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from bot.clock import sleep_unless
from bot.core.access import place_id
from bot.core.backoff import backoff
from bot.errors import ChatBusy, ChatError, ChatUnreachable, SendUnclear
from bot.log import event
from bot.model.command import Question, Reply
from bot.model.message import Line, Message, Text
from bot.ports import Clock, Desk

log = logging.getLogger(__name__)

_LONGEST = 120.0
"""Seconds for the desk. Only asking a source takes more than a moment, and that has a shorter limit of its own."""
_REMEMBERED = 5000
"""Questions. Chats deliver again within minutes; the desk remembers for longer."""
_DRAIN = 5.0
"""Seconds in which questions may still be answered when we stop."""
_LONGEST_WAIT = 60.0
"""Seconds. Who asked does not wait longer for an answer."""
_UNCLEAR_WAITS = (1.0, 3.0)
"""Seconds before each further try of a send that may have arrived."""

_T = TypeVar("_T")

Tell = Callable[[Reply], Awaitable[None]]
Complete = Callable[[Question], Awaitable[Question]]
"""Adds to a question what has to be asked for, such as the zone of its person. Never raises."""


def one_line(text: str) -> Reply:
    """A reply of one line."""
    return Reply(messages=(Message(headline=Line(spans=(Text(text=text),))),))


class _Press(NamedTuple):
    """A button, pressed by a person under a message."""

    person: str
    place: str
    under: str
    key: str


class Asked(NamedTuple):
    """A question that is being answered, and whether it survives a crash by now."""

    task: asyncio.Task[None]
    noted: asyncio.Event

    async def is_safe(self, within: float) -> bool:
        """Whether it is answered, or noted, within that many seconds."""
        noted = asyncio.create_task(self.noted.wait())
        await asyncio.wait((self.task, noted), timeout=within, return_when=asyncio.FIRST_COMPLETED)
        noted.cancel()
        return self.task.done() or self.noted.is_set()


SORRY = one_line("Sorry, that did not work. It is on our side and was written down; please try again in a moment.")


class Answering:
    """Questions being answered. Each runs by itself, so one that hangs holds up nobody."""

    def __init__(self, chat: str, desk: Desk, clock: Clock, complete: Complete | None = None) -> None:
        self._chat = chat
        self._desk = desk
        self._clock = clock
        self._complete = complete
        self._tasks: set[asyncio.Task[None]] = set()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._presses: set[_Press] = set()

    def take(self, question: Question, tell: Tell) -> "Asked | None":
        """Answer a question; None if it was delivered before.

        The same button under the same message pressed again by the same person, while the first press is being
        answered, is that press.
        """
        if question.id in self._known:
            return None
        self._known[question.id] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        press = _Press(question.person, place_id(question.place), question.message, question.text)
        if question.via == "button":
            if press in self._presses:
                return None
            self._presses.add(press)
        noted = asyncio.Event()
        task = asyncio.create_task(self._answer(question, tell, noted))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._presses.discard(press))
        return Asked(task, noted)

    async def resume(self, way_to: Callable[[Question], Tell]) -> None:
        """Answer what an earlier process was asked and told nobody an answer to."""
        for question in await self._desk.unanswered(self._chat):
            self.take(question, way_to(question))

    async def close(self) -> None:
        """Give what is being answered a few seconds, and end the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=_DRAIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _answer(self, question: Question, tell: Tell, noted: asyncio.Event) -> None:
        try:
            if self._complete:
                question = await self._complete(question)
            await self._tell(await self._ask(question, noted), tell, question)
            if noted.is_set():
                await self._desk.told(question)
        except Exception as error:  # whatever it is, the next question is answered
            log.debug("traceback", exc_info=error)
            self._note(question, error)

    async def _tell(self, reply: Reply | None, tell: Tell, question: Question) -> None:
        try:
            if reply is not None:
                await tell(reply)
        except ChatError as error:
            event(log, "answer_not_sent", level=logging.WARNING, chat=self._chat, question=question.id, error=error)

    async def _ask(self, question: Question, noted: asyncio.Event) -> Reply | None:
        try:
            async with asyncio.timeout(_LONGEST):
                return await self._desk.answer(question, noted)
        except Exception as error:  # whatever it is, whoever asked gets an answer
            log.debug("traceback", exc_info=error)
            self._note(question, error)
            return SORRY

    def _note(self, question: Question, error: Exception) -> None:
        words = f"{type(error).__name__}: {error}"
        event(log, "question_failed", level=logging.ERROR, chat=self._chat, question=question.id, error=words)


async def persistently(
    send: Callable[[], Awaitable[_T]], clock: Clock, seed: str, *, may_come_twice: bool = False
) -> _T:
    """Repeat a send that surely did not arrive: after the wait that was asked for, or when nobody could be reached.

    One that may have arrived is repeated only where it `may_come_twice`, and soon given up.
    Raises ChatError: the last one, or any that says that it may have arrived or never will.
    """
    ends = clock.monotonic() + _LONGEST_WAIT
    unclear_waits = iter(_UNCLEAR_WAITS if may_come_twice else ())
    for attempt in itertools.count(1):
        try:
            return await send()
        except ChatBusy as error:
            wait = error.retry_after
            if clock.monotonic() + wait > ends:
                raise
        except ChatUnreachable:
            wait = backoff(attempt, base=1.0, cap=10.0, seed=seed)
            if clock.monotonic() + wait > ends:
                raise
        except SendUnclear:
            if (pause := next(unclear_waits, None)) is None:
                raise
            wait = pause
        await clock.sleep(wait)
    raise AssertionError("unreachable")


async def until_it_works(
    ask: Callable[[], Awaitable[_T]], clock: Clock, stop: asyncio.Event, *, chat: str, what: str
) -> _T | None:
    """Ask again, with growing pauses, until there is an answer; None when `stop` is set before.

    Raises ChatRefused, and whatever else repeating cannot change.
    """
    attempt = 0
    while not stop.is_set():
        try:
            return await ask()
        except (ChatBusy, ChatUnreachable) as error:
            attempt += 1
            wait = backoff(attempt, base=1.0, cap=30.0, seed=chat)
            if isinstance(error, ChatBusy):
                wait = max(wait, error.retry_after)
            event(log, "ear_waits", level=logging.WARNING, chat=chat, what=what, error=error, seconds=round(wait, 1))
            await sleep_unless(stop, wait, clock)
    return None
