"""Where and in which language people of a workspace read, as far as Slack tells."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from bot.chats._slack_calls import WebApi
from bot.errors import ChatError
from bot.model.command import Question
from bot.ports import Clock

_TIMEOUT = 2.0
"""Seconds. The answer does not wait longer to show somebody's own time."""
_LASTS = 3600.0
_REMEMBERED = 2000


@dataclass(frozen=True, slots=True)
class _Known:
    timezone: str | None
    language: str | None
    until: float


class People:
    """Asks users.info, which needs the scope users:read, and remembers the answer for an hour."""

    def __init__(self, api: WebApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def complete(self, question: Question) -> Question:
        """The question with the zone and the language of its person, where they can be had."""
        known = self._known.get(question.person)
        if known is None or known.until <= self._clock.monotonic():
            known = await self._ask(question.person)
            self._known[question.person] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return question.model_copy(update={"timezone": known.timezone, "language": known.language})

    async def _ask(self, person: str) -> _Known:
        try:
            async with asyncio.timeout(_TIMEOUT):
                answer = await self._api.answer(self._api.client.users_info(user=person, include_locale=True))
        except (ChatError, TimeoutError):
            answer = {}
        user = answer.get("user") or {}
        language = str(user.get("locale") or "").partition("-")[0] or None
        return _Known(user.get("tz") or None, language, self._clock.monotonic() + _LASTS)
