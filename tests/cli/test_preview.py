"""`orderwatch preview`."""

import json
from pathlib import Path

import pytest

from bot.model.change import Kind, Notice
from tests.cli.conftest import Cli

FILE = """\
timezone: Europe/Paris
language: fr
sources:
  panels: {kind: stateset, token: made-up, display: {fr: {In production: En fabrication}}}
destinations:
  ops: {chat: console}
  sales: {chat: console, language: nl, templates: {slipped: "{{ order }}: {{ slip }}"}}
notify: [{to: ops}]
operators: {to: ops}
"""


@pytest.fixture
def spoken(filled: Path) -> Path:
    """A config in French, with a place in Dutch that has words of its own."""
    filled.write_text(FILE)
    return filled


def test_it_shows_what_would_be_told_with_the_names_of_that_language(cli: Cli, spoken: Path) -> None:
    ended = cli("-c", str(spoken), "preview", "status")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "🔄 Statut · 0045001234 · PO 778 : Confirmed → En fabrication",
        "Livraison promise pour le lun. 30 nov. 2026",
        "panels (StateSet) · relevé mar. 24 nov. 2026, 10:30 CET",
    ]


def test_a_destination_has_its_language_and_templates(cli: Cli, spoken: Path) -> None:
    out = cli("-c", str(spoken), "preview", "slipped", "--to", "sales").out
    assert out.splitlines()[0] == "🐢 0045001234 · PO 778: 3 dagen later"


def test_every_kind_is_shown_in_the_language_that_is_asked_for(cli: Cli, spoken: Path) -> None:
    told = json.loads(cli("-c", str(spoken), "--json", "preview", "--all", "--language", "de").out)
    assert told.keys() == {kind.value for kind in (*Kind, *Notice)}
    assert told["overdue"].startswith("⏰ Überfällig · 0045001234")
    assert told["source_failing"].startswith("🔌 Quelle gestört · panels")


def test_a_real_order_is_shown_with_what_was_last_found_of_it(cli: Cli, spoken: Path) -> None:
    out = cli("-c", str(spoken), "preview", "status", "--order", "PO-77", "--language", "en").out
    assert out.startswith("🔄 Status · 0045001234 · PO-77: In production → Shipped")


def test_an_order_without_such_news_ends_with_nothing_matched(cli: Cli, spoken: Path) -> None:
    ended = cli("-c", str(spoken), "preview", "overdue", "--order", "PO-77")
    assert (ended.code, ended.err) == (4, "no such news is known of an order with the number PO-77\n")


def test_an_unknown_destination_names_the_nearest(cli: Cli, spoken: Path) -> None:
    ended = cli("-c", str(spoken), "preview", "status", "--to", "sale")
    assert ended.code == 2
    assert "there is no destination 'sale'; did you mean 'sales'?" in ended.err


def test_one_kind_or_all_of_them_have_to_be_asked_for(cli: Cli, spoken: Path) -> None:
    assert cli("-c", str(spoken), "preview").code == 2


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("preview", "sliped"), "there is no kind 'sliped'; did you mean 'slipped'?"),
        (("mute", "--kind", "stuk"), "there is no kind 'stuk'; did you mean 'stuck'?"),
        (("explain", "1", "--kind", "x"), "there is no kind 'x'; there are appeared, cancelled, "),
    ],
)
def test_a_kind_that_is_none_is_answered_with_the_nearest(
    cli: Cli, config: Path, command: tuple[str, ...], said: str
) -> None:
    ended = cli("-c", str(config), *command)
    assert (ended.code, said in ended.err) == (2, True)
