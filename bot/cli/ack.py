"""`orderwatch ack`: somebody has seen what is wrong with an order."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import order_argument
from bot.model.command import Verb


@click.command()
@order_argument()
@click.option("--note", metavar="WHAT", help="What is done about it; shown with the order.")
@common_options
def command(invocation: Invocation, order: str, note: str | None) -> int:
    """Acknowledge what is wrong with ORDER. No more reminders come, and nobody else is told."""
    noted = f" note {note}" if note else ""
    return put(invocation, f"{Verb.ACK.value} {quoted(order)}{noted}")
