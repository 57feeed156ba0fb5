"""Listening in Telegram: updates are fetched by long polling, or received at a webhook, and answered."""

import asyncio
import contextlib
import hmac
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

from aiohttp import web
from telegram import BotCommandScope, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

from bot.chats._answering import Answering, Asked, persistently, until_it_works
from bot.chats._holds import Holds
from bot.chats._http_server import Turnstile, receiving
from bot.chats._telegram_calls import BotApi, Conflict
from bot.chats._telegram_questions import Me, of_update, way_of
from bot.chats._telegram_telling import Teller
from bot.clock import sleep_unless
from bot.core.backoff import backoff
from bot.core.menus import Menu
from bot.errors import ChatBusy, ChatError, ChatRefused, ChatUnreachable, MessageRefused, SendUnclear
from bot.log import event
from bot.model.command import Reply
from bot.pacer import Pacer
from bot.ports import Clock, Desk

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_POLL = 25.0
"""Seconds for which one poll stays open; Telegram allows up to 50."""
_KINDS = ["message", "callback_query"]
_PATIENCE = 1.0
"""Seconds to wait for answers before the next poll, which otherwise brings what is unanswered again and at once."""
_ACKNOWLEDGE = 2.0
"""Seconds in which a delivery to the webhook is written down; its connection is one of few."""
_YIELD = 3.0
"""Seconds after a second poller showed up, in which it may have gone again: while restarting there are two."""
_CONFIRM = 3.0
"""Seconds for the last confirmation."""
_SLOWEST = 10.0
_PATH = "/telegram/webhook"
_SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the name of a header)
_LONGEST_DESCRIPTION = 256

_SECOND = (
    "another program receives the messages of this bot, and Telegram gives them to one only: stop the other one, "
    "give this one a bot of its own, or set `questions: false`"
)


