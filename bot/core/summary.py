"""Several notifications told as one: what is said, and which of them end without being told by themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.core.net import net
from bot.core.render import Entry, entry_of, main_kind, order_name, rank_of, render, title_of
from bot.model.change import Change, Severity
from bot.model.message import Line, Message, Span, Text, When
from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.outbox import Gathering, Shape, WithChanges

BACK = "back where it began"
"""Why news that came to nothing is told to nobody."""

OrderName = tuple[str, str]
"""Source and key."""


@dataclass(frozen=True, slots=True)
class _Case:
    """All the news there is of one order, or one notice."""

    news: tuple[WithChanges, ...]
    order: Order | None
    changes: tuple[Change, ...]
    """What is left of them."""

    @property
    def is_back(self) -> bool:
        """Whether nothing is left to tell of what was found."""
        return not self.changes and any(each.changes for each in self.news)

    @property
    def rank(self) -> int:
        return rank_of(main_kind(self.changes)) if self.changes else -1


def told_as_one(
    shape: Shape,
    news: Sequence[WithChanges],
    orders: Mapping[OrderName, Order],
    *,
    labels: Mapping[str, str],
    zone: tzinfo,
    now: Moment,
) -> Gathering:
    """What becomes of these notifications, given by id, when they are told as one.

    `orders` are as they are known now, `labels` the sources as people call them; days are counted in `zone`.
    """
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
        shape, message = Shape.ORDER, _of_one(told[0], labels, zone)
        if back:
            message = message.model_copy(update={"body": (*message.body, _back_line(cases))})
    else:
        message = _of_many(shape, cases, labels, zone)
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
    return _Case(tuple(news), order, net(change for each in news for change in each.changes) if order else ())


def _kinds(case: _Case) -> Iterable[str]:
    if case.changes:
        return [change.kind.value for change in case.changes]
    return [kind for each in case.news for kind in each.row.kinds]


def _of_one(case: _Case, labels: Mapping[str, str], zone: tzinfo) -> Message:
    last = case.news[-1].row
    if case.order is None or not case.changes:
        return last.message  # a notice, or news whose changes are kept no more
    message = render(case.order, case.changes, source=_label(last.source, labels), seen_at=last.created_at, zone=zone)
    first = case.news[0].row
    if first.created_at == last.created_at:
        return message
    spans: list[Span] = [Text(text=f"{_label(last.source, labels)} · {len(case.news)} times seen to change, from ")]
    return message.model_copy(
        update={"footer": Line(spans=(*spans, When(at=first.created_at), Text(text=" to "), When(at=last.created_at)))}
    )


def _of_many(shape: Shape, cases: Sequence[_Case], labels: Mapping[str, str], zone: tzinfo) -> Message:
    told = sorted((case for case in cases if not case.is_back), key=lambda case: case.rank)
    rows = [each.row for case in cases for each in case.news]
    orders, notices = (sum((case.order is None) is is_notice for case in told) for is_notice in (False, True))
    counts = Counter(title_of(main_kind(case.changes)) for case in told if case.changes)
    headline: list[Span] = [Text(text=_counted(orders, notices), style="strong"), Text(text=" since ")]
    headline.append(When(at=min(row.created_at for row in rows)))
    if shape is Shape.STORM:
        headline.append(Text(text=": " + ", ".join(f"{count} × {title}" for title, count in counts.most_common())))
    body = [line for case in told for line in _entry_lines(shape, case, zone)]
    if len(told) < len(cases):
        body.append(_back_line(cases))
    sources = dict.fromkeys(_label(row.source, labels) for row in rows if row.source)
    footer = Line(spans=(Text(text=f"{', '.join(sources)} · seen "), When(at=max(row.created_at for row in rows))))
    return Message(
        emoji="🗂️", headline=Line(spans=tuple(headline)), body=tuple(body), footer=footer if sources else None
    )


def _counted(orders: int, notices: int) -> str:
    words = [f"News of {orders:,} orders"] if orders > 1 else [f"News of {orders} order"] if orders else []
    words += [f"{notices:,} notices" if notices > 1 else "1 notice"] if notices else []
    return " and ".join(words)


def _entry_lines(shape: Shape, case: _Case, zone: tzinfo) -> Iterable[Line]:
    if case.order is None or not case.changes:
        for each in case.news:
            yield _with_emoji(each.row.message.emoji, each.row.message.headline)
        return
    entry = entry_of(case.order, case.changes, zone)
    if shape is Shape.STORM:
        yield _with_emoji(entry.emoji, _with_others(entry, case.changes))
        return
    yield _with_emoji(entry.emoji, entry.headline)
    for line in entry.lines:
        yield line.model_copy(update={"indent": 1})


def _with_others(entry: Entry, changes: Sequence[Change]) -> Line:
    """The line of an order in a summary: the rest of what changed by name only."""
    others = [title for title in dict.fromkeys(title_of(change.kind) for change in changes) if title != entry.title]
    if not others:
        return entry.headline
    return Line(spans=(*entry.headline.spans, Text(text=f" · {', '.join(others)}")))


def _with_emoji(emoji: str, line: Line) -> Line:
    return Line(spans=(Text(text=f"{emoji} "), *line.spans)) if emoji else line


def _back_line(cases: Iterable[_Case]) -> Line:
    names = [order_name(case.order) for case in cases if case.is_back and case.order]
    count = "1 order is" if len(names) == 1 else f"{len(names)} orders are"
    return Line(spans=(Text(text=f"{count} {BACK}: {', '.join(names)}"),))


def _label(source: str | None, labels: Mapping[str, str]) -> str:
    return labels.get(source or "", source or "")
