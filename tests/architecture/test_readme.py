"""What the README says of the program is what the program says of itself."""

import re
from pathlib import Path

from click import Context

from bot.cli.main import group
from bot.core.commands import listed
from bot.model.change import Kind, Notice
from bot.model.order import Stage

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_every_verb_stands_in_the_table_as_its_help_says_it() -> None:
    for entry in listed():
        asked = f"{entry.verb} {entry.arguments}".strip().replace("|", r"\|")
        assert f"| `{asked}` | {entry.does} |" in README


def test_every_command_is_in_the_readme() -> None:
    for name in group.list_commands(Context(group)):
        assert re.search(rf"`{re.escape(name)}\b", README), name


def test_every_kind_of_change_notice_and_stage_is_in_the_readme() -> None:
    words = set(re.findall(r"[a-z_]+", README))
    assert {kind.value for kind in (*Kind, *Notice)} | {stage.value for stage in Stage} - {Stage.UNKNOWN} <= words
