"""The one grammar of questions, whichever door they come through.

VERBS is the table: the parser, the help, the menus of the chats and the hints for typing errors are all made from it.
A line without a verb that holds something like an order number asks for its status.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.core.command_words import Misunderstood, Words, shortened, without_control
from bot.model.access import Role
from bot.model.command import Command, Misread, Verb
from bot.model.order import Stage
from bot.model.units import parse_duration

LONGEST = 1000
"""Characters of a question. An order with everything one can say about it needs a tenth of that."""
LONGEST_NAME = 100
MOST_NAMES = 5
"""How many words of a line are looked up when it is not plain which of them is the order."""
MOST_DAYS = 366
MOST_PAGES = 1000
LONGEST_MUTE = timedelta(days=366)

Members = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table."""

    verb: Verb
    arguments: str
    does: str
    """One line of help."""
    example: str
    role: Role
    read: Callable[[Words], Members]
    """Members of the Command beside its verb. Raises Misunderstood."""
    aliases: tuple[str, ...] = field(default=())
    is_listed: bool = True
    """Whether help and menus show it."""


def parse(text: str, *, in_passing: bool = False) -> Command | Misread:
    """What a line asks. `in_passing`: it was not addressed to us as a command, such as a plain message."""
    if len(text) > LONGEST:
        return Misread(problem=f"That is {len(text):,} characters; I read up to {LONGEST:,}.", advice=_ADVICE)
    words = Words.of(without_control(text))
    if not words:
        return Command(verb=Verb.HELP)
    entry = _BY_WORD.get(_verb_word(words.first))
    if entry is None:
        return _without_verb(words, in_passing=in_passing)
    try:
        return Command.model_validate({"verb": entry.verb, **entry.read(words.rest())})
    except Misunderstood as error:
        return Misread(problem=str(error), advice=f"Write it like this: {entry.example}")


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


def names_in(words: Words) -> tuple[str, ...]:
    """What an order may be called in these words: all of them together, then each that holds a digit."""
    whole = " ".join(words.texts)
    single = [text for text in (word.strip(".,;:!?()[]<>\"'#") for word in words.texts) if _NAME.fullmatch(text)]
    names = dict.fromkeys([*([whole] if len(whole) <= LONGEST_NAME else []), *single])
    return tuple(names)[: MOST_NAMES + 1]


def _verb_word(written: str) -> str:
    """`/status@orderbot` is `status`."""
    return written.removeprefix("/").partition("@")[0].rstrip(":,.?!").lower()


def _without_verb(words: Words, *, in_passing: bool) -> Command | Misread:
    first = shortened(words.first)
    near = difflib.get_close_matches(_verb_word(words.first), _BY_WORD, n=2, cutoff=0.6)
    if near and not in_passing and not any(char.isdigit() for char in words.first):
        meant = " or ".join(dict.fromkeys(_BY_WORD[word].verb.value for word in near))
        return Misread(problem=f"There is no command “{first}”.", advice=f"Did you mean {meant}? {_ADVICE}")
    names = names_in(words)
    if any(_NAME.fullmatch(name) for name in names) or any(char.isdigit() for char in "".join(names)):
        return Command(verb=Verb.STATUS, names=names, in_passing=True)
    return Misread(problem=f"There is no command “{first}”, and no order number in it.", advice=_ADVICE)


_NAME = re.compile(r"(?=.*\d)[^\W_][\w/.\-]{3,}")
"""Something that may be an order, purchase-order or tracking number: four characters or more with a digit."""
_ADVICE = "Ask like this: status 45001234. Or say help to see everything I know."


# Arguments of each verb


def _nothing(words: Words) -> Members:
    del words  # whatever else was said is not needed
    return {}


def _help(words: Words) -> Members:
    entry = _BY_WORD.get(_verb_word(words.first)) if words else None
    return {"topic": entry.verb.value} if entry else {}


def _one_order(words: Words) -> dict[str, Any]:
    """The order, and what may follow it: `full`, `share`, `page 2`."""
    members: dict[str, Any] = {}
    while words:
        if words.drop_last("full"):
            members["in_full"] = True
        elif words.drop_last("share"):
            members["shared"] = True
        elif (page := words.drop_last_pair("page")) is not None:
            members["page"] = _number(page, "page", MOST_PAGES)
        elif (source := words.drop_last_pair("at")) is not None:
            members["source"] = source
        else:
            break
    return {"names": _names(words), **members}


def _names(words: Words) -> tuple[str, ...]:
    if not words:
        raise Misunderstood("Which order? Its number is missing.")
    whole = " ".join(words.texts)
    if len(whole) > LONGEST_NAME:
        raise Misunderstood(f"No order number is longer than {LONGEST_NAME} characters.")
    return names_in(words)


def _watch(words: Words) -> Members:
    members: dict[str, Any] = {}
    before, note = words.split_at("as")
    if note is not None:
        if not note:
            raise Misunderstood("What shall I call it? The name after “as” is missing.")
        members["note"] = " ".join(note.texts)[:LONGEST_NAME]
    while before:
        if before.drop_last("me"):
            members["for_me"] = True
        elif before.drop_last("here"):
            members["for_me"] = False
        elif (source := before.drop_last_pair("at")) is not None:
            members["source"] = source
        else:
            break
    return {"names": _names(before), **members}


