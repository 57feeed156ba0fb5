"""`orderwatch orders purge`: erase one order."""

from datetime import UTC, datetime

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, printable, say, say_json
from bot.cli._store import ask
from bot.model.moment import from_instant
from bot.storage.doors import purge


@click.command("purge")
@click.argument("number")
@click.option("--source", help="The source of the order, where several have this number.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
def command(invocation: Invocation, number: str, source: str | None, yes: bool) -> int:
    """Erase the order with this number: snapshots, changes, and the words of what was told about it.

    The bot must not be running. An order that watchlists.yaml still follows is found anew, so take it out first.
    Messages in chats and copies of the database made before are not touched.
    """
    store = read_store(invocation)
    found = [each.order for each in ask(store.database, lambda views: views.find_orders(number))]
    found = [order for order in found if source in (None, order.source)]
    if len(found) != 1:
        complain(f"no order has the number {number}" if not found else f"several orders have the number {number}:")
        for order in found:
            complain(f"  {order.number} at {order.source}")
        return Exit.NOTHING
    order = found[0]
    if not yes:
        click.confirm(printable(f"Erase {order.number} at {order.source} for ever?"), abort=True, err=True)
    now = from_instant(datetime.now(UTC))
    gone = purge(store.database, order.source, order.key, holder="orderwatch orders purge", at=now)
    if invocation.json:
        say_json({"source": order.source, "key": order.key, **gone})
    else:
        rows = ", ".join(f"{count} of {table}" for table, count in gone.items() if count)
        say(f"{order.number} at {order.source} is erased: {rows}")
    return Exit.DONE
