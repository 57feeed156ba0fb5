"""What people want to be told: watch, unwatch."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core import answers, answers_about, answers_history
from bot.core.access import rights_of_place
from bot.core.command_words import in_quotes
from bot.core.mutes import concerns, is_over
from bot.core.phrases import Answer, says
from bot.core.render import order_name
from bot.desk.room import Room, Visit, reading, whom
from bot.desk.routes import told_by_rules
from bot.desk.seeking import folded, followed_as, look_for, said_name
from bot.loops.following import TERMINAL
from bot.model.moment import from_instant
from bot.model.talk import About, ChatWatch, Mute
from bot.model.view import Found

_MOST_WATCHES = 500
"""From one place. Each is looked at by itself; a whole list of orders belongs in the config."""


async def watch(room: Room, one: Visit) -> Answer | None:
    """Tell a place when an order changes."""
    address = address_of(one)
    if address is None:
        return nowhere(room, one)
    sought = await look_for(room, one)
    found = sought.found
    if sought.strange:
        return answers_about.not_all_understood(found, sought.strange, one.command.verb)
    if len(found) > 1:
        return await which(room, one, found)
    places = [(order.snapshot.order.source, order.snapshot.order.key) for order in found] or _unseen(room, one)
    if not places:
        return answers_about.no_such_order(said_name(one.command))
    if len(places) > 1:
        return answers_about.which_source([_watch_at(room, one, name, address) for name, _ in places])
    (source, key) = places[0]
    wanted = _wanted(room, one, source, key, address)
    if refusal := await _refusal(room, one, wanted, found):
        return refusal
    namesakes = followed_as(room, one, wanted.name) if wanted.name else []
    is_new = await room.talks.watch(wanted, room.catalogue.zone_of(wanted.destination))
    await room.following.refresh()
    if not found and (poller := room.pollers.get(source)):
        await poller.check(key)
        found = await room.views.seek([key], [each for each in one.extents if each.source == source])
    return answers_about.watching(
        wanted,
        whom(one, wanted.destination, is_own=wanted.is_own_place),
        is_new=is_new,
        found=found[0] if found else None,
        held_by=_mute_of(room, wanted),
        namesakes=[each.written for each in namesakes if (each.source, each.key) != (source, key)],
    )


async def unwatch(room: Room, one: Visit) -> Answer | None:
    """Tell a place no more. What is said does not depend on whether an order exists that may not be seen."""
    address = address_of(one)
    if address is None:
        return nowhere(room, one)
    destination = room.catalogue.place(one.question.chat, address)
    here = [watch for watch in await room.talks.watches() if watch.destination == destination]
    watches = [watch for watch in here if one.command.source in (None, watch.source)]
    sought = await look_for(room, one)
    whole, *single = one.command.names
    ended = _called(watches, whole) or [watch for name in single for watch in _called(watches, name)]
    orders = {(each.snapshot.order.source, each.snapshot.order.key) for each in sought.found}
    ended = ended or [watch for watch in watches if (watch.source, watch.key) in orders]
    strange = [name for name in sought.strange if not _called(watches, name)]
    if strange and not _called(watches, whole):
        return answers_about.not_all_understood(sought.found, strange, one.command.verb)
    for each in ended:
        await room.talks.unwatch(each.source, each.key, destination)
    await room.following.refresh()
    is_told = any(destination in told_by_rules(room, each) for each in sought.found)
    return answers_about.not_watching(
        _name(one, sought.found),
        whom(one, destination, is_own=one.command.for_me),
        was=bool(ended),
        to_mute=_to_mute(one, sought.found, destination) if is_told else None,
    )


def _to_mute(one: Visit, found: Sequence[Found], destination: str) -> str:
    """How to hold news of the order back, as it is written where the question comes from.

    Not by the name that somebody gave it, which ends with the watch.
    """
    order = found[0].snapshot.order.number if len(found) == 1 else in_quotes(said_name(one.command))
    if one.question.via == "cli":
        return f"orderwatch mute {order} 1d --to {in_quotes(destination)}"
    return f"mute {order} 1d{' me' if one.command.for_me else ''}"


def _called(watches: Sequence[ChatWatch], name: str) -> list[ChatWatch]:
    """The watches of an order that somebody calls so."""
    wanted = folded(name)
    return [watch for watch in watches if wanted in (folded(watch.key), folded(watch.written), folded(watch.name))]


def address_of(one: Visit) -> Mapping[str, Any] | None:
    """Where is meant: here, or a private talk with the person; None where there is none."""
    if not one.command.for_me:
        return None if one.question.chat == TERMINAL else one.here
    return one.question.own_place or (one.question.place if one.question.is_private else None)


def nowhere(room: Room, one: Visit) -> Answer:
    """There is no place that could be meant."""
    if one.question.chat == TERMINAL:
        return answers_about.name_a_destination(
            one.command, said_name(one.command) if one.command.names else "", list(room.catalogue.destinations)
        )
    return answers_about.no_own_place()


def _watch_at(room: Room, one: Visit, source: str, address: Mapping[str, Any]) -> str:
    """How to follow the order at that source, as it is written where the question comes from."""
    order = said_name(one.command)
    if one.question.via == "cli":
        place = room.catalogue.place(one.question.chat, address)
        return f"orderwatch watch {in_quotes(order)} --to {in_quotes(place)} --at {in_quotes(source)}"
    return f"watch {in_quotes(order)} at {in_quotes(source)}"


def _unseen(room: Room, one: Visit) -> list[tuple[str, str]]:
    """Sources that are wholly open and may know the order, though nobody watches it: each with the key it has there."""
    name = one.command.names[0]
    places: list[tuple[str, str]] = []
    if len(one.command.names) > 1:  # several words, of which none names an order: quotes would make them one number
        return places
    for extent in one.extents:
        if extent.is_whole and one.command.source in (None, extent.source) and any(char.isdigit() for char in name):
            try:
                places.append((extent.source, room.catalogue.key_of[extent.source](name)))
            except ValueError:
                continue
    return places


def _wanted(room: Room, one: Visit, source: str, key: str, address: Mapping[str, Any]) -> ChatWatch:
    question = one.question
    return ChatWatch(
        source=source,
        key=key,
        destination=room.catalogue.place(question.chat, address),
        written=said_name(one.command),
        name=one.command.note,
        chat=question.chat,
        person=question.person,
        place=dict(address),
        is_own_place=question.is_private or (one.command.for_me and address == question.own_place),
        since=from_instant(room.clock.now()),
    )


async def _refusal(room: Room, one: Visit, wanted: ChatWatch, found: Sequence[Found]) -> Answer | None:
    """Why a watch cannot be, though its order may be seen by who asks."""
    here = [watch for watch in room.following.watches if watch.destination == wanted.destination]
    if len(here) >= _MOST_WATCHES:
        return says(
            f"{_MOST_WATCHES} orders are followed from here already.",
            "Unwatch some, or ask whoever runs me for a watchlist.",
            outcome="not_allowed",
        )
    if wanted.person == TERMINAL:
        return None
    if wanted.is_own_place:
        return None if await room.following.may_be_told(wanted) else answers_about.not_told_alone(wanted)
    given = rights_of_place(wanted.chat, wanted.place, room.following.grants)
    extents = room.catalogue.extents(given, source=wanted.source) if given else ()
    if any(extent.is_whole for extent in extents) or await room.views.seek([wanted.key], extents):
        return None
    return says(
        "Everybody here would read that, and this chat was not given orders of that source.",
        f"To be told alone: {one.command.verb.value} {found[0].snapshot.order.number if found else wanted.written} me",
        emoji="🔒",
        outcome="not_allowed",
    )


async def which(room: Room, one: Visit, found: Sequence[Found]) -> Answer:
    """Several orders are meant, where only one can be."""
    read = await reading(room, one)
    return answers_history.ambiguous([answers.brief(order, read) for order in found])


def _mute_of(room: Room, wanted: ChatWatch) -> Mute | None:
    """What holds news of the order back where it is to be told."""
    now = room.clock.now()
    news = About(source=wanted.source, key=wanted.key, destination=wanted.destination)
    mutes = (mute for mute in room.following.mutes if concerns(mute, news))
    return next((mute for mute in mutes if not is_over(mute, now)), None)


def _name(one: Visit, found: Sequence[Found]) -> str:
    """How the order was called; its number where that was its key, as a button has it."""
    said = said_name(one.command)
    keyed = [each.snapshot.order for each in found if each.snapshot.order.key == said]
    return order_name(keyed[0]) if len(keyed) == 1 else said
