"""`orderwatch mute`: news that is not told for a while."""

import click

from bot.cli._desk import put
from bot.cli._invocation import Invocation, common_options
from bot.cli._mutes import question, until_when, which_news
from bot.model.command import Verb


@click.command()
@click.argument("what", nargs=-1, metavar="[ORDER] [HOW_LONG]")
@which_news
@until_when
@click.option("--list", "is_list", is_flag=True, help="Show what is muted or snoozed: who, what, until when and why.")
@common_options
def command(
    invocation: Invocation,
    what: tuple[str, ...],
    to: str | None,
    watchlist: str | None,
    kind: str | None,
    until: str | None,
    note: str | None,
    *,
    is_all: bool,
    is_list: bool,
) -> int:
    """Do not tell news of ORDER, a watchlist or a kind for a while.

    HOW_LONG is 1h, 2d, or `change` for until the status of the order changes. What happens meanwhile stays in
    its history. Without a time, a watchlist or kind is muted until `unmute`.
    """
    if is_list:
        return put(invocation, "list muted")
    asks = question(Verb.MUTE, what, watchlist=watchlist, kind=kind, is_all=is_all, until=until, note=note)
    return put(invocation, asks, to=to)
