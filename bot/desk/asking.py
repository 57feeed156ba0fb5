"""The road of every question: too many? who asks? known already? what is meant? may they? answer, and write down.

It is the same road with the same reads whether an order is hidden from who asks or does not exist.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b

from bot.core import answers_about
from bot.core.access import Rights, hash_of, place_id, rights_of
from bot.core.alert_buttons import pressed
from bot.core.command_words import without_control
from bot.core.commands import OrderName, entry_of, parse
from bot.core.phrases import Answer, Offer
from bot.desk import care, lists, mutes, orders, wishes
from bot.desk.limits import Turnstile
from bot.desk.room import Room, Visit, order_under, reading, visit, zone_of
from bot.desk.seeking import folded
from bot.log import event
from bot.model.access import Grant, Role
from bot.model.command import Button, Command, Misread, Question, Reply, Verb
from bot.model.moment import from_instant
from bot.model.talk import AuditEntry
from bot.model.units import RateValue

log = logging.getLogger(__name__)

PER_PERSON = RateValue(20, 60.0)
CHECKS_PER_PERSON = RateValue(5, 60.0)
"""Each costs a request of the source's budget."""
PER_STRANGER = RateValue(1, 3600.0)
"""One refusal says it all; what follows is not answered."""
CODES_PER_STRANGER = RateValue(5, 600.0)
"""A code may be mistyped. Counted apart, so that an invite is good whatever its bearer wrote before."""
_STILL_WAITS = timedelta(minutes=10)
"""Who asked longer ago, and was told nothing because we stopped, has asked again or gone."""
_LONGEST_NOTED = 200
"""Characters of a question in the audit."""

_ROADS: dict[Verb, Callable[[Room, Visit], Awaitable[Answer | None]]] = {
    Verb.STATUS: orders.status,
    Verb.HISTORY: orders.history,
    Verb.WHY: orders.why,
    Verb.CHECK: orders.check,
    Verb.LIST: lists.listing,
    Verb.LATE: lists.listing,
    Verb.DUE: lists.listing,
    Verb.SOURCES: lists.sources,
    Verb.WATCH: wishes.watch,
    Verb.UNWATCH: wishes.unwatch,
    Verb.MUTE: mutes.mute,
    Verb.SNOOZE: mutes.mute,
    Verb.UNMUTE: mutes.unmute,
    Verb.ACK: care.acknowledge,
    Verb.ASSIGN: care.assign,
    Verb.UNASSIGN: care.unassign,
}
_TURNED_BY_BUTTONS = frozenset(
    {Verb.STATUS, Verb.HISTORY, Verb.WHY, Verb.CHECK, Verb.LIST, Verb.LATE, Verb.DUE, Verb.SOURCES}
)
"""Answers that take the place of the message whose button asked for them; what changes something leaves it standing."""


