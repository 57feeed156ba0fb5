"""Answers that are not about orders: help, sources, who is who, and every kind of refusal."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.core.command_words import in_quotes, shortened
from bot.core.commands import Entry, entry_of, listed
from bot.core.mutes import end_words
from bot.core.phrases import (
    Answer,
    Offer,
    Reading,
    counted,
    health_spans,
    says,
    span_words,
    spans_line,
    strong,
    text_line,
    wait_spans,
)
from bot.core.render import order_name
from bot.model.access import Role
from bot.model.command import Command, Misread, Question, Until, Verb
from bot.model.message import Line, Message, When
from bot.model.moment import Moment
from bot.model.poll import Health, Looked
from bot.model.talk import ChatWatch, Mute
from bot.model.units import write_duration
from bot.model.view import Found


def help_(topic: str | None, role: Role) -> Answer:
    """What can be asked, or one verb of it; only what this role may do."""
    if topic:
        return _help_on(entry_of(Verb(topic)))
    known = [entry for entry in listed() if role.rank >= entry.role.rank]
    body = [spans_line(strong(" ".join(filter(None, (e.verb.value, e.arguments)))), f": {e.does}") for e in known]
    body.append(text_line("An order number, purchase order or tracking number by itself asks for its status."))
    message = Message(emoji="💬", headline=text_line("Ask me about orders. What I know:"), body=tuple(body))
    return Answer(
        (message,), (Offer("Late orders", "late"), Offer("Due this week", "due"), Offer("Sources", "sources"))
    )


def _help_on(entry: Entry) -> Answer:
    lines: list[Line | str] = [
        spans_line(strong(" ".join(filter(None, (entry.verb.value, entry.arguments)))), f": {entry.does}"),
        f"For example: {entry.example}",
    ]
    if entry.aliases:
        lines.append(f"Also: {', '.join(entry.aliases)}")
    if entry.role is not Role.VIEWER:
        lines.append(f"Needs the role {entry.role.value}.")
    return says(*lines, emoji="💬")


def sources(counts: Mapping[str, int], reading: Reading) -> Answer:
    """The sources that the reader may see. `counts` are their orders."""
    if not reading.labels:
        return says("No source is open to this chat.", outcome="empty")
    body: list[Line] = []
    for name, label in reading.labels.items():
        health = reading.healths.get(name)
        wait = wait_spans(health, reading.now)
        state = [*health_spans(health), *([", ", *wait] if wait else [])]
        body.append(spans_line(strong(label), f": {counted(counts[name], 'order')} · ", *state))
        body += _trouble(health, reading)
    message = Message(emoji="🔌", headline=text_line(counted(len(reading.labels), "source")), body=tuple(body))
    return Answer((message,))


def _trouble(health: Health | None, reading: Reading) -> list[Line]:
    if health is None or not health.failures or not health.reason:
        return []
    return [text_line(health.reason if reading.is_insider else "It is tried again by itself.", indent=1)]


def about(question: Question, version: str, role: Role, reading: Reading) -> Answer:
    """Who we are, and who asks."""
    who = [f"You are {question.person} here, with the role {role.value}.", f"This place is {_place_words(question)}."]
    if question.via == "cli":
        who = [f"You ask at the terminal, where one has the role {role.value}."]
    return says(
        spans_line(strong(f"Orderwatch {version}"), ": watches orders and tells when something real changes."),
        *who,
        f"Open to you: {', '.join(reading.labels.values()) or 'nothing'}.",
        "To see what you can ask, say help.",
        emoji="💬",
    )


def stranger(question: Question) -> Answer:
    """Somebody who was not let in: one short refusal, with what to pass on."""
    return says(
        "I do not know you here, so I cannot tell you anything.",
        f"To be let in, pass this on to whoever runs me: {question.chat}, person {question.person}, "
        f"place {_place_words(question)}.",
        emoji="🔒",
        outcome="stranger",
    )


def misread(misread_: Misread) -> Answer:
    """Words that are no command."""
    return says(misread_.problem, misread_.advice, emoji="❔", outcome="misread")


def not_allowed(needed: Role, role: Role, verb: Verb) -> Answer:
    """Something that takes a better role."""
    return says(
        f"For {verb.value} one needs the role {needed.value}; you are {role.value} here.",
        "Whoever runs me can change that.",
        emoji="🔒",
        outcome="not_allowed",
    )


def too_many(wait: float) -> Answer:
    """Too many questions at once."""
    return says(
        f"That was a lot at once. I answer you again in {span_words(timedelta(seconds=wait))}.",
        emoji="⏳",
        outcome="too_many",
    )


def no_such_order(name: str) -> Answer:
    """No order goes by that name, or none that may be seen: nobody can tell which."""
    return says(
        f"I know no order {name} here.",
        "I know order numbers, purchase-order numbers and tracking numbers of the orders that are watched.",
        emoji="❔",
        outcome="not_found",
    )


def unknown_yet(watch: ChatWatch, where: str) -> Answer:
    """An order that the reader follows, though its source has not shown it; told `here`, `to you` or `to ops`."""
    return says(
        f"{watch.written} is not known to its source, {watch.source}, yet.",
        spans_line(f"{_who_is(where)} told when it appears; followed since ", When(at=watch.since), "."),
        emoji="👀",
        outcome="not_found",
    )


def not_seen_yet(source: str, written: str) -> Answer:
    """An order that a watchlist names, and of which the store knows nothing."""
    return says(
        f"{written} is watched, and {source} has shown nothing of it yet.",
        "It waits for its first look, or is not known there.",
        emoji="👀",
        outcome="not_found",
    )


def not_all_understood(found: Sequence[Found], strange: Sequence[str], verb: Verb) -> Answer:
    """Some words name orders, and others nothing: nothing is done, lest it be the wrong thing."""
    known = " and ".join(order_name(each.snapshot.order) for each in found)
    unknown = " and ".join(f"“{shortened(word)}”" for word in strange)
    return says(
        f"I know {known} here, but not what {unknown} is.",
        f"Write it like this: {entry_of(verb).example}. A name with blanks goes in quotes.",
        emoji="❔",
        outcome="not_found",
    )


def not_for_everybody(name: str) -> Answer:
    """An order was to be shared with people who may not see it."""
    return says(
        f"Everybody here would read that, and this chat may not see the order {name}.",
        "Ask without “share” to see it alone.",
        emoji="🔒",
        outcome="not_allowed",
    )


def no_such_list(what: str, name: str, known: list[str]) -> Answer:
    """No source or watchlist goes by that name, or none that may be seen."""
    there_are = f"There is: {', '.join(known)}." if known else f"No {what} is open to this chat."
    quotes = ["A name with blanks can go in quotes."] if any(" " in each for each in known) else []
    return says(f"I know no {what} {name} here.", there_are, *quotes, emoji="❔", outcome="not_found")


def shared_before() -> Answer:
    """The same button again, under a message that shows nothing newer."""
    return says(
        "That was shared here before, when the button was pressed first.",
        "If it is not here, ask again with “share” after the order.",
        outcome="unchanged",
    )


def old_button() -> Answer:
    """A button that nobody remembers."""
    return says("That button is too old. Please ask again.", emoji="❔", outcome="misread")


def no_own_place() -> Answer:
    """There is no place to tell: no private talk with the person, or no chat at all."""
    return says(
        "From here there is no place where I could tell you.",
        "Write to me in private, and ask there.",
        outcome="misread",
    )


def name_a_destination(command: Command, order: str, destinations: Sequence[str]) -> Answer:
    """Asked at the terminal, which is no place for news: its own commands take the place."""
    written = in_quotes(order) or "--all"
    lasts = f" {write_duration(command.lasts)}" if command.lasts else ""
    if command.until:
        lasts = f" --until {in_quotes(_until_words(command.until))}"
    elif command.verb is Verb.MUTE and order and not lasts:
        lasts = " change"
    if command.note:
        lasts += f" --{'name' if command.verb is Verb.WATCH else 'note'} {in_quotes(command.note)}"
    return says(
        "At the terminal, say which destination is meant:",
        *(f"orderwatch {command.verb.value} {written}{lasts} --to {in_quotes(name)}" for name in destinations),
        emoji="❔",
        outcome="misread",
    )


def _until_words(until: Until) -> str:
    hours, minutes = divmod(until.clock or 0, 60)
    return " ".join(filter(None, (until.day, "" if until.clock is None else f"{hours}:{minutes:02}")))


def no_code_needed() -> Answer:
    """A code at the terminal, where it would let nobody in."""
    return says(
        "At the terminal everything may be asked without a code.",
        "It is for a chat: there, write /join and the code to me, or in Slack /order join and the code.",
        outcome="misread",
    )


def which_source(examples: Sequence[str]) -> Answer:
    """An order nobody watches yet, and several sources that might know it: how to ask for it at each."""
    return says(
        "Nobody watches that order yet. At which source is it?",
        *examples,
        emoji="❔",
        outcome="ambiguous",
    )


def not_told_alone(wanted: ChatWatch) -> Answer:
    """Only the place was let in, or for more than the person: told in private, the watch would never speak."""
    return says(
        f"I may show you {wanted.written} here, but may not tell you alone.",
        f"To be told alone, pass this on to whoever runs me: {wanted.chat}, person {wanted.person}.",
        f"To be told in this chat: {Verb.WATCH.value} {in_quotes(wanted.written)}",
        emoji="🔒",
        outcome="not_allowed",
    )


def watching(
    watch: ChatWatch,
    where: str,
    *,
    is_new: bool,
    found: Found | None,
    held_by: Mute | None = None,
    namesakes: Sequence[str] = (),
) -> Answer:
    """An order is followed from now on, and told `here`, `to you` or `to ops`.

    `held_by`: though its news does not come there yet. `namesakes` are other orders that the reader calls the same.
    """
    called = f" (“{watch.name}”)" if watch.name else ""
    told = "told when it changes" if is_new else "told already when it changes"
    name = order_name(found.snapshot.order) if found else watch.written
    lines: list[Line | str] = [f"{_who_is(where)} {told}: {name}{called}"]
    if held_by:
        until = When(at=held_by.until) if held_by.until else end_words(held_by)
        verb = "held" if held_by.holds else "muted"
        lines.append(spans_line(f"But it is {verb} {_for_whom(where)} until ", until, "."))
    if namesakes:
        lines.append(f"“{watch.name}” is also {' and '.join(namesakes)}: asked for it, I show them all.")
    if found:
        lines.append(f"Now: {found.snapshot.order.status.word}")
    else:
        lines.append("Its source has not shown it yet; I keep looking, and tell when it appears.")
    return says(*lines, emoji="👀", outcome="watching")


def not_watching(name: str, where: str, *, was: bool, to_mute: str | None = None) -> Answer:
    """An order is not followed any more, so that it would be told `here`, `to you` or `to ops`.

    `to_mute`: what holds its news back where a watchlist of the config sends it there all the same.
    """
    mute = f"To hold that back for a while: {to_mute}"
    if was and to_mute:
        return says(
            f"Your watch of {name} is over, but a watchlist still sends its news {where}.",
            mute,
            emoji="👋",
            outcome="unwatched",
        )
    if was:
        return says(f"No more news of {name} {where} from your watch.", emoji="👋", outcome="unwatched")
    not_followed = f"{name} is not followed {'from here' if where == 'here' else _for_whom(where)} by hand."
    if to_mute:
        return says(not_followed, f"A watchlist sends its news {where}.", mute, outcome="unchanged")
    return says(not_followed, outcome="unchanged")


def _who_is(where: str) -> str:
    """Who is told: `here`, `to you`, or `to` a destination."""
    return {"here": "This chat is", "to you": "You are"}.get(where) or f"{where.removeprefix('to ')} is"


def _for_whom(where: str) -> str:
    return where.replace("to ", "for ", 1)


def looked(checked: Looked, label: str, *, in_detail: bool = False) -> list[Line]:
    """Lines above an order's status that say what came of asking its source now; `in_detail`: and how it failed."""
    if checked.is_answered:
        return [text_line(f"Asked {label} just now.")]
    if checked.is_asked and checked.reason is None:
        return [text_line(f"{label} was asked and is slow; what it says will be taken in. Ask for the status soon.")]
    has_failed = checked.reason is not None and (checked.is_asked or checked.possible_at is not None)
    if has_failed and not in_detail:  # whose order it failed at is not theirs
        again = When(at=checked.possible_at) if checked.possible_at else "by itself"
        return [spans_line(f"{label} does not answer properly; it is tried again ", again)]
    reason = f": {checked.reason}" if checked.reason else ""
    if checked.is_budget_spent:
        reason = ": as much was asked as its budget allows"
    lines = [text_line(f"{label} cannot be asked now{reason}")]
    return [*lines, *next_look(checked.possible_at)]


def next_look(at: Moment | None) -> list[Line]:
    """When a source is asked next by itself; nothing where that is not known."""
    return [spans_line("The next look is due ", When(at=at))] if at else []


def came_in(role: Role, *, place: bool) -> Answer:
    """An invite was good."""
    who = "This chat is" if place else "You are"
    return says(f"Welcome. {who} let in as {role.value}.", "Say help to see what I know.", emoji="👋", outcome="joined")


def bad_code() -> Answer:
    """An invite that is not valid, or not any more."""
    return says("That code is not valid, or not any more. Codes work once, and for a limited time.", outcome="bad_code")


def _place_words(question: Question) -> str:
    return ":".join(str(question.place[name]) for name in sorted(question.place)) or "private"
