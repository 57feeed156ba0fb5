"""How an answer reaches whoever asked in Slack: privately where that can be, and by another way when one is used up."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.chats._answering import one_line, persistently
from bot.chats._attached import caption
from bot.chats._holds import Holds
from bot.chats._pages import Page, pages
from bot.chats._slack_blocks import MEASURE, blocks, escape, text_of
from bot.chats._slack_buttons import rows
from bot.chats._slack_calls import WebApi
from bot.chats._slack_files import SlackFiles, why_not_shown
from bot.chats._slack_pace import limits_of
from bot.chats._slack_questions import Way
from bot.errors import ChatBusy, ChatRefused, ChatUnreachable, DestinationBroken, MessageRefused, SendUnclear
from bot.model.command import Reply
from bot.model.message import Attachment
from bot.pacer import Pacer
from bot.ports import Clock

_USES = 5
_LIFETIME = 30 * 60 - 60
"""Seconds. An answering address takes five answers within thirty minutes (docs: handling user interaction); a minute
is left for clocks that differ."""
_BURST = 3
_PAUSE = 1.1
"""Seconds between messages that are posted, after the first few: a channel takes about one a second and tolerates
short bursts (docs: rate limits)."""
_VIEW_BLOCKS = 100
"""Blocks in a home tab (docs: views)."""
_REMEMBERED = 1000
_USED_UP = 404
"""HTTP status of an answering address that takes no more."""
_IN_DOUBT = one_line("Slack did not confirm that this was posted here. If you do not see it, please ask again.")

Body = Mapping[str, Any]


@dataclass(slots=True)
class _Uses:
    """What is left of an answering address."""

    left: int
    until: float


class Teller:
    """Sends replies."""

    def __init__(self, api: WebApi, clock: Clock, holds: Holds, pacer: Pacer) -> None:
        self._api = api
        self._holds = holds
        self._pacer = pacer
        self._clock = clock
        self._files = SlackFiles(api, holds)
        self._uses: OrderedDict[str, _Uses] = OrderedDict()

    def note(self, way: Way) -> None:
        """Remember since when an answering address is in use."""
        if way.response_url and way.response_url not in self._uses:
            self._uses[way.response_url] = _Uses(_USES, self._clock.monotonic() + _LIFETIME)
            if len(self._uses) > _REMEMBERED:
                self._uses.popitem(last=False)

    async def tell(self, reply: Reply, way: Way) -> None:
        """Send all of a reply. What one person reads is sent again where it may not have arrived.

        Raises ChatError when it may have arrived in part, or cannot arrive.
        """
        if way.is_home and (reply.replaces or not way.message):
            await self._publish(reply, way)
            return
        bodies = written(reply)
        is_public = reply.is_public and not way.is_private
        for number, body in enumerate(bodies):
            if number >= (_USES if way.response_url else _BURST):
                await self._clock.sleep(_PAUSE)
            replaces = reply.replaces and bool(way.message) and not way.is_under_public and number == 0
            try:
                await self._say(body, way, is_public=is_public, replaces=replaces)
            except SendUnclear:
                if is_public:
                    await self._say(written(_IN_DOUBT)[0], way, is_public=False, replaces=False)
                raise

        for message in reply.messages:
            if message.attachment:
                await self._show(message.attachment, way, is_public=is_public)

    async def _show(self, file: Attachment, way: Way, *, is_public: bool) -> None:
        """Show a file where the answer is, or to the person: what only one person sees there holds none."""
        is_here = way.is_private or is_public
        channel, thread = (way.channel, way.thread) if is_here else (way.person, None)
        words, key = escape(caption(file)), self._clock.now().isoformat()
        try:
            await persistently(
                lambda: self._files.share(file, words, channel, key=key, under=thread),
                self._clock,
                "files",
                may_come_twice=not is_public,
            )
        except (MessageRefused, DestinationBroken, ChatRefused) as error:
            if (reason := why_not_shown(error)) is None:
                raise
            body = {"text": f"{words}\n_(not shown: {escape(reason)})_"}
            await self._say(body, way, is_public=is_public, replaces=False)

    async def _say(self, body: Body, way: Way, *, is_public: bool, replaces: bool) -> None:
        try:
            await self._by_any_way(body, way, is_public=is_public, replaces=replaces)
        except MessageRefused:
            bare = {"text": body["text"], "mrkdwn": False}
            await self._by_any_way(bare, way, is_public=is_public, replaces=replaces)

    async def _by_any_way(self, body: Body, way: Way, *, is_public: bool, replaces: bool) -> None:
        if way.response_url and await self._respond(body, way, is_public=is_public, replaces=replaces):
            return
        if way.is_private or is_public:
            await self._post(body, way.channel, way.thread, may_come_twice=not is_public)
            return
        try:
            await self._whisper(body, way)
        except DestinationBroken:  # the bot is no member there, but may always write to the person
            await self._post(body, way.person, None, may_come_twice=True)

    async def _respond(self, body: Body, way: Way, *, is_public: bool, replaces: bool) -> bool:
        """Use the answering address. False when it is used up, too old or unknown."""
        url = way.response_url or ""
        uses = self._uses.get(url)
        if uses is None or uses.left <= 0 or self._clock.monotonic() >= uses.until:
            return False
        whole = {**body, "replace_original": replaces, "response_type": "in_channel" if is_public else "ephemeral"}
        if way.thread and not replaces:
            whole["thread_ts"] = way.thread

        async def once() -> int:
            if uses.left <= 0:
                return _USED_UP
            uses.left -= 1
            try:
                return await self._api.respond(url, whole)
            except (ChatBusy, ChatUnreachable):
                uses.left += 1
                raise

        status = await persistently(once, self._clock, url, may_come_twice=not is_public)
        if status == 400:
            raise MessageRefused("slack", f"answered HTTP {status} at the answering address")
        return 200 <= status < 300

    async def _post(self, body: Body, channel: str, thread: str | None, *, may_come_twice: bool) -> None:
        quiet = {"unfurl_links": False, "unfurl_media": False}
        target = {"channel": channel, "thread_ts": thread}
        await self._call("chat.postMessage", {**target, **quiet, **body}, may_come_twice=may_come_twice)

    async def _whisper(self, body: Body, way: Way) -> None:
        target = {"channel": way.channel, "user": way.person, "thread_ts": way.thread}
        await self._call("chat.postEphemeral", {**target, **body}, may_come_twice=True)

    async def _publish(self, reply: Reply, way: Way) -> None:
        """The home tab shows whole messages as long as there is room for them."""
        shown: list[dict[str, Any]] = []
        for body in written(reply):
            if len(shown) + len(body["blocks"]) <= _VIEW_BLOCKS:
                shown += body["blocks"]
        view = {"type": "home", "blocks": shown}
        await self._call("views.publish", {"user_id": way.person, "view": view}, may_come_twice=True)

    async def _call(self, method: str, arguments: Body, *, may_come_twice: bool) -> None:
        given = {name: value for name, value in arguments.items() if value is not None}

        async def call() -> Any:
            if method != "chat.postMessage":
                return await self._api.answer(self._api.client.api_call(method, json=given))
            with await self._pacer.turn(limits_of(str(given["channel"])), ahead=True):
                return await self._api.answer(self._api.client.api_call(method, json=given))

        await persistently(lambda: self._holds.keep(method, call), self._clock, method, may_come_twice=may_come_twice)


def written(reply: Reply) -> list[dict[str, Any]]:
    """The `text` and `blocks` of every message that says a reply; the buttons stand under the last."""
    zone = ZoneInfo(reply.timezone)
    under = rows(reply.buttons)
    measure = replace(MEASURE, room=MEASURE.room - len(json.dumps(under, ensure_ascii=False)))
    result = [_body(page, zone) for message in reply.messages for page in pages(message, measure, zone)]
    if result:
        result[-1]["blocks"] += under
    return result


def _body(page: Page, zone: ZoneInfo) -> dict[str, Any]:
    return {"text": text_of(page, zone), "blocks": blocks(page, zone)}
