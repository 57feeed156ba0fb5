"""What is wrong with a config is told at once, with its line, its key and the word that was probably meant."""

from pathlib import Path

import pytest

from bot.config.load import load
from bot.errors import ConfigError, Problem
from tests.config.conftest import ENVIRON, GOOD, Loader, Problems, load_text


def only(found: list[Problem]) -> Problem:
    assert len(found) == 1, found
    return found[0]


def test_an_unknown_key_is_one_problem_with_file_line_key_and_the_nearest_key(
    problems: Problems, tmp_path: Path
) -> None:
    problem = only(problems("every: 5m", "evry: 5m"))
    assert str(problem) == (
        f"{tmp_path}/watchlists.yaml:17: watchlists.plant 3.evry: is not a key here; did you mean 'every'?"
    )


def test_a_misspelt_required_key_is_not_called_missing_too(problems: Problems) -> None:
    assert only(problems("username", "usrname")).key == "sources.parts.usrname"


def test_all_problems_come_at_once_in_the_order_of_the_file(problems: Problems) -> None:
    edit = GOOD.replace("kind: twoservice", "kind: towservice").replace("chat: slack", "chat: slak")
    edit = edit.replace("source: parts", "source: prats").replace("{to: screen,", "{to: scren,")
    edit = edit.replace("operators: {to: ops}", "operators: {to: osp}")
    found = problems(GOOD, edit)
    assert [problem.line for problem in found] == [4, 11, 15, 19, 22]
    meant = ["twoservice", "slack", "parts", "screen", "ops"]
    assert all(f"did you mean '{word}'?" in problem.text for word, problem in zip(meant, found, strict=True))


def test_an_unknown_key_at_the_top_hides_no_other_problem(problems: Problems) -> None:
    found = problems("operators: {to: ops}", "operators: {to: osp}\nevery: 5m")
    assert [problem.key for problem in found] == ["operators.to", "every"]


def test_an_unknown_kind_of_change_names_the_nearest(problems: Problems) -> None:
    problem = only(problems("[dispatched]", "[dispatchd]"))
    assert (problem.line, problem.key) == (19, "watchlists.plant 3.notify[0].on[0]")
    assert "did you mean 'dispatched'?" in problem.text


def test_a_word_with_no_near_one_is_answered_with_the_words_there_are(problems: Problems) -> None:
    assert only(problems("source: parts", "source: zzz")).text == "there is no source 'zzz'; there are parts"


def test_an_unknown_chat_names_the_nearest(problems: Problems) -> None:
    found = problems("  slack:\n", "  slak:\n")
    assert "did you mean 'slack'?" in found[0].text


def test_a_source_without_kind_is_told_which_kinds_there_are(problems: Problems) -> None:
    assert "twoservice" in only(problems("    kind: twoservice\n")).text


def test_a_chat_that_needs_tokens_must_be_set_up(problems: Problems) -> None:
    problem = only(problems("screen: {chat: console}", "screen: {chat: telegram, chat_id: 7}"))
    assert (problem.key, problem.line) == ("destinations.screen.chat", 12)
    assert "belong under `chats:`" in problem.text


def test_an_address_is_checked_by_its_chat(problems: Problems) -> None:
    assert only(problems("channel: C0123456789", "chanel: C0123456789")).text.endswith("did you mean 'channel'?")


def test_a_where_needs_all_orders(problems: Problems) -> None:
    problem = only(problems("    every: 5m", "    every: 5m\n    where: {dealer: 7}"))
    assert problem.key == "watchlists.plant 3.where"
    assert "needs `orders: all`" in problem.text


def test_an_unknown_filter_is_a_problem_of_its_own_line(problems: Problems) -> None:
    problem = only(problems("orders: [0045001234, 45001299]", "orders: all\n    where:\n      dealr: 7"))
    assert (problem.key, problem.line) == ("watchlists.plant 3.where.dealr", 18)


@pytest.mark.parametrize("written", ["0045001234", "[]", "{}", "", "al"])
def test_orders_are_all_or_a_list_of_numbers(problems: Problems, written: str) -> None:
    problem = only(problems("orders: [0045001234, 45001299]", f"orders: {written}"))
    assert "must be `all`, or a list" in problem.text


def test_an_empty_order_number_is_refused(problems: Problems) -> None:
    assert "empty" in only(problems("45001299]", "'']")).text


@pytest.mark.parametrize("written", ["0s", "500", "soon", "-5m", "[]"])
def test_a_rhythm_is_a_duration_of_a_second_or_more(problems: Problems, written: str) -> None:
    problem = only(problems("every: 5m", f"every: {written}"))
    assert (problem.line, problem.key) == (17, "watchlists.plant 3.every")


def test_a_rule_after_one_that_takes_everything_is_never_reached(problems: Problems) -> None:
    problem = only(problems("      - {to: screen, on: [dispatched]}", "      - {to: screen}"))
    assert (problem.line, problem.key) == (20, "watchlists.plant 3.notify[1]")
    assert "never reached" in problem.text


def test_a_rule_whose_kinds_are_all_taken_before_it_is_never_reached(problems: Problems) -> None:
    again = "      - {to: screen, on: [dispatched]}\n"
    assert only(problems(again, again + again)).key == "watchlists.plant 3.notify[1]"


def test_a_rule_that_continues_leaves_everything_to_the_next(configured: Loader) -> None:
    config = configured("      - {to: screen, on: [dispatched]}", "      - {to: screen, continue: true}")
    assert [route.continues for route in config.watchlists["plant 3"].notify] == [True, False]


def test_a_broken_rule_does_not_make_the_next_one_look_unreachable(problems: Problems) -> None:
    assert only(problems("on: [dispatched]", "onn: [dispatched]")).key == "watchlists.plant 3.notify[0].onn"


