"""What may follow each verb, read from its words. No word is dropped in silence: it is understood, or it is named.

A reader gives members of a `Command`, and raises Misunderstood for what it cannot make out.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bot.core.command_words import Misunderstood, Words, shortened
from bot.model.order import Stage
from bot.model.units import parse_duration, write_duration

LONGEST_NAME = 100
MOST_NAMES = 5
"""How many words of a line are looked up when it is not plain which of them is the order."""
MOST_DAYS = 366
MOST_PAGES = 1000
LONGEST_MUTE = timedelta(days=366)
NAME = re.compile(r"(?=.*\d)[^\W_][\w/.\-]{3,}")
"""Something that may be an order, purchase-order or tracking number: four characters or more with a digit."""

Members = Mapping[str, Any]
Reader = Callable[[Words], Members]


def nothing(words: Words) -> Members:
    """A verb that stands alone."""
    if left := words.without(FILLERS).texts:
        raise Misunderstood(f"I do not know what “{shortened(' '.join(left))}” is to mean here.")
    return {}


def order(words: Words) -> Members:
    """`45001234 at panels share`."""
    return _order_and(words, _share, source_at, source_of_words)


def order_in_full(words: Words) -> Members:
    """`45001234 full`."""
    return _order_and(words, _full, _share, source_at, source_of_words)


def order_by_page(words: Words) -> Members:
    """`45001234 page 2`."""
    return _order_and(words, _page, _share, source_at, source_of_words)


def order_pictured(words: Words) -> Members:
    """`45001234 page 2`, `45001234 picture`."""
    return _order_and(words, _picture, _page, _share, source_at, source_of_words)


def order_for(words: Words) -> Members:
    """`45001234 for me`."""
    return _order_and(words, whom, source_at, source_of_words)


def order_with_note(words: Words) -> Members:
    """`45001234 me as line 3 drives`."""
    before, note = words.split_at("as")
    if note is None:
        return order_for(words)
    if not note:
        raise Misunderstood("What shall I call it? The name after “as” is missing.")
    called = " ".join(note.texts)
    if len(called) > LONGEST_NAME:
        raise Misunderstood(f"I can remember a name of up to {LONGEST_NAME} characters.")
    return {**order_for(before), "note": called}


def code(words: Words) -> Members:
    """The code of an invite: all there is, so that nothing beside it makes it good."""
    if not words:
        raise Misunderstood("The code of your invite is missing.")
    return {"topic": " ".join(words.texts)}


def orders(words: Words) -> Members:
    """`late 3 source panels page 2`."""
    return _orders(words, "list", {})


def due_orders(words: Words) -> Members:
    """`3 days source panels`."""
    return _orders(words, "due", {"which": "due"})


def late_orders(words: Words) -> Members:
    """`3 source panels`."""
    return _orders(words, "late", {"which": "late"})


def names_in_passing(words: Words) -> tuple[str, ...]:
    """What an order may be called in a sentence: all of it, then each word that may be a number."""
    single = [text for text in (word.strip(".,;:!?()[]<>\"'#") for word in words.texts) if NAME.fullmatch(text)]
    return _with_whole(" ".join(words.texts), single[:MOST_NAMES])


# One order, and what may stand behind it, in any order


def _order_and(words: Words, *tails: Callable[[Words], Members | None]) -> Members:
    members = taken_off(words, *tails)
    return {"names": names_of(words), **members}


def taken_off(words: Words, *tails: Callable[[Words], Members | None]) -> dict[str, Any]:
    """What stands at the end, in any order, taken off the words."""
    members: dict[str, Any] = {}
    while words and (found := next((taken for tail in tails if (taken := tail(words)) is not None), None)) is not None:
        _add(members, found)
    return members


def _add(members: dict[str, Any], more: Members) -> None:
    """Add what was read. Raises Misunderstood for two things of which only one can be."""
    for name, value in more.items():
        if members.setdefault(name, value) != value:
            both = " or ".join(f"“{shortened(_written(each))}”" for each in (members[name], value))
            raise Misunderstood(f"Only one of these can be: {both}.")


def _written(value: object) -> str:
    """What was read, as a person would say it."""
    match value:
        case bool():
            return "me" if value else "here"
        case timedelta():
            return write_duration(value)
        case None:
            return "until change"
        case _:
            return str(value).replace("_", " ")


def names_of(words: Words) -> tuple[str, ...]:
    """All words together, and each alone: it may be one order, or several. None where no order is named."""
    told = words.without(FILLERS) or words
    if not told:
        return ()
    whole = " ".join(told.texts).rstrip(",;")
    if len(whole) > LONGEST_NAME:
        raise Misunderstood(f"No order number is longer than {LONGEST_NAME} characters.")
    single = [text for text in (without_label(word).rstrip(",;") for word in told.without(_BETWEEN).texts) if text]
    return _with_whole(whole, single if len(single) <= MOST_NAMES else [])


def without_label(word: str) -> str:
    """A quoted `PO 26-40006`, as answers write a purchase order, is 26-40006 where nothing goes by all of it."""
    label, _, number = word.partition(" ")
    return number if label.lower() == "po" else word


def _with_whole(whole: str, single: list[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys([whole[:LONGEST_NAME], *single]) if name)


def _picture(words: Words) -> Members | None:
    return {"pictured": True} if words.drop_last("picture") or words.drop_last("--picture") else None


def _full(words: Words) -> Members | None:
    return {"in_full": True} if words.drop_last("full") else None


def _share(words: Words) -> Members | None:
    return {"shared": True} if words.drop_last("share") else None


def _page(words: Words) -> Members | None:
    page = words.drop_last_pair("page")
    return None if page is None else {"page": _number(page, "page", MOST_PAGES)}


def source_at(words: Words) -> Members | None:
    """A source: `at panels`."""
    source = words.drop_last_pair("at")
    return None if source is None else {"source": source}


def source_of_words(words: Words) -> Members | None:
    """A source whose name has blanks: everything after `at`."""
    before, after = words.split_at("at")
    if not before or not after:
        return None
    words.texts = before.texts
    return {"source": " ".join(after.texts)}


def whom(words: Words) -> Members | None:
    """The person or the place: `for me`, `here`."""
    for word, for_me in (("me", True), ("here", False)):
        if words.drop_last(word):
            words.drop_last("for")
            return {"for_me": for_me}
    return None


def how_long(words: Words) -> Members | None:
    """A span of time: `for 2 days`."""
    most = min(len(words.texts), _MOST_WORDS_OF_TIME)
    count = next((n for n in range(most, 0, -1) if _TIME.fullmatch(" ".join(words.texts[-n:]).lower())), 0)
    if not count:
        return None
    said = " ".join(words.texts[-count:]).lower()
    amounts = [(1.0 if number.isalpha() else float(number[:9]), unit[0]) for number, unit in _AMOUNT.findall(said)]
    lasts = sum((amount * parse_duration(f"1{unit}") for amount, unit in amounts), timedelta())
    if not timedelta() < lasts <= LONGEST_MUTE:
        raise Misunderstood(f"A mute lasts longer than nothing and up to {LONGEST_MUTE.days} days.")
    words.texts = words.texts[:-count]
    words.drop_last("for")
    return {"lasts": lasts}


# Lists


def _orders(words: Words, verb: str, members: dict[str, Any]) -> Members:
    while words:
        _add(members, _filter(words, verb, members.get("which")))
    return members


def _filter(words: Words, verb: str, which: str | None) -> Members:
    """One part of what a list is narrowed to, taken off the front."""
    word = words.take()
    lowered = word.lower().rstrip(",")
    if stage := _stage(lowered, words):
        return {"stage": stage}
    match lowered:
        case "late" | "due" | "stuck" | "muted" | "exceptions":
            return {"which": lowered}
        case "mine" | "my":
            return {"mine": True}
        case "share":
            return {"shared": True}
        case "source" | "watchlist":
            return {lowered: _name(words, lowered)}
        case "page" | "stage" if not words:
            raise Misunderstood(f"Which {lowered}? It is missing.")
        case "page":
            return {"page": _number(words.take(), "page", MOST_PAGES)}
    if which and _DAYS.fullmatch(lowered):
        if words and words.first.lower() in ("day", "days"):
            words.take()
        return {"days": _number(lowered.rstrip("d"), "number of days", MOST_DAYS)}
    if lowered in _LIST_FILLERS:
        return {}
    if verb == "list":
        near = difflib.get_close_matches(lowered, (*_NARROWING, *_STAGES), n=1, cutoff=_NEAR)
        hint = f" Did you mean {near[0].replace('_', ' ')}?" if near else f" I can list {_LISTABLE}."
        raise Misunderstood(f"I cannot list “{shortened(word)}”.{hint}")
    takes = "a number of days, source NAME, watchlist NAME or page N"
    raise Misunderstood(f"I do not know what “{shortened(word)}” is to mean after {verb}. There may be {takes}.")


def _name(words: Words, what: str) -> str:
    """A name of one word or more: up to the next word that narrows the list, or as far as it is quoted."""
    if not words:
        raise Misunderstood(f"Which {what}? Its name is missing.")
    name = [words.take()]
    while words and " " not in name[0] and not name[-1].endswith(",") and not _narrows(words):
        name.append(words.take())
    while len(name) > 1 and name[-1].lower() in ("and", "please"):
        name.pop()
    return " ".join(name).rstrip(",")


def _narrows(words: Words) -> bool:
    word = words.first.lower().rstrip(",")
    return word in _NARROWING or _stage(word, Words(words.texts[1:])) is not None


def _stage(word: str, rest: Words) -> Stage | None:
    """The stage that a word names, or that word and the next: `shipped`, `stage on-hold`, `on hold`."""
    if word == "stage" and rest:
        return _stage_called(rest)
    if rest and (stage := _STAGES.get(f"{word}_{rest.first.lower()}")):
        rest.take()
        return stage
    return _STAGES.get(word.replace("-", "_"))


def _stage_called(words: Words) -> Stage:
    word = words.take()
    if stage := _stage(word.lower(), words) if word.lower() != "stage" else None:
        return stage
    raise Misunderstood(f"There is no stage “{shortened(word)}”. There is {', '.join(_STAGES)}.")


def _number(text: str, what: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:10]) <= most):
        raise Misunderstood(f"“{shortened(text)}” is no {what} from 1 to {most}.")
    return int(text)


FILLERS = frozenset({"order", "orders", "number", "of", "for", "the", "please"})
"""Words that say nothing about which order is meant."""
_BETWEEN = frozenset({"po", "and", "&", "+", ","})
"""Words that may stand before or between numbers; with what follows they may be one name all the same."""
_LIST_FILLERS = FILLERS | {"all", "and", "in", "with"}
_MOST_WORDS_OF_TIME = 6
_AMOUNT = re.compile(
    r"(\d+(?:\.\d+)?|an?|one)\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)(?![a-z])"
)
_TIME = re.compile(rf"(?:{_AMOUNT.pattern}(?: and |,? ?))+")
_DAYS = re.compile(r"[-+]?\d[\d.,]*d?")
_STAGES = {stage.value: stage for stage in Stage} | {"in_production": Stage.IN_PROGRESS, "delivered": Stage.COMPLETED}
_NARROWING = frozenset(
    {"late", "due", "stuck", "muted", "exceptions", "mine", "my", "source", "watchlist", "page", "stage", "share"}
)
_LISTABLE = "late, due, stuck, exceptions, muted, mine, source NAME, watchlist NAME, page N, or a stage such as shipped"
_NEAR = 0.75
"""How like a word of lists another must be to be taken for a slip of the fingers."""
