"""A config that can be used comes back with every name resolved and every value as it was meant."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bot.config.load import load, locate
from bot.errors import ConfigError
from bot.model.change import Kind
from bot.model.retention import Retention
from bot.model.route import Route
from bot.model.watch import Confirmed
from tests.config.conftest import ENVIRON, GOOD, Loader, load_text


def test_order_numbers_are_kept_as_written(configured: Loader) -> None:
    config = configured("[0045001234, 45001299]", "[0045001234, 45001299, 0x1F, 1e5, 1_000, 1:30, ord_1, '7 ', 1.10]")
    orders = ("0045001234", "45001299", "0x1F", "1e5", "1_000", "1:30", "ord_1", "7", "1.10")
    assert config.watchlists["plant 3"].orders == orders


def test_an_order_that_is_listed_twice_is_watched_once(configured: Loader) -> None:
    assert configured("45001299]", "0045001234]").watchlists["plant 3"].orders == ("0045001234",)


def test_all_orders_are_none_in_particular(configured: Loader) -> None:
    assert configured("[0045001234, 45001299]", "all").watchlists["plant 3"].orders is None


def test_a_problem_found_later_still_knows_its_line(configured: Loader) -> None:
    problem = configured().problem("watchlists.plant 3.orders[1]", "is no number")
    assert (problem.line, problem.key) == (16, "watchlists.plant 3.orders[1]")


def test_a_routes_label_says_where_it_stands(configured: Loader) -> None:
    expected = Route(to=("screen",), on=frozenset({Kind.DISPATCHED}), label="watchlists.plant 3.notify[0]")
    assert configured().watchlists["plant 3"].notify[0] == expected


def test_a_single_name_and_a_single_kind_need_no_brackets(configured: Loader) -> None:
    route = configured("on: [dispatched]", "on: dispatched").watchlists["plant 3"].notify[0]
    assert (route.to, route.on) == (("screen",), frozenset({Kind.DISPATCHED}))


def test_the_key_on_is_no_boolean(configured: Loader) -> None:
    assert configured().watchlists["plant 3"].notify[0].on == frozenset({Kind.DISPATCHED})


def test_defaults_are_those_written_in_the_models(configured: Loader) -> None:
    config = configured("    every: 5m\n")
    watchlist = config.watchlists["plant 3"]
    assert (watchlist.every, watchlist.details) == (timedelta(minutes=15), timedelta(hours=4))
    assert config.retention == Retention(raw=timedelta(days=90), sent=timedelta(days=180))


def test_a_destination_carries_its_address_and_the_zone_of_the_file(configured: Loader) -> None:
    found = configured().destinations["ops"]
    assert (found.chat, found.address, found.timezone) == ("slack", {"channel": "C0123456789"}, "Europe/Paris")


def test_a_destination_says_how_news_is_gathered(configured: Loader) -> None:
    asked = "channel: C0123456789, group_wait: 0s, group_interval: 10m, storm: 0"
    found = configured("channel: C0123456789", asked).destinations["ops"]
    assert (found.group_wait, found.group_interval, found.storm) == (timedelta(0), timedelta(minutes=10), None)


def test_news_of_an_order_waits_a_little_for_more_of_it_where_nothing_is_said(configured: Loader) -> None:
    found = configured().destinations["ops"]
    assert (found.group_wait, found.group_interval, found.storm) == (timedelta(seconds=5), timedelta(0), 10)


def test_what_has_to_be_confirmed_is_said_for_all_watchlists_or_for_one(configured: Loader) -> None:
    asked = "    every: 5m\n    confirm: {status: 10m}\n"
    config = configured("operators:", "confirm: {promise: 1h}\noperators:")
    own = configured("    every: 5m\n", asked)
    assert own.watchlists["plant 3"].confirm == {Confirmed.STATUS: timedelta(minutes=10)}
    assert config.confirm == {Confirmed.PROMISE: timedelta(hours=1)}


def test_a_destination_may_have_a_zone_of_its_own(configured: Loader) -> None:
    config = configured("channel: C0123456789", "channel: C0123456789, timezone: America/Sao_Paulo")
    assert config.destinations["ops"].timezone == "America/Sao_Paulo"


def test_news_of_an_order_hangs_together_unless_a_destination_wants_none_of_it(configured: Loader) -> None:
    assert configured().destinations["ops"].threads
    config = configured("channel: C0123456789", "channel: C0123456789, threads: false")
    assert not config.destinations["ops"].threads


def test_a_chat_that_needs_nothing_needs_no_entry(configured: Loader) -> None:
    assert set(configured().chats) == {"slack", "console"}


def test_the_database_lies_beside_the_config(configured: Loader, tmp_path: Path) -> None:
    assert configured().database == tmp_path / "orderwatch.db"


def test_an_absolute_database_stays_where_it_is(configured: Loader) -> None:
    assert configured(new="database: /data/o.db\n").database == Path("/data/o.db")


def test_a_number_where_text_is_wanted_is_its_own_digits(configured: Loader) -> None:
    config = configured("username: alice", "username: 0012")
    assert config.sources["parts"].model_dump()["username"] == "0012"


def test_a_plain_number_where_text_is_wanted_is_text(configured: Loader) -> None:
    assert configured("username: alice", "username: 12").sources["parts"].model_dump()["username"] == "12"


def test_a_country_code_that_old_yaml_takes_for_a_boolean_is_text(configured: Loader) -> None:
    assert configured("username: alice", "username: NO").sources["parts"].model_dump()["username"] == "NO"


def test_anchors_and_merge_keys_work(tmp_path: Path) -> None:
    rhythm = "  plant 3: &rhythm\n"
    more = "  plant 4:\n    <<: *rhythm\n    every: 1h\n"
    config = load_text(
        tmp_path,
        GOOD.replace("  plant 3:\n", rhythm)
        .replace("notify: [{to: ops}]\n", "", 1)
        .replace("operators:", more + "notify: [{to: ops}]\noperators:"),
    )
    third, fourth = config.watchlists.values()
    assert (fourth.orders, fourth.every) == (third.orders, timedelta(hours=1))


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_the_same_config_as_json_is_the_same_config(tmp_path: Path, indent: int | str | None) -> None:
    as_yaml = load_text(tmp_path, GOOD)
    data = yaml.load(GOOD, Loader=yaml.BaseLoader)  # all text, as the test wants it
    assert load_text(tmp_path, json.dumps(data, indent=indent)) == as_yaml


def test_json_may_write_characters_in_two_halves(tmp_path: Path) -> None:
    data = yaml.load(GOOD.replace("alice", "alice 🦊"), Loader=yaml.BaseLoader)
    config = load_text(tmp_path, json.dumps(data))
    assert config.sources["parts"].model_dump()["username"] == "alice 🦊"


def test_the_store_is_located_without_any_token(tmp_path: Path) -> None:
    path = tmp_path / "watchlists.yaml"
    path.write_text(GOOD + "database: ${DATA}/o.db\n")
    store = locate(path, {"DATA": "/data"})
    assert (store.database, store.timezone) == (Path("/data/o.db"), "Europe/Paris")


def test_a_store_that_cannot_be_located_says_why(tmp_path: Path) -> None:
    path = tmp_path / "watchlists.yaml"
    path.write_text(GOOD + "database: ${DATA}/o.db\n")
    with pytest.raises(ConfigError, match=r":23: database: environment variable DATA is not set"):
        locate(path, {})


def test_the_sample_in_the_repository_can_be_used() -> None:
    tokens = dict.fromkeys(("SE_CLIENT_ID", "SE_CLIENT_SECRET", "STATESET_TOKEN", "TWOSERVICE_USERNAME"), "placeholder")
    tokens |= {"TWOSERVICE_PASSWORD": "p", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    config = load(Path("watchlists.yaml"), {**tokens, "TELEGRAM_BOT_TOKEN": "1:placeholder"})
    assert {source.kind for source in config.sources.values()} == {"schneider", "stateset", "twoservice"}
    assert len(config.watchlists) >= 2
    assert ENVIRON.keys() & tokens.keys() == {"SLACK_BOT_TOKEN"}