def test_a_config_without_a_catch_all_is_refused(problems: Problems) -> None:
    problem = only(problems("notify: [{to: ops}]\n"))
    assert problem.key == "notify"
    assert "is missing" in problem.text


def test_an_empty_catch_all_is_refused(problems: Problems) -> None:
    assert only(problems("notify: [{to: ops}]\n", "notify: []\n")).key == "notify"


def test_the_last_rule_for_everything_must_match_everything(problems: Problems) -> None:
    problem = only(problems("notify: [{to: ops}]\n", "notify: [{to: ops, on: [dispatched]}]\n"))
    assert problem.key == "notify[0].on"


def test_a_broken_last_rule_does_not_blame_the_one_before(problems: Problems) -> None:
    rules = "notify: [{to: ops, on: [dispatched]}, {to: osp}]\n"
    assert only(problems("notify: [{to: ops}]\n", rules)).key == "notify[1].to"


def test_operators_are_required(problems: Problems) -> None:
    assert "is missing: who is told about failing sources" in only(problems("operators: {to: ops}\n")).text


@pytest.mark.parametrize("written", ["ops", "[ops]", "7", "", "{to: []}", "{to: ''}"])
def test_operators_of_another_shape_are_one_problem(problems: Problems, written: str) -> None:
    assert only(problems("operators: {to: ops}", f"operators: {written}")).key.startswith("operators")


@pytest.mark.parametrize("written", ["ops", "7", "", "[to, ops]"])
def test_a_rule_of_another_shape_is_one_problem(problems: Problems, written: str) -> None:
    assert only(problems("- {to: screen, on: [dispatched]}", f"- {written}")).key == "watchlists.plant 3.notify[0]"


@pytest.mark.parametrize("section", ["sources", "chats", "destinations", "watchlists"])
def test_a_section_of_another_shape_is_a_problem_there(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_text(tmp_path, f"{section}: [a]\nnotify: [{{to: ops}}]\noperators: {{to: ops}}\n")
    assert section in [problem.key for problem in refusal.value.problems]


def test_an_unknown_zone_is_told_with_an_example(problems: Problems) -> None:
    assert "'Europe/Pariss' is not an IANA time zone" in only(problems("Europe/Paris", "Europe/Pariss")).text


def test_a_key_that_is_there_twice_is_a_problem_with_both_lines(problems: Problems) -> None:
    problem = only(problems("    every: 5m\n", "    every: 5m\n    every: 6m\n"))
    assert (problem.line, problem.text) == (18, "is there twice; first on line 17")


def test_a_file_that_is_no_yaml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_text(tmp_path, "sources:\n  a: [1\n  b: 2\n")
    problem = only(list(refusal.value.problems))
    assert problem.line == 3
    assert "is not YAML" in problem.text


def test_yaml_indented_with_tabs_is_told_to_use_blanks(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="indent with blanks"):
        load_text(tmp_path, "sources:\n\ta: 1\n")


def test_a_character_that_nobody_can_see_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_text(tmp_path, "sources:\n  a: {}\n  b\x00: {}\n")
    problem = only(list(refusal.value.problems))
    assert (problem.line, problem.text) == (3, "is not YAML: holds the unseen character 0x00")


def test_a_channel_that_yaml_takes_for_a_comment_is_explained(problems: Problems) -> None:
    problem = only(problems("{chat: slack, channel: C0123456789}", "\n    chat: slack\n    channel: #general"))
    assert problem.text == "has no value; text that begins with # goes in quotes"


@pytest.mark.parametrize(
    "text", ["just words", "- a\n- b", "7", "\x00", "a: &x [*x]", "&x {<<: *x}", "a: !!python/none"]
)
def test_whatever_the_file_holds_the_answer_is_a_config_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        load_text(tmp_path, text)


def test_an_empty_file_misses_what_is_required(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refusal:
        load_text(tmp_path, "")
    assert [problem.key for problem in refusal.value.problems] == ["notify", "operators"]


def test_a_file_that_is_not_there_says_how_to_name_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; name yours with --config"):
        load(tmp_path / "watchlists.yaml", ENVIRON)


def test_a_folder_instead_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, ENVIRON)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "watchlists.yaml"
    path.write_bytes(b"label: caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(path, ENVIRON)


@pytest.mark.parametrize(
    ("key", "written", "said"),
    [
        ("daily_budget", "5000/min", "must be for a day, such as 5000/day; 5000/min belongs in `budget`"),
        ("timeout", "0s", "must be longer than nothing, such as 30s"),
        ("timeout", f"{'9' * 400}d", "is too long: 36500d is the most"),
        ("budget", "99999999999999999999/min", "is too much: 999999999/min is the most"),
    ],
)
def test_a_limit_that_cannot_be_meant_is_named_with_its_line(
    problems: Problems, key: str, written: str, said: str
) -> None:
    problem = only(problems("    username: alice\n", f"    username: alice\n    {key}: {written}\n"))
    assert (problem.line, problem.key, problem.text) == (6, f"sources.parts.{key}", said)


def test_a_chat_that_may_take_no_time_is_named_too(problems: Problems) -> None:
    token = "    bot_token: ${SLACK_BOT_TOKEN}\n"
    problem = only(problems(token, f"{token}    timeout: 0s\n"))
    assert (problem.key, problem.text) == ("chats.slack.timeout", "must be longer than nothing, such as 30s")


@pytest.mark.parametrize("budget", ["999999999/s", "1/day"])
def test_any_budget_that_can_be_counted_is_taken(configured: Loader, budget: str) -> None:
    written = f"    username: alice\n    budget: {budget}\n"
    assert str(configured("    username: alice\n", written).sources["parts"].budget) == budget