class TelegramEar:
    """ports.Ear for Telegram."""

    def __init__(
        self,
        api: BotApi,
        clock: Clock,
        holds: Holds,
        pacer: Pacer,
        *,
        menus: Mapping[str, Menu],
        webhook_url: str = "",
        listen: str = "127.0.0.1:8081",
    ) -> None:
        self._api = api
        self._clock = clock
        self._menus = menus
        self._verbs = frozenset(name for menu in menus.values() for name, _ in menu)
        self._webhook_url = webhook_url
        self._listen = listen
        self._turnstile = Turnstile("telegram")
        self._teller = Teller(api, clock, holds, pacer)
        self._aside: set[asyncio.Task[None]] = set()
        self._unanswered: dict[int, Asked] = {}
        """Updates being answered, which are not confirmed yet: after a crash they come again."""
        self._next = 0
        """The update after the one seen last."""
        self.address: str | None = None
        """Where it listens while it does, over HTTP."""

    @property
    def refused(self) -> Counter[str]:
        """How many requests were turned away: `forged`."""
        return self._turnstile.refused

    async def listen(self, desk: Desk, stop: asyncio.Event) -> None:
        """See ports.Ear."""
        answering = Answering("telegram", desk, self._clock)
        try:
            me = await until_it_works(self._who, self._clock, stop, chat="telegram", what="getMe")
            if me is None:
                return
            self._do_aside(self._show_menu())
            await answering.resume(lambda question: partial(self._teller.tell, way=way_of(question)))
            if self._webhook_url:
                await self._serve(answering, me, stop)
            else:
                await self._poll(answering, me, stop)
        finally:
            await answering.close()
            if not self._webhook_url:
                await self._confirm()
            for task in self._aside:
                task.cancel()
            await asyncio.gather(*self._aside, return_exceptions=True)
            await self._api.close()

    async def _who(self) -> Me:
        me = await _read(self._api.ask(self._api.bot.get_me()))
        return Me(me.id, me.username or "")

    async def _show_menu(self) -> None:
        """The commands people see when they type `/`, alike in private talks and in groups."""
        scopes: tuple[BotCommandScope, ...] = (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats())
        try:
            for language, menu in self._menus.items():
                commands = [(name, what[:_LONGEST_DESCRIPTION]) for name, what in menu]
                for scope in scopes:
                    await persistently(partial(self._set_commands, commands, scope, language), self._clock, "menu")
        except ChatError as error:  # the commands work without it
            event(log, "menu_not_shown", level=logging.WARNING, chat="telegram", error=error)

    async def _set_commands(self, commands: list[tuple[str, str]], scope: BotCommandScope, language: str) -> None:
        await self._api.ask(self._api.bot.set_my_commands(commands, scope=scope, language_code=language or None))

    async def _poll(self, answering: Answering, me: Me, stop: asyncio.Event) -> None:
        await until_it_works(self._drop_webhook, self._clock, stop, chat="telegram", what="deleteWebhook")
        failures = conflicts = 0
        while not stop.is_set():
            if self._unanswered:
                await _unless(
                    stop, asyncio.wait([asked.task for asked in self._unanswered.values()], timeout=_PATIENCE)
                )
            try:
                updates = await _unless(stop, _read(self._api.updates(self._offset(), _POLL, _KINDS)))
            except Conflict:
                conflicts += 1
                if conflicts > 1:
                    raise ChatRefused("telegram", _SECOND) from None
                await sleep_unless(stop, _YIELD, self._clock)
                await until_it_works(self._drop_webhook, self._clock, stop, chat="telegram", what="deleteWebhook")
            except (ChatBusy, ChatUnreachable) as error:
                failures += 1
                wait = backoff(failures, base=0.5, cap=30.0, seed="telegram")
                wait = max(wait, error.retry_after) if isinstance(error, ChatBusy) else wait
                event(log, "ear_waits", level=logging.WARNING, chat="telegram", error=error, seconds=round(wait, 1))
                await sleep_unless(stop, wait, self._clock)
            else:
                failures = conflicts = 0
                for update in updates or ():
                    self._take(update, answering, me)

    def _offset(self) -> int:
        """Confirms every update before the first that is still being answered."""
        return min(self._unanswered, default=self._next)

    def _take(self, update: Mapping[str, Any], answering: Answering, me: Me) -> Asked | None:
        """Have an update answered; None if there is nothing to answer, or that was done."""
        number = update.get("update_id")
        if not isinstance(number, int):
            return None
        self._next = number + 1  # not the highest: after a silent week they begin anew
        if number in self._unanswered:
            return self._unanswered[number]
        callback = update.get("callback_query")
        if isinstance(callback, dict):
            self._do_aside(self._stop_spinning(str(callback.get("id"))))
        try:
            found = of_update(update, me, self._verbs)
        except (AttributeError, TypeError, ValueError):  # nothing Telegram sends; if it did, it would come for ever
            event(log, "update_unreadable", level=logging.WARNING, chat="telegram", update=number)
            return None
        if found is None:
            return None
        question, way = found

        async def tell(reply: Reply) -> None:
            await self._teller.tell(reply, way)

        asked = answering.take(question, tell)
        if asked is not None:
            self._unanswered[number] = asked
            asked.task.add_done_callback(lambda _: self._unanswered.pop(number, None))
        return asked

    async def _stop_spinning(self, callback_id: str) -> None:
        """A pressed button turns until its press is answered, whatever becomes of the question."""
        try:
            await self._api.ask(self._api.bot.answer_callback_query(callback_id))
        except ChatError as error:
            event(log, "press_not_answered", level=logging.DEBUG, chat="telegram", error=error)

    async def _confirm(self) -> None:
        """Confirm what was answered last, so that it does not come again after a restart."""
        if not self._next:
            return
        with contextlib.suppress(ChatError, TimeoutError):
            async with asyncio.timeout(_CONFIRM):
                await self._api.updates(self._offset(), 0, _KINDS)

    async def _drop_webhook(self) -> bool:
        return await _read(self._api.ask(self._api.bot.delete_webhook()))

    async def _set_webhook(self) -> bool:
        try:
            return await _read(
                self._api.ask(
                    self._api.bot.set_webhook(
                        self._webhook_url, secret_token=self._api.webhook_secret, allowed_updates=_KINDS
                    )
                )
            )
        except MessageRefused as refused:
            raise ChatRefused("telegram", f"{refused.came}: check `webhook_url`") from None

    async def _serve(self, answering: Answering, me: Me, stop: asyncio.Event) -> None:
        secret = self._api.webhook_secret.encode()

        async def receive(request: web.Request) -> web.StreamResponse:
            shown = request.headers.get(_SECRET, "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(shown, secret):
                return self._turnstile.refuse("forged")
            try:
                async with asyncio.timeout(_SLOWEST):
                    update = json.loads(await request.read())
            except (ValueError, TimeoutError):
                return web.Response(status=400)
            asked = self._take(update, answering, me) if isinstance(update, dict) else None
            is_safe = asked is None or await asked.is_safe(_ACKNOWLEDGE)
            return web.Response(status=200 if is_safe else 503)  # what we do not confirm is delivered again

        async with receiving("telegram", self._listen, _PATH, receive) as address:
            self.address = address
            await until_it_works(self._set_webhook, self._clock, stop, chat="telegram", what="setWebhook")
            await stop.wait()
        self.address = None

    def _do_aside(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, _T]) -> _T | None:
    """The result of some work; None when `stop` is set before there is one."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        return None if stop.is_set() else await working
    finally:
        stopping.cancel()
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError, ChatError):
            await working


async def _read(asked: Awaitable[_T]) -> _T:
    """A call that changes nothing we would not change again: where a send would be unclear, it may be repeated."""
    try:
        return await asked
    except SendUnclear as error:
        raise ChatUnreachable("telegram", error.came) from None
