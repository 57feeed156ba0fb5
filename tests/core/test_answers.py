"""Answers that are worth reading."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.core.answers import status
from bot.core.answers_about import looked, sources
from bot.core.answers_history import told_line, why
from bot.core.answers_lists import listing
from bot.core.phrases import Reading, span_words
from bot.core.promise import day_bounds, days_late, due
from bot.model.access import Role
from bot.model.change import Kind
from bot.model.command import Command, Verb
from bot.model.message import Message, When
from bot.model.moment import Moment, from_instant
from bot.model.order import Order, Stage, Status
from bot.model.outbox import State
from bot.model.poll import Health, Looked
from bot.model.route import Route
from bot.model.talk import ChatWatch, Mute
from bot.model.view import ChangeRow, Found, OrderRow, Selected, Told
from tests.core.making import NOW, line, order, package, shipment, snapshot, words

PARIS = ZoneInfo("Europe/Paris")
AT = Moment("2026-11-24T09:00:00Z")
READING = Reading(
    now=NOW, zone=PARIS, labels={"panels": "panels (Schneider)"},
    healths={"panels": Health("panels", last_ok_at=AT)}, public_places=frozenset({"ops"}),
)  # fmt: skip


def found(one: Order, *, vanished: bool = False) -> Found:
    return Found(snapshot(one), AT, vanished, ("*",), None)


def said(one: Order, reading: Reading = READING, *, vanished: bool = False, in_full: bool = False) -> str:
    return "\n".join(map(words, status(found(one, vanished=vanished), [], reading, in_full=in_full).messages))


def reading(**members: Any) -> Reading:
    known = {name: getattr(READING, name) for name in Reading.__slots__}
    return Reading(**{**known, **members})


@pytest.mark.parametrize(
    ("stage", "way"),
    [
        (Stage.PLACED, "✓ placed · confirmed · in production · shipped · delivered"),
        (Stage.IN_PROGRESS, "✓ placed · ✓ confirmed · ✓ in production · shipped · delivered"),
        (Stage.SHIPPED, "✓ placed · ✓ confirmed · ✓ in production · ✓ shipped · delivered"),
        (Stage.COMPLETED, "✓ placed · ✓ confirmed · ✓ in production · ✓ shipped · ✓ delivered"),
        (Stage.ON_HOLD, "On hold"),
        (Stage.CANCELLED, "Cancelled: no stock"),
    ],
)
def test_how_far_an_order_has_come_is_one_line(stage: Stage, way: str) -> None:
    text = said(order(status=Status(text="whatever", stage=stage), cancel_reason="no stock"))
    assert way in text.splitlines()[1]


def test_an_order_that_travels_in_parts_counts_them() -> None:
    parts = (shipment("a", dispatched=True), shipment("b"), shipment("c"))
    assert "✓ shipped part 1 of 3" in said(order(status=Status(stage=Stage.PARTLY_SHIPPED), shipments=parts))


def test_a_word_nobody_knows_is_passed_on_without_a_way() -> None:
    assert said(order(status=Status(text="Quarantined"))).splitlines()[:2] == [
        "4500123 · Quarantined",
        "No delivery date is promised.",
    ]


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2026-11-21", "Late by 3 days: delivery was promised for 2026-11-21"),
        ("2026-11-24", "Delivery promised for 2026-11-24, today"),
        ("2026-11-24T23:30:00Z", "Delivery promised for 2026-11-24T23:30:00Z, in 1 day"),
    ],
)
def test_lateness_is_counted_in_days_of_the_reader(day: str, text: str) -> None:
    assert text in said(order(delivery_promised=Moment(day)))


def test_what_is_late_is_said_line_by_line() -> None:
    lines = (line("10", delivery_promised="2026-11-20"), line("20", delivery_promised="2026-12-01"))
    text = said(order(lines=lines))
    assert "Line 10: 5 × LC1D09M7 · delivery 2026-11-20 · late by 4 days" in text
    assert "Line 20: 5 × LC1D09M7 · delivery 2026-12-01\n" in text


def test_the_next_promise_is_that_of_what_is_still_open() -> None:
    done = line("10", delivery_promised="2026-11-01", status=Status(stage=Stage.COMPLETED))
    parts = (shipment("a", line="10", delivery_promised="2026-11-01"), shipment("b", delivery_promised="2026-12-05"))
    waiting = line("20", delivery_promised="2026-12-03")
    assert due(order(lines=(done, waiting), shipments=parts, delivery_promised=Moment("2026-11-01"))) == "2026-12-03"
    assert due(order(status=Status(stage=Stage.COMPLETED), delivery_promised=Moment("2026-11-01"))) is None


def test_a_day_begins_where_the_reader_is() -> None:
    assert day_bounds(NOW.date(), PARIS) == ("2026-11-24", "2026-11-23T23:00:00Z")
    assert days_late(Moment("2026-11-23T23:30:00Z"), NOW.date(), PARIS) == 0


def test_many_lines_fold_by_state_and_unfold_on_demand() -> None:
    late = line("10", delivery_promised="2026-11-20")
    lines = (late, *(line(str(number), delivery_promised="2026-12-01") for number in range(20, 90, 10)))
    text = said(order(lines=lines))
    assert "7 lines (20, 30, 40, 50, 60, 70, 80) · no status · delivery 2026-12-01" in text
    assert "Line 10 · no status · delivery 2026-11-20 · late by 4 days" in text
    assert said(order(lines=lines), in_full=True).count("5 × LC1D09M7") == 8


def test_every_parcel_is_named_with_its_line_and_a_link() -> None:
    parcels = tuple(package(f"JD{number}", tracking_url=f"https://dhl.example/{number}") for number in range(30))
    parts = (shipment("a", line="10", dispatched_at=AT, packages=parcels),)
    text = said(order(lines=(line("10"),), shipments=parts))
    assert text.count("Tracking: DHL JD") == 30
    assert "JD7 (https://dhl.example/7) · line 10 · dispatched 2026-11-24T09:00:00Z" in text


def test_the_age_of_the_data_and_the_trouble_of_the_source_are_said() -> None:
    failing = Health("panels", failures=3, failing_since=AT, last_ok_at=AT)
    assert "watched since 2026-11-24T09:00:00Z · source answered 2026-11-24T09:00:00Z" in said(order())
    assert "does not answer since 2026-11-24T09:00:00Z" in said(order(), reading(healths={"panels": failing}))
    assert "does not know it any more" in said(order(), vanished=True)


def test_why_says_where_in_the_file_a_rule_stands_where_that_is_known() -> None:
    routes = {"all panels": [Route(to=("ops",), label="notify[0]")]}
    operator = reading(role=Role.OPERATOR)
    answer = why(found(order()), [], routes, operator, lines={"notify[0]": "watchlists.yaml:10"})
    assert "→ ops, by watchlists.yaml:10, notify[0] (all panels)" in words(answer.messages[0])


def test_what_the_reader_set_up_is_said_and_the_buttons_follow() -> None:
    watch = ChatWatch(
        source="panels", key="FR/4500123", destination="slack:C1", written="4500123", name="drives", chat="slack",
        person="U1", since=AT,
    )  # fmt: skip
    mute = Mute(source="panels", key="FR/4500123", destination="slack:C1", until=AT, person="U1", since=AT)
    mine = reading(
        role=Role.WATCHER, watches=(watch,), mutes=(mute,), own_places=frozenset({"slack:C1"}), here="slack:C1"
    )
    answer = status(found(order()), [], mine)
    assert "This chat is told when it changes; you call it “drives”" in words(answer.messages[0])
    assert "Muted here until 2026-11-24T09:00:00Z" in words(answer.messages[0])
    assert [offer.label for offer in answer.offers] == [
        "Check now", "History", "Why", "Unwatch", "Unmute", "Share here",
    ]  # fmt: skip


def test_what_is_held_back_from_the_person_alone_is_not_said_to_be_held_back_here() -> None:
    watch = a_watch("slack:U1", "U1").model_copy(update={"is_own_place": True})
    mute = Mute(source="panels", key="FR/4500123", destination="slack:U1", until=AT, person="U1", since=AT)
    mine = reading(role=Role.WATCHER, watches=(watch,), mutes=(mute,), here="slack:C1")
    answer = status(found(order()), [], mine)
    assert "Muted for you until 2026-11-24T09:00:00Z" in words(answer.messages[0])
    assert "Muted for you until" in words(why(found(order()), [], {}, mine).messages[0])
    asks = {offer.label: offer.asks for offer in answer.offers}
    assert (asks["Unwatch"], asks["Unmute"]) == (
        'unwatch "FR/4500123" at "panels" me',
        'unmute "FR/4500123" at "panels" me',
    )


def test_a_viewer_is_offered_nothing_that_a_viewer_may_not() -> None:
    assert [offer.label for offer in status(found(order()), [], READING).offers] == [
        "Check now", "History", "Why", "Share here",
    ]  # fmt: skip


def a_watch(destination: str, person: str) -> ChatWatch:
    return ChatWatch(
        source="panels", key="FR/4500123", destination=destination, written="4500123", chat="slack", person=person,
        since=AT,
    )  # fmt: skip


def test_an_order_that_changed_says_when() -> None:
    row = ChangeRow(1, "panels", "FR/4500123", 2, AT, {"kind": "status", "before": "a", "after": "b"}, ())
    assert f"last change {AT}" in words(status(found(order()), [row], READING).messages[0])


def change(told: Sequence[str], **members: Any) -> str:
    row = ChangeRow(1, "panels", "FR/4500123", 2, AT, members, tuple(told))
    return words(Message(headline=told_line(row, READING)))


def test_history_tells_old_and_new_and_who_was_told() -> None:
    moved = {"kind": "promise_moved", "field": "delivery_promised", "before": "2026-11-24", "after": "2026-11-27"}
    assert change(["ops: sent", "slack:U7: sent", "slack:U8: dead"], **moved) == (
        "2026-11-24T09:00:00Z: delivery date 2026-11-24 → 2026-11-27 "
        "(told ops, another chat; could not be sent to another chat)"
    )
    assert change([], kind="line_cancelled", line="10", before="open") == (
        "2026-11-24T09:00:00Z: line 10: line cancelled open → none (nobody was to be told)"
    )


def test_why_hides_the_chats_of_others_from_all_but_operators() -> None:
    told = [Told(1, "slack:U7", State.DEAD, ("status",), "watch by U7", AT, None, AT, "U7 blocked the bot")]
    watches = [a_watch("slack:U7", "U7")]
    seen = {role: words(why(found(order()), told, {}, reading(role=role), watches).messages[0]) for role in Role}
    assert "U7" not in seen[Role.VIEWER] + seen[Role.WATCHER]
    assert "could not be sent to another chat" in seen[Role.VIEWER]
    assert "From now on: everything → another chat, by a watch of somebody\n" in seen[Role.VIEWER]
    assert "could not be sent to slack:U7 · by watch by U7 · U7 blocked the bot" in seen[Role.OPERATOR]
    assert "everything → slack:U7, by a watch of U7" in seen[Role.OPERATOR]


@pytest.mark.parametrize(
    ("members", "who"),
    [
        ({}, "somebody"),
        ({"person": "U7"}, "you"),
        ({"role": Role.OPERATOR}, "U7"),
        ({"role": Role.OPERATOR, "is_read_by_others": True}, "somebody"),
    ],
)
def test_why_says_who_set_something_up_only_to_them_and_to_operators(members: dict[str, Any], who: str) -> None:
    told = [
        Told(1, "ops", State.MUTED, ("status",), "notify[0], watch by U7 in slack", AT, None, AT, reason)
        for reason in (f"muted by U7 until {AT}", "muted by U7 until its status changes")
    ]
    said_ = why(found(order()), told, {}, reading(**members), [a_watch("ops", "U7")]).messages[0]
    text = words(said_)
    assert text.count(f"by notify[0], watch by {who}") == 2
    assert f"muted by {who} until {AT}" in text
    assert f"muted by {who} until its status changes" in text
    assert f"everything → ops, by a watch of {'yours' if who == 'you' else who}" in text
    assert ("U7" in text) == (who == "U7")
    assert When(at=AT) in said_.body[0].spans[-1:]


def test_why_hides_the_rules_that_lead_elsewhere() -> None:
    routes = {"all panels": [Route(to=("ops", "sales"), label="watchlists.all panels.notify[0]")]}
    text = words(why(found(order()), [], routes, READING).messages[0])
    assert "From now on: everything → ops, another chat\n" in text


def test_people_who_follow_the_same_elsewhere_are_one_line() -> None:
    watches = [a_watch("slack:U7", "U7"), a_watch("slack:U8", "U8")]
    assert words(why(found(order()), [], {}, READING, watches).messages[0]).count("From now on") == 1


def row(number: int, **members: Any) -> OrderRow:
    known: dict[str, Any] = {
        "source": "panels", "key": f"FR/{number}", "number": str(number), "reference": None, "status": "Confirmed",
        "stage": Stage.CONFIRMED, "delivery_promised": None, "tracking": (), "seq": 1, "vanished": False,
        "changed_at": AT,
    }  # fmt: skip
    return OrderRow(**{**known, **members})


@pytest.mark.parametrize(
    ("page", "total", "headline", "buttons"),
    [
        (1, 12, "Late: 12 orders · page 1 of 2", ["Next page"]),
        (2, 12, "Late: 12 orders · page 2 of 2", ["Previous page"]),
        (1, 1000, "Late: 1,000 orders or more · page 1 of 100+", ["Next page"]),
        (1, 2, "Late: 2 orders", []),
    ],
)
def test_a_list_says_how_many_there_are_and_how_to_go_on(
    page: int, total: int, headline: str, buttons: list[str]
) -> None:
    rows = tuple(row(number, due=Moment("2026-11-20")) for number in range(2))
    answer = listing(Command(verb=Verb.LATE, which="late", page=page), Selected(rows, total), READING)
    first, second, *_ = words(answer.messages[0]).splitlines()
    assert (first, second) == (headline, "0 · Confirmed · late by 4 days, promised for 2026-11-20")
    assert [offer.label for offer in answer.offers] == buttons


def test_a_list_that_is_empty_says_so_and_names_sources_that_do_not_answer() -> None:
    down = reading(healths={"panels": Health("panels", failures=1)})
    answer = listing(Command(verb=Verb.LIST), Selected((), 0), down)
    assert words(answer.messages[0]) == "Orders: No order.\nFrom the store; does not answer now: panels"


def test_until_when_a_source_is_not_asked_is_said_of_it_and_under_lists_while_it_lasts() -> None:
    until = from_instant(NOW + timedelta(hours=1))
    waits = reading(healths={"panels": Health("panels", failures=1, failing_since=AT, retry_at=until)})
    assert f"does not answer since {AT}, not asked before {until}" in words(sources({"panels": 1}, waits).messages[0])
    under = words(listing(Command(verb=Verb.LIST), Selected((), 0), waits).messages[0])
    assert under.endswith(f"does not answer now: panels (not asked before {until})")
    later = reading(healths=waits.healths, now=NOW + timedelta(hours=1))
    assert "not asked" not in words(sources({"panels": 1}, later).messages[0])


def test_a_budget_that_is_spent_is_said_of_a_source_and_under_lists_while_it_is() -> None:
    until = from_instant(NOW + timedelta(hours=1))
    spent = reading(healths={"panels": Health("panels", last_ok_at=AT, spent_limit="200/day", spent_until=until)})
    said_ = f"its budget of 200/day is spent, goes on {until}"
    assert f"answered {AT}, {said_}" in words(sources({"panels": 1}, spent).messages[0])
    under = words(listing(Command(verb=Verb.LIST), Selected((), 0), spent).messages[0])
    assert under.endswith(f"every source answers; panels: {said_}")
    later = reading(healths=spent.healths, now=NOW + timedelta(hours=1))
    assert "spent" not in words(sources({"panels": 1}, later).messages[0])


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Looked(is_asked=True, is_answered=True), "Asked P just now."),
        (Looked(is_asked=True), "P was asked and is slow; what it says will be taken in. Ask for the status soon."),
        (Looked(reason="it is only being started"), "P cannot be asked now: it is only being started"),
        (Looked(possible_at=AT, reason="HTTP 500"), f"P does not answer properly; it is tried again {AT}"),
        (Looked(is_asked=True, reason="HTTP 500"), "P does not answer properly; it is tried again by itself"),
    ],
)
def test_what_came_of_a_check_is_said(outcome: Looked, text: str) -> None:
    assert [words(Message(headline=line)) for line in looked(outcome, "P")] == [text]


def test_how_a_source_fails_is_said_to_operators_once() -> None:
    lines = looked(Looked(is_asked=True, reason="HTTP 500", possible_at=AT), "P", in_detail=True)
    said_ = [words(Message(headline=line)) for line in lines]
    assert said_ == ["P cannot be asked now: HTTP 500", f"The next look is due {AT}"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (60, "60 s"), (600, "10 min"), (9000, "3 h"), (200_000, "3 days")]
)
def test_spans_are_rounded_up(seconds: float, text: str) -> None:
    assert span_words(timedelta(seconds=seconds)) == text


def test_why_keeps_what_a_rule_looks_at_from_those_who_may_not_know_its_place() -> None:
    rule = Route(to=("ops",), on=frozenset({Kind.STATUS}), references=("SECRET-1",), label="notify[0]")
    said = {
        role: words(
            why(found(order()), [], {"plant 3": [rule]}, reading(role=role, public_places=frozenset())).messages[0]
        )
        for role in (Role.VIEWER, Role.OPERATOR)
    }
    assert "From now on: some of status → " in said[Role.VIEWER]
    assert "SECRET" not in said[Role.VIEWER]
    assert "From now on: status · reference SECRET-1 → ops, by notify[0] (plant 3)" in said[Role.OPERATOR]
