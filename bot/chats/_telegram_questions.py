"""What Telegram delivers, as questions, and where each is answered. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.command import Question

_COMMAND = re.compile(r"/(\w{1,64})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL | re.ASCII)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Way:
    """Where an answer goes."""

    chat_id: int
    topic: int | None
    message_id: int
    """What was asked in, or what the pressed button stands under."""
    is_private: bool
    is_press: bool = False


def of_update(update: Mapping[str, Any], me: Me, verbs: frozenset[str]) -> tuple[Question, Way] | None:
    """A command, a plain message or a pressed button; None for what is not meant for us.

    `verbs` are the commands we have: in a group, others without our name belong to other bots.
    """
    name = f"update {update.get('update_id')}"
    match update:
        case {"callback_query": {"from": dict(person), "message": dict(message), "data": str(key)}}:
            way = _way(message, is_press=True)
            return (_question(name, person, way, "button", key, (str(way.message_id),)), way) if way else None
        case {"message": {"from": dict(person), "text": str(text)} as message}:
            way = None if person.get("is_bot") else _way(message)
            asked = _asked(text, message, me, verbs, is_private=way.is_private) if way else None
            return (_question(name, person, way, *asked, _under(message, me)), way) if way and asked else None
        case _:
            return None


def way_of(question: Question) -> Way:
    """How a question is answered that was asked before we started."""
    return Way(
        chat_id=question.place["chat_id"],
        topic=question.place.get("topic"),
        message_id=int(question.message),
        is_private=question.is_private,
        is_press=question.via == "button",
    )


def _asked(
    text: str, message: Mapping[str, Any], me: Me, verbs: frozenset[str], *, is_private: bool
) -> tuple[str, str] | None:
    """How it was asked and what; None if it was not asked of us."""
    command = _COMMAND.fullmatch(text.strip())
    if command:
        verb, name, rest = command[1].lower(), command[2], (command[3] or "").strip()
        if name and name.lower() != me.username.lower():
            return None
        if verb == "start":
            return "start", rest
        if not is_private and not name and verb not in verbs:
            return None
        return "command", f"{verb} {rest}".strip()
    mention = re.compile(rf"(?<!\w)@{re.escape(me.username)}(?!\w)", re.IGNORECASE)
    rest = " ".join(mention.sub(" ", text).split())
    if not is_private and mention.search(text):
        return "command", rest  # whoever names us waits for an answer
    return ("message", rest) if is_private or _is_reply_to(message, me) else None


def _is_reply_to(message: Mapping[str, Any], me: Me) -> bool:
    """Whether a message replies to one of ours. In a topic everything formally replies to the topic's beginning."""
    replied = message.get("reply_to_message") or {}
    return (replied.get("from") or {}).get("id") == me.id and "forum_topic_created" not in replied


def _under(message: Mapping[str, Any], me: Me) -> tuple[str, ...]:
    """The message of ours that is replied to, and the one its thread began with; a topic begins with none of ours."""
    replied = (message.get("reply_to_message") or {}).get("message_id") if _is_reply_to(message, me) else None
    first = None if message.get("is_topic_message") else message.get("message_thread_id")
    return tuple(dict.fromkeys(str(number) for number in (replied, first) if number))


def _way(message: Mapping[str, Any], *, is_press: bool = False) -> Way | None:
    chat = message.get("chat") or {}
    if not isinstance(chat.get("id"), int) or not isinstance(message.get("message_id"), int):
        return None
    return Way(
        chat_id=chat["id"],
        topic=message.get("message_thread_id") if message.get("is_topic_message") else None,
        message_id=message["message_id"],
        is_private=chat.get("type") == "private",
        is_press=is_press,
    )


def _question(name: str, person: Mapping[str, Any], way: Way, via: Any, text: str, under: tuple[str, ...]) -> Question:
    return Question(
        id=name,
        chat="telegram",
        person=str(person.get("id")),
        place={"chat_id": way.chat_id} | ({"topic": way.topic} if way.topic else {}),
        is_private=way.is_private,
        is_overheard=not way.is_private,
        own_place={"chat_id": person.get("id")},
        via=via,
        message=str(way.message_id),
        under=under,
        text=text,
        language=str(person.get("language_code") or "").partition("-")[0] or None,
    )
