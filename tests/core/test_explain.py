"""What somebody reads who asks why news goes where it goes."""

from typing import Any

from bot.core.explain import Branch, branches, effects, reason
from bot.core.route import Miss
from bot.model.amount import parse_amounts
from bot.model.change import Kind, Severity
from bot.model.route import News, Route
from tests.core.making import OPS, order

NEWS = News(kind=Kind.STATUS, source="panels", watchlist="plant 3", order=order(amount="900", currency="EUR"))


def route(**members: Any) -> Route:
    return Route.model_validate({"to": ("sales",), "label": "sales", **members})


def explained(*own: Route) -> list[Branch]:
    return branches(NEWS, Kind, own, [OPS])


def test_kinds_that_fare_alike_are_told_together() -> None:
    dispatched, others = sorted(explained(route(on={Kind.DISPATCHED, Kind.CANCELLED})), key=lambda one: len(one.kinds))
    assert set(dispatched.kinds) == {Kind.DISPATCHED, Kind.CANCELLED}
    assert (dispatched.destinations, others.destinations) == (["sales"], ["ops"])
    assert len(dispatched.kinds) + len(others.kinds) == len(Kind)


def test_kinds_that_miss_for_another_reason_are_told_apart() -> None:
    assert len(explained(route(on={Kind.DISPATCHED}, amount=parse_amounts("> 1000")))) == 2


def test_the_rules_for_everything_come_behind_those_that_were_passed_over() -> None:
    (branch,) = explained(route(amount=parse_amounts("> 1000")))
    assert [(step.route.label, step.is_taken) for step in branch.steps] == [("sales", False), ("notify[0]", True)]


def test_a_rule_behind_the_one_that_takes_it_is_not_asked() -> None:
    (branch,) = explained(route(), route(label="later"))
    assert [step.route.label for step in branch.steps] == ["sales"]


def test_a_reason_says_what_was_wanted_and_what_there_is() -> None:
    assert reason(Miss("amount", "> 1000", "900 EUR")) == "amount wants > 1000, has 900 EUR"
    assert reason(Miss("reference", "PO-*", "")) == "reference wants PO-*, has none"


def test_a_kind_is_not_said_twice() -> None:
    assert reason(Miss("on", "dispatched", "")) == "on wants dispatched"


def test_what_a_rule_does_beside_naming_places_is_told() -> None:
    rule = route(severity=Severity.URGENT, mention=("U1", "U2"), continues=True)
    assert effects(rule, [Kind.STATUS]) == ["as urgent", "calls U1, U2", "and on"]


def test_a_severity_that_the_news_has_anyway_is_no_effect() -> None:
    assert effects(route(severity=Severity.URGENT), [Kind.CANCELLED]) == []
