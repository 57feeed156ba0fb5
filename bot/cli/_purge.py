"""`orderwatch orders purge`: erase one order."""

from datetime import UTC, datetime

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import find, order_argument
from bot.cli._output import complain, printable, say, say_json
from bot.cli._store import ask
from bot.model.moment import from_instant
from bot.storage.doors import purge


@click.command("purge")
@order_argument()
@click.option("--source", help="The source of the order, where several have this number.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
def command(invocation: Invocation, order: str, source: str | None, yes: bool) -> int:
    """Erase the order with this number. Its snapshots and changes go, and the words of what was told about it.

    The bot must not be running. An order that watchlists.yaml still follows is found anew, so take it out first.
    Messages in chats and copies of the database made before are not touched.
    """
    store = read_store(invocation)
    found = [each.order for each in ask(store.database, lambda views: find(views, order))]
    found = [each for each in found if source in (None, each.source)]
    if len(found) != 1:
        complain(f"no order has the number {order}" if not found else f"several orders have the number {order}:")
        for each in found:
            complain(f"  {each.number} at {each.source}")
        return Exit.NOTHING
    (doomed,) = found
    if not yes and not _is_sure(f"Erase {doomed.number} at {doomed.source} for ever?"):
        complain("nothing was erased; --yes erases without asking")
        return Exit.INTERRUPTED
    now = from_instant(datetime.now(UTC))
    gone = purge(store.database, doomed.source, doomed.key, holder="orderwatch orders purge", at=now)
    if invocation.json:
        say_json({"source": doomed.source, "key": doomed.key, **gone})
    else:
        rows = ", ".join(f"{count} of {table}" for table, count in gone.items() if count)
        say(f"{doomed.number} at {doomed.source} is erased: {rows}")
    return Exit.DONE


def _is_sure(question: str) -> bool:
    try:
        return click.confirm(printable(question), err=True)
    except click.Abort:  # Ctrl-C, or nobody there who could answer
        complain("")
        return False
