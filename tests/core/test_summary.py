"""Several notifications told as one: what is said, and what becomes of each."""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.render import render
from bot.core.summary import BACK, told_as_one
from bot.model.change import Change, Kind, Severity
from bot.model.message import Line, Message, Text
from bot.model.moment import from_instant
from bot.model.order import Order
from bot.model.outbox import Gathering, Shape, State, WithChanges
from tests.core.making import DELIVERED, NOW, SHIPPED, notification, order, package, words

PARIS = ZoneInfo("Europe/Paris")
LABELS = {"panels": "panels (Schneider)"}


def named(number: int, **members: object) -> Order:
    return order(key=f"FR/{number}", number=str(number), **members)


def status(before: str, after: str, kind: Kind = Kind.STATUS) -> Change:
    return Change(kind=kind, before=before, after=after)


def promise(before: str, after: str) -> Change:
    return Change(kind=Kind.PROMISE_MOVED, field="delivery_promised", before=before, after=after)


def news(id_: int, of: Order, *changes: Change, minute: int = 0, **members: object) -> WithChanges:
    at = from_instant(NOW + timedelta(minutes=minute))
    message = render(of, changes, source="panels", seen_at=at, zone=PARIS) if changes else _message("kept no more")
    defaults = {"id": id_, "order": of.key, "created_at": at, "state": State.PENDING, "message": message}
    kinds = tuple(change.kind.value for change in changes) or ("status",)
    return WithChanges(row=notification(**{**defaults, "kinds": kinds, **members}), changes=changes)


def notice(id_: int, text: str) -> WithChanges:
    return WithChanges(row=notification(id=id_, source=None, order=None, kinds=("x",), message=_message(text)))


def _message(text: str) -> Message:
    return Message(headline=Line(spans=(Text(text=text),)))


def gathered(shape: Shape, told: Sequence[WithChanges], *orders: Order) -> Gathering:
    known = {(one.source, one.key): one for one in orders}
    return told_as_one(shape, told, known, labels=LABELS, zone=PARIS, now=from_instant(NOW))


def said(gathering: Gathering) -> list[str]:
    assert gathering.message is not None
    return words(gathering.message).split("\n")


A, B, C = named(1, status=SHIPPED), named(2), named(3, status=DELIVERED)


def test_several_moves_of_one_order_are_one_message_with_the_path() -> None:
    told = [news(1, A, status("Placed", "Confirmed")), news(2, A, status("Confirmed", "Shipped"), minute=30)]
    gathering = gathered(Shape.ORDER, told, A)
    assert (gathering.leader, gathering.merged) == (1, {2: "told with notification 1"})
    assert said(gathering)[0] == "Status · 1: Placed → Confirmed → Shipped"


def test_it_says_from_when_to_when_it_was_seen() -> None:
    told = [news(1, A, status("Placed", "Confirmed")), news(2, A, status("Confirmed", "Shipped"), minute=30)]
    last = said(gathered(Shape.ORDER, told, A))[-1]
    assert last == "panels (Schneider) · 2 updates seen from 2026-11-24T09:30:00Z to 2026-11-24T10:00:00Z"


def test_an_order_back_where_it_began_is_told_to_nobody() -> None:
    told = [news(1, A, status("Shipped", "On hold")), news(2, A, status("On hold", "Shipped"))]
    gathering = gathered(Shape.ORDER, told, A)
    assert (gathering.leader, gathering.message, gathering.merged) == (None, None, {1: BACK, 2: BACK})


def test_among_others_an_order_back_where_it_began_is_counted_and_named() -> None:
    back = [news(2, B, promise("2026-12-01", "2026-12-05")), news(3, B, promise("2026-12-05", "2026-12-01"))]
    gathering = gathered(Shape.DIGEST, [news(1, A, status("Confirmed", "Shipped")), *back], A, B)
    assert (gathering.leader, gathering.shape, gathering.merged) == (1, Shape.ORDER, {2: BACK, 3: BACK})
    assert "1 order is back where it began: 2" in said(gathering)


def test_a_digest_tells_each_order_with_what_it_came_to_the_most_telling_first() -> None:
    told = [
        news(1, B, promise("2026-12-01", "2026-12-05")),
        news(2, A, status("Confirmed", "Shipped")),
        news(3, C, status("Shipped", "Delivered", Kind.COMPLETED)),
    ]
    lines = said(gathered(Shape.DIGEST, told, A, B, C))
    assert lines[0] == "News of 3 orders since 2026-11-24T09:30:00Z"
    assert [line.partition(" ")[2] for line in (lines[1], lines[2], lines[4])] == [
        "Completed · 3: Shipped → Delivered",
        "New date · 2 · Confirmed",
        "Status · 1: Confirmed → Shipped",
    ]
    assert lines[3] == "Delivery: 2026-12-01 → 2026-12-05 (4 days later)"


def test_a_summary_says_once_what_happened_and_names_every_order_it_happened_to() -> None:
    orders = [named(number, status=SHIPPED, reference=f"26-{number}") for number in range(1, 26)]
    told = [news(number, one, status("Confirmed", "Shipped")) for number, one in enumerate(orders, 1)]
    lines = said(gathered(Shape.STORM, told, *orders))
    assert lines[0].endswith(": 25 × Status")
    assert lines[1] == "🔄 Status · 25 orders: Confirmed → Shipped"
    names = [name for line in lines[2:5] for name in line.split(", ")]
    assert names == [f"{number} (PO 26-{number})" for number in range(1, 26)]


