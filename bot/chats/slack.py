"""Slack, through its Web API and slack-sdk."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chats._attached import caption, is_named_for
from bot.chats._holds import Holds
from bot.chats._pages import pages
from bot.chats._slack_blocks import MEASURE, blocks, can_call, escape, text_of
from bot.chats._slack_buttons import rows
from bot.chats._slack_calls import WebApi
from bot.chats._slack_ear import SlackEar
from bot.chats._slack_errors import is_about_metadata, reading_verdict
from bot.chats._slack_files import SlackFiles, why_not_shown
from bot.chats._slack_pace import EDITS_PER_WORKSPACE, limits_of
from bot.core.menus import Menu
from bot.errors import CannotLookBack, ChatError, ChatUnreachable, MessageGone, MessageRefused, SendUnclear
from bot.model.command import Button
from bot.model.message import Message
from bot.model.moment import Moment, instant_of
from bot.model.outbox import Destination
from bot.model.sending import Limit, Part, Threads
from bot.model.units import Timeout, host_and_port
from bot.pacer import Pacer
from bot.ports import Chat, Clock, Ear

_MEASURE = replace(MEASURE, room=MEASURE.room - 1500)
"""An alert leaves room for the JSON of its buttons, whether it has any or not."""

_EVENT_TYPE = "orderwatch_notification"
_CLOCKS_APART = timedelta(hours=26)
"""How far our clock may have been ahead of Slack's when a message was sent: also by a whole day set wrong."""
_CLOCKS_ALIKE = timedelta(minutes=62)
"""How far it mostly was at most. A channel with so much in it that nothing older can be read is read that far."""
_PAGE = 200
"""Messages per page of history, as Slack recommends (docs: pagination)."""
_MOST_PAGES = 10


class Settings(BaseModel):
    """What stands under `chats: slack:`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr = Field(min_length=1)
    """Begins with `xoxb-`. Needs the scope chat:write; with channels:history, groups:history and im:history a lost
    answer is looked up instead of telling the same news twice; with files:write pictures are shown."""
    app_token: SecretStr | None = None
    """Begins with `xapp-` and has the scope connections:write: for questions asked in Slack, in Socket Mode."""
    signing_secret: SecretStr | None = None
    """For questions asked in Slack over HTTP, which is used when there is no app_token."""
    listen: str = "127.0.0.1:8080"
    """Where questions come in over HTTP: at /slack/events, behind a proxy that speaks TLS."""
    command: str = Field(default="/order", pattern=r"^/[a-z0-9_-]{1,31}$")
    """The slash command the app has in its manifest. A workspace knows each name once, so another may be needed."""
    timeout: Timeout = Field(default="30s", validate_default=True)
    """For one whole answer. A message whose answer comes later may have arrived, and is looked for."""
    base_url: str = "https://slack.com/api/"
    """Any server that speaks the Web API."""

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return value

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host_and_port(value)
        return value


class Address(BaseModel):
    """A place in Slack."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: str = Field(min_length=1)
    """Id of a channel (`C0123456789`) or of a person (`U0123456789`)."""

    @field_validator("channel")
    @classmethod
    def _id(cls, value: str) -> str:
        if value[0] in "#@":
            raise ValueError(
                f"{value!r} is a name, which anybody may change: write the id, such as C0123456789. It stands at the "
                "end of the channel's details (or the person's profile) in Slack; `about` says it too"
            )
        return value


def read_person(written: str) -> str:
    """The id of somebody to call. Raises ValueError."""
    if not can_call(written):
        raise ValueError(f"{written!r} is no id of a person (U0123456789) or user group (S0123456789) in Slack")
    return written


def build(settings: Settings, clock: Clock) -> "Slack":
    """A Slack that connects with the first send. The pace is the notifier's: limits() says which."""
    return Slack(settings, Holds(clock))


