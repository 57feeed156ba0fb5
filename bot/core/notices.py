"""Messages that are about a watchlist, a source or a destination rather than about one order."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from hashlib import blake2b

from bot.core.alarm_words import counted
from bot.core.voices import Voices
from bot.core.words import Words, phrase
from bot.errors import Problem
from bot.model.change import Notice
from bot.model.message import Line, Message, Text, When
from bot.model.moment import Moment, instant_of
from bot.model.outbox import NewNotification
from bot.model.poll import Health

_NAMED = 10
"""How many order numbers a notice spells out before it counts the rest."""


def notification_key(*parts: object) -> str:
    """A stable key of what is told: 32 hex characters."""
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def notice(
    kind: Notice,
    say: Callable[[Words], Message],
    *,
    to: Sequence[str],
    voices: Voices,
    key: Sequence[object],
    at: Moment,
    source: str | None = None,
) -> tuple[NewNotification, ...]:
    """One notification for each destination, in its words. `key` says what makes this notice the same notice."""
    return tuple(
        NewNotification(
            key=notification_key(kind, *key, destination),
            destination=destination,
            source=source,
            kinds=(kind.value,),
            route="operators" if kind is not Notice.NOW_WATCHING else "watchlist summary",
            message=say(words := voices.at(destination)).model_copy(update={"language": words.language}),
            created_at=at,
        )
        for destination in to
    )


def now_watching(
    watchlist: str, source: str, orders: int, not_found: Sequence[str], overdue: int, stuck: int, words: Words
) -> Message:
    """The one line a watchlist's first look is worth, with how many were overdue or stuck even then."""
    body = []
    if not_found:
        names, more = ", ".join(not_found[:_NAMED]), len(not_found) - _NAMED
        if more > 0:
            names = words("{names} and {count} more", names=names, count=more)
        body.append(words.line("Not known to the source: {names}. Are the numbers right?", names=names))
    one, many = "{watchlist}: {n} order at {source}", "{watchlist}: {n} orders at {source}"
    count = words.count(orders, one, many, watchlist=watchlist, source=source)
    already = f", {so}" if (so := counted(overdue, stuck, words)) else ""
    return Message(emoji="👀", headline=_headline(words("Now watching"), f" · {count}{already}"), body=tuple(body))


def source_failing(source: str, health: Health, words: Words) -> Message:
    """A source has stopped answering."""
    if health.retry_at:
        again = words.line(
            "No news can come from it meanwhile; it is tried again by itself, next {when}.",
            when=When(at=health.retry_at),
        )
    else:
        again = words.line("No news can come from it meanwhile; it is tried again by itself.")
    body = (_line(health.reason or words("no reason given")), again)
    return Message(emoji="🔌", headline=_headline(words("Source failing"), f" · {source}"), body=body)


def source_recovered(source: str, health: Health, words: Words) -> Message:
    """A source answers again, and what was missed has been looked at, or is being looked at for long."""
    body = (_blind(words, _UNREADABLE, [health]), _found(words, [health]))
    return Message(emoji="✅", headline=_headline(words("Source recovered"), f" · {source}"), body=body)


def network_down(healths: Sequence[Health], words: Words) -> Message:
    """No source can be reached at all."""
    names = ", ".join(sorted(health.source for health in healths))
    body = (
        words.line(
            "None of the sources can be reached: {names}. That is likely our own network, a proxy or name resolution.",
            names=names,
        ),
        *map(_line, dict.fromkeys(health.reason for health in healths if health.reason)),
        words.line("They are tried again by themselves."),
    )
    return Message(emoji="🌐", headline=_headline(words("We cannot reach anything"), ""), body=body)


def network_back(back: Sequence[Health], silent: Sequence[Health], words: Words) -> Message:
    """Sources can be reached again; `silent` are those that still cannot, which is then their own trouble."""
    body = [_blind(words, _NOTHING_READABLE, back), _found(words, back)]
    if silent:
        names = ", ".join(sorted(health.source for health in silent))
        body.append(words.line("Still not answering: {names}. This is told on its own once it is over.", names=names))
    return Message(emoji="✅", headline=_headline(words("We reach our sources again"), ""), body=tuple(body))


def unknown_status(source: str, word: str, order: str, words: Words) -> Message:
    """A status word nobody has seen before."""
    return Message(
        emoji="❔",
        headline=_headline(words("Unknown status"), " · " + words("{source}: {what}", source=source, what=word)),
        body=(
            words.line("First seen on order {order}. It is passed on as it stands.", order=order),
            words.line(
                "If it means a stage, say so in watchlists.yaml under this source: {setting}",
                setting=f"statuses: {{{word!r}: shipped}}",
            ),
        ),
    )


def schema_drift(source: str, member: str, words: Words) -> Message:
    """Nearly all orders of a source lost the same member at once."""
    return Message(
        emoji="🧩",
        headline=_headline(words("Field missing"), _which(source, member, words)),
        body=(
            words.line("Nearly every order that had them has none any more, so the source itself will have changed."),
            words.line(
                "No order's news is made of it: what was known stays, other changes are told as ever, and it ends by "
                "itself when the source tells them again. Has it renamed a field?"
            ),
        ),
    )


def schema_as_before(source: str, member: str, words: Words) -> Message:
    """A source tells again what it had left out everywhere."""
    return Message(
        emoji="✅",
        headline=_headline(words("Field is back"), _which(source, member, words)),
        body=(words.line("What really changed meanwhile is told order by order."),),
    )


def _which(source: str, member: str, words: Words) -> str:
    return " · " + words("{source}: {what}", source=source, what=words(member))


