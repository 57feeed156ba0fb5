"""How the command line finds its commands and ends them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from bot import log
from bot.cli._exit import Exit
from bot.cli._invocation import Invocation
from bot.cli._output import printable, say_json
from bot.cli.main import end, group
from bot.errors import ConfigError, OrderwatchError, Problem
from tests.cli.conftest import Cli

ROOT = Path(__file__).parents[2]


def every_command(parent: click.Group = group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(parent)
    for name in parent.list_commands(context):
        command = parent.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from every_command(command, f"{path}{name} ")


def in_a_shell(command: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ORDERWATCH_")}
    variables = {**clean, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(  # bounded by its timeout
        ["bash", "-o", "pipefail", "-c", command.replace("orderwatch ", f"{sys.executable} -m bot ")],
        cwd=folder, env=variables, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(("path", "command"), list(every_command()), ids=[path for path, _ in every_command()])
def test_every_command_takes_the_common_options(path: str, command: click.Command) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--config", "-c", "--json", "-v", "--no-color"} <= options, path
    assert command.help


def test_an_option_counts_before_and_after_the_command(cli: Cli, config: Path) -> None:
    before = cli("-c", str(config), "--json", "check")
    assert before == cli("check", "--json", "-c", str(config))
    assert before.code == 0


def test_help_lists_every_command_and_the_exit_codes(cli: Cli) -> None:
    out = cli("--help").out
    assert all(f"  {name} " in out for name, _ in every_command() if " " not in name)
    assert "3 bad config" in out


def test_an_unknown_command_is_answered_with_the_nearest(cli: Cli) -> None:
    ended = cli("ordrs")
    assert ended.code == 2
    assert "there is no command 'ordrs'; did you mean orders?" in ended.err


@pytest.mark.parametrize("arguments", [("--nonsense",), ("orders", "show"), ("orders", "list", "--limit", "0")])
def test_wrong_usage_ends_with_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli(*arguments).code == 2


def test_a_config_that_is_not_there_ends_with_3(cli: Cli, tmp_path: Path) -> None:
    ended = cli("check", "-c", str(tmp_path / "none.yaml"))
    assert ended.code == 3
    assert ended.err == f"{tmp_path}/none.yaml: there is no such file; name yours with --config or ORDERWATCH_CONFIG\n"


def raising(error: BaseException) -> Any:
    def run() -> None:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError([Problem("w.yaml", 1, "", "is bad")]), Exit.CONFIG),
        (OrderwatchError("it failed"), Exit.FAILED),
        (KeyError("nobody thought of this"), Exit.FAILED),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
        (click.Abort(), Exit.INTERRUPTED),
        (click.UsageError("not like this"), Exit.USAGE),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    assert end(raising(error), Invocation()) == code


@pytest.mark.parametrize(("result", "code"), [(None, 0), (Exit.NOTHING, 4), (1, 1)])
def test_a_command_returns_its_exit_code_or_nothing(result: int | None, code: int) -> None:
    assert end(lambda: result, Invocation()) == code


def test_a_surprise_is_one_line_without_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    log.hide("open-sesame")
    end(raising(ValueError("cannot use open-sesame")), Invocation())
    assert capsys.readouterr().err == "orderwatch: unexpected ValueError: cannot use *** (-v shows where it happened)\n"


def test_a_surprise_shows_its_traceback_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    log.hide("open-sesame")
    end(raising(ValueError("cannot use open-sesame")), Invocation(verbose=True))
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "open-sesame" not in err


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\x9bb", "a\u202eb", "a\tb\nc", "a\u2028b"])
def test_printed_text_holds_no_control_characters(text: str) -> None:
    assert printable(text).isprintable()


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b", "\u202e", "\u2028", "\x7f"])
def test_printed_json_holds_no_control_characters(capsys: pytest.CaptureFixture[str], text: str) -> None:
    say_json({"a": text, "b": "é → 🦊"})
    out = capsys.readouterr().out.rstrip("\n")
    assert out.isprintable()
    assert "é → 🦊" in out


def test_from_the_moment_a_config_is_read_its_secrets_are_hidden(cli: Cli, config: Path) -> None:
    config.write_text(config.read_text() + "chats: {slack: {bot_token: plain-looking}}\n")
    assert cli("check", "-c", str(config)).code == 0
    assert log.redact("plain-looking") == "***"


def test_the_config_may_be_named_by_a_variable(config: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert in_a_shell("orderwatch check", elsewhere, ORDERWATCH_CONFIG=str(config)).returncode == 0


def test_without_a_name_the_config_is_the_one_in_this_folder(config: Path) -> None:
    assert "watchlists.yaml can be used" in in_a_shell("orderwatch check", config.parent).stdout


def test_a_reader_that_leaves_early_is_no_trouble(filled: Path) -> None:
    assert in_a_shell("orderwatch schema | head -n 1", filled.parent).stderr == ""


def test_a_reader_that_never_reads_is_no_trouble(config: Path) -> None:
    assert in_a_shell("orderwatch preview --all | true", config.parent).stderr == ""


@pytest.mark.parametrize("command", ["schema", "preview --all", "orders list", "orders export"])
def test_an_answer_that_finds_no_room_is_one_line_of_complaint(filled: Path, command: str) -> None:
    ended = in_a_shell(f"orderwatch {command} > /dev/full", filled.parent)
    assert (ended.returncode, ended.stderr) == (1, "the answer could not be written: No space left on device\n")


@pytest.mark.parametrize("command", ["orders list >&-", "orders export >&-"])
def test_a_stream_that_the_caller_closed_is_as_good_as_none(filled: Path, command: str) -> None:
    ended = in_a_shell(f"orderwatch {command}", filled.parent)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_what_is_read_from_an_input_that_was_closed_is_empty(watched: Path) -> None:
    ended = in_a_shell("orderwatch orders import - --to ops <&-", watched.parent)
    assert (ended.returncode, ended.stderr) == (4, "standard input names no order\n")


def test_help_says_what_each_command_does_in_a_whole_sentence(cli: Cli) -> None:
    groups = [(), *((name,) for name, command in every_command() if isinstance(command, click.Group))]
    assert len(groups) > 3
    assert not [group for group in groups if "..." in cli(*group, "--help").out.partition("Commands:")[2]]


def test_an_interrupt_while_the_program_is_being_loaded_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'bot.cli.main':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
    )
    ended = in_a_shell("orderwatch check", tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_asking_for_the_version_loads_no_library_for_it(tmp_path: Path) -> None:
    slow = "{'pydantic', 'aiohttp', 'rich', 'slack_sdk', 'telegram', 'yaml'}"
    script = f"import sys; from bot.cli.main import main; main(['--version']); print({slow} & set(sys.modules))"
    assert in_a_shell(f'{sys.executable} -c "{script}"', tmp_path).stdout.endswith("set()\n")
