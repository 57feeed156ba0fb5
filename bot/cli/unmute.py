"""`orderwatch unmute`: end what mute or snooze began."""

import click

from bot.cli._desk import put
from bot.cli._invocation import Invocation, common_options
from bot.cli._mutes import question, which_news
from bot.cli._named import order_argument
from bot.model.command import Verb


@click.command()
@order_argument(required=False)
@which_news
@common_options
def command(
    invocation: Invocation, order: str | None, to: str | None, watchlist: str | None, kind: str | None, *, is_all: bool
) -> int:
    """Let news of ORDER, a watchlist or a kind be told again. Name just what was muted."""
    what = (order,) if order else ()
    return put(invocation, question(Verb.UNMUTE, what, watchlist=watchlist, kind=kind, is_all=is_all), to=to)
