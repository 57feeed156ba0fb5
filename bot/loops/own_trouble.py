"""Trouble of our own, told to operators as a source's is: nobody should have to read logs to learn of it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bot.core import notices
from bot.core.voices import Voices
from bot.core.words import Words
from bot.model.change import Notice
from bot.model.message import Message
from bot.model.moment import from_instant
from bot.model.poll import PollRecord
from bot.ports import Clock, Storage


class OwnTrouble:
    """Tells `operators`, in their `voices`. Raises StorageError."""

    def __init__(self, storage: Storage, clock: Clock, operators: Sequence[str], voices: Voices) -> None:
        self._storage = storage
        self._clock = clock
        self._operators = operators
        self._voices = voices

    async def loops_fail(self, errors: Mapping[str, str]) -> None:
        """Loops, by name, have failed for a while, each with this error."""
        at = from_instant(self._clock.now())
        await self._tell(Notice.LOOP_FAILING, partial(notices.loops_failing, errors), key=(at, *errors))

    async def not_listening(self, chat: str, reason: str) -> None:
        """A chat does not let us listen. Told once a day at most."""
        day = from_instant(self._clock.now())[:10]
        await self._tell(Notice.NOT_LISTENING, partial(notices.not_listening, chat, reason), key=(chat, reason, day))

    async def _tell(self, kind: Notice, say: Callable[[Words], Message], *, key: Sequence[object]) -> None:
        at = from_instant(self._clock.now())
        told = notices.notice(kind, say, to=self._operators, voices=self._voices, key=key, at=at)
        await self._storage.commit(PollRecord(source="", at=at, notifications=told))  # it is about no source
