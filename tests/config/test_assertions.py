"""Assertions: what is given becomes news, and what cannot be meant is refused where it stands."""

from pathlib import Path

import pytest

from bot.config.load import Config
from bot.core.expect import failure
from bot.errors import Problem
from bot.model.change import Kind
from bot.model.order import Stage
from tests.config.conftest import Loader, Problems

CATCH_ALL = "notify: [{to: ops}]\n"


def asserting(given: str, expect: str = "ops") -> str:
    return f"assert:\n  - given: {{{given}}}\n    expect: {expect}\n"


def failed(config: Config) -> list[str | None]:
    return [failure(one, config.watchlists, config.notify, config.lines.get) for one in config.assertions]


def only(found: list[Problem]) -> tuple[str, str]:
    assert len(found) == 1, found
    return found[0].key, found[0].text


def test_what_is_given_becomes_news(configured: Loader) -> None:
    given = "watchlist: plant 3, kind: status, order: 0045, status: shipped, amount: 99.50 eur, text: [ATV320]"
    (one,) = configured(new=asserting(given)).assertions
    order = one.given.order
    assert order is not None
    assert (one.given.kind, one.given.source, one.given.watchlist) == (Kind.STATUS, "parts", "plant 3")
    assert (order.number, order.status.stage, order.amount, order.currency) == ("0045", Stage.SHIPPED, "99.50", "EUR")
    assert [line.product for line in order.lines] == ["ATV320"]


def test_a_word_of_the_source_may_have_a_stage(configured: Loader) -> None:
    (one,) = configured(new=asserting("kind: status, status: Versendet, stage: shipped")).assertions
    assert one.given.order is not None
    assert one.given.order.status.stage is Stage.SHIPPED


def test_an_assertion_that_holds_says_nothing(configured: Loader) -> None:
    text = asserting("watchlist: plant 3, kind: dispatched", "screen")
    text += "  - given: {watchlist: plant 3, kind: status}\n    expect: [screen, ops]\n"
    assert failed(configured(new=text)) == [None, None]


def test_a_failure_names_what_was_expected_what_came_and_why(configured: Loader) -> None:
    assert failed(configured(new=asserting("watchlist: plant 3, kind: status", "screen"))) == [
        "expects screen; goes to ops and screen by watchlists.plant 3.notify[1] (line 20)"
    ]


def test_a_failure_says_why_the_rule_that_was_meant_did_not_match(configured: Loader) -> None:
    rules = "notify:\n  - {to: screen, amount: '>= 1000'}\n  - {to: ops}\n"
    config = configured(CATCH_ALL, rules + asserting("kind: status, amount: 900", "screen"))
    assert failed(config) == [
        "expects screen; goes to ops by notify[1] (line 23); "
        "not by notify[0] (line 22): `amount` wants >= 1000, found 900"
    ]


def test_a_failure_says_which_rule_was_not_asked_any_more(configured: Loader) -> None:
    rules = "notify:\n  - {to: ops, status: shipped}\n  - {to: screen, on: status}\n  - {to: ops}\n"
    (text,) = failed(configured(CATCH_ALL, rules + asserting("kind: status, status: shipped", "screen")))
    assert text is not None
    assert text.endswith("; notify[1] (line 23) is not asked any more")


def test_assertions_may_be_in_a_file_of_their_own(configured: Loader, tmp_path: Path) -> None:
    (tmp_path / "asserted.yaml").write_text("# by hand\n" + asserting("kind: status"))
    (one,) = configured(new="assert: asserted.yaml\n").assertions
    assert (one.file, one.line, one.key) == (str(tmp_path / "asserted.yaml"), 3, "assert[0]")


def test_what_is_wrong_in_that_file_is_said_with_its_own_lines(problems: Problems, tmp_path: Path) -> None:
    (tmp_path / "asserted.yaml").write_text(asserting("knd: status") + "notify: []\n")
    found = problems(new="assert: asserted.yaml\n")
    assert [(problem.line, problem.key) for problem in found] == [(2, "assert[0].given.knd"), (4, "notify")]
    assert all(problem.file == str(tmp_path / "asserted.yaml") for problem in found)


def test_a_file_that_is_not_there_is_said_where_it_is_named(problems: Problems) -> None:
    key, text = only(problems(new="assert: nowhere.yaml\n"))
    assert key == "assert"
    assert "nowhere.yaml cannot be used: there is no such file" in text


@pytest.mark.parametrize(
    ("given", "expect", "key", "said"),
    [
        ("kind: status, watchlist: plant 4", "ops", "given.watchlist", "did you mean 'plant 3'?"),
        ("kind: status, source: prats", "ops", "given.source", "did you mean 'parts'?"),
        ("kind: status", "osp", "expect", "did you mean 'ops'?"),
        ("kind: statu", "ops", "given.kind", "did you mean 'status'?"),
        ("watchlist: plant 3", "ops", "given.kind", "is missing: Kind of change."),
        ("kind: status, amount: much", "ops", "given.amount", "is no amount such as 1200 or 99.50 EUR"),
        ("kind: status, amnt: 5", "ops", "given.amnt", "did you mean 'amount'?"),
    ],
)
def test_what_cannot_be_meant_is_refused(problems: Problems, given: str, expect: str, key: str, said: str) -> None:
    found_key, text = only(problems(new=asserting(given, expect)))
    assert found_key.startswith(f"assert[0].{key}")
    assert text.endswith(said)


def test_a_watchlist_has_one_source(problems: Problems) -> None:
    other = asserting("kind: status, watchlist: plant 3, source: shop") + "sources:\n"
    other += "  shop: {kind: twoservice, username: a, password: bcde}\n"
    assert "follows orders of 'parts'" in only(problems("sources:\n", other))[1]


@pytest.mark.parametrize("written", ["7", "{given: {}}", "[7]"])
def test_assertions_of_another_shape_are_one_problem(problems: Problems, written: str) -> None:
    assert only(problems(new=f"assert: {written}\n"))[0].startswith("assert")
