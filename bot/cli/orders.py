"""`orderwatch orders`: what is known of watched orders, from the store alone."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from bot import pictures
from bot.cli import _export, _import, _purge
from bot.cli._config import read_config, read_store
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation, common_options
from bot.cli._named import find, next_looks, not_seen_yet, order_argument
from bot.cli._order_words import change_words, order_words
from bot.cli._output import complain, opened, say, say_json, say_table
from bot.cli._store import ask, strange
from bot.cli._times import age, shown
from bot.core.timeline import timeline
from bot.errors import ConfigError, OrderwatchError
from bot.model.database import Database
from bot.model.moment import Moment
from bot.model.order import Snapshot, Stage
from bot.model.poll import Health, Payload
from bot.model.view import ChangeRow, OrderRow
from bot.ports import Views


@click.group()
@common_options
def command(invocation: Invocation) -> None:
    """Look at watched orders as they were last seen."""


command.add_command(_export.command)
command.add_command(_import.command)
command.add_command(_purge.command)


@command.command("list")
@click.option("--source", help="Only orders of this source.")
@click.option("--stage", type=click.Choice([stage.value for stage in Stage]), help="Only orders this far.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@click.option("--page", default=1, show_default=True, type=click.IntRange(min=1), help="Which page of --limit orders.")
@click.option("--archived", is_flag=True, help="Those that are over for long and left the lists.")
@common_options
def list_(invocation: Invocation, source: str | None, stage: str | None, limit: int, page: int, archived: bool) -> int:
    """List orders, last changed first."""
    store = read_store(invocation)
    wanted, offset = Stage(stage) if stage else None, (page - 1) * limit

    async def question(views: Views) -> tuple[Sequence[OrderRow], int]:
        rows = await views.orders(source=source, stage=wanted, limit=limit, offset=offset, archived=archived)
        return rows, await views.count_orders(source=source, stage=wanted, archived=archived)

    found, total = ask(store.database, question)
    if not found:
        none = strange(store.database, source) or "no order matches"
        complain(f"there is no page {page} of {total:,} orders" if total else none)
        return Exit.NOTHING
    if offset + len(found) < total:
        complain(f"{offset + 1:,} to {offset + len(found):,} of {total:,} orders; for the next: --page {page + 1}")
    if invocation.json:
        for row in found:
            say_json(asdict(row))
        return Exit.DONE
    rows = [
        (
            row.number,
            row.reference or "",
            row.status + (" (no longer listed)" if row.vanished else ""),
            shown(row.due or row.delivery_promised, store.timezone),
            ", ".join(row.tracking),
            row.source,
            shown(row.changed_at, store.timezone),
        )
        for row in found
    ]
    say_table(
        ("order", "reference", "status", "delivery", "tracking", "source", "changed"), rows, color=invocation.color
    )
    return Exit.DONE


@command.command("show")
@order_argument()
@click.option("--raw", is_flag=True, help="What the source itself said, byte for byte.")
@common_options
def show(invocation: Invocation, order: str, raw: bool) -> int:
    """Show the order with this number. Its purchase order or a tracking number will do."""
    store = read_store(invocation)
    if raw:
        return _show_raw(invocation, store.database, order)

    async def question(views: Views) -> tuple[Sequence[Snapshot], dict[str, Health], dict[tuple[str, str], Moment]]:
        found = await find(views, order)
        looks: dict[tuple[str, str], Moment] = {}
        with suppress(ConfigError):  # the store can be read where tokens are not at hand
            looks = await next_looks(read_config(invocation), views, found)
        return found, {health.source: health for health in await views.healths()}, looks

    found, healths, looks = ask(store.database, question)
    if not found:
        return _unknown(invocation, order)
    now = datetime.now(UTC)
    for snapshot in found:
        health = healths.get(snapshot.order.source)
        answered = _later(snapshot.seen_at, health.last_ok_at if health else None)
        next_look = looks.get((snapshot.order.source, snapshot.order.key))
        if invocation.json:
            said = {"source_answered_at": answered, "next_look_at": next_look}
            say_json({**snapshot.model_dump(mode="json"), **said})
            continue
        for line in order_words(snapshot.order, store.timezone):
            say(line)
        seen = f"version {snapshot.seq} seen {shown(snapshot.seen_at, store.timezone)}, {age(snapshot.seen_at, now)}"
        by = f"; next look by {shown(next_look, store.timezone)}" if next_look else ""
        say(f"{seen}; {snapshot.order.source} last answered {age(answered, now)}{by}")
    return Exit.DONE


@command.command("history")
@order_argument()
@click.option("--limit", default=200, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw how long it was where, as a PNG."
)
@common_options
def history(invocation: Invocation, order: str, limit: int, picture: Path | None) -> int:
    """Show every change of an order, newest first, and who was told."""
    if picture is not None and not pictures.can_draw():
        raise OrderwatchError(f"nothing here can draw; install it first: {pictures.INSTALL}")
    store = read_store(invocation)

    async def question(views: Views) -> tuple[Sequence[Snapshot], list[ChangeRow]]:
        found = await find(views, order)
        orders = [snapshot.order for snapshot in found]
        histories = [await views.history(each.source, each.key, limit=limit + 1) for each in orders]
        if any(len(rows) > limit for rows in histories):
            complain(f"these are the last {limit} changes; for older ones: --limit {limit * 10}")
        return found, [row for rows in histories for row in rows[:limit]]

    found, changes = ask(store.database, question)
    if not found:
        return _unknown(invocation, order)
    if picture is not None:
        _draw(found[0], changes, picture)
    if not changes:
        complain(f"{found[0].order.number} has not changed since it is watched")
        return Exit.NOTHING
    if invocation.json:
        for row in changes:
            say_json(asdict(row))
        return Exit.DONE
    names = {(each.order.source, each.order.key): f"{each.order.number} at {each.order.source}" for each in found}
    rows = [
        (shown(row.seen_at, store.timezone), names[row.source, row.key], change_words(row.change), ", ".join(row.told))
        for row in changes
    ]
    say_table(("seen", "order", "change", "told"), rows, color=invocation.color)
    return Exit.DONE


def _draw(known: Snapshot, changes: Sequence[ChangeRow], picture: Path) -> None:
    order = known.order
    mine = [row for row in changes if (row.source, row.key) == (order.source, order.key)]
    line = timeline(known, mine, datetime.now(UTC))
    drawn = pictures.timeline(order.number, line.steps, line.marks, line.days)
    with opened(picture) as file:
        file.write(drawn)
    complain(f"{line.words}; drawn to {picture}")


def _later(seen: Moment, answered: Moment | None) -> Moment:
    """When a source answered last: what it said of an order is an answer that may not be counted yet."""
    return seen if answered is None else max(seen, answered)


def _show_raw(invocation: Invocation, database: Database, name: str) -> int:
    async def question(views: Views) -> tuple[int, list[Payload]]:
        found = await find(views, name)
        kept = [await views.payload(one.order.source, one.order.key, one.seq) for one in found]
        return len(found), [payload for payload in kept if payload]

    orders, payloads = ask(database, question)
    if not orders:
        return _unknown(invocation, name)
    if not payloads:
        complain("what the source said is kept no more; see retention.raw in watchlists.yaml")
        return Exit.NOTHING
    for payload in payloads:
        click.echo(payload.body)
    return Exit.DONE


def _unknown(invocation: Invocation, name: str) -> int:
    with suppress(ConfigError):  # the store can be read where tokens are not at hand
        if named := asyncio.run(not_seen_yet(read_config(invocation), name)):
            source, written = named
            waits = "it waits for its first look, or is not known there"
            complain(f"{written} is watched, and {source} has shown nothing of it yet; {waits}")
            return Exit.NOTHING
    complain(f"no watched order, purchase order or parcel has the number {name}")
    return Exit.NOTHING
