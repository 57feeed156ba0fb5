"""`orderwatch snooze`: news that is told later, by what it came to."""

import click

from bot.cli._desk import put
from bot.cli._invocation import Invocation, common_options
from bot.cli._mutes import question, until_when, which_news
from bot.model.command import Verb


@click.command()
@click.argument("what", nargs=-1, metavar="[ORDER] [HOW_LONG]")
@which_news
@until_when
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
) -> int:
    """Keep news of ORDER, a watchlist or a kind for HOW_LONG. Then, after 1h or 2d, it is told by what it came to.

    Urgent news is told at once. `orderwatch mute --list` shows what is kept, `orderwatch unmute` ends it.
    """
    asks = question(Verb.SNOOZE, what, watchlist=watchlist, kind=kind, is_all=is_all, until=until, note=note)
    return put(invocation, asks, to=to)
