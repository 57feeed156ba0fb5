"""What every question needs to be answered: the store, what is in force, who asks and what they may see."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bot.core.access import Rights, rights_of_place
from bot.core.catalogue import Catalogue
from bot.core.commands import OrderName
from bot.core.phrases import Reading
from bot.loops.following import Following
from bot.model.access import Role
from bot.model.command import Command, Question
from bot.model.moment import Moment
from bot.model.view import Extent, Found
from bot.ports import Askable, Clock, Talks, Views


async def nobody() -> bool:
    """No workers share the store."""
    return False


@dataclass(frozen=True, slots=True)
class Room:
    """The desk's surroundings."""

    catalogue: Catalogue
    views: Views
    talks: Talks
    following: Following
    pollers: Mapping[str, Askable]
    """The sources that can be asked now, by name; a terminal has none."""
    clock: Clock
    have_workers: Callable[[], Awaitable[bool]] = nobody
    """Whether workers that share the store give signs of life, which a terminal has to ask. A bot alone beats in it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One question at the desk."""

    question: Question
    command: Command
    rights: Rights
    extents: tuple[Extent, ...]
    """What may be seen."""

    @property
    def here(self) -> Mapping[str, Any]:
        """The address of the place; of the private talk where only the person reads."""
        return (self.question.own_place or self.question.place) if self.question.is_private else self.question.place


def visit(room: Room, question: Question, command: Command, rights: Rights) -> Visit:
    """A question of somebody who was let in. What is shared shows only what the place may see."""
    if command.shared and not question.is_private and question.via != "cli":
        given = rights_of_place(question.chat, question.place, room.following.grants)
        rights = Rights(rights.role, given.grants if given else ())
    return Visit(question, command, rights, room.catalogue.extents(rights))


def whom(one: Visit, destination: str, *, is_own: bool) -> str:
    """Who is told, as answers say it: `to you`, `here`, or from the terminal, where nobody reads along, `to ops`."""
    if one.question.via == "cli":
        return f"to {destination}"
    return "to you" if is_own else "here"


def zone_of(room: Room, question: Question) -> str:
    """The IANA zone in which times are shown to who asks."""
    if question.timezone and question.timezone in _zones():
        return question.timezone
    return room.catalogue.zone_of(room.catalogue.place(question.chat, question.place))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


async def reading(room: Room, one: Visit, found: Sequence[Found] = ()) -> Reading:
    """What an answer has to know of its reader, who is told no more of other people than the rights allow.

    `found` are the orders it is about.
    """
    question, catalogue = one.question, room.catalogue
    is_read_by_others = _is_read_by_others(room, one)
    places = {catalogue.place(question.chat, address) for address in (one.here, question.own_place) if address}
    seen, named = {extent.source for extent in one.extents}, frozenset(catalogue.destinations)
    return Reading(
        now=room.clock.now(),
        zone=ZoneInfo(zone_of(room, question)),
        labels={name: label for name, label in catalogue.labels.items() if name in seen},
        healths={health.source: health for health in await room.views.healths()},
        role=one.rights.role,
        public_places=named if one.rights.sees_everything else named & places,
        own_places=frozenset(places),
        here=catalogue.place(question.chat, one.here),
        watches=tuple(watch for watch in room.following.watches if watch.destination in places),
        looked_at=_looked_at(room, found),
        mutes=tuple(mute for mute in room.following.mutes if mute.destination is None or mute.destination in places),
        person=question.person if is_read_by_others is None else "",
        is_read_by_others=bool(is_read_by_others),
    )


def _looked_at(room: Room, found: Sequence[Found]) -> dict[tuple[str, str], Moment]:
    """When this process last looked at these orders, where it has."""
    looks = {}
    for order in (each.snapshot.order for each in found):
        poller = room.pollers.get(order.source)
        if poller and (at := poller.looked_at(order.key)):
            looks[order.source, order.key] = at
    return looks


def _is_read_by_others(room: Room, one: Visit) -> bool | None:
    """Whether people read the answer who are no operators; None where only who asks reads it."""
    question = one.question
    others = question.is_overheard or (one.command.shared and not question.is_private)
    if question.via == "cli" or not others:
        return None
    place = rights_of_place(question.chat, question.place, room.following.grants)
    return place is None or place.role is not Role.OPERATOR


async def order_under(room: Room, question: Question) -> OrderName | None:
    """The order that the alert is about under which a question was asked; None if that was under no such one."""
    if question.via == "button":
        return None
    destination = room.catalogue.place(question.chat, question.place)
    for message in question.under:
        told = await room.views.notification_behind(destination, message)
        if told and told.source and told.only_order:
            return OrderName(told.source, told.only_order)
    return None
