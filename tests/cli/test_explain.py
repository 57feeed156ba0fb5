"""`orderwatch explain` and the assertions that `orderwatch check` holds the rules to."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

RULES = """\
timezone: Europe/Paris
sources:
  panels: {kind: stateset, token: made-up, base_url: "http://127.0.0.1:9/v1"}
destinations:
  ops: {chat: console}
  sales: {chat: console}
watchlists:
  plant 3:
    source: panels
    orders: [FR/0045001234]
    notify:
      - {to: sales, status: shipped, on: dispatched, mention: anna, as: urgent}
      - {to: sales, amount: ">= 1000", continue: true}
notify: [{to: ops}]
operators: {to: ops}
"""


@pytest.fixture
def ruled(filled: Path) -> Path:
    """A config with rules, and an order that is followed by a watchlist."""
    filled.write_text(RULES)
    return filled


def test_an_order_is_explained_rule_by_rule_with_file_and_line(cli: Cli, ruled: Path) -> None:
    ended = cli("-c", str(ruled), "explain", "0045001234", "--kind", "dispatched", "--kind", "status")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "0045001234 · PO-77 at panels · Shipped [2J",
        "",
        "by plant 3",
        "",
        "  dispatched → sales",
        "    ✓ watchlists.yaml:12  sales: dispatched · status shipped · as urgent · calls anna",
        "",
        "  status → ops",
        "    ✗ watchlists.yaml:12  sales: on wants dispatched",
        "    ✗ watchlists.yaml:13  sales: amount wants >= 1000, has none",
        "    ✓ watchlists.yaml:14  ops: everything",
    ]


def test_every_kind_of_change_is_explained_and_the_rest_comes_last(cli: Cli, ruled: Path) -> None:
    ended = cli("-c", str(ruled), "explain", "PO-77")
    assert [line for line in ended.out.splitlines() if "→" in line] == ["  dispatched → sales", "  anything else → ops"]


def test_an_order_may_be_imagined_otherwise(cli: Cli, ruled: Path) -> None:
    change = '{"amount": "1200 EUR", "status": "placed", "kind": "dispatched"}'
    ended = cli("-c", str(ruled), "explain", "0045001234", "--change", change)
    assert "0045001234 · PO-77 at panels · placed · 1200 EUR" in ended.out
    assert "✗ watchlists.yaml:12  sales: status wants shipped, has placed" in ended.out
    assert "✓ watchlists.yaml:13  sales: amount >= 1000 · and on" in ended.out


def test_news_needs_no_order_to_be_explained(cli: Cli, ruled: Path) -> None:
    ended = cli("-c", str(ruled), "explain", "--change", '{"kind": "status"}')
    assert "by the rules for what no watchlist routes" in ended.out
    assert "  status → ops" in ended.out


def test_json_has_one_line_a_kind_with_what_each_rule_wanted_and_found(cli: Cli, ruled: Path) -> None:
    ended = cli("-c", str(ruled), "--json", "explain", "0045001234", "--kind", "status")
    (said,) = map(json.loads, ended.out.splitlines())
    assert (said["watchlist"], said["kind"], said["destinations"]) == ("plant 3", "status", ["ops"])
    assert said["rules"][0]["misses"] == [{"matcher": "on", "wanted": "dispatched", "found": "status"}]
    assert (said["rules"][1]["line"], said["rules"][2]["taken"]) == (13, True)


def test_an_order_that_nobody_follows_goes_nowhere(cli: Cli, ruled: Path) -> None:
    ruled.write_text(RULES.replace("FR/0045001234", "FR/1"))
    assert "nobody follows it, so news of it goes nowhere" in cli("-c", str(ruled), "explain", "0045001234").out


def test_an_unknown_order_is_nothing_found(cli: Cli, ruled: Path) -> None:
    ended = cli("-c", str(ruled), "explain", "4711")
    assert (ended.code, ended.out) == (4, "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("{", "is no JSON"),
        ("7", "must be keys with values"),
        ('{"kind": "statu"}', "kind 'statu' is not known"),
        ('{"knd": "status"}', "knd is not a key here; did you mean 'kind'?"),
        ('{"watchlist": "plant 4"}', "there is no watchlist 'plant 4'; did you mean 'plant 3'?"),
    ],
)
def test_a_change_that_cannot_be_meant_is_wrong_usage(cli: Cli, ruled: Path, change: str, said: str) -> None:
    ended = cli("-c", str(ruled), "explain", "--change", change)
    assert ended.code == 2
    assert said in ended.err


def test_explaining_nothing_is_wrong_usage(cli: Cli, ruled: Path) -> None:
    assert cli("-c", str(ruled), "explain").code == 2


def test_check_fails_where_the_rules_do_not_hold_to_an_assertion(cli: Cli, ruled: Path) -> None:
    ruled.write_text(RULES + "assert:\n  - {given: {watchlist: plant 3, kind: status}, expect: sales}\n")
    ended = cli("-c", str(ruled), "check")
    assert ended.code == 3
    assert ended.err.startswith(f"{ruled}:17: assert[0]: expects sales; goes to ops by notify[0] (line 14); not by ")


def test_check_says_how_many_assertions_hold(cli: Cli, ruled: Path) -> None:
    ruled.write_text(RULES + "assert:\n  - {given: {watchlist: plant 3, kind: status}, expect: ops}\n")
    assert cli("-c", str(ruled), "check").out.splitlines()[-1] == "assertions: all 1 hold"