def ear(
    settings: Settings,
    clock: Clock,
    *,
    menus: Mapping[str, Menu] | None = None,
    beside: Chat | None = None,
    pacer: Pacer | None = None,
) -> Ear | None:
    """Listens in Socket Mode with an app_token, else over HTTP with a signing_secret; None where there is neither.

    Slack knows its commands from the app's manifest, so `menus` are not needed here. `beside` is the chat that sends
    alerts with the same token, at the pace of `pacer`.
    """
    del menus
    app_token, signing_secret = settings.app_token, settings.signing_secret
    if app_token is None and signing_secret is None:
        return None
    return SlackEar(
        _api(settings),
        clock,
        beside.holds if isinstance(beside, Slack) else Holds(clock),
        pacer or Pacer(clock),
        app_token=app_token.get_secret_value() if app_token else "",
        signing_secret=signing_secret.get_secret_value() if signing_secret else "",
        listen=settings.listen,
        command=settings.command,
    )


def _api(settings: Settings) -> WebApi:
    return WebApi(settings.bot_token.get_secret_value(), settings.base_url, settings.timeout.total_seconds())


class Slack:
    """ports.Chat for Slack."""

    kind = "slack"

    def __init__(self, settings: Settings, holds: Holds) -> None:
        self.holds = holds
        self._api = _api(settings)
        self._files = SlackFiles(self._api, holds)
        self._ids: dict[str, str] = {}
        """Person to the id of our talk, as Slack told it: history is read by that only."""

    def limits(self, destination: Destination) -> Sequence[Limit]:
        """A share of what the workspace is allowed, and one a second for the channel."""
        return limits_of(Address(**destination.address).channel)

    def edit_limits(self, destination: Destination) -> Sequence[Limit]:
        """What chat.update is allowed in the workspace; a channel has no limit of its own for it."""
        del destination
        return (Limit("slack:edits", EDITS_PER_WORKSPACE),)

    def threads(self, destination: Destination) -> Threads:
        """Replies under a message in a channel. A person's direct messages are a thread already."""
        channel = Address(**destination.address).channel
        return Threads.CARD if re.fullmatch(r"[CG][A-Z0-9]+", channel) else Threads.NONE

    def compose(
        self, message: Message, destination: Destination, *, repeated: bool = False, buttons: Sequence[Button] = ()
    ) -> Sequence[Part]:
        """`rich` holds the `text` and `blocks` of chat.postMessage."""
        zone = ZoneInfo(destination.timezone)
        callable_ = tuple(filter(can_call, message.mentions))  # the place may have been in another chat before
        said = message.model_copy(update={"mentions": callable_})
        *first, last = [
            Part(plain=page.plain(zone), rich={"text": text_of(page, zone), "blocks": blocks(page, zone)})
            for page in pages(said, _MEASURE, zone, repeated=repeated)
        ]
        under = {"blocks": [*last.rich["blocks"], *rows(buttons)]}
        words = [*first, replace(last, rich={**last.rich, **under})]
        if file := message.attachment:
            shown = caption(file, repeated=repeated)
            words.append(Part(plain=shown, rich={"text": escape(shown)}, file=file))
        return words

    async def send(
        self, part: Part, destination: Destination, *, key: str, under: str | None = None, aloud: bool = False
    ) -> str:
        """Returns the ts, or the id of the file. `key` goes along as metadata, which apps of the workspace can read and
        people do not see, or in the name of the file.

        A reply `under` a message that was deleted raises MessageGone only where Slack says so. Mostly it does not:
        it keeps the thread under a tombstone, or shows the reply in the channel where there was no thread yet.
        """
        channel = Address(**destination.address).channel
        metadata = {"event_type": _EVENT_TYPE, "event_payload": {"key": key}}
        place = {"thread_ts": under, "reply_broadcast": aloud} if under else {}
        if part.file:
            here = self._ids.get(channel, channel)
            try:
                return await self._files.share(part.file, part.rich["text"], here, key=key, under=under)
            except ChatError as error:
                reason = why_not_shown(error)
                if reason is None:
                    raise
            words = f"{part.rich['text']}\n_(not shown: {escape(reason)})_"
            return await self._post(channel, {**place, "text": words}, metadata)
        try:
            return await self._post(channel, {**place, **part.rich}, metadata)
        except MessageRefused as refused:
            bare = {**place, "text": part.rich["text"], "mrkdwn": False}
            return await self._post(channel, bare, None if is_about_metadata(refused) else metadata)

    async def edit(self, message_id: str, part: Part, destination: Destination) -> None:
        """The metadata stays what it was. A message that was deleted raises MessageGone, a tombstone too."""
        channel = Address(**destination.address).channel
        try:
            await self._update(channel, message_id, part.rich)
        except MessageRefused:
            await self._update(channel, message_id, {"text": part.rich["text"]})

    async def find(self, destination: Destination, *, key: str, since: Moment, under: str | None = None) -> str | None:
        """Read the thread, then the channel: a reply to what was deleted may stand there.

        Raises CannotLookBack where they may not be read or are too long; ChatBusy, ChatUnreachable and ChatRefused
        when asking again later can tell.
        """
        channel = Address(**destination.address).channel
        channel = self._ids.get(channel, channel)
        if under:
            replies = partial(self._api.client.conversations_replies, channel=channel, ts=under)
            with suppress(MessageGone):
                if found := await self._look(replies, key, since):
                    return found
        history = partial(self._api.client.conversations_history, channel=channel)
        return await self._look(history, key, since, is_newest_first=True)

    async def check(self) -> str:
        """Ask auth.test."""
        try:
            answer = await self._api.answer(self._api.client.auth_test())
        except SendUnclear as error:
            raise ChatUnreachable(self.kind, error.came) from None
        return f"{answer.get('user', 'somebody')} in {answer.get('team', 'a workspace')}"

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self._api.close()

    async def _post(self, channel: str, content: Mapping[str, Any], metadata: dict[str, Any] | None) -> str:
        answer = await self.holds.keep(
            "chat.postMessage",
            lambda: self._api.answer(
                self._api.client.chat_postMessage(
                    channel=channel, unfurl_links=False, unfurl_media=False, metadata=metadata, **content
                )
            ),
        )
        self._ids[channel] = str(answer.get("channel") or channel)
        if not answer.get("ts"):
            raise SendUnclear("slack", "took the message but gave no ts")
        return str(answer["ts"])

    async def _update(self, channel: str, ts: str, content: Mapping[str, Any]) -> None:
        channel = self._ids.get(channel, channel)
        try:
            await self.holds.keep(
                "chat.update",
                lambda: self._api.answer(self._api.client.chat_update(channel=channel, ts=ts, **content)),
            )
        except SendUnclear as error:
            raise ChatUnreachable(self.kind, error.came) from None

    async def _look(
        self,
        read: Callable[..., Awaitable[AsyncSlackResponse]],
        key: str,
        since: Moment,
        *,
        is_newest_first: bool = False,
    ) -> str | None:
        """The ts of the message with that key among what a method lists, page by page."""
        started = instant_of(since) or datetime.fromisoformat(since).replace(tzinfo=UTC)
        read_until = started
        oldest = f"{(started - _CLOCKS_APART).timestamp():.6f}"
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            asked = read(oldest=oldest, inclusive=True, include_all_metadata=True, limit=_PAGE, cursor=cursor)
            try:
                page = await self._api.answer(asked)
            except ChatError as error:
                raise reading_verdict(error) from None
            for message in page.get("messages") or ():
                if _is_sent_with(key, message):
                    return str(message.get("ts"))
                read_until = datetime.fromtimestamp(float(message.get("ts") or 0), UTC)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return None
        if is_newest_first and read_until < started - _CLOCKS_ALIKE:
            return None
        raise CannotLookBack("slack", f"more than {_MOST_PAGES * _PAGE} messages since then")


def _is_sent_with(key: str, message: Mapping[str, Any]) -> bool:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == _EVENT_TYPE and (metadata.get("event_payload") or {}).get("key") == key:
        return True
    return any(is_named_for(str(file.get("name") or ""), key) for file in message.get("files") or ())
