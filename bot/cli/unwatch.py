"""`orderwatch unwatch`: end what watch began."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import order_argument
from bot.model.command import Verb


@click.command()
@order_argument()
@click.option("--to", required=True, metavar="DESTINATION", help="Who is told no more.")
@common_options
def command(invocation: Invocation, order: str, to: str) -> int:
    """Follow ORDER no more for a destination. Watchlists of the config stay as they are."""
    return put(invocation, f"{Verb.UNWATCH.value} {quoted(order)}", to=to)
