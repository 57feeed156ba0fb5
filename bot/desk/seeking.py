"""Which orders are meant: by their own names, or by what the reader calls them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.core.catalogue import Catalogue
from bot.desk.room import Room, Visit
from bot.loops.following import TERMINAL
from bot.model.command import Command
from bot.model.talk import ChatWatch
from bot.model.view import Extent, Found

_ZEROS_IN_FRONT = re.compile(r"(^|/)0+")


@dataclass(frozen=True, slots=True)
class Sought:
    """What came of looking for the orders of a question."""

    found: Sequence[Found]
    strange: tuple[str, ...] = ()
    """Words beside them that name no order."""


async def find(room: Room, one: Visit) -> Sequence[Found]:
    """The orders that are asked about, as far as they may be seen; none where another word names no order."""
    sought = await look_for(room, one)
    return () if sought.strange else sought.found


async def look_for(room: Room, one: Visit) -> Sought:
    """The orders that are asked about: what all words together name, else what each of them does.

    What is asked of the store depends on the words alone, not on what there is or may be seen.
    """
    names, source = one.command.names, one.command.source
    extents = [extent for extent in one.extents if source in (None, extent.source)]
    whole, *single = names
    by_name = [await _named(room, one, extents, name) for name in names]
    if by_name[0] or not single:
        return Sought(by_name[0])
    found = {(each.snapshot.order.source, each.snapshot.order.key): each for some in by_name for each in some}
    strange = tuple(name for name, some in zip(single, by_name[1:], strict=True) if not some)
    is_sentence = one.command.in_passing and set(whole.split()) != set(single)
    return Sought(tuple(found.values()), () if is_sentence or not found else strange)


async def _named(room: Room, one: Visit, extents: Sequence[Extent], name: str) -> Sequence[Found]:
    """Orders of that name: what the reader calls so goes before what sources do."""
    own = [watch for watch in followed_as(room, one, name) if one.command.source in (None, watch.source)]
    keyed = [
        await room.views.seek([watch.key], [each for each in extents if each.source == watch.source]) for watch in own
    ]
    return [found for some in keyed for found in some] or await room.views.seek([name], extents)


def followed_as(room: Room, one: Visit, name: str) -> list[ChatWatch]:
    """What is followed here, or for the person alone, under a name of their own. At the terminal: whoever's it is."""
    question = one.question
    places = {room.catalogue.place(question.chat, address) for address in (one.here, question.own_place) if address}
    is_everywhere = question.chat == TERMINAL
    return [
        watch
        for watch in room.following.watches
        if (is_everywhere or watch.destination in places) and watch.name and folded(watch.name) == folded(name)
    ]


def named_in(known: Catalogue, extents: Sequence[Extent], names: Sequence[str]) -> tuple[str, str] | None:
    """Source and name of an order that a watchlist of the config names so, among those that may be seen."""
    for extent in extents:
        key_of, said = known.key_of[extent.source], {folded(name) for name in names}
        for name in names:
            with suppress(ValueError):
                said.add(folded(key_of(name)))
        for watchlist in known.watchlists.values():
            for written in (watchlist.orders or ()) if watchlist.source == extent.source else ():
                with suppress(ValueError):  # at a terminal the config may not have been put to use yet
                    key = key_of(written)
                    if (extent.is_whole or key in extent.keys) and said & {folded(written), folded(key)}:
                        return extent.source, written
    return None


def folded(name: str | None) -> str:
    """A name as it is compared: blanks, case and zeros in front do not matter."""
    return _ZEROS_IN_FRONT.sub(r"\1", "".join((name or "").split()).casefold())


def said_name(command: Command) -> str:
    """What the order was called, to be said back."""
    if command.in_passing:
        return next((name for name in command.names if " " not in name), command.names[0])
    return command.names[0]
