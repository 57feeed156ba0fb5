"""People of a Slack workspace who ask an app something, and what they see."""

import asyncio
import itertools
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.ports import Clock
from bot.sandbox._slack_content import Channel, content_problem, no, problem_code, yes
from bot.sandbox._slack_delivery import Ack, Delivery, Kind
from bot.sandbox._slack_reading import buttons_of, callers, readable, readable_text, stray_brackets
from bot.sandbox._trouble import Trouble
from bot.sandbox.accepted import Accepted
from bot.sandbox.seen import PATIENCE, Heard, Seen

_USES = 5
_LIFETIME = timedelta(minutes=30)
BOT_USER = "U0BOT000000"


@dataclass(slots=True)
class Interaction:
    """One command or press, and what its answering address still takes."""

    person: str
    channel: str
    until: Any
    left: int = _USES
    pressed: Seen | None = None


class SlackPeople(Trouble):
    """Acts as people do: commands, mentions, direct messages, presses. `seen` is everything that was ever shown."""

    def __init__(self, clock: Clock, app_token: str, signing_secret: str) -> None:
        super().__init__()
        self._clock = clock
        self._serial = itertools.count(1)
        self._life = f"{clock.now().timestamp():.6f}"
        """Part of every id, so that none comes twice after a restart."""
        self._base = ""
        self._interactions: dict[str, Interaction] = {}
        self.delivery = Delivery(clock, app_token, signing_secret)
        self.channels: dict[str, Channel] = {}
        self.violations: list[str] = []
        self.pings: list[str] = []
        """What was accepted and called people."""
        self.accepted: list[Accepted] = []
        self.seen: list[Seen] = []
        self.homes: dict[str, Seen] = {}
        """Person to the home tab they see."""
        self.zones: dict[str, str] = {}
        """Person to the time zone of their profile."""

    def add_channel(self, channel_id: str, name: str, *, member: bool = True) -> Channel:
        """A further channel."""
        self.channels[channel_id] = Channel(channel_id, name, is_member=member)
        return self.channels[channel_id]

    def find_channel(self, written: str) -> Channel | None:
        """By id, `#name` or name. The id of a person opens their direct messages."""
        named = (channel for channel in self.channels.values() if channel.name == written.removeprefix("#"))
        if written.startswith("U") and written not in self.channels:
            self.add_channel(written, "")
        return self.channels.get(written) or next(named, None)

    def delete(self, message_id: str) -> None:
        """Delete a message of the app by hand."""
        channel = next(one for one in self.channels.values() if one.find(message_id))
        channel.delete(message_id)
        self.accepted = [one for one in self.accepted if one.message_id != message_id]

    async def slash(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        command: str = "/order",
        answers: int = 1,
        patience: float = PATIENCE,
    ) -> Heard:
        """Type a command and wait until `answers` messages were shown. `answers` 0 waits for the acknowledgement."""
        named = self.channels.get(channel)
        payload = {
            "command": command,
            "text": text,
            "user_id": user,
            "team_id": "T0123456789",
            "channel_id": channel,
            "channel_name": named.name if named else "directmessage",
            "api_app_id": "A0123456789",
            **self._interaction(user, channel),
        }
        return await self._do("slash_commands", payload, user, answers, patience)

    async def mention(
        self,
        user: str,
        channel: str,
        text: str,
        *,
        thread: str | None = None,
        answers: int = 1,
        patience: float = PATIENCE,
    ) -> Heard:
        """Name the bot in a message, possibly in a thread."""
        event = {"type": "app_mention", "user": user, "channel": channel, "text": f"<@{BOT_USER}> {text}"}
        return await self._event(event | ({"thread_ts": thread} if thread else {}), user, answers, patience)

    async def write(self, user: str, text: str, *, answers: int = 1, patience: float = PATIENCE) -> Heard:
        """Write the bot a direct message."""
        event = {"type": "message", "channel_type": "im", "user": user, "channel": f"D{user[1:]}", "text": text}
        return await self._event(event, user, answers, patience)

    async def open_home(self, user: str, *, answers: int = 1, patience: float = PATIENCE) -> Heard:
        """Open the home tab of the app."""
        event = {"type": "app_home_opened", "user": user, "channel": f"D{user[1:]}", "tab": "home"}
        return await self._event(event, user, answers, patience)

    async def press(
        self, user: str, label: str, *, under: Seen | None = None, answers: int = 1, patience: float = PATIENCE
    ) -> Heard:
        """Press the button with this label, under a message or the last one this person sees it under."""
        shown = under or next(one for one in reversed(self.seen) if label in one.buttons and one.person in (None, user))
        is_home = shown.place == "home"
        channel = f"D{shown.place[1:]}" if shown.place.startswith("U") else shown.place
        container: dict[str, Any] = {"type": "view", "view_id": f"V{user[1:]}"}
        if not is_home:
            container = {
                "type": "message",
                "message_ts": shown.message_id,
                "channel_id": channel,
                "is_ephemeral": shown.person is not None,
            } | ({"thread_ts": shown.thread} if shown.thread else {})
        payload: dict[str, Any] = {
            "type": "block_actions",
            "user": {"id": user},
            "team": {"id": "T0123456789"},
            "container": container,
            "actions": [{"type": "button", "action_id": "press", "value": shown.buttons[label], "action_ts": "1.0"}],
        }
        address = self._interaction(user, shown.place, shown)
        if is_home:
            payload["trigger_id"] = address["trigger_id"]
        else:
            payload |= {"channel": {"id": channel}, **address}
        return await self._do("interactive", payload, user, answers, patience)

    async def until_seen(
        self, count: int, *, start: int = 0, person: str = "", patience: float = PATIENCE
    ) -> list[Seen]:
        """What this person saw since `start` (an index of `seen`), once it is `count` messages or patience ends."""
        ends = asyncio.get_running_loop().time() + patience
        while True:
            found = [one for one in self.seen[start:] if not person or one.person in (None, person)]
            if len(found) >= count or asyncio.get_running_loop().time() >= ends:
                return found
            await asyncio.sleep(0.005)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """The answering address."""
        interaction = self._interactions.get(request.match_info["serial"])
        if interaction is None or interaction.left <= 0:
            self.violations.append("an answering address was used too often")
            return web.Response(status=404, text="used_url")
        if self._clock.now() >= interaction.until:
            return web.Response(status=404, text="expired_url")
        piece = self.take()
        if piece and piece.kind in ("error_before", "rate_limit"):
            status = 503 if piece.kind == "error_before" else 429
            return web.Response(status=status, headers={"Retry-After": str(max(1, round(piece.seconds)))})
        body = json.loads(await request.text())
        if (refused := content_problem(body)) is not None:
            return web.Response(status=400, text=problem_code(refused))
        interaction.left -= 1
        in_channel = body.get("response_type") == "in_channel"
        old = interaction.pressed if body.get("replace_original") else None
        person = (old.person if old else None) if in_channel or old else interaction.person
        self._show(interaction.channel, body, person=person, old=old)
        if piece and piece.kind == "drop_after" and request.transport is not None:
            request.transport.abort()
        return web.Response(text="ok")

    async def _whisper(self, arguments: dict[str, Any]) -> web.Response:
        channel = self.channels.get(str(arguments.get("channel") or ""))
        if channel is None:
            return no("channel_not_found")
        if not channel.is_member:
            return no("not_in_channel")
        if (refused := content_problem(arguments)) is not None:
            return refused
        shown = self._show(channel.id, arguments, person=str(arguments.get("user")))
        return yes(message_ts=shown.message_id)

    async def _publish(self, arguments: dict[str, Any]) -> web.Response:
        view = arguments.get("view") or {}
        person = str(arguments.get("user_id"))
        blocks = view.get("blocks") or []
        if view.get("type") != "home" or len(blocks) > 100:
            return no("invalid_arguments")
        for start in range(0, len(blocks), 50):
            if (
                refused := content_problem({"text": "-", "blocks": blocks[start : start + 50]}, whole=False)
            ) is not None:
                return refused
        self.homes[person] = self._show("home", {"blocks": blocks}, person=person)
        return yes(view={"id": f"V{person[1:]}"})

    async def _person(self, arguments: dict[str, Any]) -> web.Response:
        person = str(arguments.get("user"))
        return yes(user={"id": person, "tz": self.zones.get(person), "locale": "en-US"})

    def _show(self, place: str, body: dict[str, Any], *, person: str | None, old: Seen | None = None) -> Seen:
        text, blocks = str(body.get("text") or ""), body.get("blocks") or []
        self._judge(text, blocks)
        shown = Seen(
            at=self._clock.now(),
            place=place,
            message_id=old.message_id if old else f"{int(self._clock.now().timestamp())}.9{next(self._serial):05d}",
            text=readable(blocks) if blocks else readable_text(text),
            person=person,
            thread=body.get("thread_ts"),
            buttons=buttons_of(blocks),
            replaces=old is not None,
            payload=body,
        )
        self.seen.append(shown)
        return shown

    def _judge(self, text: str, blocks: list[Any]) -> None:
        self.pings += callers(text, blocks)
        self.violations += [f"not escaped: {written}" for written in stray_brackets(text, blocks)]

    def _interaction(self, user: str, channel: str, pressed: Seen | None = None) -> dict[str, str]:
        serial = str(next(self._serial))
        self._interactions[serial] = Interaction(user, channel, self._clock.now() + _LIFETIME, pressed=pressed)
        return {"response_url": f"{self._base}/respond/{serial}", "trigger_id": f"{self._life}.{serial}"}

    async def _event(self, event: dict[str, Any], user: str, answers: int, patience: float) -> Heard:
        ts = f"{int(self._clock.now().timestamp())}.8{next(self._serial):05d}"
        payload = {
            "type": "event_callback",
            "event_id": f"Ev{self._life}.{next(self._serial)}",
            "team_id": "T0123456789",
            "event": {"ts": ts, **event},
        }
        return await self._do("events_api", payload, user, answers, patience)

    async def _do(self, kind: Kind, payload: dict[str, Any], user: str, answers: int, patience: float) -> Heard:
        start = len(self.seen)
        ack: Ack = await self.delivery.deliver(kind, payload)
        seen = await self.until_seen(answers, start=start, person=user, patience=patience)
        return Heard(ack.ms, tuple(seen))