def _mute(words: Words) -> Members:
    members: dict[str, Any] = {"for_me": words.drop_last("me")}
    before, until = words.split_at("until")
    if until is not None:
        if not {text.lower() for text in until.texts} & {"change", "changes", "changed"}:
            raise Misunderstood("Until when? Say “until change”, or how long, such as 1h or 1d.")
        return {**_at_source(before), **members}
    if not words:
        return {"names": _names(words)}
    try:
        lasts = parse_duration(words.last)
    except ValueError:
        raise Misunderstood("For how long? Say 1h, 1d or “until change” after the order.") from None
    except OverflowError:
        lasts = LONGEST_MUTE + timedelta(days=1)
    if not timedelta() < lasts <= LONGEST_MUTE:
        raise Misunderstood(f"A mute lasts up to {LONGEST_MUTE.days} days.")
    words.drop_last(words.last)
    words.drop_last("for")
    return {**_at_source(words), "lasts": lasts, **members}


def _for_somebody(words: Words) -> Members:
    for_me = words.drop_last("me")
    words.drop_last("here")
    return {**_at_source(words), "for_me": for_me}


def _at_source(words: Words) -> dict[str, Any]:
    source = words.drop_last_pair("at")
    return {"names": _names(words), **({} if source is None else {"source": source})}


def _list(words: Words) -> Members:
    members: dict[str, Any] = {}
    while words:
        word = words.take().lower().rstrip(",")
        if word in ("late", "due", "stuck"):
            members["which"] = word
            if words and words.first.rstrip("d").isdigit():
                members["days"] = _number(words.take().rstrip("d"), "number of days", MOST_DAYS)
                words.drop_first("days")
        elif word in ("mine", "my"):
            members["mine"] = True
        elif word in ("source", "watchlist", "page", "stage") and not words:
            raise Misunderstood(f"Which {word}? Its name is missing.")
        elif word in ("source", "watchlist"):
            members[word] = words.take()
        elif word == "page":
            members["page"] = _number(words.take(), "page", MOST_PAGES)
        elif word == "share":
            members["shared"] = True
        elif stage := _STAGES.get((words.take() if word == "stage" else word).lower().replace("-", "_")):
            members["stage"] = stage
        elif word not in ("all", "orders", "and", "in", "the"):
            raise Misunderstood(f"I cannot list “{shortened(word)}”. I can list {_LISTABLE}.")
    return members


def _due(words: Words) -> Members:
    return _list(Words.of("due", words))


def _late(words: Words) -> Members:
    return _list(Words.of("late", words))


def _join(words: Words) -> Members:
    if not words:
        raise Misunderstood("The code of your invite is missing.")
    return {"topic": words.first}


def _number(text: str, what: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= most):
        raise Misunderstood(f"“{shortened(text)}” is no {what} from 1 to {most}.")
    return int(text)


_STAGES = {stage.value: stage for stage in Stage} | {"in_production": Stage.IN_PROGRESS, "delivered": Stage.COMPLETED}
_LISTABLE = "late, due, stuck, mine, source NAME, watchlist NAME, or a stage such as shipped"

VERBS = (
    Entry(Verb.STATUS, "ORDER [full]", "where an order is", "status 45001234", Role.VIEWER, _one_order),
    Entry(
        Verb.LIST,
        "[late|due|stuck|mine|STAGE] [source NAME] [watchlist NAME]",
        "orders, last changed first",
        "list stuck 7 source panels",
        Role.VIEWER,
        _list,
    ),
    Entry(Verb.LATE, "[source NAME]", "orders past their promised date", "late source panels", Role.VIEWER, _late),
    Entry(Verb.DUE, "[DAYS]", "orders promised for the next days", "due 3", Role.VIEWER, _due),
    Entry(Verb.HISTORY, "ORDER", "what changed, when, and who was told", "history 45001234", Role.VIEWER, _one_order),
    Entry(Verb.CHECK, "ORDER", "ask its source now", "check 45001234", Role.VIEWER, _one_order),
    Entry(
        Verb.WATCH,
        "ORDER [me] [at SOURCE] [as NAME]",
        "tell this chat, or me, when it changes",
        "watch 45001234 as line 3 drives",
        Role.WATCHER,
        _watch,
        aliases=("follow",),
    ),
    Entry(
        Verb.UNWATCH,
        "ORDER [me]",
        "stop telling",
        "unwatch 45001234",
        Role.WATCHER,
        _for_somebody,
        aliases=("unfollow",),
    ),
    Entry(
        Verb.MUTE,
        "ORDER 1h|1d|until change [me]",
        "no news of it here for a while",
        "mute 45001234 1d",
        Role.WATCHER,
        _mute,
        aliases=("snooze",),
    ),
    Entry(Verb.UNMUTE, "ORDER [me]", "news of it again", "unmute 45001234", Role.WATCHER, _for_somebody),
    Entry(Verb.WHY, "ORDER", "what was sent where, or held back, and why", "why 45001234", Role.VIEWER, _one_order),
    Entry(Verb.SOURCES, "", "where orders come from, and whether they answer", "sources", Role.VIEWER, _nothing),
    Entry(
        Verb.ABOUT,
        "",
        "what I am, who you are to me, and the ids of this chat",
        "about",
        Role.VIEWER,
        _nothing,
        aliases=("settings", "id", "whoami"),
    ),
    Entry(Verb.HELP, "[COMMAND]", "this list, or one command of it", "help watch", Role.VIEWER, _help),
    Entry(Verb.JOIN, "CODE", "come in with an invite", "join CODE", Role.VIEWER, _join, is_listed=False),
)
_BY_WORD = {word: entry for entry in VERBS for word in (entry.verb.value, *entry.aliases)}
