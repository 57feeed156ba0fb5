"""`orderwatch unassign`: nobody in particular takes care of an order any more."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import order_argument
from bot.model.command import Verb


@click.command()
@order_argument()
@common_options
def command(invocation: Invocation, order: str) -> int:
    """End what `assign` began for ORDER."""
    return put(invocation, f"{Verb.UNASSIGN.value} {quoted(order)}")
