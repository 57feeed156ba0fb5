"""Questions about one order: where it is, what happened to it, who was told, and what its source says now."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot import pictures
from bot.core import answers, answers_about, answers_history
from bot.core.access import rights_of
from bot.core.command_words import in_quotes
from bot.core.phrases import Answer
from bot.core.schedule import noted_look
from bot.core.timeline import timeline
from bot.desk import care
from bot.desk.room import Room, Visit, reading, whom
from bot.desk.routes import rules_of
from bot.desk.seeking import find, folded, look_for, named_in, said_name
from bot.model.message import Attachment, Line
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.poll import Looked
from bot.model.talk import ChatWatch
from bot.model.view import Found

_CHANGES_SHOWN = 3
_MESSAGES_SHOWN = 30
_CHANGES_DRAWN = 300
_LONGEST_SILENCE = 60.0
"""Seconds without a sign of life after which no bot is taken to run."""
_WHOLE_ORDERS = 3
"""So many orders of the same name are shown in full; more are named, line by line."""


async def status(room: Room, one: Visit) -> Answer | None:
    """Where an order is. None for words in a group that only looked like one."""
    sought = await look_for(room, one)
    found = sought.found
    if not found:
        if one.command.in_passing and one.question.via == "message" and one.question.is_overheard:
            return None
        return await _not_found(room, one)
    if len(found) > _WHOLE_ORDERS:
        return await _ambiguous(room, one, found)
    shown = [await _status(room, one, order) for order in found]
    shown += [answers_about.no_such_order(name) for name in sought.strange]
    messages = tuple(message for answer in shown for message in answer.messages)
    outcome = "in_part" if sought.strange else "answered"
    return Answer(messages, shown[0].offers if len(shown) == 1 else (), outcome)


async def history(room: Room, one: Visit) -> Answer | None:
    """What happened to an order."""

    async def answer(found: Found) -> Answer:
        order, page = found.snapshot.order, one.command.page
        size = answers_history.PAGE
        rows = await room.views.history(order.source, order.key, limit=size + 1, offset=(page - 1) * size)
        said = answers_history.history(found, rows, await reading(room, one, [found]), page=page)
        return await _pictured(room, found, said) if one.command.pictured else said

    return await _about_one(room, one, answer)


async def _pictured(room: Room, found: Found, said: Answer) -> Answer:
    """The answer with a picture of how long the order was where; as it is where nothing draws."""
    if not pictures.can_draw():
        return said
    order = found.snapshot.order
    changes = await room.views.history(order.source, order.key, limit=_CHANGES_DRAWN)
    line = timeline(found.snapshot, changes, room.clock.now())
    drawn = await asyncio.to_thread(pictures.timeline, order.number, line.steps, line.marks, line.days)
    picture = Attachment(name="history.png", media_type="image/png", data=drawn, alt=line.words)
    first, *rest = said.messages
    return replace(said, messages=(first.model_copy(update={"attachment": picture}), *rest))


async def why(room: Room, one: Visit) -> Answer | None:
    """What was sent where of an order, or not, and by which rule."""

    async def answer(found: Found) -> Answer:
        order = found.snapshot.order
        told = await room.views.told(order.source, order.key, limit=_MESSAGES_SHOWN)
        changes = await room.views.history(order.source, order.key, limit=1)
        read, routes, watches = await reading(room, one, [found]), rules_of(room, found), _watches(room, found)
        said = answers_history.why(
            found,
            told,
            routes,
            read,
            watches,
            destinations=room.catalogue.destinations,
            lines=room.catalogue.lines,
            has_changed=bool(changes),
        )
        is_followed = bool(routes or watches)
        next_look = answers_about.next_look(_next_look(room, found) if is_followed else None)
        return _with_lines(said, after=[*await care.lines(room, found, read), *next_look])

    return await _about_one(room, one, answer)


def _next_look(room: Room, found: Found) -> Moment | None:
    """When an order is looked at next, as whoever polls it knows; as the store does, where nobody does so here."""
    order = found.snapshot.order
    poller = room.pollers.get(order.source)
    return poller.next_look(order.key) if poller else noted_look(found, room.clock.now())


async def check(room: Room, one: Visit) -> Answer | None:
    """What the source says of an order now."""

    async def answer(found: Found) -> Answer:
        order = found.snapshot.order
        label = room.catalogue.labels[order.source]
        poller = room.pollers.get(order.source)
        if poller is None:
            looked = await _not_here(room, found)
        else:
            looked = await poller.check(order.key)
        (now, *_) = await find(room, one) or [found]
        shown = await _status(room, one, now)
        if poller is None:
            shown = replace(shown, outcome="not_asked")
        lines = answers_about.looked(looked, label, in_detail=(await reading(room, one)).is_insider)
        return _with_lines(shown, before=lines)

    return await _about_one(room, one, answer)


async def _not_here(room: Room, found: Found) -> Looked:
    """Why a process that runs no poller cannot ask, and who does."""
    now = from_instant(room.clock.now())
    beats = [instant_of(at) for at in (await room.views.beats()).values()]
    is_alive = any(beat and (room.clock.now() - beat).total_seconds() < _LONGEST_SILENCE for beat in beats)
    if is_alive or await room.have_workers():
        is_ahead = found.next_poll_at is not None and found.next_poll_at > now
        asks = f"check {in_quotes(found.snapshot.order.number)}"
        reason = f"a bot runs, and only it asks: by itself, or when somebody writes `{asks}` to it in chat"
        return Looked(reason=reason, possible_at=found.next_poll_at if is_ahead else None)
    return Looked(reason="no bot runs; `orderwatch once` looks at everything once, `orderwatch run` goes on looking")


async def _about_one(room: Room, one: Visit, answer: Callable[[Found], Awaitable[Answer]]) -> Answer:
    sought = await look_for(room, one)
    if not sought.found:
        return await _not_found(room, one)
    if sought.strange:
        return answers_about.not_all_understood(sought.found, sought.strange, one.command.verb)
    return await answer(sought.found[0]) if len(sought.found) == 1 else await _ambiguous(room, one, sought.found)


async def _ambiguous(room: Room, one: Visit, found: Sequence[Found]) -> Answer:
    read = await reading(room, one)
    return answers_history.ambiguous([answers.brief(order, read) for order in found])


async def _status(room: Room, one: Visit, found: Found) -> Answer:
    order = found.snapshot.order
    last = await room.views.history(order.source, order.key, limit=_CHANGES_SHOWN)
    read = await reading(room, one, [found])
    said = answers.status(found, last, read, in_full=one.command.in_full)
    return _with_lines(said, before=await care.lines(room, found, read))


def _with_lines(answer: Answer, *, before: Sequence[Line] = (), after: Sequence[Line] = ()) -> Answer:
    first, *rest = answer.messages
    return replace(answer, messages=(first.model_copy(update={"body": (*before, *first.body, *after)}), *rest))


async def _not_found(room: Room, one: Visit) -> Answer:
    """That there is no such order; to those who wanted to share one they may see, that this place may not see it."""
    own = rights_of(one.question, room.following.grants) if one.command.shared else None
    if own is not None and await find(room, replace(one, extents=room.catalogue.extents(own))):
        return answers_about.not_for_everybody(said_name(one.command))
    if waiting := await _unknown_yet(room, one):
        return answers_about.unknown_yet(waiting, whom(one, waiting.destination, is_own=waiting.is_own_place))
    extents = [extent for extent in one.extents if one.command.source in (None, extent.source)]
    if named := named_in(room.catalogue, extents, one.command.names):
        return answers_about.not_seen_yet(*named)
    return answers_about.no_such_order(said_name(one.command))


async def _unknown_yet(room: Room, one: Visit) -> ChatWatch | None:
    """What the reader follows by that name, though its source has not shown it."""
    said = {folded(name) for name in one.command.names}
    mine = (await reading(room, one)).watches
    return next((each for each in mine if said & {folded(each.written), folded(each.key), folded(each.name)}), None)


def _watches(room: Room, found: Found) -> list[ChatWatch]:
    order = found.snapshot.order
    return [watch for watch in room.following.watches if (watch.source, watch.key) == (order.source, order.key)]
