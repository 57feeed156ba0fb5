"""`orderwatch outbox`: messages that are owed, and what became of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from bot.cli._config import read_config, read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._output import complain, say, say_json, say_table
from bot.cli._store import ask
from bot.cli._times import shown
from bot.core.waits import Waits, waits_of
from bot.errors import ConfigError
from bot.model.moment import from_instant
from bot.model.outbox import Destination, Notification, State
from bot.ports import Views
from bot.storage import doors
from bot.storage.redrive import Chosen

_Key = tuple[str | None, str | None]
"""Source and key of an order."""
_UNFINISHED = (State.PENDING, State.SENDING, State.DEAD)


@click.group()
@common_options
def command(invocation: Invocation) -> None:
    """See the outbox, messages owed to destinations. Send them again, or end them."""


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
    """List notifications by id. They are those still owed and those given up, unless --state says otherwise."""
    store = read_store(invocation)
    wanted = tuple(map(State, states)) or _UNFINISHED

    async def question(views: Views) -> tuple[Sequence[Notification], int, Mapping[_Key, str]]:
        counts = await views.counts()
        total = sum(counts.get(state, 0) for state in set(wanted))
        rows = await views.notifications(after_id=after, states=wanted, limit=limit + 1)
        return rows, total, await _numbers(views, rows)

    more, total, numbers = ask(store.database, question)
    found = more[:limit]
    if not found:
        complain(f"no notification is {' or '.join(wanted)}")
        return Exit.NOTHING
    if len(more) > limit:
        complain(f"{len(found):,} of {total:,} notifications; for the next: --after {found[-1].id}")
    places, now = _places(invocation), datetime.now(UTC)
    open_ones = (one for one in found if one.state is State.PENDING)
    waits = {one.id: it for one in open_ones if (it := waits_of(one, places.get(one.destination), now))}
    if invocation.json:
        for one in found:
            waiting = waits.get(one.id)
            why = {"waits_for": waiting.what, "waits_until": waiting.until} if waiting else {}
            say_json(one.model_dump(mode="json") | why)
    else:
        _print(found, numbers, waits, store.timezone, color=invocation.color)
    return Exit.DONE


async def _numbers(views: Views, rows: Sequence[Notification]) -> Mapping[_Key, str]:
    """What people call the orders of these notifications."""
    keys = {one.order for one in rows if one.order}
    orders = [found.order for key in keys for found in await views.find_orders(key)]
    return {(order.source, order.key): order.number for order in orders}


def _places(invocation: Invocation) -> Mapping[str, Destination]:
    """The destinations of the config; none where it cannot be used here, for want of a token for example."""
    try:
        return read_config(invocation).destinations
    except ConfigError:
        return {}


_CHOICE = (
    click.argument("ids", nargs=-1, type=click.IntRange(min=1), metavar="[ID]..."),
    click.option("--destination", metavar="NAME", help="Every one of this destination."),
    click.option("--all", "everything", is_flag=True, help="Every one there is."),
)


def _choosing(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_CHOICE):
        function = option(function)
    return function


@command.command("retry")
@_choosing
@common_options
def retry(invocation: Invocation, ids: tuple[int, ...], destination: str | None, everything: bool) -> int:
    """Send again what was given up, in order. What waits after a failure is tried at once.

    Works while the bot runs, which takes them up within half a minute; else the next start does. Parts that arrived
    are not sent again.
    """
    chosen = _chosen(ids, destination, everything)
    done = doors.retry(read_store(invocation).database, chosen)
    return _report(invocation, done, chosen, "will be sent again", "is dead, or waits after a failure")


@command.command("drop")
@_choosing
@common_options
def drop(invocation: Invocation, ids: tuple[int, ...], destination: str | None, everything: bool) -> int:
    """End messages that need not be sent any more. What is being sent right now is left alone."""
    chosen = _chosen(ids, destination, everything)
    done = doors.drop(read_store(invocation).database, chosen, from_instant(datetime.now(UTC)))
    return _report(invocation, done, chosen, "will not be sent", "waits or is dead")


@command.command("doubt")
@_choosing
@common_options
def doubt(invocation: Invocation, ids: tuple[int, ...], destination: str | None, everything: bool) -> int:
    """Say that what is owed may have been sent already. So it is after going back to an older copy of the database.

    They are looked for in the chat, or say that they may be a repeat. `restore` does it by itself, and so does a bot on
    PostgreSQL that finds itself on a restored database or a standby that took over. What shows nowhere is that a disk
    was put back: then stop the bot, and say it here.
    """
    chosen = _chosen(ids, destination, everything)
    done = doors.doubt(read_store(invocation).database, chosen)
    return _report(invocation, done, chosen, "will be looked for, or sent as a possible repeat", "is owed")


def _chosen(ids: tuple[int, ...], destination: str | None, everything: bool) -> Chosen:
    if [bool(ids), destination is not None, everything].count(True) != 1:
        raise click.UsageError("say which: ids as `outbox list` shows them, or --destination NAME, or --all")
    return Chosen(ids, destination)


def _report(invocation: Invocation, done: Sequence[int], chosen: Chosen, what: str, wanted: str) -> int:
    if invocation.json:
        say_json({"ids": list(done)})
    elif done:
        say(f"{', '.join(map(str, done))} {what}")
    for other in sorted(set(chosen.ids) - set(done)):
        complain(f"notification {other} is left as it is: there is none that {wanted}")
    if not done and not chosen.ids:
        complain(f"no notification {wanted}")
    return Exit.DONE if done else Exit.NOTHING


def _print(
    found: Sequence[Notification], numbers: Mapping[_Key, str], waits: Mapping[int, Waits], zone: str, *, color: bool
) -> None:
    rows = [
        (
            str(one.id),
            one.state.value,
            one.destination,
            " at ".join(filter(None, (numbers.get((one.source, one.order), one.order), one.source))),
            ", ".join(one.kinds),
            shown(one.created_at, zone),
            "; ".join(filter(None, (one.reason, _waiting(waits.get(one.id), zone)))),
        )
        for one in found
    ]
    say_table(("id", "state", "destination", "order", "kinds", "created", "reason"), rows, color=color)


def _waiting(waits: Waits | None, zone: str) -> str:
    return f"{waits.what} until {shown(waits.until, zone)}" if waits else ""
