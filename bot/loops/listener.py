"""The loop around one ear: brings what a chat hears to the desk until we stop, or the chat will not let us listen."""

import asyncio
import logging

from bot.errors import ChatRefused
from bot.log import event
from bot.loops.own_trouble import OwnTrouble
from bot.ports import Desk, Ear

log = logging.getLogger(__name__)


class Listener:
    """Runs one ear. A refusal ends this ear, and operators hear of it; alerts and the other chats go on."""

    def __init__(self, chat: str, ear: Ear, desk: Desk, trouble: OwnTrouble) -> None:
        self._chat = chat
        self._ear = ear
        self._desk = desk
        self._trouble = trouble

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop` is set."""
        try:
            await self._ear.listen(self._desk, stop)
        except ChatRefused as error:
            event(log, "not_listening", level=logging.ERROR, chat=self._chat, error=error, advice=_ADVICE)
            await self._trouble.not_listening(self._chat, str(error))
            await stop.wait()


_ADVICE = "questions in this chat are not answered until that is put right and orderwatch is started again"
