"""`orderwatch members`: who came in by an invite, and letting them go."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json, say_table
from bot.cli._store import beside
from bot.model.database import Database
from bot.ports import Talks

_T = TypeVar("_T")


@click.group(invoke_without_command=True)
@common_options
def command(invocation: Invocation) -> int | None:
    """See who came in by an invite; without a command, list them. Those in the config stand there."""
    return _list(invocation) if click.get_current_context().invoked_subcommand is None else None


@command.command("list")
@common_options
def list_(invocation: Invocation) -> int:
    """List them."""
    return _list(invocation)


def _list(invocation: Invocation) -> int:
    found = _ask(read_store(invocation).database, lambda talks: talks.members())
    if not found:
        complain("nobody came in by an invite")
        return Exit.NOTHING
    if invocation.json:
        for one in found:
            say_json(one.model_dump(mode="json"))
        return Exit.DONE
    rows = [
        (
            one.chat,
            one.person or one.place or "",
            "person" if one.person else "place",
            one.role.value,
            ", ".join((*(one.sources or ()), *(one.watchlists or ()))) or "everything",
        )
        for one in found
    ]
    say_table(("chat", "id", "what", "role", "sees"), rows, color=invocation.color)
    return Exit.DONE


@command.command("remove")
@click.argument("chat")
@click.argument("id_", metavar="ID")
@common_options
def remove(invocation: Invocation, chat: str, id_: str) -> int:
    """Let a person or place go. What they follow is not sent to them any more, within seconds."""
    if not _ask(read_store(invocation).database, lambda talks: talks.dismiss(chat, id_)):
        complain(f"nobody with the id {id_} came into {chat} by an invite")
        return Exit.NOTHING
    say(f"{id_} in {chat} may not ask any more")
    return Exit.DONE


def _ask(database: Database, question: Callable[[Talks], Awaitable[_T]]) -> _T:
    async def ask() -> _T:
        async with beside(database) as store:
            return await question(store.talks)

    return asyncio.run(ask())
