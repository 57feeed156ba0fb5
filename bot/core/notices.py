"""Messages that are about a watchlist, a source or a destination rather than about one order."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b

from bot.errors import Problem
from bot.model.change import Notice
from bot.model.message import Line, Message, Span, Text, When
from bot.model.moment import Moment, instant_of
from bot.model.outbox import NewNotification
from bot.model.poll import Health

_NAMED = 10
"""How many order numbers a notice spells out before it counts the rest."""


def notification_key(*parts: object) -> str:
    """A stable key of what is told: 32 hex characters."""
    return blake2b("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def notice(
    kind: Notice, message: Message, *, to: Sequence[str], key: Sequence[object], at: Moment, source: str | None = None
) -> tuple[NewNotification, ...]:
    """One notification for each destination. `key` says what makes this notice the same notice."""
    return tuple(
        NewNotification(
            key=notification_key(kind, *key, destination),
            destination=destination,
            source=source,
            kinds=(kind.value,),
            route="operators" if kind is not Notice.NOW_WATCHING else "watchlist summary",
            message=message,
            created_at=at,
        )
        for destination in to
    )


def now_watching(watchlist: str, source: str, orders: int, not_found: Sequence[str], so_already: str = "") -> Message:
    """The one line a watchlist's first look is worth; `so_already` says how many were overdue or stuck even then."""
    count = "1 order" if orders == 1 else f"{orders:,} orders"
    body, already = [], f", {so_already}" if so_already else ""
    if not_found:
        names = ", ".join(not_found[:_NAMED])
        more = f" and {len(not_found) - _NAMED} more" if len(not_found) > _NAMED else ""
        body.append(_line(f"Not known to the source: {names}{more}. Are the numbers right?"))
    return Message(
        emoji="👀",
        headline=_headline("Now watching", f" · {watchlist}: {count} at {source}{already}"),
        body=tuple(body),
    )


def source_failing(source: str, health: Health) -> Message:
    """A source has stopped answering."""
    spans: list[Span] = [Text(text="No news can come from it meanwhile; it is tried again by itself")]
    if health.retry_at:
        spans += [Text(text=", next "), When(at=health.retry_at)]
    body = [_line(health.reason or "no reason given"), Line(spans=(*spans, Text(text=".")))]
    return Message(emoji="🔌", headline=_headline("Source failing", f" · {source}"), body=tuple(body))


def source_recovered(source: str, health: Health) -> Message:
    """A source answers again, and what was missed has been looked at, or is being looked at for long."""
    body = (_blind("It was not readable", [health]), _found([health]))
    return Message(emoji="✅", headline=_headline("Source recovered", f" · {source}"), body=body)


def network_down(healths: Sequence[Health]) -> Message:
    """No source can be reached at all."""
    names = ", ".join(sorted(health.source for health in healths))
    words = (
        f"None of the sources can be reached: {names}. That is likely our own network, a proxy or name resolution.",
        *dict.fromkeys(health.reason for health in healths if health.reason),
        "They are tried again by themselves.",
    )
    return Message(emoji="🌐", headline=_headline("We cannot reach anything", ""), body=tuple(map(_line, words)))


def network_back(back: Sequence[Health], silent: Sequence[Health]) -> Message:
    """Sources can be reached again; `silent` are those that still cannot, which is then their own trouble."""
    body = [_blind("Nothing was readable", back), _found(back)]
    if silent:
        names = ", ".join(sorted(health.source for health in silent))
        body.append(_line(f"Still not answering: {names}. This is told on its own once it is over."))
    return Message(emoji="✅", headline=_headline("We reach our sources again", ""), body=tuple(body))


def unknown_status(source: str, word: str, order: str) -> Message:
    """A status word nobody has seen before."""
    hint = f"If it means a stage, say so in watchlists.yaml under this source: statuses: {{{word!r}: shipped}}"
    return Message(
        emoji="❔",
        headline=_headline("Unknown status", f" · {source}: {word}"),
        body=(_line(f"First seen on order {order}. It is passed on as it stands."), _line(hint)),
    )


