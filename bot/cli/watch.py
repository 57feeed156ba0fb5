"""`orderwatch watch`: follow one more order, without touching the config."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import order_argument
from bot.model.command import Verb


@click.command()
@order_argument()
@click.option("--to", required=True, metavar="DESTINATION", help="Who is told when it changes.")
@click.option("--at", "source", metavar="SOURCE", help="Where it is, if more than one source may know it.")
@click.option("--name", help="What you call it.")
@common_options
def command(invocation: Invocation, order: str, to: str, source: str | None, name: str | None) -> int:
    """Tell a destination when ORDER changes. A running bot begins within seconds."""
    at = f" at {quoted(source)}" if source else ""
    called = f" as {name}" if name else ""
    return put(invocation, f"{Verb.WATCH.value} {quoted(order)}{at}{called}", to=to)
