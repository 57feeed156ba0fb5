"""How an answer reaches whoever asked in Telegram: where it was asked, edited into place where it follows a press."""

from typing import Any
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters

from bot.chats._answering import persistently
from bot.chats._holds import Holds
from bot.chats._telegram_calls import BotApi
from bot.chats._telegram_files import file_part, not_shown, sending
from bot.chats._telegram_html import parts
from bot.chats._telegram_keyboard import keyboard
from bot.chats._telegram_pace import limits_of
from bot.chats._telegram_questions import Way
from bot.errors import ChatUnreachable, DestinationBroken, DestinationMoved, MessageRefused, SendUnclear
from bot.model.command import Reply
from bot.model.sending import Part
from bot.pacer import Pacer
from bot.ports import Clock

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Teller:
    """Sends replies."""

    def __init__(self, api: BotApi, clock: Clock, holds: Holds, pacer: Pacer) -> None:
        self._api = api
        self._holds = holds
        self._pacer = pacer
        self._clock = clock

    async def tell(self, reply: Reply, way: Way) -> None:
        """Send all of a reply; what may not have arrived is sent again, for an answer twice is better than none.

        Raises ChatError when it may have arrived in part, or cannot arrive.
        """
        zone = ZoneInfo(reply.timezone)
        written = [part for message in reply.messages for part in parts(message, zone)]
        for number, part in enumerate(written):
            under = keyboard(reply.buttons) if number == len(written) - 1 else None
            is_first = number == 0
            if is_first and reply.replaces and way.is_press and await self._edit(part, way, under):
                continue
            await self._send(part, way, under, answers=is_first and (way.is_press or not way.is_private))
        for message in reply.messages:
            if message.attachment:
                await self._show(file_part(message.attachment, message), way)

    async def _show(self, part: Part, way: Way) -> None:
        """Send a file, or its words where none is taken."""
        send = sending(self._api.bot, part)

        async def once() -> None:
            with await self._pacer.turn(limits_of(way.chat_id), ahead=True):
                await self._api.ask(send(chat_id=way.chat_id, message_thread_id=way.topic))

        try:
            await persistently(
                lambda: self._holds.keep(str(way.chat_id), once),
                self._clock,
                f"show {way.chat_id}",
                may_come_twice=True,
            )
        except (MessageRefused, DestinationBroken) as refused:
            words = f"{part.plain}\n({not_shown(refused)})"
            await self._sent(way.chat_id, way, None, {"text": words}, answers=False)

    async def _edit(self, part: Part, way: Way, under: InlineKeyboardMarkup | None) -> bool:
        """False when the message is gone, so that a new one is needed."""
        try:
            await self._edited(way, under, part.rich)
        except MessageRefused as refused:
            if "not modified" in refused.came:
                return True
            if "to edit not found" in refused.came or "can't be edited" in refused.came:
                return False
            await self._edited(way, under, {"text": part.plain})
        return True

    async def _edited(self, way: Way, under: InlineKeyboardMarkup | None, content: Any) -> None:
        async def once() -> None:
            try:
                with await self._pacer.turn(limits_of(way.chat_id), ahead=True):
                    await self._api.ask(
                        self._api.bot.edit_message_text(
                            chat_id=way.chat_id,
                            message_id=way.message_id,
                            reply_markup=under,
                            link_preview_options=_NO_PREVIEW,
                            **content,
                        )
                    )
            except SendUnclear as error:  # the same edit twice is one edit
                raise ChatUnreachable(error.chat, error.came) from None

        await persistently(lambda: self._holds.keep(str(way.chat_id), once), self._clock, f"edit {way.chat_id}")

    async def _send(self, part: Part, way: Way, under: InlineKeyboardMarkup | None, *, answers: bool) -> None:
        try:
            await self._sent(way.chat_id, way, under, part.rich, answers)
        except MessageRefused:
            await self._sent(way.chat_id, way, under, {"text": part.plain}, answers)
        except DestinationMoved as moved:
            await self._sent(moved.address["chat_id"], way, under, part.rich, answers=False)

    async def _sent(
        self, chat_id: int, way: Way, under: InlineKeyboardMarkup | None, content: Any, answers: bool
    ) -> None:
        question = ReplyParameters(way.message_id, allow_sending_without_reply=True) if answers else None

        async def once() -> None:
            with await self._pacer.turn(limits_of(chat_id), ahead=True):
                await self._api.ask(
                    self._api.bot.send_message(
                        chat_id=chat_id,
                        message_thread_id=way.topic,
                        reply_markup=under,
                        reply_parameters=question,
                        disable_notification=not way.is_private,  # in a group the answer interests one person
                        link_preview_options=_NO_PREVIEW,
                        **content,
                    )
                )

        await persistently(
            lambda: self._holds.keep(str(chat_id), once), self._clock, f"send {chat_id}", may_come_twice=True
        )
