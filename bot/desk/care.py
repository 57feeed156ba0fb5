"""Who takes care of what is wrong with an order: ack, assign, unassign."""

from bot.core import answers_about, answers_care
from bot.core.phrases import Answer, Reading
from bot.core.render import order_name
from bot.desk.room import Room, Visit
from bot.desk.seeking import look_for, said_name
from bot.desk.wishes import which
from bot.loops.following import TERMINAL
from bot.model.exception import Assignment
from bot.model.message import Line
from bot.model.moment import from_instant
from bot.model.view import Found


async def acknowledge(room: Room, one: Visit) -> Answer | None:
    """Somebody has seen what is wrong: no more reminders."""
    found = await _meant(room, one)
    if isinstance(found, Answer):
        return found
    order, at = found.snapshot.order, from_instant(room.clock.now())
    waited = await room.talks.acknowledge(order.source, order.key, one.question.person, one.command.note, at)
    return answers_care.acknowledged(order_name(order), waited, one.command.note)


async def assign(room: Room, one: Visit) -> Answer | None:
    """Let messages about an order call one person and nobody else."""
    called = _person(room, one)
    if isinstance(called, Answer):
        return called
    found = await _meant(room, one)
    if isinstance(found, Answer):
        return found
    (chat, person), order = called, found.snapshot.order
    wanted = Assignment(
        source=order.source,
        key=order.key,
        chat=chat,
        person=person,
        by=one.question.person,
        since=from_instant(room.clock.now()),
    )
    await room.talks.assign(wanted)
    await room.following.refresh()
    return answers_care.assigned(order_name(order), to_asker=one.command.for_me, person=person)


async def unassign(room: Room, one: Visit) -> Answer | None:
    """Let nobody in particular take care of an order."""
    found = await _meant(room, one)
    if isinstance(found, Answer):
        return found
    order = found.snapshot.order
    was = await room.talks.unassign(order.source, order.key)
    await room.following.refresh()
    return answers_care.unassigned(order_name(order), was=was)


async def lines(room: Room, found: Found, reading: Reading) -> list[Line]:
    """What an answer about an order says of it."""
    order = found.snapshot.order
    exceptions = await room.talks.exceptions(order.source, order.key)
    return answers_care.care_lines(exceptions, room.following.assignments.get((order.source, order.key)), reading)


def _person(room: Room, one: Visit) -> tuple[str, str] | Answer:
    """The chat and the id of whoever is meant."""
    question, written = one.question, one.command.person or ""
    if one.command.for_me:
        return answers_care.not_at_a_terminal() if question.person == TERMINAL else (question.chat, question.person)
    readers = room.catalogue.read_person
    chats = [chat for chat in readers if question.chat in (chat, TERMINAL)]
    reasons = []
    for name in dict.fromkeys((written.removeprefix("@"), written)):  # `@U0123456789` is an id before it is a name
        for chat in chats:
            try:
                return chat, readers[chat](name)
            except ValueError as error:
                reasons.append(str(error))
    return answers_care.no_such_person(written, list(dict.fromkeys(reasons))[:1])


async def _meant(room: Room, one: Visit) -> Found | Answer:
    sought = await look_for(room, one)
    if not sought.found:
        return answers_about.no_such_order(said_name(one.command))
    if sought.strange:
        return answers_about.not_all_understood(sought.found, sought.strange, one.command.verb)
    return sought.found[0] if len(sought.found) == 1 else await which(room, one, sought.found)
