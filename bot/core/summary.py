"""Several notifications told as one: what is said, and which of them end without being told by themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.core.net import net
from bot.core.render import Entry, entry_of, main_kind, order_name, po_name, rank_of, short, title_of
from bot.core.wording import Templates, word
from bot.core.words import ENGLISH, Words
from bot.model.change import Change, Severity
from bot.model.message import Line, Message, Span, Text, When
from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.outbox import Gathering, Shape, WithChanges

BACK = "back where it began"
"""Why news that came to nothing is told to nobody."""

OrderName = tuple[str, str]
"""Source and key."""

_NAMES_IN_A_LINE = 10
_LINES_IN_SHORT = 2
"""Up to so many lines of an order stand on the one line that a summary has for it."""


@dataclass(frozen=True, slots=True)
class _Case:
    """All the news there is of one order, or one notice."""

    news: tuple[WithChanges, ...]
    order: Order | None
    changes: tuple[Change, ...]
    """What is left of them."""

    is_known: bool
    """Whether the order and all that was found is still there to be read; else there are only the messages."""

    @property
    def is_back(self) -> bool:
        """Whether nothing is left to tell of what was found."""
        return self.is_known and not self.changes

    @property
    def rank(self) -> tuple[int, int]:
        """Its place in a list: the most urgent first, then the most telling kind."""
        severity = max(each.row.severity.rank for each in self.news)
        return -severity, rank_of(main_kind(self.changes)) if self.changes else -1


@dataclass(frozen=True, slots=True)
class _Telling:
    """How it is said: the sources as people call them, where days are counted, and in which words."""

    labels: Mapping[str, str]
    zone: tzinfo
    words: Words
    templates: Templates

    def label(self, source: str | None) -> str:
        return self.labels.get(source or "", source or "")


def told_as_one(
    shape: Shape,
    news: Sequence[WithChanges],
    orders: Mapping[OrderName, Order],
    *,
    labels: Mapping[str, str],
    zone: tzinfo,
    now: Moment,
    words: Words = ENGLISH,
    templates: Templates | None = None,
) -> Gathering:
    """What becomes of these notifications, given by id, when they are told as one.

    `orders` are as they are known now, `labels` the sources as people call them; days are counted in `zone`.
    """
    say = _Telling(labels, zone, words, templates or {})
    cases = [_case(each, orders) for each in _by_order(news)]
    told = [case for case in cases if not case.is_back]
    back = {each.row.id: BACK for case in cases if case.is_back for each in case.news}
    if not told:
        return Gathering(leader=None, merged=back, at=now)
    severity = max((each.row.severity for case in told for each in case.news), key=lambda one: one.rank)
    leader = min(each.row.id for case in told for each in case.news)
    rows = [each.row for case in told for each in case.news]
    merged = {row.id: f"told with notification {leader}" for row in rows if row.id != leader}
    if len(told) == 1:
        shape, message = Shape.ORDER, _of_one(told[0], say)
        if back:
            message = message.model_copy(update={"body": (*message.body, _back_line(cases, words))})
    else:
        message = _of_many(shape, cases, say)
    mentions = dict.fromkeys(person for row in rows for person in row.message.mentions)
    return Gathering(
        leader=leader,
        merged=back | merged,
        shape=shape,
        kinds=tuple(dict.fromkeys(kind for case in told for kind in _kinds(case))),
        route=", ".join(dict.fromkeys(row.route for row in rows)),
        severity=severity,
        message=message.model_copy(update={"mentions": tuple(mentions), "is_silent": severity is Severity.LOW}),
        at=now,
    )


def _by_order(news: Sequence[WithChanges]) -> Iterable[list[WithChanges]]:
    groups: dict[object, list[WithChanges]] = {}
    for each in news:
        row = each.row
        groups.setdefault(row.id if row.order is None else (row.source, row.order), []).append(each)
    return groups.values()


def _case(news: Sequence[WithChanges], orders: Mapping[OrderName, Order]) -> _Case:
    row = news[0].row
    order = orders.get((row.source, row.order)) if row.source and row.order else None
    is_known = order is not None and all(each.changes for each in news)
    left = net(change for each in news for change in each.changes) if is_known else ()
    return _Case(tuple(news), order, left, is_known)


def _kinds(case: _Case) -> Iterable[str]:
    if case.changes:
        return [change.kind.value for change in case.changes]
    return [kind for each in case.news for kind in each.row.kinds]


def _of_one(case: _Case, say: _Telling) -> Message:
    last = case.news[-1].row
    if case.order is None or not case.changes:  # a notice, or news whose changes are kept no more
        earlier = [_with_emoji(each.row.message.emoji, each.row.message.headline) for each in case.news[:-1]]
        return last.message.model_copy(update={"body": (*last.message.body, *earlier)})
    label = say.label(last.source)
    message = word(
        case.order,
        case.changes,
        source=label,
        seen_at=last.created_at,
        zone=say.zone,
        words=say.words,
        templates=say.templates,
    )
    first = case.news[0].row
    if first.created_at == last.created_at:
        return message
    footer = say.words.line(
        "{source} · {updates} updates seen from {since} to {until}",
        source=label,
        updates=len(case.news),
        since=When(at=first.created_at),
        until=When(at=last.created_at),
    )
    return message.model_copy(update={"footer": footer})


def _of_many(shape: Shape, cases: Sequence[_Case], say: _Telling) -> Message:
    words = say.words
    told = sorted((case for case in cases if not case.is_back), key=lambda case: case.rank)
    rows = [each.row for case in cases for each in case.news]
    notices = sum(case.news[0].row.order is None for case in told)
    counts = Counter(title_of(main_kind(case.changes), words) for case in told if case.changes)
    number = Text(text=_counted(len(told) - notices, notices, words), style="strong")
    headline = words.spans("{news} since {when}", news=number, when=When(at=min(row.created_at for row in rows)))
    if shape is Shape.STORM and counts:
        titles = ", ".join(f"{words.number(count)} × {title}" for title, count in counts.items())
        headline = words.spans("{news}: {counts}", news=headline, counts=titles)
    body = list(_summed_up(told, say) if shape is Shape.STORM else _one_by_one(told, say))
    if len(told) < len(cases):
        body.append(_back_line(cases, words))
    sources = dict.fromkeys(say.label(row.source) for row in rows if row.source)
    seen = When(at=max(row.created_at for row in rows))
    footer = words.line("{source} · seen {when}", source=", ".join(sources), when=seen)
    return Message(
        emoji="🗂️",
        headline=Line(spans=headline),
        body=tuple(body),
        footer=footer if sources else None,
        language=words.language,
    )


def _counted(orders: int, notices: int, words: Words) -> str:
    said = [words.count(orders, "News of {n} order", "News of {n} orders")] if orders else []
    said += [words.count(notices, "{n} notice", "{n} notices")] if notices else []
    return said[0] if len(said) == 1 else words("{one} and {other}", one=said[0], other=said[1])


def _one_by_one(cases: Iterable[_Case], say: _Telling) -> Iterable[Line]:
    """Each order with all that changed about it."""
    for case in cases:
        if case.order is None or not case.changes:
            yield from _headlines(case)
            continue
        entry = entry_of(case.order, case.changes, say.zone, say.words)
        yield _with_emoji(entry.emoji, entry.headline)
        for line in entry.lines:
            yield line.model_copy(update={"indent": 1})


def _summed_up(cases: Sequence[_Case], say: _Telling) -> Iterable[Line]:
    """A line for each thing that happened, with all the orders it happened to."""
    happened: dict[tuple[str, str, tuple[Span, ...]], list[Order]] = {}
    for case in cases:
        if case.order is None or not case.changes:
            yield from _headlines(case)
            continue
        entry = entry_of(case.order, case.changes, say.zone, say.words)
        what = (entry.emoji, entry.title, _in_short(entry, case.changes, say.words))
        happened.setdefault(what, []).append(case.order)
    for (emoji, title, rest), orders in happened.items():
        called = order_name(orders[0]) if len(orders) == 1 else say.words.count(len(orders), "{n} order", "{n} orders")
        name = (Text(text=title, style="strong"), Text(text=" · "), Text(text=called, style="strong"))
        yield _with_emoji(emoji, Line(spans=(*name, *rest)))
        for first in range(0, len(orders) if len(orders) > 1 else 0, _NAMES_IN_A_LINE):
            names = ", ".join(map(_name_in_a_list, orders[first : first + _NAMES_IN_A_LINE]))
            yield Line(spans=(Text(text=names),), indent=1)


def _in_short(entry: Entry, changes: Sequence[Change], words: Words) -> tuple[Span, ...]:
    """What became of an order, on the line that names it: in full if it is little, else the rest by name."""
    if len(entry.lines) <= _LINES_IN_SHORT:
        return (*entry.rest, *(span for line in entry.lines for span in (Text(text=" · "), *line.spans)))
    titles = dict.fromkeys(title_of(change.kind, words) for change in changes)
    others = ", ".join(title for title in titles if title != entry.title)
    return (*entry.rest, Text(text=f" · {others or words.count(len(entry.lines), '{n} line', '{n} lines')}"))


def _headlines(case: _Case) -> Iterable[Line]:
    return [_with_emoji(each.row.message.emoji, each.row.message.headline) for each in case.news]


def _name_in_a_list(order: Order) -> str:
    return f"{short(order.number)} ({po_name(order.reference)})" if order.reference else short(order.number)


def _with_emoji(emoji: str, line: Line) -> Line:
    return Line(spans=(Text(text=f"{emoji} "), *line.spans)) if emoji else line


def _back_line(cases: Iterable[_Case], words: Words) -> Line:
    names = [_name_in_a_list(case.order) for case in cases if case.is_back and case.order]
    one, many = "{n} order is back where it began: {names}", "{n} orders are back where they began: {names}"
    return Line(spans=(Text(text=words.count(len(names), one, many, names=", ".join(names))),))
