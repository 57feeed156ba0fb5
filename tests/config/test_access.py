"""Who may ask in chat, as the file says it."""

from pathlib import Path

import pytest

from bot.config.load import load
from bot.errors import ConfigError
from bot.model.access import Grant, Role

TOP = """\
sources: {panels: {kind: stateset, token: t}}
chats: {console: }
destinations: {ops: {chat: console}}
watchlists: {web shop: {source: panels, orders: all}}
notify: [{to: ops}]
operators: {to: ops}
access:
  console:
"""


def access(folder: Path, *entries: str) -> tuple[Grant, ...]:
    path = folder / "watchlists.yaml"
    path.write_text(TOP + "".join(f"    - {entry}\n" for entry in entries))
    return load(path, {}).access


def test_nobody_is_let_in_by_silence(tmp_path: Path) -> None:
    path = tmp_path / "watchlists.yaml"
    path.write_text(TOP.partition("access:")[0])
    assert load(path, {}).access == ()


def test_a_person_and_a_place_are_let_in_by_their_ids(tmp_path: Path) -> None:
    person, place = access(tmp_path, "{person: 1001, role: operator}", "{place: -100123, sources: panels}")
    assert person == Grant(chat="console", person="1001", role=Role.OPERATOR)
    assert place == Grant(chat="console", place="-100123", role=Role.VIEWER, sources=("panels",))


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{person: U1, place: C1}", "must name a person or a place"),
        ("{role: viewer}", "must name a person or a place"),
        ('{place: "#orders"}', "write the id"),
        ("{person: U1, role: admin}", "'admin' is not known here"),
        ("{person: U1, sources: [panel]}", "there is no source 'panel'; did you mean 'panels'?"),
        ("{person: U1, watchlists: [shop]}", "there is no watchlist 'shop'; did you mean 'web shop'?"),
        ("{user: U1}", "is not a key here"),
    ],
)
def test_what_cannot_be_meant_is_a_problem_with_its_line(tmp_path: Path, entry: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        access(tmp_path, "{person: U0}", entry)
    (problem,) = {problem.line: problem for problem in caught.value.problems}.values()
    assert problem.line == 10
    assert complaint in problem.text


def test_a_chat_that_is_not_set_up_cannot_let_anybody_in(tmp_path: Path) -> None:
    path = tmp_path / "watchlists.yaml"
    path.write_text(TOP.replace("  console:\n", "  slack: [{person: U1}]\n"))
    with pytest.raises(ConfigError, match="'slack' is not set up"):
        load(path, {})