def test_what_happened_to_one_order_alone_stands_in_full_on_its_line() -> None:
    added = Change(kind=Kind.TRACKING_ADDED, after="JD1", package=package("JD1"))
    told = [news(1, A, status("Confirmed", "Shipped"), added), news(2, B, promise("2026-12-01", "2026-12-05"))]
    lines = said(gathered(Shape.STORM, told, A, B))
    assert "🏷️ Tracking added · 1: Confirmed → Shipped · Tracking: DHL JD1" in lines
    assert "📅 New date · 2 · Confirmed · Delivery: 2026-12-01 → 2026-12-05 (4 days later)" in lines


def test_urgent_news_is_first_in_a_summary_whatever_its_kind() -> None:
    told = [news(1, C, status("Shipped", "Delivered", Kind.COMPLETED)), news(2, A, status("Confirmed", "On hold"))]
    told[1] = told[1].model_copy(update={"row": told[1].row.model_copy(update={"severity": Severity.URGENT})})
    gathering = gathered(Shape.STORM, told, A, C)
    assert said(gathering)[1].startswith("🔄 Status · 1")
    assert gathering.severity is Severity.URGENT


def test_a_notice_among_orders_keeps_its_words() -> None:
    told = [notice(1, "Now watching · panels"), news(2, A, status("Confirmed", "Shipped"))]
    lines = said(gathered(Shape.DIGEST, told, A))
    assert lines[0].startswith("News of 1 order and 1 notice since")
    assert "Now watching · panels" in lines


def test_everybody_who_was_to_be_called_is_called_once() -> None:
    told = [news(1, A, status("a", "b")), news(2, A, status("b", "c")), news(3, B, status("a", "b"))]
    people = [("U1",), ("U1", "U2"), ()]
    rows = [
        one.model_copy(
            update={
                "row": one.row.model_copy(update={"message": one.row.message.model_copy(update={"mentions": each})})
            }
        )
        for one, each in zip(told, people, strict=True)
    ]
    message = gathered(Shape.DIGEST, rows, A, B).message
    assert message is not None
    assert message.mentions == ("U1", "U2")


def test_it_makes_no_sound_only_if_all_of_it_is_low() -> None:
    low = [news(1, A, status("a", "b"), severity=Severity.LOW), news(2, B, status("a", "b"), severity=Severity.LOW)]
    mixed = [low[0], news(2, B, status("a", "b"))]
    silent = [gathered(Shape.DIGEST, told, A, B).message for told in (low, mixed)]
    assert [message is not None and message.is_silent for message in silent] == [True, False]


def test_news_whose_changes_are_kept_no_more_is_told_by_the_words_it_had() -> None:
    told = [news(1, A, status("Confirmed", "Shipped")), news(2, A)]
    gathering = gathered(Shape.ORDER, told, A)
    assert (gathering.leader, gathering.merged) == (1, {2: "told with notification 1"})
    assert said(gathering)[0] == "kept no more"
    assert any("Confirmed → Shipped" in line for line in said(gathering))


def test_news_of_an_order_that_is_kept_no_more_is_not_taken_for_nothing() -> None:
    told = [news(1, A, status("Shipped", "On hold")), news(2, A, status("On hold", "Shipped"))]
    assert gathered(Shape.ORDER, told).leader == 1


def test_the_rules_and_kinds_of_all_stand_in_the_row() -> None:
    told = [
        news(1, B, promise("2026-12-01", "2026-12-05"), route="notify[0]"),
        news(2, A, status("Confirmed", "Shipped"), route="notify[1]"),
        news(3, B, promise("2026-12-05", "2026-12-09"), route="notify[0]"),
    ]
    gathering = gathered(Shape.DIGEST, told, A, B)
    assert (gathering.route, gathering.kinds) == ("notify[0], notify[1]", ("promise_moved", "status"))


MOVES = st.lists(st.tuples(st.sampled_from([A, B, C]), st.sampled_from("xyz")), min_size=1, max_size=12)


@given(MOVES, st.sampled_from(Shape))
def test_each_ends_as_the_leader_or_merged_and_each_order_is_told_or_back(
    moves: list[tuple[Order, str]], shape: Shape
) -> None:
    stands = {one.key: "x" for one in (A, B, C)}
    told = []
    for id_, (one, after) in enumerate(moves, 1):
        if after != stands[one.key]:
            told.append(news(id_, one, status(stands[one.key], after)))
            stands[one.key] = after
    assume(told)
    gathering = gathered(shape, told, A, B, C)
    leader = {gathering.leader} - {None}
    assert leader | gathering.merged.keys() == {one.row.id for one in told}
    moved = {one.key for one in (A, B, C) if stands[one.key] != "x"}
    assert bool(leader) == bool(moved)
    back = {one.row.order for one in told if gathering.merged.get(one.row.id) == BACK}
    assert back == {one.row.order for one in told} - moved
