"""The other commands: what they print and how they end."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli.healthcheck import reasons_against
from tests.cli.conftest import Cli, silence


def test_check_sums_the_config_up(cli: Cli, config: Path) -> None:
    ended = cli("check", "-c", str(config))
    assert ended.code == 0
    assert ended.out.startswith(f"{config} can be used; database {config.parent}/orderwatch.db")
    assert "everything else: everything → ops" in ended.out


def test_check_as_json_is_one_object(cli: Cli, config: Path) -> None:
    summary = json.loads(cli("check", "-c", str(config), "--json").out)
    assert (summary["ok"], summary["destinations"][0]["name"], summary["operators"]) == (True, "ops", ["ops"])


def test_a_wrong_key_ends_with_3_and_one_line(cli: Cli, config: Path) -> None:
    config.write_text(config.read_text().replace("operators", "operatrs"))
    ended = cli("check", "-c", str(config))
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == f"{config}:5: operatrs: is not a key here; did you mean 'operators'?\n"


def test_problems_as_json_stand_on_standard_output(cli: Cli, config: Path) -> None:
    config.write_text(config.read_text().replace("{to: ops}]", "{to: osp}]"))
    ended = cli("check", "-c", str(config), "--json")
    problem = json.loads(ended.out)["problems"][0]
    assert (ended.code, problem["line"], problem["key"]) == (3, 4, "notify[0].to")


def test_a_stage_that_is_nearly_written_right_is_pointed_at_and_other_words_are_not(cli: Cli, config: Path) -> None:
    stuck = "alarms: {stuck: {confirmd: 3 working days, On hold: 36h, Awaiting crane: 2d, others: 9d}}\n"
    config.write_text(config.read_text() + stuck)
    ended = cli("check", "-c", str(config))
    said = "is taken for a status word of a source, for it is no stage; did you mean 'confirmed'?"
    assert (ended.code, ended.err.splitlines()[0]) == (0, f"warning: {config}:6: alarms.stuck.confirmd: {said}")


def test_a_config_that_watches_nothing_can_be_used_with_a_warning(cli: Cli, config: Path) -> None:
    ended = cli("check", "-c", str(config))
    said = "watchlists: there are none, so only what people follow by hand is watched"
    assert (ended.code, ended.err) == (0, f"warning: {config}: {said}\n")


def _named(config: Path, orders: int, limits: str, every: str = "1m") -> Path:
    """The config with so many named orders at a source with these limits."""
    source = f"{{kind: stateset, token: made-up, list: false, {limits}}}"
    numbers = ", ".join(f"SO-{each}" for each in range(orders))
    config.write_text(
        f"{config.read_text()}sources:\n  shop: {source}\n"
        f"watchlists:\n  mine: {{source: shop, orders: [{numbers}], every: {every}}}\n"
    )
    return config


def test_check_says_what_each_source_may_be_asked(cli: Cli, config: Path) -> None:
    named = _named(config, 1, "budget: 10/min, daily_budget: 5000/day, in_flight: 2")
    (source,) = json.loads(cli("check", "-c", str(named), "--json").out)["sources"]
    assert (source["budget"], source["daily_budget"], source["in_flight"]) == ("10/min", "5000/day", 2)
    assert "5000/day" in cli("check", "-c", str(named)).out


@pytest.mark.parametrize(
    ("limits", "every", "key", "said"),
    [
        ("budget: 10/min", "1m", "budget", "10/min is shared by 30 named orders, so each comes round every 3m at best"),
        ("daily_budget: 100/day", "2h", "daily_budget", "100/day is shared by 30 named orders, so each comes round"),
        ("in_flight: 2", "30s", "", "50/min is shared by 30 named orders, so each comes round every 36s at best"),
    ],
)
def test_check_warns_where_a_budget_is_too_small_for_the_orders_it_names(
    cli: Cli, config: Path, limits: str, every: str, key: str, said: str
) -> None:
    ended = cli("check", "-c", str(_named(config, 30, limits, every)))
    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert f"{config}:7: sources.shop{key and '.'}{key}: {said}" in ended.err
    assert ended.err.endswith(f" at best, not every {every}\n")


def test_check_does_not_warn_where_a_budget_is_just_enough(cli: Cli, config: Path) -> None:
    assert cli("check", "-c", str(_named(config, 30, "budget: 30/min"))).err == ""


def test_check_says_that_what_a_list_shows_comes_first(cli: Cli, config: Path) -> None:
    named = _named(config, 30, "budget: 10/min")
    named.write_text(named.read_text().replace("list: false, ", ""))
    assert cli("check", "-c", str(named)).err.endswith("; those that its list shows to have moved come first\n")


def test_schema_prints_the_schema(cli: Cli) -> None:
    assert json.loads(cli("schema").out)["title"] == "Orderwatch: watchlists.yaml"


def test_send_test_really_sends(cli: Cli, config: Path) -> None:
    ended = cli("send-test", "ops", "-c", str(config))
    assert ended.code == 0
    assert "Test message from Orderwatch" in ended.out
    assert ended.out.endswith("ops: console accepted the message (1)\n")


def test_send_test_to_an_unknown_destination_names_the_nearest(cli: Cli, config: Path) -> None:
    ended = cli("send-test", "osp", "-c", str(config))
    assert ended.code == 2
    assert "did you mean ops?" in ended.err


def test_send_test_that_fails_says_why_without_the_token(cli: Cli, config: Path) -> None:
    token = "xoxb-1-very-secret"
    nobody = f"chats: {{slack: {{bot_token: {token}, base_url: 'http://127.0.0.1:9/'}}}}\n"
    config.write_text(nobody + config.read_text().replace("chat: console", "chat: slack, channel: C1"))
    ended = cli("send-test", "ops", "-c", str(config))
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert token not in ended.err


def test_the_outbox_shows_what_needs_somebody(cli: Cli, filled: Path) -> None:
    rows = cli("outbox", "list", "-c", str(filled)).out.splitlines()
    assert len(rows) == 2
    assert rows[1].split()[1:6] == ["dead", "ops", "0045001234", "at", "panels"]
    assert rows[1].endswith("the chat refused the token")


def test_the_outbox_shows_any_state_asked_for(cli: Cli, filled: Path) -> None:
    row = json.loads(cli("outbox", "list", "--state", "sent", "-c", str(filled), "--json").out)
    assert (row["state"], row["kinds"]) == ("sent", ["status"])


def test_an_outbox_without_such_rows_ends_with_4(cli: Cli, filled: Path) -> None:
    assert cli("outbox", "list", "--state", "muted", "-c", str(filled)).code == 4


def test_a_bot_whose_loops_speak_is_healthy(cli: Cli, filled: Path) -> None:
    ended = cli("healthcheck", "-c", str(filled))
    assert (ended.code, ended.out) == (0, "alive: poller panels\n")


def test_a_bot_with_a_silent_loop_is_not(cli: Cli, filled: Path) -> None:
    asyncio.run(silence(filled.parent / "orderwatch.db", 3600))
    ended = cli("healthcheck", "-c", str(filled))
    assert ended.code == 1
    assert ended.err.startswith("poller panels has been silent for 3600 s")


def test_a_bot_that_never_ran_is_not_healthy(cli: Cli, config: Path) -> None:
    ended = cli("healthcheck", "-c", str(config), "--json")
    assert (ended.code, json.loads(ended.out)["ok"]) == (1, False)


@pytest.mark.parametrize(("silent", "healthy"), [(59.9, True), (60.0, True), (60.1, False)])
def test_a_loop_may_be_silent_for_a_minute(silent: float, healthy: bool) -> None:
    assert (reasons_against({"poller": silent, "notifier": 0.0}) == []) is healthy


def test_a_sign_of_life_from_the_future_is_none_for_the_clock_was_set_back_since() -> None:
    (reason,) = reasons_against({"poller": -28800.0, "notifier": -3.0})
    assert reason == "poller was last heard 28800 s ahead of the clock, and not since that was set back"


def test_a_database_on_which_nothing_runs_says_what_to_start() -> None:
    assert reasons_against({}) == ["no bot runs on this database; start it with `orderwatch run`"]
