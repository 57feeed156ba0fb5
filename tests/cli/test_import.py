"""Orders that a file names are followed for a destination."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.model.talk import ChatWatch
from bot.storage.sqlite import SqliteBeside
from tests.cli.conftest import CONFIG, Cli, more_orders
from tests.cli.test_main import in_a_shell

SOURCES = """\
sources:
  panels: {kind: schneider, countries: [FR], client_id: me, client_secret: made-up}
  shop: {kind: stateset, token: made-up}
"""


@pytest.fixture
def watched(filled: Path) -> Path:
    """A config with two sources."""
    filled.write_text(CONFIG + SOURCES)
    return filled


def followed(config: Path) -> Sequence[ChatWatch]:
    async def look() -> Sequence[ChatWatch]:
        store = SqliteBeside(config.parent / "orderwatch.db")
        await store.open()
        try:
            return await store.talks.watches()
        finally:
            await store.close()

    return asyncio.run(look())


def file_of(config: Path, text: str) -> str:
    path = config.parent / "orders.csv"
    path.write_text(text)
    return str(path)


def test_every_order_of_a_list_is_followed(cli: Cli, watched: Path) -> None:
    file = file_of(watched, "45001234\n45001235\n")
    ended = cli("orders", "import", file, "--to", "ops", "--source", "panels", "-c", str(watched))
    assert (ended.code, ended.out) == (0, "2 orders will be told to ops\n")
    watches = [(each.source, each.key, each.destination, each.person) for each in followed(watched)]
    assert watches == [("panels", f"FR/004500123{digit}", "ops", "terminal") for digit in (4, 5)]


@pytest.mark.parametrize("written", ["0045001234", "45001234", "PO-77", "PO PO-77", "1Z999"])
def test_an_order_that_is_watched_needs_no_source(cli: Cli, watched: Path, written: str) -> None:
    ended = cli("orders", "import", file_of(watched, written), "--to", "ops", "-c", str(watched))
    assert (ended.code, ended.out) == (0, "1 order will be told to ops\n")
    assert [(each.source, each.key) for each in followed(watched)] == [("panels", "FR/0045001234")]


def test_a_number_that_several_watched_orders_have_is_refused_with_all_of_them(cli: Cli, watched: Path) -> None:
    asyncio.run(more_orders(watched.parent / "orderwatch.db", 1))
    ended = cli("orders", "import", file_of(watched, "PO-77"), "--to", "ops", "-c", str(watched))
    assert ended.code == 1
    assert "may be any of 0045001234 at panels, " in ended.err


def test_the_same_file_again_is_nothing_new(cli: Cli, watched: Path) -> None:
    file = file_of(watched, "source,number,name\npanels,45001234,hall\nshop,ord_1,\n")
    assert cli("orders", "import", file, "--to", "ops", "-c", str(watched)).code == 0
    before = followed(watched)
    ended = cli("orders", "import", file, "--to", "ops", "-c", str(watched))
    assert (ended.code, ended.out) == (0, "nothing new; 2 were followed already\n")
    assert (followed(watched), before[0].name) == (before, "hall")


def test_an_order_followed_by_hand_is_one_with_that_of_a_file(cli: Cli, watched: Path) -> None:
    cli("watch", "45001234", "--to", "ops", "--at", "panels", "-c", str(watched))
    file = file_of(watched, "45001234\n")
    ended = cli("orders", "import", file, "--to", "ops", "--source", "panels", "-c", str(watched))
    assert ended.out == "nothing new; 1 were followed already\n"


def test_refused_lines_are_said_and_the_others_followed(cli: Cli, watched: Path) -> None:
    file = file_of(watched, "source,number\npanels,45001234\npanels,DE/1\nmoon,7\npanels,0045001234\n,9\n")
    ended = cli("orders", "import", file, "--to", "ops", "-c", str(watched))
    assert (ended.code, ended.out) == (1, "1 order will be told to ops; 1 line repeated another\n")
    assert ended.err.splitlines() == [
        f"{file}:3: 'DE/1': panels covers FR, not DE",
        f"{file}:4: '7': there is no source 'moon'; there are panels, shop",
        f"{file}:6: '9': may be an order of panels or shop; say which with --source",
        "3 lines refused",
    ]


def test_as_json_the_report_is_one_object(cli: Cli, watched: Path) -> None:
    file = file_of(watched, "45001234\nnonsense\n")
    out = cli("orders", "import", file, "--to", "ops", "--source", "panels", "--json", "-c", str(watched)).out
    refused = [{"line": 2, "written": "nonsense", "why": "has no digit, so it is no order number"}]
    assert json.loads(out) == {"new": 1, "known": 0, "repeated": 0, "refused": refused}


def test_an_export_can_be_imported(cli: Cli, watched: Path) -> None:
    file = str(watched.parent / "export.csv")
    cli("orders", "export", "-o", file, "--bom", "-c", str(watched))
    ended = cli("orders", "import", file, "--to", "ops", "-c", str(watched))
    assert (ended.code, [each.key for each in followed(watched)]) == (0, ["FR/0045001234"])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_what_excel_saves_is_read(cli: Cli, watched: Path, encoding: str) -> None:
    (watched.parent / "x.csv").write_bytes("number;name\r\n45001234;Halle 2 Süd\r\n".encode(encoding))
    cli("orders", "import", str(watched.parent / "x.csv"), "--to", "ops", "--source", "panels", "-c", str(watched))
    assert followed(watched)[0].name == "Halle 2 Süd"


def test_a_list_is_read_from_standard_input(watched: Path) -> None:
    ended = in_a_shell("echo 45001234 | orderwatch orders import - --to ops --source panels", watched.parent)
    assert (ended.returncode, ended.stdout) == (0, "1 order will be told to ops\n")


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"\n", 4, "names no order"),
        (b"what,when\n1,2\n", 1, "line 1 names no column of order numbers"),
        ("Süd".encode("latin-1"), 1, "is not UTF-8 text; in Excel choose `CSV UTF-8` when you save it"),
        (b"1\n" * 9_000_000, 1, "is larger than 16 MB"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    cli: Cli, watched: Path, content: bytes, code: int, said: str
) -> None:
    (watched.parent / "x.csv").write_bytes(content)
    ended = cli("orders", "import", str(watched.parent / "x.csv"), "--to", "ops", "-c", str(watched))
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (code, "", 1)
    assert said in ended.err
    assert not followed(watched)


def test_a_file_that_is_not_there_is_told_in_one_line(cli: Cli, watched: Path) -> None:
    ended = cli("orders", "import", "/nowhere.csv", "--to", "ops", "-c", str(watched))
    assert ended.err == "/nowhere.csv: cannot be read: No such file or directory; nothing was imported\n"


def test_an_unknown_destination_is_wrong_usage(cli: Cli, watched: Path) -> None:
    ended = cli("orders", "import", file_of(watched, "1"), "--to", "opps", "-c", str(watched))
    assert ended.code == 2
    assert "did you mean ops?" in ended.err


def test_five_thousand_lines_are_written_together(cli: Cli, watched: Path) -> None:
    file = file_of(watched, "\n".join(str(45000000 + each) for each in range(5000)))
    ended = cli("orders", "import", file, "--to", "ops", "--source", "panels", "-c", str(watched))
    assert (ended.out, len(followed(watched))) == ("5,000 orders will be told to ops\n", 5000)
