"""What Slack delivers, as questions, and the way by which each is answered. Pure."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.command import Question

_TOKEN = re.compile(r"<([^<>]+)>")
_PERSON = re.compile(r"<@(\w+)(?:\|[^<>]*)?>")
"""Somebody named in a command, where the app asks Slack to write names as ids."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where an answer goes."""

    person: str
    channel: str
    """Id of the channel it was asked in; of the person where only they read."""
    thread: str | None = None
    response_url: str | None = None
    """Takes five answers within half an hour, also where the bot is no member."""
    is_private: bool = False
    is_home: bool = False
    """The home tab of the app, which is one view that is published anew."""
    message: str = ""
    """The ts of the message whose button was pressed."""
    is_under_public: bool = False
    """Whether everybody reads that message."""


def of_command(body: Mapping[str, Any]) -> tuple[Question, Way]:
    """A slash command. Slack gives it no id; its trigger_id is as good, since a command is delivered once."""
    person, channel = str(body.get("user_id") or ""), str(body.get("channel_id") or "")
    way = Way(
        person=person,
        channel=_place(channel, person),
        response_url=body.get("response_url") or None,
        is_private=channel.startswith("D"),
    )
    written = _PERSON.sub(r"@\1", str(body.get("text") or "")).strip()
    return _question(f"command {body.get('trigger_id')}", way, written, "command"), way


def of_event(body: Mapping[str, Any], me: str) -> tuple[Question, Way] | None:
    """A mention, a direct message, or the opening of the home tab; None for what is no question."""
    event = body.get("event") or {}
    person, channel = str(event.get("user") or ""), str(event.get("channel") or "")
    if not person or event.get("bot_id") or person == me:
        return None
    thread = event.get("thread_ts") or None
    name = f"event {body.get('event_id')}"
    match event.get("type"):
        case "app_home_opened":
            if event.get("tab") != "home":
                return None
            way = Way(person=person, channel=person, is_private=True, is_home=True)
            return _question(name, way, "list mine", "home"), way
        case "app_mention":
            way = Way(person=person, channel=_place(channel, person), thread=thread)
        case "message" if event.get("channel_type") == "im" and not event.get("subtype"):
            way = Way(person=person, channel=person, thread=thread, is_private=True)
        case _:
            return None
    return _question(name, way, readable(str(event.get("text") or ""), me), "message"), way


def of_press(body: Mapping[str, Any]) -> tuple[Question, Way] | None:
    """A pressed button; None if it has nothing to say, such as one that is a link."""
    action: Mapping[str, Any] = next(iter(body.get("actions") or ()), {})
    key = str(action.get("value") or "")
    person = str((body.get("user") or {}).get("id") or "")
    container = body.get("container") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    if not key or not person:
        return None
    way = Way(
        person=person,
        channel=_place(channel, person),
        thread=container.get("thread_ts") or (body.get("message") or {}).get("thread_ts") or None,
        response_url=body.get("response_url") or None,
        is_private=not channel or channel.startswith("D"),
        is_home=container.get("type") == "view",
        message=str(container.get("message_ts") or container.get("view_id") or ""),
        is_under_public=channel[:1] not in ("", "D") and container.get("is_ephemeral") is False,
    )
    name = f"press {body.get('trigger_id') or action.get('action_ts')}"
    return _question(name, way, key, "button"), way


def way_of(question: Question) -> Way:
    """How a question is answered that was asked before we started: its answering address is not known any more."""
    return Way(
        person=question.person,
        channel=str(question.place["channel"]),
        thread=question.under[0] if question.via == "message" and question.under else None,
        is_private=question.is_private,
        is_home=question.via == "home",
    )


def readable(text: str, me: str = "") -> str:
    """The text of an event as it was typed: links and names without their markup, mentions of us gone."""

    def resolved(token: re.Match[str]) -> str:
        target, _, label = token[1].partition("|")
        if target == f"@{me}":
            return " "
        if target.startswith("@"):
            return target  # a person, by the id and not by a name that anybody may take
        return label or target.removeprefix("mailto:").removeprefix("tel:")

    return " ".join(html.unescape(_TOKEN.sub(resolved, text)).split())


def _place(channel: str, person: str) -> str:
    """A direct message goes by its person: their id is what stands in configs, and opens the conversation."""
    return person if not channel or channel.startswith("D") else channel


def _question(name: str, way: Way, text: str, via: Any) -> Question:
    return Question(
        id=name,
        chat="slack",
        person=way.person,
        place={"channel": way.channel},
        is_private=way.is_private,
        own_place={"channel": way.person},
        via=via,
        message=way.message,
        under=tuple(filter(None, (way.message or way.thread,))),
        text=text,
    )
