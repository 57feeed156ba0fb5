"""The one grammar of questions, whichever door they come through.

VERBS is the table: the parser, the help, the menus of the chats and the hints for typing errors are all made from it.
A line without a verb that holds something like an order number asks for its status.
"""

import difflib
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.core import command_arguments as arguments
from bot.core import command_care, command_mutes
from bot.core.command_arguments import Members, Reader
from bot.core.command_words import Misunderstood, Words, shortened, without_control
from bot.model.access import Role
from bot.model.command import Command, Misread, Verb

LONGEST = 1000
"""Characters of a question. An order with everything one can say about it needs a tenth of that."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    verb: Verb
    arguments: str
    does: str
    """One line of help."""
    example: str
    role: Role
    read: Reader
    """Members of the Command beside its verb. Raises Misunderstood."""
    aliases: tuple[str, ...] = field(default=())
    is_listed: bool = True
    """Whether help and menus show it."""


class OrderName(NamedTuple):
    """An order, by its source and its key there."""

    source: str
    key: str


def parse(text: str, *, in_passing: bool = False, under: OrderName | None = None) -> Command | Misread:
    """What a line asks.

    `in_passing`: it was not addressed to us as a command, such as a plain message. `under`: it was said under news of
    that order, which is meant where the line names none.
    """
    if len(text) > LONGEST:
        long = f"That is {len(text):,} characters; I read up to {LONGEST:,}."
        return Misread(problem=long, advice=_advice(Verb.STATUS))
    words = Words.of(without_control(text))
    if not words:
        return Command(verb=Verb.HELP)
    entry = _BY_WORD.get(_verb_word(words.first))
    if entry is None:
        return _without_verb(words, in_passing=in_passing)
    try:
        members = entry.read(words.rest())
        if members.get("names") == ():
            members = {**members, **_order_above(under, is_all=bool(members.get("is_all")))}
        return Command.model_validate({"verb": entry.verb, **members})
    except Misunderstood as error:
        return Misread(problem=str(error), advice=f"Write it like this: {entry.example}")


def _order_above(under: OrderName | None, *, is_all: bool) -> Members:
    """The order of a line that names none; `is_all`: without one above it, all orders are meant."""
    if under is not None:
        return {"names": (under.key,), "source": under.source, "is_all": False}
    if not is_all:
        raise Misunderstood("Which order? Its number is missing.")
    return {}


def entry_of(verb: Verb) -> Entry:
    """The row of a verb."""
    return _BY_WORD[verb.value]


def listed() -> list[Entry]:
    """The rows that help and menus show, in order."""
    return [entry for entry in VERBS if entry.is_listed]


def written(verb: Verb, key: str, source: str, *more: str) -> str:
    """A question about one order, for a button: `mute 45001234 at panels 1h`."""
    return " ".join((verb.value, _quoted(key), "at", _quoted(source), *more))


def written_list(command: Command, page: int) -> str:
    """A list again, at another page."""
    parts = [Verb.LIST.value]
    if command.which != "all":
        parts += [command.which, *([str(command.days)] if command.days else [])]
    parts += ["mine"] if command.mine else []
    parts += ["stage", command.stage.value] if command.stage else []
    parts += ["source", _quoted(command.source)] if command.source else []
    parts += ["watchlist", _quoted(command.watchlist)] if command.watchlist else []
    return " ".join([*parts, "page", str(page)])


def _quoted(text: str) -> str:
    return f'"{text}"'


def _verb_word(written: str) -> str:
    """`/status@orderbot` is `status`."""
    return written.removeprefix("/").partition("@")[0].rstrip(":,.?!").lower()


def _without_verb(words: Words, *, in_passing: bool) -> Command | Misread:
    first = shortened(words.first)
    if (meant := _meant(words.first)) and not any(char.isdigit() for char in words.first):
        advice = f"Did you mean {' or '.join(meant)}? {_advice(meant[0])}"
        return Misread(problem=f"There is no command “{first}”.", advice=advice)
    names = arguments.names_in_passing(words)
    if any(arguments.NAME.fullmatch(name) for name in names) or any(char.isdigit() for char in "".join(names)):
        return Command(verb=Verb.STATUS, names=names, in_passing=True)
    return Misread(problem=f"There is no command “{first}”, and no order number in it.", advice=_advice(Verb.STATUS))


def _advice(verb: Verb) -> str:
    return f"Ask like this: {entry_of(verb).example}. Or say help to see everything I know."


_NEAR = 0.75
"""How like a verb a word must be to be taken for a slip of the fingers: `mtue` is, `what` is not."""


def _help(words: Words) -> Members:
    asked = words.without(("me", "please"))
    if not asked:
        return {}
    entry = _BY_WORD.get(_verb_word(asked.first))
    if entry is None:
        meant = _meant(asked.first)
        hint = f" Did you mean {' or '.join(meant)}?" if meant else ""
        raise Misunderstood(f"There is no command “{shortened(asked.first)}”.{hint}")
    arguments.nothing(asked.rest())
    return {"topic": entry.verb.value}


def _meant(word: str) -> list[Verb]:
    """The verbs that a word may be meant for, the likeliest first; none if it is like none."""
    near = difflib.get_close_matches(_verb_word(word), _BY_WORD, n=2, cutoff=_NEAR)
    return list(dict.fromkeys(_BY_WORD[each].verb for each in near))


_NEWS = "ORDER|watchlist NAME|kind KIND|here"
VERBS = (
    Entry(Verb.STATUS, "ORDER [full]", "where an order is", "status 45001234", Role.VIEWER, arguments.order_in_full),
    Entry(
        Verb.LIST,
        "[late|due|stuck|exceptions|muted|mine|STAGE] [source NAME] [watchlist NAME]",
        "orders, last changed first",
        "list stuck 7 source panels",
        Role.VIEWER,
        arguments.orders,
    ),
    Entry(
        Verb.LATE,
        "[source NAME]",
        "orders past their promised date",
        "late source panels",
        Role.VIEWER,
        arguments.late_orders,
    ),
    Entry(Verb.DUE, "[DAYS]", "orders promised for the next days", "due 3", Role.VIEWER, arguments.due_orders),
    Entry(
        Verb.HISTORY,
        "ORDER [picture]",
        "what changed, when, and who was told",
        "history 45001234",
        Role.VIEWER,
        arguments.order_pictured,
    ),
    Entry(Verb.CHECK, "ORDER", "ask its source now", "check 45001234", Role.VIEWER, arguments.order_in_full),
    Entry(
        Verb.WATCH,
        "ORDER [me] [at SOURCE] [as NAME]",
        "tell this chat, or me, when it changes",
        "watch 45001234 as line 3 drives",
        Role.WATCHER,
        arguments.order_with_note,
        aliases=("follow",),
    ),
    Entry(
        Verb.UNWATCH,
        "ORDER [me]",
        "stop telling",
        "unwatch 45001234",
        Role.WATCHER,
        arguments.order_for,
        aliases=("unfollow",),
    ),
    Entry(
        Verb.MUTE,
        f"{_NEWS} 1h|2 days|until DAY|until change [me] [note WHY]",
        "no news of it here for a while",
        "mute 45001234 1d",
        Role.WATCHER,
        command_mutes.muting,
    ),
    Entry(
        Verb.SNOOZE,
        f"{_NEWS} 1h|2 days|until DAY [me] [note WHY]",
        "keep its news, and tell later what it came to",
        "snooze 45001234 until monday 9:00",
        Role.WATCHER,
        command_mutes.snoozing,
    ),
    Entry(
        Verb.UNMUTE,
        f"{_NEWS} [me]",
        "news of it again",
        "unmute 45001234",
        Role.WATCHER,
        command_mutes.unmuting,
        aliases=("unsnooze",),
    ),
    Entry(
        Verb.ACK,
        "ORDER [note WHAT]",
        "somebody has seen what is wrong with it: no more reminders",
        "ack 45001234 note they send it again",
        Role.WATCHER,
        command_care.acknowledging,
        aliases=("acknowledge",),
    ),
    Entry(
        Verb.ASSIGN,
        "ORDER me|@PERSON",
        "who takes care of it: its messages call only them",
        "assign 45001234 me",
        Role.WATCHER,
        command_care.assigning,
    ),
    Entry(
        Verb.UNASSIGN,
        "ORDER",
        "nobody in particular takes care of it",
        "unassign 45001234",
        Role.WATCHER,
        command_care.unassigning,
    ),
    Entry(
        Verb.WHY, "ORDER", "what was sent where, or held back, and why", "why 45001234", Role.VIEWER, arguments.order
    ),
    Entry(
        Verb.SOURCES, "", "where orders come from, and whether they answer", "sources", Role.VIEWER, arguments.nothing
    ),
    Entry(
        Verb.ABOUT,
        "",
        "what I am, who you are to me, and the ids of this chat",
        "about",
        Role.VIEWER,
        arguments.nothing,
        aliases=("settings", "id", "whoami"),
    ),
    Entry(Verb.HELP, "[COMMAND]", "this list, or one command of it", "help watch", Role.VIEWER, _help),
    Entry(Verb.JOIN, "CODE", "come in with an invite", "join CODE", Role.VIEWER, arguments.code, is_listed=False),
)
_BY_WORD = {word: entry for entry in VERBS for word in (entry.verb.value, *entry.aliases)}
