"""`orderwatch outbox`: messages that are owed, and what became of them."""

from collections.abc import Sequence

import click

from bot.cli._config import read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say_json, say_table
from bot.cli._store import ask
from bot.cli._times import shown
from bot.model.outbox import Notification, State

_UNFINISHED = (State.PENDING, State.SENDING, State.DEAD)


@click.group()
@common_options
def command(invocation: Invocation) -> None:
    """See the outbox: messages owed to destinations."""


@command.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only this state; may be given more than once.  [default: pending, sending, dead]",
)
@click.option("--after", default=0, metavar="ID", help="Only later ones.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@common_options
def list_(invocation: Invocation, states: tuple[str, ...], after: int, limit: int) -> int:
    """List notifications by id: those still owed and those given up, unless --state says otherwise."""
    store = read_store(invocation)
    wanted = tuple(map(State, states)) or _UNFINISHED
    found = ask(store.database, lambda views: views.notifications(after_id=after, states=wanted, limit=limit))
    if not found:
        complain(f"no notification is {' or '.join(wanted)}")
        return Exit.NOTHING
    if invocation.json:
        for one in found:
            say_json(one.model_dump(mode="json"))
    else:
        _print(found, store.timezone, color=invocation.color)
    return Exit.DONE


def _print(found: Sequence[Notification], zone: str, *, color: bool) -> None:
    rows = [
        (
            str(one.id),
            one.state.value,
            one.destination,
            f"{one.source or ''} {one.order or ''}".strip(),
            ", ".join(one.kinds),
            shown(one.created_at, zone),
            one.reason or "",
        )
        for one in found
    ]
    say_table(("id", "state", "destination", "order", "kinds", "created", "reason"), rows, color=color)
