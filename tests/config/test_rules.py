"""Rules: every matcher is read, and whatever can never match or be meant is refused where it stands."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.config.load import Config
from bot.errors import Problem
from bot.model.amount import AmountRange
from bot.model.change import PROMISE_KINDS, Severity
from bot.model.route import Route
from tests.config.conftest import GOOD, Loader, Problems

FIRST = "{to: screen, on: [dispatched]}"
CATCH_ALL = "notify: [{to: ops}]\n"


def first(config: Config) -> Route:
    return config.watchlists["plant 3"].notify[0]


def refused(problems: Problems, rule: str, before: str = "") -> Problem:
    """The one problem of a rule in front of the catch-all, behind another one."""
    rules = "".join(f"  - {each}\n" for each in (before, rule, "{to: ops}") if each)
    found: list[Problem] = problems(CATCH_ALL, f"notify:\n{rules}")
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("written", "member", "read"),
    [
        ("severity: normal", "severities", {Severity.NORMAL}),
        ("severity: [urgent, normal]", "severities", {Severity.URGENT, Severity.NORMAL}),
        ("status: In production", "statuses", ("In production",)),
        ("status: [C2, shipped]", "statuses", ("C2", "shipped")),
        ("reference: PO-*", "references", ("PO-*",)),
        ("order: 0045001234", "orders", ("0045001234",)),
        ("order: [0045*, 12]", "orders", ("0045*", "12")),
        ("text: contactor", "texts", ("contactor",)),
        ("amount: '>= 1000'", "amount", AmountRange(low=Decimal(1000))),
        ("amount: '>= 100 EUR, < 5000 eur'", "amount", AmountRange(low=100, high=5000, is_below=True, currency="EUR")),
        ("amount: '>= 100, < 5000 eur'", "amount", AmountRange(low=100, high=5000, is_below=True, currency="EUR")),
        ("amount: {min: 100.5, max: 300}", "amount", AmountRange(low=Decimal("100.5"), high=300)),
        ("as: urgent", "severity", Severity.URGENT),
        ("group_wait: 30s", "group_wait", timedelta(seconds=30)),
        ("mention: U0123456789", "mention", ("U0123456789",)),
    ],
)
def test_a_rule_says_what_is_written(configured: Loader, written: str, member: str, read: Any) -> None:
    assert getattr(first(configured(FIRST, f"{{to: ops, on: dispatched, {written}}}")), member) == read


def test_rules_for_everything_may_look_at_sources_and_watchlists(configured: Loader) -> None:
    rules = "notify: [{to: screen, source: parts, watchlist: [plant 3], severity: urgent}, {to: ops}]\n"
    own = "    notify:\n      - {to: screen, on: [dispatched]}\n      - {to: [ops, screen]}\n"
    config = configured(own + CATCH_ALL, rules)
    assert config.notify[0].sources == frozenset({"parts"})
    assert config.notify[0].watchlists == frozenset({"plant 3"})


def test_an_unknown_matcher_names_the_nearest(problems: Problems) -> None:
    problem = refused(problems, "{to: screen, refrence: PO-1}")
    assert (problem.line, problem.key) == (22, "notify[0].refrence")
    assert problem.text == "is not a key here; did you mean 'reference'?"


@pytest.mark.parametrize(
    ("rule", "key", "meant"),
    [
        ("{to: screen, source: prats}", "source", "did you mean 'parts'?"),
        ("{to: screen, watchlist: plant 4}", "watchlist", "did you mean 'plant 3'?"),
        ("{to: scren, on: [status]}", "to", "did you mean 'screen'?"),
        ("{to: screen, severity: urgnt}", "severity", "did you mean 'urgent'?"),
        ("{to: screen, as: lou}", "as", "did you mean 'low'?"),
    ],
)
def test_an_unknown_name_names_the_nearest(problems: Problems, rule: str, key: str, meant: str) -> None:
    problem = refused(problems, rule)
    assert problem.key.startswith(f"notify[0].{key}")
    assert problem.text.endswith(meant)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("'much'", "is no range: write it as"),
        ("'>= 5, >= 6'", "is no range"),
        ("'> 99.50, <= 1e'", "is no range"),
        ("{min: 5, mx: 6}", "is no range"),
        ("{currency: EUR}", "is no range"),
        ("'>= 5 EUR, < 6 USD'", "is no range"),
        ("'>= 1000 EUR, < 500'", "no amount is >= 1000 and < 500 EUR"),
        ("{min: 5, max: 3}", "no amount is >= 5 and <= 3"),
        ("'> 5, < 5'", "no amount is > 5 and < 5"),
    ],
)
def test_an_impossible_amount_is_refused(problems: Problems, written: str, said: str) -> None:
    problem = refused(problems, f"{{to: screen, amount: {written}}}")
    assert problem.key == "notify[0].amount"
    assert said in problem.text


def test_a_watchlists_own_rule_cannot_look_at_watchlists(problems: Problems) -> None:
    (problem,) = problems(FIRST, "{to: screen, watchlist: plant 3}")
    assert problem.key == "watchlists.plant 3.notify[0].watchlist"
    assert "belongs into the rules at the end of the file" in problem.text


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("{to: screen, severity: urgent}", "{to: screen, on: [cancelled, vanished]}"),
        ("{to: screen, status: [shipped, C2]}", "{to: screen, status: Shipped, on: [status]}"),
        ("{to: screen, amount: '>= 100'}", "{to: screen, amount: '> 100, < 500 EUR'}"),
        ("{to: screen, order: 45*}", "{to: screen, order: [450*, '45?1']}"),
        ("{to: screen, reference: PO*}", "{to: screen, reference: po-1}"),
        ("{to: screen, text: drive}", "{to: screen, text: ATV320 drive}"),
        ("{to: screen, source: parts}", "{to: screen, source: parts, text: drive}"),
        ("{to: screen}", "{to: screen, as: low}"),
    ],
)
def test_a_rule_that_another_leaves_nothing_is_never_reached(problems: Problems, wide: str, narrow: str) -> None:
    rules = f"notify:\n  - {wide}\n  - {narrow}\n  - {{to: ops}}\n"
    found = problems(CATCH_ALL, rules)
    assert (found[0].line, found[0].key) == (23, "notify[1]")
    assert found[0].text.startswith("is never reached: notify[0] takes every change it matches")


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("{to: screen, order: '45?'}", "{to: screen, order: 45*}"),
        ("{to: screen, order: 4500}", "{to: screen, order: 45*}"),
        ("{to: screen, amount: '> 100'}", "{to: screen, amount: '>= 100'}"),
        ("{to: screen, amount: '>= 100 EUR'}", "{to: screen, amount: '>= 100'}"),
        ("{to: screen, status: shipped}", "{to: screen, status: [shipped, C2]}"),
        ("{to: screen, text: drive}", "{to: screen, reference: drive}"),
        ("{to: screen, severity: low}", "{to: screen, on: [other, status]}"),
        ("{to: screen, status: shipped, continue: true}", "{to: screen, status: shipped}"),
    ],
)
def test_a_rule_that_another_leaves_something_may_stand(configured: Loader, wide: str, narrow: str) -> None:
    assert len(configured(CATCH_ALL, f"notify: [{wide}, {narrow}, {{to: ops}}]\n").notify) == 3


def test_two_rules_may_leave_nothing_to_a_third_together(problems: Problems) -> None:
    rules = "notify:\n  - {to: ops, severity: [low, normal]}\n  - {to: ops, severity: urgent}\n  - {to: ops}\n"
    (problem,) = problems(CATCH_ALL, rules)
    assert problem.text == "is never reached: notify[0] and notify[1] take every change it matches"


def test_matchers_that_cannot_match_together_are_refused(problems: Problems) -> None:
    problem = refused(problems, "{to: screen, on: [status], severity: urgent}")
    assert (problem.key, problem.text) == (
        "notify[0]",
        "matches nothing: no news is as `on` and `severity` say together",
    )


def test_a_rule_for_a_watchlist_that_takes_everything_itself_is_never_reached(problems: Problems) -> None:
    problem = refused(problems, "{to: screen, watchlist: plant 3}")
    assert problem.text == "is never reached: the rules of those watchlists take every change it matches"


def test_a_rule_for_a_watchlist_whose_rules_all_go_on_is_reached(configured: Loader) -> None:
    rules = "notify: [{to: screen, watchlist: plant 3}, {to: ops}]\n"
    own = "      - {to: [ops, screen], continue: true}\n"
    config = configured("      - {to: [ops, screen]}\n" + CATCH_ALL, own + rules)
    assert [route.to for route in config.notify] == [("screen",), ("ops",)]


def test_a_list_without_a_value_is_refused_in_plain_words(problems: Problems) -> None:
    problem = refused(problems, "{to: screen, status: []}")
    assert (problem.key, problem.text) == ("notify[0].status", "is empty; name at least one, or leave the key out")


@pytest.mark.parametrize("matcher", ["status: shipped", "amount: '> 1'", "source: parts", "severity: low"])
def test_the_catch_all_has_no_matcher(problems: Problems, matcher: str) -> None:
    (problem,) = problems(CATCH_ALL, f"notify: [{{to: ops, {matcher}}}]\n")
    assert problem.key == f"notify[0].{matcher.partition(':')[0]}"
    assert "it is the catch-all" in problem.text


@pytest.mark.parametrize("person", ["alice", "1001", "'@alice'", "C0123456789", "'!here'"])
def test_whoever_slack_cannot_call_is_refused(problems: Problems, person: str) -> None:
    problem = refused(problems, f"{{to: ops, on: status, mention: [U0123456789, {person}]}}")
    assert problem.key == "notify[0].mention"
    assert "is no id of a person (U0123456789) or user group (S0123456789) in Slack, where 'ops' is" in problem.text


def test_one_rule_cannot_call_people_of_two_chats(problems: Problems) -> None:
    chats = "  telegram: {bot_token: '1:x'}\ndestinations:\n  phone: {chat: telegram, chat_id: 7}\n"
    own = GOOD[: GOOD.index(CATCH_ALL)].replace("destinations:\n", chats)
    rules = "notify: [{to: [phone, ops], on: status, mention: '@alice'}, {to: ops}]\noperators: {to: ops}\n"
    (problem,) = problems(GOOD, own + rules)
    assert problem.text.endswith("in Slack, where 'ops' is")


def test_more_people_than_a_message_has_room_for_are_refused(problems: Problems) -> None:
    people = ", ".join(f"U012345678{number}" for number in range(11))
    assert "10" in refused(problems, f"{{to: ops, on: status, mention: [{people}]}}").text


def test_a_wait_is_a_duration(problems: Problems) -> None:
    assert "is not a duration" in refused(problems, "{to: ops, on: status, group_wait: soon}").text


def test_whoever_asks_for_moved_promises_hears_of_slips_and_of_earlier_dates_too(configured: Loader) -> None:
    assert first(configured(FIRST, "{to: ops, on: promise_moved}")).on == PROMISE_KINDS
