"""The desk at the terminal: the same grammar, the same answers, and what is set up for the running bot."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.model.moment import Moment
from bot.model.talk import ChatWatch, Mute
from bot.storage.sqlite import SqliteBeside
from tests.cli.conftest import Cli, silence

NOW = Moment("2026-01-05T09:00:00Z")


def kept(config: Path) -> tuple[Sequence[ChatWatch], Sequence[Mute]]:
    """What was set up beside the config."""

    async def look() -> tuple[Sequence[ChatWatch], Sequence[Mute]]:
        store = SqliteBeside(config.parent / "orderwatch.db")
        await store.open()
        try:
            return await store.talks.watches(), await store.talks.mutes(NOW)
        finally:
            await store.close()

    return asyncio.run(look())


@pytest.mark.parametrize("name", ["0045001234", "po-77", "1z999"])
def test_an_order_is_told_as_in_chat(cli: Cli, watched: Path, name: str) -> None:
    ended = cli("-c", str(watched), "ask", "status", name)
    assert ended.code == 0
    assert ended.out.startswith("🚚 0045001234 · PO-77 · Shipped")
    assert "\x1b" not in ended.out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("late", "Late: 1 order"),
        ("due", "No order."),
        ("list source panels", "Orders, of panels: 1 order"),
        ("history 0045001234", "status In production → Shipped"),
        ("why 0045001234", "could not be sent to ops · by notify[0] · the chat refused the token"),
        ("sources", "panels (StateSet): 1 order"),
        ("about", "You ask at the terminal, where one has the role operator."),
        ("join abc", "At the terminal everything may be asked without a code."),
        ("", "What I know:"),
        ("statsu 1", "Did you mean status?"),
        ("status 999", "I know no order 999 here."),
        ("watch 0045001234", "orderwatch watch 0045001234 --to ops"),
        ("mute PO-77 1h", "orderwatch mute PO-77 1h --to ops"),
        ("mute PO-77 until friday 9:05", 'orderwatch mute PO-77 --until "fri 9:05" --to ops'),
        ("mute PO-77 2h note at customs", 'orderwatch mute PO-77 2h --note "at customs" --to ops'),
        ("watch PO-77 as line 3 drives", 'orderwatch watch PO-77 --name "line 3 drives" --to ops'),
    ],
)
def test_every_kind_of_question_is_answered(cli: Cli, watched: Path, asked: str, said: str) -> None:
    assert said in cli("-c", str(watched), "ask", asked).out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("late",), 0),
        (("status", "PO-77", "and", "0045001234"), 0),
        (("status", "999"), 4),
        (("due",), 4),
        (("list", "source", "shop"), 4),
        (("frobnicate",), 2),
        (("status", "PO-77", "ful"), 4),
        (("mute", "PO-77"), 2),
        (("watch", "PO-77"), 2),
    ],
)
def test_how_a_question_ended_is_the_exit_code(cli: Cli, watched: Path, words: tuple[str, ...], code: int) -> None:
    assert cli("-c", str(watched), "ask", *words).code == code


def test_a_word_that_looks_like_an_option_is_answered(cli: Cli, watched: Path) -> None:
    assert "“-1” is no number of days from 1 to 366" in cli("-c", str(watched), "ask", "due", "-1").out


def test_a_time_with_a_minus_is_explained(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "ask", "mute", "PO-77", "-1h", "--to", "ops")
    assert (ended.code, "For how long?" in ended.out) == (2, True)


def test_the_place_that_is_meant_can_be_named_with_any_question(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "ask", "snooze", "PO-77", "until", "monday", "9:00", "--to", "ops", "note", "later")
    assert (ended.code, "No news of 0045001234 · PO-77 to ops until" in ended.out) == (0, True)
    (_, (mute,)) = kept(watched)
    assert (mute.destination, mute.holds, mute.note) == ("ops", True, "later")


def test_answers_name_the_destination_and_commands_that_can_be_typed(cli: Cli, watched: Path) -> None:
    cli("-c", str(watched), "mute", "PO-77", "1d", "--to", "ops")
    told = cli("-c", str(watched), "watch", "PO-77", "--to", "ops").out
    assert told.startswith("👀 ops is told when it changes: 0045001234")
    assert "muted for ops until" in told


def test_nobody_is_me_at_a_terminal_wherever_it_asks(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "ask", "assign", "PO-77", "me", "--to", "ops")
    assert (ended.code, "Who is “me” at a terminal?" in ended.out) == (2, True)


def test_who_unmutes_a_part_reads_how_to_list_the_rest(cli: Cli, watched: Path) -> None:
    cli("-c", str(watched), "mute", "--all", "--to", "ops")
    cli("-c", str(watched), "mute", "PO-77", "1d", "--to", "ops")
    assert "orderwatch mute --list" in cli("-c", str(watched), "unmute", "PO-77", "--to", "ops").out


def test_an_order_that_several_sources_may_know_is_asked_for_as_this_command_takes_it(cli: Cli, watched: Path) -> None:
    watched.write_text(
        watched.read_text() + '  shop: {kind: stateset, token: made-up, base_url: "http://127.0.0.1:9/v1"}\n'
    )
    ended = cli("-c", str(watched), "watch", "999", "--to", "ops")
    assert (ended.code, "orderwatch watch 999 --to ops --at shop" in ended.out) == (2, True)


def test_words_quoted_for_the_shell_stay_together(cli: Cli, watched: Path) -> None:
    assert "I know no source web shop here" in cli("-c", str(watched), "ask", "list", "source", "web shop", "late").out


def test_check_is_not_done_here_while_a_bot_runs_and_says_where_it_is(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "ask", "check", "PO-77")
    said = "a bot runs, and only it asks: by itself, or when somebody writes `check 0045001234` to it in chat"
    assert (ended.code, said in ended.out) == (1, True)


def test_check_says_what_looks_where_no_bot_runs(cli: Cli, watched: Path) -> None:
    asyncio.run(silence(watched.parent / "orderwatch.db", 3600))
    ended = cli("-c", str(watched), "ask", "check", "PO-77")
    assert (ended.code, "next look" in ended.out) == (1, False)
    assert "cannot be asked now: no bot runs; `orderwatch once` looks at everything once" in ended.out


def test_answers_come_as_json_too(cli: Cli, watched: Path) -> None:
    answer = json.loads(cli("-c", str(watched), "--json", "ask", "late").out)
    assert answer["messages"][0]["headline"]["spans"][0]["text"] == "Late"


def test_a_watch_is_kept_for_the_running_bot_until_it_is_taken_back(cli: Cli, watched: Path) -> None:
    assert "0045001234" in cli("-c", str(watched), "watch", "0045001234", "--to", "ops", "--name", "line 3").out
    ((watch,), _) = kept(watched)
    assert (watch.source, watch.key, watch.destination, watch.name) == ("panels", "FR/0045001234", "ops", "line 3")
    assert "line 3" in cli("-c", str(watched), "unwatch", "line 3", "--to", "ops").out
    assert kept(watched)[0] == []


def test_a_mute_is_kept_with_its_end_until_it_is_taken_back(cli: Cli, watched: Path) -> None:
    cli("-c", str(watched), "mute", "PO-77", "change", "--to", "ops")
    (_, (mute,)) = kept(watched)
    assert (mute.key, mute.destination, mute.until) == ("FR/0045001234", "ops", None)
    assert "comes to ops again" in cli("-c", str(watched), "unmute", "PO-77", "--to", "ops").out
    assert kept(watched)[1] == []


def test_a_kind_is_snoozed_for_everybody_with_a_note_listed_and_lifted(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "snooze", "2d", "--kind", "promise_moved", "--note", "they recount")
    assert "No promise moved news anywhere until" in ended.out
    (_, (mute,)) = kept(watched)
    assert (mute.kind, mute.destination, mute.holds, mute.note) == ("promise_moved", None, True, "they recount")
    assert "“they recount”" in cli("-c", str(watched), "mute", "--list").out
    assert "comes everywhere again" in cli("-c", str(watched), "unmute", "--kind", "promise_moved").out
    assert kept(watched)[1] == []


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (("PO-77", "1d", "--to", "ops", "--kind", "status"), ("FR/0045001234", "status", "ops")),
        (("PO-77", "--until", "tomorrow 9:00", "--to", "ops"), ("FR/0045001234", None, "ops")),
        (("PO", "PO-77", "1d", "--to", "ops"), ("FR/0045001234", None, "ops")),
        (("--all", "--to", "ops"), (None, None, "ops")),
        (("1d", "--all", "--to", "ops"), (None, None, "ops")),
    ],
)
def test_what_is_muted_is_said_by_arguments(
    cli: Cli, watched: Path, arguments: tuple[str, ...], about: tuple[str | None, ...]
) -> None:
    assert cli("-c", str(watched), "mute", *arguments).code == 0
    (_, (mute,)) = kept(watched)
    assert (mute.key, mute.kind, mute.destination) == about


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [((), "name an ORDER"), (("PO-77", "1d", "--until", "friday"), "keep one of them"), (("1", "2d", "3"), "too many")],
)
def test_what_cannot_be_muted_is_wrong_usage(
    cli: Cli, watched: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    ended = cli("-c", str(watched), "mute", *arguments)
    assert (ended.code, complaint in ended.err) == (2, True)


def test_a_wrong_destination_is_named_with_the_nearest(cli: Cli, watched: Path) -> None:
    ended = cli("-c", str(watched), "watch", "1", "--to", "op")
    assert (ended.code, "did you mean ops?" in ended.err) == (2, True)


def test_without_a_database_one_is_told_to_start_the_bot(cli: Cli, config: Path) -> None:
    ended = cli("-c", str(config), "ask", "late")
    assert (ended.code, "`orderwatch run` makes it" in ended.err) == (1, True)