def unreadable_order(source: str, order: str, reason: str, words: Words) -> Message:
    """One order whose answers cannot be used, while others can."""
    rest = words("{order} at {source}", order=order, source=source)
    return Message(
        emoji="⚠️",
        headline=_headline(words("Order not readable"), f" · {rest}"),
        body=(_line(reason), words.line("Its last good snapshot stays; it is tried again by itself.")),
    )


def destination_broken(destination: str, reason: str, hours: int, words: Words) -> Message:
    """A destination takes nothing."""
    rest = words.count(
        hours,
        "Messages wait for it up to {n} hour and are sent in order once it works again.",
        "Messages wait for it up to {n} hours and are sent in order once it works again.",
    )
    return Message(
        emoji="📪",
        headline=_headline(words("Cannot deliver"), f" · {destination}"),
        body=(_line(reason), _line(rest)),
    )


def dead_letter(destination: str, kinds: str, order: str | None, reason: str, words: Words) -> Message:
    """A message that will not be sent any more."""
    if order is None:
        rest = words("{what} to {destination}", what=kinds, destination=destination)
    else:
        rest = words("{what} of order {order} to {destination}", what=kinds, order=order, destination=destination)
    return _not_delivered(rest, reason, words)


def everything_dead(destination: str, reason: str, words: Words) -> Message:
    """Nothing that was owed to a destination will be sent any more."""
    return _not_delivered(words("everything owed to {destination}", destination=destination), reason, words)


def _not_delivered(what: str, reason: str, words: Words) -> Message:
    return Message(
        emoji="☠️",
        headline=_headline(words("Not delivered"), f" · {what}"),
        body=(_line(reason), words.line("See it with: {command}", command="orderwatch outbox list --state dead")),
    )


_UNREADABLE = (
    phrase("It was not readable for a while."),
    phrase("It was not readable for {span}, from {since} to {until}."),
)
_NOTHING_READABLE = (
    phrase("Nothing was readable for a while."),
    phrase("Nothing was readable for {span}, from {since} to {until}."),
)


def _blind(words: Words, texts: tuple[str, str], healths: Sequence[Health]) -> Line:
    """From when to when, and how long that was."""
    since = min((health.failing_since for health in healths if health.failing_since), default=None)
    until = max((health.answering_since for health in healths if health.answering_since), default=None)
    begun, ended = (instant_of(moment) if moment else None for moment in (since, until))
    if not (since and until and begun and ended):
        return words.line(texts[0])
    span = _spoken(words, ended - begun)
    return words.line(texts[1], span=span, since=When(at=since), until=When(at=until))


def _found(words: Words, healths: Sequence[Health]) -> Line:
    count = sum(health.found for health in healths)
    if not all(health.caught_up for health in healths):
        one, many = "{n} change found so far", "{n} changes found so far"
        found = words.count(count, one, many)
        return words.line("{found}; there is still much to look at.", found=found)
    if not count:
        return words.line("Nothing had changed meanwhile.")
    one, many = "{n} change found since, each told as ever.", "{n} changes found since, each told as ever."
    return _line(words.count(count, one, many))


def config_refused(problems: Sequence[Problem], words: Words) -> Message:
    """A config that was written anew cannot be used."""
    shown = [_line(_without_file(words, problem)) for problem in problems[:_NAMED]]
    if len(problems) > _NAMED:
        shown.append(words.line("and {count} more", count=len(problems) - _NAMED))
    rest = words.line(
        "It goes on as before until that is put right. See all of it with: {command}", command="orderwatch check"
    )
    return Message(
        emoji="📝",
        headline=_headline(words("Config refused"), f" · {problems[0].file}"),
        body=(*shown, rest),
    )


def config_reloaded(file: str, words: Words) -> Message:
    """A config that had been refused is right again."""
    rest = words("{file} as it is now", file=file)
    return Message(emoji="✅", headline=_headline(words("Config in force"), f" · {rest}"))


def loops_failing(errors: Mapping[str, str], words: Words) -> Message:
    """Parts of the program failed again and again for a while; `errors` by name of the loop."""
    names = ", ".join(sorted(errors))
    rest = words.line(
        "It is tried again by itself. Whether it still fails: {command}. If so, start orderwatch again, and report it.",
        command="orderwatch healthcheck",
    )
    return Message(
        emoji="🛠️",
        headline=_headline(words("Part of orderwatch fails"), f" · {names}"),
        body=(*map(_line, sorted(set(errors.values()))[:_NAMED]), rest),
    )


def not_listening(chat: str, reason: str, words: Words) -> Message:
    """A chat does not let us hear what people ask."""
    rest = words.line("Alerts are still sent there. Once that is put right, start orderwatch again.")
    return Message(
        emoji="🙉",
        headline=_headline(words("Questions are not heard"), f" · {chat}"),
        body=(_line(reason), rest),
    )


def _without_file(words: Words, problem: Problem) -> str:
    place = [words("line {number}", number=str(problem.line))] if problem.line else []
    return ": ".join([*place, problem.key, problem.text] if problem.key else [*place, problem.text])


def _spoken(words: Words, span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return words("less than a minute")
    if minutes < 120:
        return words("{minutes} min", minutes=minutes)
    if minutes < 2880:
        return words("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)
    return words.count(minutes // 1440, "{n} day", "{n} days")


def _headline(title: str, rest: str) -> Line:
    return Line(spans=(Text(text=title, style="strong"), Text(text=rest)))


def _line(text: str) -> Line:
    return Line(spans=(Text(text=text),))