class FrontDesk:
    """Implements `ports.Desk`."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._people = Turnstile(room.clock, PER_PERSON)
        self._checkers = Turnstile(room.clock, CHECKS_PER_PERSON)
        self._strangers = Turnstile(room.clock, PER_STRANGER)
        self._opening = Turnstile(room.clock, PER_STRANGER)
        """Home tabs that strangers open: what stands there is no answer to what they write."""
        self._codes = Turnstile(room.clock, CODES_PER_STRANGER)

    async def answer(self, question: Question, noted: asyncio.Event | None = None) -> Reply | None:
        """The answer; None for a question answered before, and where silence is better."""
        question = question.model_copy(update={"place": self._room.following.known_as(question.chat, question.place)})
        rights = rights_of(question, self._room.following.grants)
        if rights is None and question.via == "message" and question.is_overheard:
            return None  # people who talk to each other
        wait = self._wait(question, is_stranger=rights is None)
        if wait is None:
            return None
        if wait > 0:
            return self._reply(question, None, answers_about.too_many(wait))
        asks = await self._asks(question)
        command = None if asks is None else _understood(question, asks, await order_under(self._room, question))
        entry = self._entry(question, command, asks or question.text)
        if not await self._room.talks.begin(entry):
            return None
        if noted is not None:
            noted.set()
        was_shared = _is_shared(command) and await self._room.talks.shown_under(entry) == entry.text
        answer = answers_about.shared_before() if was_shared else await self._answer(question, command)
        answer = _fitting(question, command, answer)
        offers = {_button_key(offer.asks): offer for offer in answer.offers} if answer else {}
        outcome = answer.outcome if answer else "silent"
        await self._room.talks.finish(entry, outcome, {key: offer.asks for key, offer in offers.items()})
        event(log, "asked", level=logging.DEBUG, chat=question.chat, verb=entry.verb, outcome=outcome)
        return self._reply(question, command, answer) if answer else None

    async def told(self, question: Question) -> None:
        """See ports.Desk."""
        await self._room.talks.told(question.chat, question.id)

    async def unanswered(self, chat: str) -> Sequence[Question]:
        """See ports.Desk."""
        return await self._room.talks.reopen(chat, from_instant(self._room.clock.now() - _STILL_WAITS))

    async def _asks(self, question: Question) -> str | None:
        """What is asked, in words; None for a button that nobody knows any more."""
        if question.via != "button":
            return question.text
        press = pressed(question.text)
        if press is None:
            return await self._room.talks.button(question.text)
        return press.asks(await self._room.views.notification(press.notification))

    def _wait(self, question: Question, *, is_stranger: bool) -> float | None:
        """Seconds until who asks is heard again; None: too many, and nothing is to be said."""
        who = (question.chat, question.person)
        if question.via == "cli":
            return 0.0
        if not is_stranger:
            return self._people.admit(who)
        if _brings_a_code(question):
            return self._codes.admit(who)
        refusals = self._opening if question.via == "home" else self._strangers
        return 0.0 if refusals.admit(who) == 0.0 else None

    async def _answer(self, question: Question, command: Command | Misread | None) -> Answer | None:
        if isinstance(command, Command) and command.verb is Verb.JOIN:
            if question.via == "cli":
                return answers_about.no_code_needed()
            return await self._join(question, command)
        rights = rights_of(question, self._room.following.grants)
        if rights is None:
            return answers_about.stranger(question)
        if command is None:
            return answers_about.old_button()
        if isinstance(command, Misread):
            is_chatter = question.via == "message" and question.is_overheard
            return None if is_chatter else answers_about.misread(command)
        needed = entry_of(command.verb).role
        if not rights.allows(needed):
            return answers_about.not_allowed(needed, rights.role, command.verb)
        if command.verb is Verb.CHECK and (wait := self._wait_to_check(question)) > 0:
            return answers_about.too_many(wait)
        known = self._at_known_source(command, rights)
        return known if isinstance(known, Answer) else await self._served(visit(self._room, question, known, rights))

    def _at_known_source(self, command: Command, rights: Rights) -> Command | Answer:
        """The command with its source called as in the config; the answer where there is none that may be seen."""
        if command.source is None:
            return command
        known = self._room.catalogue.open_sources(rights)
        name = next((name for name in known if folded(name) == folded(command.source)), None)
        if name is None:
            return answers_about.no_such_list("source", command.source, known)
        return command.model_copy(update={"source": name})

    async def _served(self, one: Visit) -> Answer | None:
        match one.command.verb:
            case Verb.HELP:
                return answers_about.help_(one.command.topic, one.rights.role)
            case Verb.ABOUT:
                read = await reading(self._room, one)
                return answers_about.about(one.question, self._room.catalogue.version, one.rights.role, read)
            case Verb.LIST if one.command.which == "muted":
                return await mutes.listing(self._room, one)
            case verb:
                return await _ROADS[verb](self._room, one)

    async def _join(self, question: Question, command: Command) -> Answer:
        is_place = question.is_overheard
        member = Grant(
            chat=question.chat,
            person=None if is_place else question.person,
            place=place_id(question.place) if is_place else None,
            role=Role.VIEWER,
        )
        at = from_instant(self._room.clock.now())
        grant = await self._room.talks.redeem(hash_of(command.topic or ""), member, at)
        if grant is None:
            return answers_about.bad_code()
        await self._room.following.refresh()
        return answers_about.came_in(grant.role, place=is_place)

    def _wait_to_check(self, question: Question) -> float:
        if question.via == "cli":
            return 0.0
        wait = self._checkers.admit((question.chat, question.person))
        return PER_PERSON.seconds if wait is None else wait

    def _entry(self, question: Question, command: Command | Misread | None, asks: str) -> AuditEntry:
        verb = command.verb.value if isinstance(command, Command) else ""
        is_secret = verb == Verb.JOIN
        return AuditEntry(
            chat=question.chat,
            question=question.id,
            person=question.person,
            place=place_id(question.place),
            at=from_instant(self._room.clock.now()),
            verb=verb,
            text=f"{verb} ***" if is_secret else without_control(asks)[:_LONGEST_NOTED],
            under=question.message if question.via == "button" else "",
            waiting=None if is_secret or question.via == "cli" or _is_shared(command) else question,
        )

    def _reply(self, question: Question, command: Command | Misread | None, answer: Answer) -> Reply:
        asked = command if isinstance(command, Command) else None
        is_shared = _is_shared(command)
        return Reply(
            messages=answer.messages,
            buttons=tuple(Button(label=offer.label, key=_button_key(offer.asks)) for offer in answer.offers),
            outcome=answer.outcome,
            is_public=is_shared and answer.outcome in ("answered", "in_part"),
            replaces=bool(asked and asked.verb in _TURNED_BY_BUTTONS and not is_shared and _is_turning(question)),
            timezone=zone_of(self._room, question),
        )


def _fitting(question: Question, command: Command | Misread | None, answer: Answer | None) -> Answer | None:
    """The answer with what is offered here: sharing only where others are who do not read it already."""
    if answer is None or not (_is_shared(command) or question.is_private or question.is_overheard):
        return answer
    return replace(answer, offers=tuple(offer for offer in answer.offers if not _shares(offer)))


def _shares(offer: Offer) -> bool:
    return _is_shared(parse(offer.asks))


def _is_shared(command: Command | Misread | None) -> bool:
    return isinstance(command, Command) and command.shared


def _is_turning(question: Question) -> bool:
    """Whether a button was pressed that may turn the page: an alert stays what it is."""
    return question.via == "button" and pressed(question.text) is None


def _understood(question: Question, asks: str, under: OrderName | None = None) -> Command | Misread:
    if question.via == "start" and asks.strip():
        return Command(verb=Verb.JOIN, topic=asks.strip())
    return parse(asks, in_passing=question.via == "message", under=under)


def _brings_a_code(question: Question) -> bool:
    command = None if question.via == "button" else _understood(question, question.text)
    return isinstance(command, Command) and command.verb is Verb.JOIN


def _button_key(asks: str) -> str:
    """A key that is always the same for what a button asks: 21 characters. It gives no right: a press is asked anew."""
    return "b" + blake2b(asks.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
