"""The loop around one ear: brings what a chat hears to the desk until we stop, or the chat will not let us listen."""

import asyncio
import logging

from bot.errors import ChatRefused
from bot.log import event
from bot.ports import Desk, Ear

log = logging.getLogger(__name__)


class Listener:
    """Runs one ear. A refusal ends this ear with one clear message; alerts and the other chats go on."""

    def __init__(self, chat: str, ear: Ear, desk: Desk) -> None:
        self._chat = chat
        self._ear = ear
        self._desk = desk

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop` is set."""
        try:
            await self._ear.listen(self._desk, stop)
        except ChatRefused as error:
            event(log, "not_listening", level=logging.ERROR, chat=self._chat, error=error, advice=_ADVICE)
            await stop.wait()


_ADVICE = "questions in this chat are not answered until that is put right and orderwatch is started again"
