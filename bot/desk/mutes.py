"""What people do not want to be told for a while, or only later: mute, snooze, unmute, and the list of it."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import answers_about, answers_mutes
from bot.core.calendar import next_moment
from bot.core.command_arguments import LONGEST_MUTE
from bot.core.mutes import is_over, overlap
from bot.core.phrases import Answer
from bot.core.render import order_name
from bot.desk.lists import with_known_watchlist
from bot.desk.room import Room, Visit, reading, whom, zone_of
from bot.desk.seeking import look_for, said_name
from bot.desk.wishes import address_of, nowhere, which
from bot.loops.following import TERMINAL
from bot.model.access import Role
from bot.model.command import Verb
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.talk import About, Mute
from bot.model.view import Found

_MOST_LISTED = 50


async def mute(room: Room, one: Visit) -> Answer | None:
    """Hold back news at a place, until a time, a change, or for good; with `snooze`, to be told afterwards."""
    meant = await _meant(room, one)
    if isinstance(meant, Answer):
        return meant
    about, name = meant
    until = _end(room, one)
    if one.command.until and until is None:
        return answers_mutes.has_passed()
    if _is_far(room, until):
        return answers_mutes.is_far(LONGEST_MUTE.days)
    wanted = Mute(
        **about.model_dump(),
        until=until,
        holds=one.command.verb is Verb.SNOOZE,
        person=one.question.person,
        note=one.command.note,
        since=from_instant(room.clock.now()),
    )
    await room.talks.mute(wanted)
    await room.following.refresh()
    return answers_mutes.muted(name, wanted, _where(one, about))


async def unmute(room: Room, one: Visit) -> Answer | None:
    """Let news come to a place again."""
    meant = await _meant(room, one)
    if isinstance(meant, Answer):
        return meant
    about, name = meant
    was = await room.talks.unmute(about)
    await room.following.refresh()
    now = room.clock.now()
    is_still = any(overlap(mute, about) and not is_over(mute, now) for mute in room.following.mutes)
    to_list = "orderwatch mute --list" if one.question.via == "cli" else "list muted"
    return answers_mutes.unmuted(name, _where(one, about), was=was, still=to_list if is_still else None)


async def listing(room: Room, one: Visit) -> Answer | None:
    """What is muted here and for the person; at the terminal: everything that is."""
    read = await reading(room, one)
    is_everywhere = one.question.chat == TERMINAL
    mutes = room.following.mutes if is_everywhere else read.mutes
    shown: list[tuple[Mute, Found | None]] = []
    for each in mutes[: _MOST_LISTED * 2]:
        found = await _order_of(room, one, each)
        if each.key is None or found is not None:
            shown.append((each, found))
    return answers_mutes.listing(shown[:_MOST_LISTED], read, has_more=len(mutes) > len(shown[:_MOST_LISTED]))


async def _order_of(room: Room, one: Visit, mute: Mute) -> Found | None:
    """The order of a mute, where it may be seen."""
    if mute.key is None:
        return None
    extents = [extent for extent in one.extents if extent.source == mute.source]
    found = await room.views.seek([mute.key], extents)
    return next((each for each in found if each.snapshot.order.key == mute.key), None)


async def _meant(room: Room, one: Visit) -> tuple[About, str] | Answer:
    """Which news is meant, and how it is called; else why it cannot be."""
    known = room.catalogue.open_watchlists(one.rights)
    one = replace(one, command=with_known_watchlist(one.command, known))
    command = one.command
    if command.watchlist is not None and command.watchlist not in known:
        return answers_about.no_such_list("watchlist", command.watchlist, known)
    address = address_of(one)
    is_everywhere = address is None and one.question.chat == TERMINAL and not command.names
    if address is None and not (is_everywhere and (command.watchlist or command.kind)):
        return nowhere(room, one)
    about = About(
        watchlist=command.watchlist,
        kind=command.kind,
        destination=None if address is None else room.catalogue.place(one.question.chat, address),
    )
    if command.names:
        return await _with_order(room, one, about)
    if not _is_own_place(one) and not one.rights.allows(Role.OPERATOR):
        return answers_mutes.only_operators(one.command.verb, one.rights.role)
    return about, answers_mutes.news_words(about, None)


async def _with_order(room: Room, one: Visit, about: About) -> tuple[About, str] | Answer:
    sought = await look_for(room, one)
    if not sought.found:
        return answers_about.no_such_order(said_name(one.command))
    if sought.strange:
        return answers_about.not_all_understood(sought.found, sought.strange, one.command.verb)
    if len(sought.found) > 1:
        return await which(room, one, sought.found)
    order = sought.found[0].snapshot.order
    about = about.model_copy(update={"source": order.source, "key": order.key})
    return about, answers_mutes.news_words(about, order_name(order))


def _is_own_place(one: Visit) -> bool:
    return one.question.is_private or one.command.for_me or one.question.via == "cli"


def _where(one: Visit, about: About) -> str:
    if about.destination is None:
        return "anywhere"
    return whom(one, about.destination, is_own=one.command.for_me)


def _is_far(room: Room, until: Moment | None) -> bool:
    end = instant_of(until) if until else None
    return end is not None and end > room.clock.now() + LONGEST_MUTE


def _end(room: Room, one: Visit) -> Moment | None:
    now, command = room.clock.now(), one.command
    end: datetime | None = now + command.lasts if command.lasts else None
    if command.until:
        end = next_moment(command.until, now, ZoneInfo(zone_of(room, one.question)))
    return from_instant(end) if end else None
