"""`orderwatch mute`: no news of an order at a destination, for a while."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.model.command import Verb


@click.command()
@click.argument("order")
@click.argument("how_long", metavar="HOW_LONG")
@click.option("--to", required=True, metavar="DESTINATION", help="Who is not told.")
@common_options
def command(invocation: Invocation, order: str, how_long: str, to: str) -> int:
    """Hold back news of ORDER from a destination for HOW_LONG: 1h, 1d, or `change` for until its status changes.

    What happens meanwhile stays in its history.
    """
    end = "until change" if how_long == "change" else how_long
    return put(invocation, f"{Verb.MUTE.value} {quoted(order)} {end}", to=to)
