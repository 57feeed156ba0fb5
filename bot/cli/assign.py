"""`orderwatch assign`: who takes care of an order."""

import click

from bot.cli._desk import put, quoted
from bot.cli._invocation import Invocation, common_options
from bot.model.command import Verb


@click.command()
@click.argument("order")
@click.argument("person")
@common_options
def command(invocation: Invocation, order: str, person: str) -> int:
    """Let messages about ORDER call PERSON and nobody else.

    PERSON is an id such as U0123456789, or @name in Telegram.
    """
    return put(invocation, f"{Verb.ASSIGN.value} {quoted(order)} {quoted(person)}")
