"""`orderwatch unmute`: end what mute began."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.model.command import Verb


@click.command()
@click.argument("order")
@click.option("--to", required=True, metavar="DESTINATION", help="Who is told again.")
@common_options
def command(invocation: Invocation, order: str, to: str) -> int:
    """Let news of ORDER come to a destination again."""
    return put(invocation, f"{Verb.UNMUTE.value} {quoted(order)}", to=to)
