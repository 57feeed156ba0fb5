"""The desk at the terminal: the same questions and answers as in chat, for whoever sits at the machine."""

import asyncio
import difflib
import uuid
from dataclasses import replace
from functools import partial

import click

from bot import registry
from bot.cli._config import read_config
from bot.cli._exit import Exit
from bot.cli._fleet import have_workers
from bot.cli._invocation import Invocation
from bot.cli._output import complain, say, say_json
from bot.cli._store import beside_with
from bot.clock import SystemClock
from bot.config.load import Config
from bot.desk.asking import FrontDesk
from bot.desk.room import Room
from bot.loops.following import TERMINAL, Following
from bot.model.command import Question, Reply
from bot.model.message import Message
from bot.model.outbox import Destination


def put(invocation: Invocation, text: str, *, to: str | None = None) -> int:
    """Ask, print the answer, and return the exit code of its outcome.

    `to` is the destination that a watch or mute is about.
    """
    config = read_config(invocation)
    reply = asyncio.run(_ask(config, text, None if to is None else destination(config, to)))
    if reply is None:
        complain("there is no answer to that")
        return Exit.NOTHING
    if invocation.json:
        say_json(reply.model_dump(mode="json", exclude={"buttons", "replaces", "is_public"}))
    else:
        for message in reply.messages:
            _print(message, reply.timezone)
    return _ENDED.get(reply.outcome, Exit.DONE)


_ENDED = {
    "not_found": Exit.NOTHING,
    "in_part": Exit.NOTHING,
    "empty": Exit.NOTHING,
    "unchanged": Exit.NOTHING,
    "misread": Exit.USAGE,
    "ambiguous": Exit.USAGE,
    "not_allowed": Exit.FAILED,
    "not_asked": Exit.FAILED,
}
"""Exit code by outcome; whatever else is an answer."""


def destination(config: Config, name: str) -> Destination:
    """A destination of the config. Raises BadParameter with the nearest one."""
    if name not in config.destinations:
        near = difflib.get_close_matches(name, config.destinations)
        known = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(config.destinations)}"
        raise click.BadParameter(f"there is no destination '{name}'; {known}", param_hint="--to")
    return config.destinations[name]


def quoted(text: str) -> str:
    """Words that stay together in a question."""
    return f'"{text}"' if " " in text else text


async def _ask(config: Config, text: str, place: Destination | None) -> Reply | None:
    clock = SystemClock()
    async with beside_with(config) as (store, known):
        lines = {label: f"{config.path.name}:{line}" for label, line in config.lines.items()}
        known = replace(known, lines=lines)
        following = Following(store, store.talks, clock, known, {})
        await following.refresh()
        question = Question(
            id=str(uuid.uuid4()),
            chat=place.chat if place else TERMINAL,
            person=TERMINAL,
            place=place.address if place else {},
            via="cli",
            text=text,
            timezone=config.timezone,
        )
        workers = partial(have_workers, config.database)
        room = Room(known, store, store.talks, following, {}, clock, have_workers=workers)
        return await FrontDesk(room).answer(question)


def _print(message: Message, timezone: str) -> None:
    chat = registry.chat_module("console")
    console = chat.build(chat.Settings(), SystemClock())
    for part in console.compose(message, Destination(name=TERMINAL, chat="console", timezone=timezone)):
        for line in part.plain.split("\n"):
            say(line)
