"""A rule is called dead only if it is: whatever happens to whatever order, it is never taken."""

from decimal import Decimal
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from bot.core.dead_rules import cells, reach, surely_taken, takers
from bot.core.matchers import written
from bot.core.route import taken, walk
from bot.model.amount import AmountRange
from bot.model.change import Kind, Severity
from bot.model.order import Stage
from bot.model.route import News, Route
from tests.core.making import line, order, status

WATCHLISTS = [("plant 3", "panels"), ("web shop", "shop"), ("", "")]
GROUND = cells(WATCHLISTS)
numbers = st.sampled_from([None, Decimal(1), Decimal(2), Decimal(3)])
ranges = st.builds(
    AmountRange,
    low=numbers,
    is_above=st.booleans(),
    high=numbers,
    is_below=st.booleans(),
    currency=st.sampled_from([None, "EUR"]),
)
patterns = st.none() | st.lists(
    st.sampled_from(["*", "a*", "ab", "ab*", "?b", "*b*", "a?", "[a]"]), min_size=1, max_size=2
).map(tuple)


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.none() | st.frozensets(st.sampled_from(values), min_size=1)


routes = st.builds(
    Route,
    to=st.just(("ops",)),
    on=one_of(Kind.STATUS, Kind.CANCELLED, Kind.OTHER),
    sources=one_of("panels", "shop"),
    watchlists=one_of("plant 3", "web shop"),
    severities=one_of(*Severity),
    statuses=st.none() | st.sampled_from([("Shipped",), ("shipped", "c2"), ("on_hold",)]),
    references=patterns,
    amount=st.none() | ranges,
    orders=patterns,
    texts=patterns,
    continues=st.booleans(),
    label=st.uuids().map(str),
)
orders = st.builds(
    order,
    number=st.text("ab", min_size=1, max_size=5),
    key=st.just("key"),
    reference=st.none() | st.text("ab", min_size=1, max_size=5),
    status=st.sampled_from([status("Shipped", Stage.SHIPPED, "C2"), status("Hold", Stage.ON_HOLD)]),
    amount=st.sampled_from([None, "0.5", "1", "2", "2.5", "3", "4"]),
    currency=st.sampled_from([None, "EUR", "USD"]),
    lines=st.text("ab", max_size=5).map(lambda text: (line(product=text),)),
)
news = st.builds(
    lambda watchlist, kind, of: News(watchlist=watchlist[0], source=watchlist[1], kind=kind, order=of),
    st.sampled_from(WATCHLISTS),
    st.sampled_from([Kind.STATUS, Kind.CANCELLED, Kind.OTHER]),
    orders,
)


def narrower(wide: Route, other: Route) -> Route:
    """The other rule with whatever it does not look at as in the first, so that it is often dead behind that."""
    missing = {matcher.member for matcher in written(wide)} - {matcher.member for matcher in written(other)}
    return other.model_copy(update={"label": "second", **{name: getattr(wide, name) for name in missing}})


@given(routes, routes, st.lists(news, min_size=8, max_size=8))
def test_what_is_called_dead_is_never_taken(first: Route, second: Route, happening: list[News]) -> None:
    rules = [first, narrower(first, second)]
    if takers(rules, 1, GROUND) is None:
        return
    event("dead")
    assert not any("second" in [route.label for route in taken(walk(one, rules))] for one in happening)


@given(routes, st.lists(news, min_size=8, max_size=8))
def test_a_rule_takes_only_what_it_reaches(route: Route, happening: list[News]) -> None:
    within = reach(route, GROUND)
    for one in happening:
        if taken(walk(one, [route])):
            assert one.model_copy(update={"order": None}) in within


@given(routes, st.lists(news, min_size=8, max_size=8))
def test_what_is_surely_taken_is_taken_whatever_the_order_is(route: Route, happening: list[News]) -> None:
    sure = surely_taken([route], GROUND)
    for one in happening:
        if one.model_copy(update={"order": None}) in sure:
            assert taken(walk(one, [route])) == [route]


@given(ranges, ranges, st.sampled_from(["0.5", "1", "1.5", "2", "3", "4"]), st.sampled_from([None, "EUR", "USD"]))
def test_a_range_that_covers_another_holds_what_it_holds(
    wide: AmountRange, narrow: AmountRange, amount: str, currency: str | None
) -> None:
    if wide.covers(narrow) and narrow.holds(Decimal(amount), currency):
        assert wide.holds(Decimal(amount), currency)


@given(ranges, st.decimals(-5, 5, places=2))
def test_an_empty_range_holds_nothing(of: AmountRange, amount: Decimal) -> None:
    assert not (of.is_empty and of.holds(amount, "EUR"))
