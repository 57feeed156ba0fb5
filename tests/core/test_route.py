"""Which news goes where, how loudly, and why not elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.matchers import MATCHERS
from bot.core.route import routes_of, severity_of, share_out, taken, walk, walk_all
from bot.model.amount import parse_amounts
from bot.model.change import Change, Kind, Severity
from bot.model.order import Stage
from bot.model.route import News, Route
from tests.core.making import CONFIRMED, OPS, line, order, status, watchlist

ORDER = order(
    number="0045001234",
    reference="PO-77",
    status=status("In production", Stage.IN_PROGRESS, "C2"),
    amount="1000",
    currency="EUR",
    lines=(line(product="LC1D32P7", description="TeSys [Deca] contactor"),),
)
DISPATCHED = News(kind=Kind.DISPATCHED, source="panels", watchlist="plant 3", order=ORDER)


def route(to: str = "sales", **members: Any) -> Route:
    return Route.model_validate({"to": (to,), "label": to, **members})


SALES = route(on={Kind.DISPATCHED})


def matches(news: News = DISPATCHED, **members: Any) -> bool:
    return walk(news, [route(**members)])[0].is_taken


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.VANISHED, Kind.MOVED_BACKWARDS, Kind.UNDISPATCHED])
def test_what_people_must_act_on_is_urgent(kind: Kind) -> None:
    assert severity_of(kind) is Severity.URGENT


@pytest.mark.parametrize("kind", [Kind.LINE_CHANGED, Kind.TRACKING_REPLACED, Kind.OTHER])
def test_small_print_is_low(kind: Kind) -> None:
    assert severity_of(kind) is Severity.LOW


@pytest.mark.parametrize("kind", [Kind.APPEARED, Kind.STATUS, Kind.DISPATCHED, Kind.QUANTITY, Kind.PROMISE_MOVED])
def test_the_rest_is_normal(kind: Kind) -> None:
    assert severity_of(kind) is Severity.NORMAL


def test_severities_are_ranked() -> None:
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.LOW, Severity.NORMAL, Severity.URGENT]


def test_the_first_route_that_matches_takes_it_unless_it_goes_on() -> None:
    assert taken(walk(DISPATCHED, [SALES, OPS])) == [SALES]
    assert taken(walk(DISPATCHED.model_copy(update={"kind": Kind.STATUS}), [SALES, OPS])) == [OPS]
    assert len(taken(walk(DISPATCHED, [SALES.model_copy(update={"continues": True}), OPS]))) == 2


def test_a_watchlist_whose_routes_match_nothing_uses_the_catch_all() -> None:
    assert routes_of(Kind.STATUS, ORDER, [watchlist(notify=(SALES,))], [OPS]) == [OPS]


def test_a_rule_that_goes_on_takes_nothing_from_the_catch_all() -> None:
    going_on = SALES.model_copy(update={"continues": True})
    assert taken(walk_all(DISPATCHED, [going_on], [OPS])) == [going_on, OPS]


def test_what_a_later_rule_takes_for_good_does_not_reach_the_catch_all() -> None:
    going_on = SALES.model_copy(update={"continues": True})
    assert taken(walk_all(DISPATCHED, [going_on, SALES], [OPS])) == [going_on, SALES]


@pytest.mark.parametrize(
    ("wanted", "unwanted"),
    [
        ({"on": {Kind.DISPATCHED, Kind.STATUS}}, {"on": {Kind.STATUS}}),
        ({"sources": {"panels"}}, {"sources": {"shop"}}),
        ({"watchlists": {"plant 3"}}, {"watchlists": {"plant 4"}}),
        ({"severities": {Severity.NORMAL}}, {"severities": {Severity.URGENT, Severity.LOW}}),
        ({"statuses": ("in_PRODUCTION",)}, {"statuses": ("In",)}),
        ({"statuses": ("c2",)}, {"statuses": ("C",)}),
        ({"statuses": ("in_progress",)}, {"statuses": ("shipped",)}),
        ({"references": ("po-*",)}, {"references": ("PO",)}),
        ({"references": ("PO-77",)}, {"references": ("PO PO-77",)}),
        ({"amount": parse_amounts(">= 1000")}, {"amount": parse_amounts("> 1000")}),
        ({"amount": parse_amounts("= 1000 eur")}, {"amount": parse_amounts("= 1000 USD")}),
        ({"orders": ("45001*",)}, {"orders": ("4500123",)}),
        ({"orders": ("00450012??",)}, {"orders": ("?45001234?",)}),
        ({"texts": ("contactor",)}, {"texts": ("relay",)}),
        ({"texts": ("tesys [deca]",)}, {"texts": ("LC1D32P7 ?",)}),
    ],
)
def test_a_matcher_matches_what_it_says_and_nothing_else(wanted: dict[str, Any], unwanted: dict[str, Any]) -> None:
    assert (matches(**wanted), matches(**unwanted)) == (True, False)


@pytest.mark.parametrize("pattern", ["26-*", "PO 26*", "po 26-40006"])
def test_a_reference_is_matched_as_its_source_writes_it_and_as_messages_do(pattern: str) -> None:
    news = DISPATCHED.model_copy(update={"order": ORDER.model_copy(update={"reference": "26-40006"})})
    assert matches(news, references=(pattern,))


def test_all_matchers_of_a_rule_must_match() -> None:
    assert not matches(on={Kind.DISPATCHED}, statuses=("shipped",))


@pytest.mark.parametrize("member", ["statuses", "references", "orders", "texts"])
def test_what_is_about_no_order_matches_no_matcher_of_one(member: str) -> None:
    assert not matches(DISPATCHED.model_copy(update={"order": None}), **{member: ("*",)})


def test_an_order_that_has_no_amount_has_none_in_a_range() -> None:
    assert not matches(DISPATCHED.model_copy(update={"order": order()}), amount=parse_amounts(">= 0"))


def test_a_rule_that_is_passed_over_says_every_reason() -> None:
    (step,) = walk(DISPATCHED, [route(on={Kind.STATUS}, amount=parse_amounts(">= 5000"), statuses=("shipped",))])
    assert [(miss.matcher, miss.wanted, miss.found) for miss in step.misses] == [
        ("on", "status", "dispatched"),
        ("status", "shipped", "In production, C2, in_progress"),
        ("amount", ">= 5000", "1000 EUR"),
    ]


def test_every_matcher_of_a_route_can_be_explained() -> None:
    own = {"to", "continues", "severity", "mention", "group_wait", "label"}
    assert {matcher.member for matcher in MATCHERS} == Route.model_fields.keys() - own


def test_two_watchlists_on_one_order_tell_each_destination_once() -> None:
    lists = [watchlist("a", notify=(OPS,)), watchlist("b", notify=(OPS,))]
    (share,) = share_out([Change(kind=Kind.STATUS)], ORDER, lists, [OPS])
    assert (share.destination, len(share.changes), share.routes) == ("ops", 1, ["notify[0]"])


def test_a_share_is_as_severe_as_the_most_severe_of_its_changes() -> None:
    changes = [Change(kind=Kind.LINE_CHANGED), Change(kind=Kind.CANCELLED), Change(kind=Kind.STATUS)]
    (share,) = share_out(changes, ORDER, [watchlist()], [OPS])
    assert share.severity_of(changes) is Severity.URGENT


def test_a_rule_makes_news_as_severe_as_it_says() -> None:
    quiet = route(on={Kind.CANCELLED}, severity=Severity.LOW)
    (share,) = share_out([Change(kind=Kind.CANCELLED)], ORDER, [watchlist()], [quiet, OPS])
    assert share.severity_of(share.changes) is Severity.LOW


def test_a_share_calls_each_person_once_and_waits_the_shortest_time() -> None:
    first = route(mention=("U1", "U2"), group_wait=timedelta(minutes=5), continues=True)
    second = route(mention=("U2",), group_wait=timedelta(minutes=1), continues=True)
    (share,) = share_out([Change(kind=Kind.STATUS)], ORDER, [watchlist()], [first, second, route()])
    assert (share.mentions, share.group_wait) == (("U1", "U2"), timedelta(minutes=1))


def test_a_part_of_a_share_is_as_severe_and_calls_whom_its_own_changes_do() -> None:
    cancelled, shipped = Change(kind=Kind.CANCELLED), Change(kind=Kind.DISPATCHED)
    calling = route(on={Kind.CANCELLED}, mention=("U1",))
    (share,) = share_out([cancelled, shipped], ORDER, [watchlist()], [calling, route(label="rest")])
    assert (share.severity_of([shipped]), share.mentions_of([shipped])) == (Severity.NORMAL, ())
    assert (share.severity, share.mentions) == (Severity.URGENT, ("U1",))


rules = st.lists(
    st.builds(
        Route,
        to=st.sampled_from([("a",), ("b",), ("a", "c")]),
        on=st.none() | st.frozensets(st.sampled_from(Kind), min_size=1),
        severities=st.none() | st.frozensets(st.sampled_from(Severity), min_size=1),
        statuses=st.none() | st.just(("Confirmed",)),
        continues=st.booleans(),
        label=st.uuids().map(str),
    ),
    max_size=5,
)


@given(rules, rules, st.lists(st.sampled_from(Kind), min_size=1, max_size=4), st.booleans())
def test_every_change_is_told_to_somebody_by_rules_that_match_it(
    own: list[Route], others: list[Route], kinds: list[Kind], is_confirmed: bool
) -> None:
    of = order(status=CONFIRMED if is_confirmed else status("Shipped"))
    changes = [Change(kind=kind, line=str(number)) for number, kind in enumerate(kinds)]
    shares = share_out(changes, of, [watchlist(notify=tuple(own))], [*others, OPS])
    assert {change.line for share in shares for change in share.changes} == {change.line for change in changes}
    for change in changes:
        news = News(kind=change.kind, source="panels", watchlist="all panels", order=of)
        expected = {name for step in taken(walk_all(news, own, [*others, OPS])) for name in step.to}
        assert {share.destination for share in shares if change in share.changes} == expected
