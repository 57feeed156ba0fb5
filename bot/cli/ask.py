"""`orderwatch ask`: what one can ask in chat, asked here."""

import re

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options

_LESS_THAN_NOTHING = re.compile(r"-\d")


class _Words(click.Command):
    """A command whose words may begin with a minus: `due -1` and `mute 45001234 -1h` are for the desk to answer."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, to which nothing that begins with a blank is an option."""
        return super().parse_args(ctx, [f" {word}" if _LESS_THAN_NOTHING.match(word) else word for word in args])


@click.command(cls=_Words, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
@click.option("--to", metavar="DESTINATION", help="The place that `here` means, such as for watch and mute.")
@common_options
def command(invocation: Invocation, words: tuple[str, ...], to: str | None) -> int:
    """Ask about orders as in chat: orderwatch ask status 45001234.

    `orderwatch ask help` shows everything that can be asked. Answers come from the store, also while the bot runs.
    Only the bot itself asks a source (`check`). Exits with 4 where no order matches, with 2 where the question was not
    understood, and with 1 where what it asks cannot be done from here.
    """
    said = [word.strip() for word in words]
    return put(invocation, said[0] if len(said) == 1 else " ".join(map(quoted, said)), to=to)