def schema_drift(source: str, member: str) -> Message:
    """Nearly all orders of a source lost the same member at once."""
    words = (
        "Nearly every order that had them has none any more, so the source itself will have changed.",
        "No order's news is made of it: what was known stays, other changes are told as ever, and it ends by itself "
        "when the source tells them again. Has it renamed a field?",
    )
    return Message(
        emoji="🧩",
        headline=_headline("Field missing", f" · {source}: {member}"),
        body=tuple(map(_line, words)),
    )


def schema_as_before(source: str, member: str) -> Message:
    """A source tells again what it had left out everywhere."""
    return Message(
        emoji="✅",
        headline=_headline("Field is back", f" · {source}: {member}"),
        body=(_line("What really changed meanwhile is told order by order."),),
    )


def unreadable_order(source: str, order: str, reason: str) -> Message:
    """One order whose answers cannot be used, while others can."""
    return Message(
        emoji="⚠️",
        headline=_headline("Order not readable", f" · {order} at {source}"),
        body=(_line(reason), _line("Its last good snapshot stays; it is tried again by itself.")),
    )


def destination_broken(destination: str, reason: str, waiting_for: str) -> Message:
    """A destination takes nothing."""
    return Message(
        emoji="📪",
        headline=_headline("Cannot deliver", f" · {destination}"),
        body=(
            _line(reason),
            _line(f"Messages wait for it up to {waiting_for} and are sent in order once it works again."),
        ),
    )


def dead_letter(destination: str, what: str, reason: str) -> Message:
    """A message that will not be sent any more."""
    return Message(
        emoji="☠️",
        headline=_headline("Not delivered", f" · {what} to {destination}"),
        body=(_line(reason), _line("See it with: orderwatch outbox list --state dead")),
    )


def _blind(what: str, healths: Sequence[Health]) -> Line:
    """From when to when, and how long that was."""
    since = min((health.failing_since for health in healths if health.failing_since), default=None)
    until = max((health.answering_since for health in healths if health.answering_since), default=None)
    begun, ended = (instant_of(moment) if moment else None for moment in (since, until))
    if not (since and until and begun and ended):
        return _line(f"{what} for a while.")
    return Line(
        spans=(
            Text(text=f"{what} for {_spoken(ended - begun)}, from "),
            When(at=since),
            Text(text=" to "),
            When(at=until),
            Text(text="."),
        )
    )


def _found(healths: Sequence[Health]) -> Line:
    count = sum(health.found for health in healths)
    if not all(health.caught_up for health in healths):
        return _line(f"{_changes(count)} found so far; there is still much to look at.")
    return _line(f"{_changes(count)} found since, each told as ever." if count else "Nothing had changed meanwhile.")


def _changes(count: int) -> str:
    return "1 change" if count == 1 else f"{count:,} changes"


def config_refused(problems: Sequence[Problem]) -> Message:
    """A config that was written anew cannot be used."""
    shown = [_line(_without_file(problem)) for problem in problems[:_NAMED]]
    if len(problems) > _NAMED:
        shown.append(_line(f"and {len(problems) - _NAMED} more"))
    rest = "It goes on as before until that is put right. See all of it with: orderwatch check"
    return Message(
        emoji="📝", headline=_headline("Config refused", f" · {problems[0].file}"), body=(*shown, _line(rest))
    )


def config_reloaded(file: str) -> Message:
    """A config that had been refused is right again."""
    return Message(emoji="✅", headline=_headline("Config in force", f" · {file} as it is now"))


def _without_file(problem: Problem) -> str:
    place = [f"line {problem.line}"] if problem.line else []
    return ": ".join([*place, problem.key, problem.text] if problem.key else [*place, problem.text])


def _spoken(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 2880 else f"{minutes // 1440} days"


def _headline(title: str, rest: str) -> Line:
    return Line(spans=(Text(text=title, style="strong"), Text(text=rest)))


def _line(text: str) -> Line:
    return Line(spans=(Text(text=text),))
