"""The loop that looks whether the config was written anew, and lets a good one take over.

A bad one changes nothing but that operators are told what is wrong with it, once, however many workers read the same.
A file is read only when it held the same at two looks in a row, so that none is read while somebody still writes it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from bot.clock import sleep_unless
from bot.core import notices
from bot.core.voices import Voices
from bot.core.words import Words
from bot.errors import ConfigError, Problem
from bot.files import Files, Held
from bot.log import event, redact
from bot.model.change import Notice
from bot.model.message import Message
from bot.model.moment import from_instant
from bot.model.poll import PollRecord
from bot.ports import Clock, Storage

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at the files: editors and copies are done with one in less."""


class Settings(Protocol):
    """What the loop has to know of a config; it is compared as a whole."""

    @property
    def path(self) -> Path:
        """The file people write."""
        ...

    @property
    def operators(self) -> tuple[str, ...]:
        """Names of the destinations that hear of trouble."""
        ...

    @property
    def voices(self) -> Voices:
        """In which words they hear of it."""
        ...


C = TypeVar("C", bound=Settings)


class Reloader(Generic[C]):
    """Holds the config that counts, and the `files` it was read from. Lives on while the other loops are replaced.

    `read` gives a config that can be used, or raises ConfigError. `asked` is set by whoever wants it read at once.
    """

    def __init__(
        self, config: C, files: Files, read: Callable[[Files], C], storage: Storage, clock: Clock, asked: asyncio.Event
    ) -> None:
        self.config = config
        self._files = files
        self._read = read
        self._storage = storage
        self._clock = clock
        self._asked = asked
        self._seen: Held = {}
        self._counts = files.held
        """What the files of the config that counts hold."""
        self._refused: Sequence[Problem] = ()
        """What was wrong with the last one that was read, if anything was."""
        self._refusal: tuple[object, ...] = ()
        """What makes it the same refusal at every worker."""

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set; set it when another config is to take over."""
        while not stop.is_set():
            if self._asked.is_set() or await self._was_written():
                self._asked.clear()
                if await self._take():
                    stop.set()
                    return
            await self._wait(stop)

    async def _wait(self, stop: asyncio.Event) -> None:
        waiting = asyncio.create_task(sleep_unless(stop, LOOK_EVERY, self._clock))
        asked = asyncio.create_task(self._asked.wait())
        try:
            await asyncio.wait((waiting, asked), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            asked.cancel()

    async def _was_written(self) -> bool:
        """Whether the files hold something else than what was read of them, and somebody is done with writing it."""
        before, self._seen = self._seen, await asyncio.to_thread(self._files.now)
        return self._seen != self._files.held and self._seen == before

    async def _take(self) -> bool:
        """Read the config again. Returns whether it is another one, which counts from now on."""
        files = Files()
        try:
            found = await asyncio.to_thread(self._read, files)
        except ConfigError as error:
            await self._refuse(error.problems, files.held)
            self._files = files
            return False
        is_other = found != self.config
        await self._accept(found, is_other=is_other)
        self._files, self._counts = files, files.held
        self.config = found
        return is_other

    async def _refuse(self, problems: Sequence[Problem], held: Held) -> None:
        for problem in problems:
            event(log, "config_refused", level=logging.ERROR, problem=problem)
        if problems != self._refused:
            shown = [Problem(one.file, one.line, one.key, redact(one.text)) for one in problems]
            hour = from_instant(self._clock.now())[:13]  # the same mistake made again later is told again
            self._refusal = (*_content(held), "instead of", *_content(self._counts), hour)
            await self._tell(Notice.CONFIG_REFUSED, partial(notices.config_refused, shown), self.config)
            self._refused = problems

    async def _accept(self, found: C, *, is_other: bool) -> None:
        event(log, "config_reloaded" if is_other else "config_unchanged", config=found.path)
        if self._refused:
            await self._tell(Notice.CONFIG_RELOADED, partial(notices.config_reloaded, str(found.path)), found)
            self._refused = ()

    async def _tell(self, kind: Notice, say: Callable[[Words], Message], config: C) -> None:
        at = from_instant(self._clock.now())
        told = notices.notice(kind, say, to=config.operators, voices=config.voices, key=self._refusal, at=at)
        await self._storage.commit(PollRecord(source="", at=at, notifications=told))  # it is about no source


def _content(held: Held) -> list[str]:
    """What files hold, wherever a machine has them."""
    return sorted(digest.hex() for digest in held.values() if digest)
