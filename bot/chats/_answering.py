"""What every ear does with a question: asks the desk, tells the answer, and never lets anybody wait for nothing."""

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from bot.clock import sleep_unless
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
_PUBLISHED_ONCE = 24 * 3600.0
"""Seconds in which the same press makes nothing public a second time."""

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
    under: str
    key: str


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
        self._published: OrderedDict[_Press, float] = OrderedDict()
        """Presses that made something public, and when (monotonic seconds). A restart forgets them."""

    def take(self, question: Question, tell: Tell, *, under: str = "") -> asyncio.Task[None] | None:
        """Answer a question; None if it was delivered before.

        The same button `under` the same message pressed again by the same person, while the first press is being
        answered, is that press; where it made something public, so for a day, unless that message shows something
        else by then.
        """
        if question.id in self._known:
            return None
        self._known[question.id] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        press = _Press(question.person, under, question.text)
        if question.via == "button":
            if press in self._presses or self._was_published(press):
                return None
            self._presses.add(press)
        task = asyncio.create_task(self._answer(question, tell, press))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: self._presses.discard(press))
        return task

    async def close(self) -> None:
        """Give what is being answered a few seconds, and end the rest."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=_DRAIN)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _answer(self, question: Question, tell: Tell, press: _Press) -> None:
        try:
            if self._complete:
                question = await self._complete(question)
            reply = await self._ask(question)
            if reply is not None:
                await tell(reply)
                if question.via == "button":
                    self._note_press(press, reply)
        except ChatError as error:
            event(log, "answer_not_sent", level=logging.WARNING, chat=self._chat, question=question.id, error=error)
        except Exception as error:  # whatever it is, the next question is answered
            log.debug("traceback", exc_info=error)
            self._note(question, error)

    def _was_published(self, press: _Press) -> bool:
        at = self._published.get(press)
        return at is not None and self._clock.monotonic() < at + _PUBLISHED_ONCE

    def _note_press(self, press: _Press, reply: Reply) -> None:
        """What was told after a press: something public, or something else in that message's place."""
        if reply.replaces:
            for known in [known for known in self._published if known.under == press.under]:
                del self._published[known]
        elif reply.is_public:
            self._published[press] = self._clock.monotonic()
            self._published.move_to_end(press)
            if len(self._published) > _REMEMBERED:
                self._published.popitem(last=False)

    async def _ask(self, question: Question) -> Reply | None:
        try:
            async with asyncio.timeout(_LONGEST):
                return await self._desk.answer(question)
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
