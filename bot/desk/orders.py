"""Questions about one order: where it is, what happened to it, who was told, and what its source says now."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.core import answers, answers_about, answers_history
from bot.core.phrases import Answer, spans_line
from bot.core.route import matching
from bot.core.watchbook import scope_of
from bot.desk.room import Room, Visit, find, reading, said_name
from bot.model.access import Role
from bot.model.change import Kind
from bot.model.message import Line, When
from bot.model.poll import Looked
from bot.model.route import Route
from bot.model.view import Found

_CHANGES_SHOWN = 3
_MESSAGES_SHOWN = 30
_WHOLE_ORDERS = 3
"""So many orders of the same name are shown in full; more are named, line by line."""


async def status(room: Room, one: Visit) -> Answer | None:
    """Where an order is. None for words in a group that only looked like one."""
    found = await find(room, one)
    if not found:
        if one.command.in_passing and one.question.via == "message" and one.question.is_overheard:
            return None
        return answers_about.no_such_order(said_name(one.command))
    if len(found) > _WHOLE_ORDERS:
        return await _ambiguous(room, one, found)
    shown = [await _status(room, one, order) for order in found]
    messages = tuple(message for answer in shown for message in answer.messages)
    return Answer(messages, shown[0].offers if len(shown) == 1 else ())


async def history(room: Room, one: Visit) -> Answer | None:
    """What happened to an order."""

    async def answer(found: Found) -> Answer:
        order, page = found.snapshot.order, one.command.page
        size = answers_history.PAGE
        rows = await room.views.history(order.source, order.key, limit=size + 1, offset=(page - 1) * size)
        return answers_history.history(found, rows, await reading(room, one), page=page)

    return await _about_one(room, one, answer)


async def why(room: Room, one: Visit) -> Answer | None:
    """What was sent where of an order, or not, and by which rule."""

    async def answer(found: Found) -> Answer:
        order = found.snapshot.order
        told = await room.views.told(order.source, order.key, limit=_MESSAGES_SHOWN)
        return answers_history.why(found, told, _routes(room, found), await reading(room, one))

    return await _about_one(room, one, answer)


async def check(room: Room, one: Visit) -> Answer | None:
    """What the source says of an order now."""

    async def answer(found: Found) -> Answer:
        order = found.snapshot.order
        label = room.catalogue.labels[order.source]
        poller = room.pollers.get(order.source)
        if poller is None:
            looked = Looked(reason="that takes the running bot, in chat", possible_at=found.next_poll_at)
        else:
            looked = await poller.check(order.key)
            if one.rights.role is not Role.OPERATOR and looked.reason:  # whose order it failed at is not theirs
                looked = replace(looked, reason="it does not answer as it should")
        (now, *_) = await find(room, one) or [found]
        shown = await _status(room, one, now)
        lines = answers_about.looked(looked, label, _next_look(looked))
        first, *rest = shown.messages
        return replace(shown, messages=(first.model_copy(update={"body": (*lines, *first.body)}), *rest))

    return await _about_one(room, one, answer)


async def _about_one(room: Room, one: Visit, answer: Callable[[Found], Awaitable[Answer]]) -> Answer:
    found = await find(room, one)
    if not found:
        return answers_about.no_such_order(said_name(one.command))
    return await answer(found[0]) if len(found) == 1 else await _ambiguous(room, one, found)


async def _ambiguous(room: Room, one: Visit, found: Sequence[Found]) -> Answer:
    read = await reading(room, one)
    return answers_history.ambiguous([answers.brief(order, read) for order in found])


async def _status(room: Room, one: Visit, found: Found) -> Answer:
    order = found.snapshot.order
    last = await room.views.history(order.source, order.key, limit=_CHANGES_SHOWN)
    return answers.status(found, last, await reading(room, one), in_full=one.command.in_full)


def _next_look(looked: Looked) -> Line | None:
    return spans_line("The next look is due ", When(at=looked.possible_at)) if looked.possible_at else None


def _routes(room: Room, found: Found) -> dict[str, list[Route]]:
    """The rules by which news of an order goes now, by who follows it."""
    order, catalogue = found.snapshot.order, room.catalogue
    following: dict[str, list[Route]] = {}
    for name, watchlist in catalogue.watchlists.items():
        if watchlist.source != order.source:
            continue
        if watchlist.orders is None:
            is_in = scope_of(watchlist).id in found.scopes
        else:
            is_in = order.key in map(catalogue.key_of[order.source], watchlist.orders)
        if is_in:
            taken = (route for kind in Kind for route in matching(kind, watchlist.notify or catalogue.catch_all))
            following[name] = list(dict.fromkeys(taken))
    for watch in room.following.watches:
        if (watch.source, watch.key) == (order.source, order.key):
            label = f"watch by {watch.person}"
            following[f"{label} in {watch.destination}"] = [Route(to=(watch.destination,), label=label)]
    return following
