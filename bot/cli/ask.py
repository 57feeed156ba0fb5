"""`orderwatch ask`: what one can ask in chat, asked here."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options


@click.command(context_settings={"ignore_unknown_options": True})  # `due -1` is for the desk to answer
@click.argument("words", nargs=-1)
@common_options
def command(invocation: Invocation, words: tuple[str, ...]) -> int:
    """Ask about orders as in chat: orderwatch ask status 45001234.

    `orderwatch ask help` shows everything that can be asked. Answers come from the store, also while the bot runs.
    Exits with 4 where no order matches, and with 2 where the question was not understood.
    """
    return put(invocation, words[0] if len(words) == 1 else " ".join(map(quoted, words)))
