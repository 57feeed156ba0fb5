"""Questions about many orders, and about where orders come from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.core import answers_about, answers_lists
from bot.core.phrases import Answer, Reading
from bot.core.promise import day_bounds, days_after
from bot.desk.room import Room, Visit, reading
from bot.desk.seeking import folded
from bot.model.command import Command
from bot.model.moment import from_instant
from bot.model.talk import ChatWatch
from bot.model.view import Extent, Selection


async def listing(room: Room, one: Visit) -> Answer | None:
    """A page of orders."""
    catalogue = room.catalogue
    sources, watchlists = [extent.source for extent in one.extents], catalogue.open_watchlists(one.rights)
    one = replace(one, command=with_known_watchlist(one.command, watchlists))
    command = one.command
    if command.source is not None and command.source not in sources:
        return answers_about.no_such_list("source", command.source, sources)
    if command.watchlist is not None and command.watchlist not in watchlists:
        return answers_about.no_such_list("watchlist", command.watchlist, watchlists)
    read = await reading(room, one)
    size = answers_lists.PAGE
    extents = (*_extents(room, one, read), *await _assigned(room, one)) if command.mine else _extents(room, one, read)
    selected = await room.views.select(
        _selection(command, _by_source(extents), read), limit=size, offset=(command.page - 1) * size
    )
    return answers_lists.listing(command, selected, read, await _unknown_yet(room, one, read))


async def sources(room: Room, one: Visit) -> Answer | None:
    """The sources that may be seen, and whether they answer."""
    read = await reading(room, one)
    counts = {}
    for name in read.labels:
        extents = tuple(extent for extent in one.extents if extent.source == name)
        counts[name] = (await room.views.select(Selection(extents), limit=1)).total
    return answers_about.sources(counts, read)


async def _unknown_yet(room: Room, one: Visit, read: Reading) -> list[ChatWatch]:
    """What the reader follows though its source has not shown it; where a list is of everything they follow."""
    command = one.command
    if not command.mine or command.which != "all" or command.stage or command.watchlist:
        return []
    mine = [watch for watch in read.watches if command.source in (None, watch.source)]
    shown = await room.views.select(Selection(_extents(room, one, read)), limit=len(mine) or 1)
    known = {(row.source, row.key) for row in shown.rows}
    return [watch for watch in mine if (watch.source, watch.key) not in known]


def with_known_watchlist(command: Command, known: Sequence[str]) -> Command:
    """The command with the name of its watchlist as the config has it."""
    name = next((name for name in known if folded(name) == folded(command.watchlist)), command.watchlist)
    return command.model_copy(update={"watchlist": name})


def _extents(room: Room, one: Visit, read: Reading) -> tuple[Extent, ...]:
    command = one.command
    if command.mine:
        keys: dict[str, set[str]] = {}
        for watch in read.watches:
            if command.source in (None, watch.source):
                keys.setdefault(watch.source, set()).add(watch.key)
        return tuple(Extent(source, keys=frozenset(each)) for source, each in keys.items())
    if command.watchlist is not None:
        return room.catalogue.extents(one.rights, source=command.source, watchlist=command.watchlist)
    return tuple(extent for extent in one.extents if command.source in (None, extent.source))


async def _assigned(room: Room, one: Visit) -> list[Extent]:
    """The orders that the reader takes care of, as far as they may be seen."""
    found = []
    for each in room.following.assignments.values():
        is_mine = (each.chat, each.person) == (one.question.chat, one.question.person)
        if is_mine and one.command.source in (None, each.source):
            extents = [extent for extent in one.extents if extent.source == each.source]
            if any(order.snapshot.order.key == each.key for order in await room.views.seek([each.key], extents)):
                found.append(Extent(each.source, keys=frozenset({each.key})))
    return found


def _by_source(extents: Sequence[Extent]) -> tuple[Extent, ...]:
    """Extents that name orders alone as one of each source, so that no order is in two."""
    named = [extent for extent in extents if extent.keys and not (extent.is_whole or extent.scopes)]
    if len(named) != len(extents):
        return tuple(extents)
    keys: dict[str, frozenset[str]] = {}
    for extent in named:
        keys[extent.source] = keys.get(extent.source, frozenset()) | extent.keys
    return tuple(Extent(source, keys=each) for source, each in keys.items())


def _selection(command: Command, extents: tuple[Extent, ...], read: Reading) -> Selection:
    today = read.now.astimezone(read.zone).date()
    due_before = due_from = unchanged_since = None
    match command.which:
        case "late":
            due_before = day_bounds(days_after(today, 1 - (command.days or 1)), read.zone)
        case "due":
            due_from = day_bounds(today, read.zone)
            due_before = day_bounds(days_after(today, command.days or answers_lists.DUE_DAYS), read.zone)
        case "stuck" if command.days:
            unchanged_since = from_instant(read.now - timedelta(days=command.days))
        case "all" | "stuck" | "muted" | "exceptions":
            pass
    return Selection(
        extents,
        command.stage,
        due_before,
        due_from,
        unchanged_since,
        is_stuck=command.which == "stuck" and not command.days,
        waits_for_somebody=command.which == "exceptions",
    )
