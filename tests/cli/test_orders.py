"""What is known of orders is asked at the terminal, from the store alone."""

import asyncio
import json
from pathlib import Path

import pytest

from bot.model.moment import Moment
from bot.model.order import Stage
from tests.cli.conftest import SEEN, Cli, looked_at, more_orders, more_versions, promised_by_line, seen_later


def test_orders_are_listed_in_plain_columns_where_nobody_looks(cli: Cli, filled: Path) -> None:
    ended = cli("orders", "list", "-c", str(filled))
    heading, row = ended.out.splitlines()
    assert heading.split() == ["order", "reference", "status", "delivery", "tracking", "source", "changed"]
    assert row.startswith("0045001234  PO-77")
    assert row.endswith("2026-02-01  1Z999     panels  2026-01-05 10:00")


def test_the_date_of_an_order_whose_lines_are_promised_one_by_one_is_the_next_of_them(cli: Cli, filled: Path) -> None:
    asyncio.run(promised_by_line(filled.parent / "orderwatch.db", Stage.IN_PROGRESS))
    row = json.loads(cli("orders", "list", "--json", "--stage", "in_progress", "-c", str(filled)).out)
    assert (row["delivery_promised"], row["due"]) == (None, "2026-02-05")
    assert "2026-02-05" in cli("orders", "list", "--stage", "in_progress", "-c", str(filled)).out


def test_nothing_from_an_order_steers_the_terminal(cli: Cli, filled: Path) -> None:
    printed = [cli("orders", verb, *what, "-c", str(filled)).out for verb, *what in _ALL_VERBS]
    assert all("Shipped" in out for out in printed)
    assert not [out for out in printed if "\x1b" in out]


_ALL_VERBS = [("list",), ("show", "0045001234"), ("history", "0045001234")]


def test_as_json_each_order_is_one_line(cli: Cli, filled: Path) -> None:
    row = json.loads(cli("orders", "list", "-c", str(filled), "--json").out)
    assert (row["key"], row["stage"], row["tracking"]) == ("FR/0045001234", "shipped", ["1Z999"])


def test_a_list_that_does_not_end_says_how_to_go_on(cli: Cli, filled: Path) -> None:
    asyncio.run(more_orders(filled.parent / "orderwatch.db", 4))
    first = cli("orders", "list", "--limit", "2", "-c", str(filled))
    assert (len(first.out.splitlines()), first.err) == (3, "1 to 2 of 5 orders; for the next: --page 2\n")
    last = cli("orders", "list", "--limit", "2", "--page", "3", "-c", str(filled))
    assert (len(last.out.splitlines()), last.err) == (2, "")
    beyond = cli("orders", "list", "--limit", "2", "--page", "4", "-c", str(filled))
    assert (beyond.code, beyond.err) == (4, "there is no page 4 of 5 orders\n")


def test_a_history_that_does_not_end_says_how_to_go_on(cli: Cli, filled: Path) -> None:
    asyncio.run(more_versions(filled.parent / "orderwatch.db", 2))
    ended = cli("orders", "history", "PO-77", "--limit", "1", "-c", str(filled))
    assert (len(ended.out.splitlines()), ended.err) == (2, "these are the last 1 changes; for older ones: --limit 10\n")


def test_a_history_calls_the_order_by_its_number(cli: Cli, filled: Path) -> None:
    out = cli("orders", "history", "PO-77", "-c", str(filled)).out
    assert ("0045001234 at panels" in out, "FR/" in out) == (True, False)


def test_a_history_is_drawn_into_a_file_and_said_in_words(cli: Cli, filled: Path) -> None:
    drawn = filled.with_name("history.png")
    ended = cli("orders", "history", "PO-77", "--picture", str(drawn), "-c", str(filled))
    assert f"drawn to {drawn}" in ended.err
    assert drawn.read_bytes().startswith(b"\x89PNG")


def test_a_source_that_was_never_watched_is_named_with_those_that_were(cli: Cli, filled: Path) -> None:
    said = [
        (ended.code, ended.err)
        for ended in (
            cli(*command, "--source", "panel", "-c", str(filled))
            for command in (("orders", "list"), ("orders", "export"), ("stats",))
        )
    ]
    assert said == [(4, "no source 'panel' has ever been watched here; did you mean 'panels'?\n")] * 3


@pytest.mark.parametrize("asked", [("--source", "panels", "--stage", "placed"), ("--stage", "placed")])
def test_a_list_that_matches_nothing_ends_with_4(cli: Cli, filled: Path, asked: tuple[str, ...]) -> None:
    ended = cli("orders", "list", *asked, "-c", str(filled))
    assert (ended.code, ended.out, ended.err) == (4, "", "no order matches\n")


def test_a_list_can_be_narrowed(cli: Cli, filled: Path) -> None:
    ended = cli("orders", "list", "--source", "panels", "--stage", "shipped", "--limit", "1", "-c", str(filled))
    assert (ended.code, len(ended.out.splitlines())) == (0, 2)


@pytest.mark.parametrize("asked", ["0045001234", "45001234", "po-77", "1z999", "FR/0045001234", "PO PO-77"])
def test_an_order_is_shown_by_any_of_its_numbers(cli: Cli, filled: Path, asked: str) -> None:
    assert cli("orders", "show", asked, "-c", str(filled)).out.startswith("0045001234 at panels: Shipped")


@pytest.mark.parametrize(
    "verb", [("orders", "show"), ("orders", "history"), ("explain",), ("orders", "purge", "--yes")]
)
def test_a_purchase_order_may_be_written_as_messages_write_it_without_quotes(
    cli: Cli, filled: Path, verb: tuple[str, ...]
) -> None:
    filled.write_text(filled.read_text() + "sources: {panels: {kind: stateset, token: made-up}}\n")
    ended = cli("-c", str(filled), *verb, "PO", "PO-77")
    assert (ended.code, "0045001234" in ended.out) == (0, True)


def test_an_order_is_shown_with_lines_parcels_words_and_age(cli: Cli, filled: Path) -> None:
    out = cli("orders", "show", "0045001234", "-c", str(filled)).out
    assert "  status code: C2\n" in out
    assert "  line 000010 2 × LV429630\n" in out
    assert "  shipment 1 of line 000010, dispatched 2026-01-05 10:00\n    parcel 1Z999 (UPS)\n" in out
    assert out.splitlines()[-1].startswith("version 2 seen 2026-01-05 10:00, ")
    assert "; panels last answered " in out


def test_what_the_source_said_is_shown_as_it_came(cli: Cli, filled: Path) -> None:
    assert cli("orders", "show", "0045001234", "--raw", "-c", str(filled)).out == '{"made": "up"}\n'
    assert cli("orders", "show", "nothing", "--raw", "-c", str(filled)).code == 4


def test_an_order_is_shown_as_json_with_its_own_words(cli: Cli, filled: Path) -> None:
    shown = json.loads(cli("orders", "show", "0045001234", "-c", str(filled), "--json").out)
    assert (shown["seq"], shown["order"]["status"]["code"]) == (2, "C2")
    assert shown["source_answered_at"] == "2026-01-05T09:00:00Z"


@pytest.mark.parametrize("verb", ["show", "history"])
def test_an_unknown_number_ends_with_4(cli: Cli, filled: Path, verb: str) -> None:
    ended = cli("orders", verb, "999", "-c", str(filled))
    assert (ended.code, ended.out) == (4, "")
    assert "no watched order, purchase order or parcel has the number 999" in ended.err


def test_history_tells_what_changed_and_who_was_told(cli: Cli, filled: Path) -> None:
    row = cli("orders", "history", "0045001234", "-c", str(filled)).out.splitlines()[1]
    assert "status, In production → Shipped" in row
    assert row.endswith("ops: dead, ops: sent")


def test_history_as_json_keeps_the_whole_change(cli: Cli, filled: Path) -> None:
    row = json.loads(cli("orders", "history", "0045001234", "-c", str(filled), "--json").out)
    assert (row["change"]["kind"], row["seq"]) == ("status", 2)


def test_a_database_that_is_not_there_yet_is_told_in_one_line(cli: Cli, config: Path) -> None:
    ended = cli("orders", "list", "-c", str(config))
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert "orderwatch.db" in ended.err


def test_orders_are_read_where_no_token_is_at_hand(cli: Cli, filled: Path) -> None:
    filled.write_text(filled.read_text() + "chats: {slack: {bot_token: '${NOBODY_SETS_THIS}'}}\n")
    assert cli("orders", "list", "-c", str(filled)).code == 0


FOLLOWED = 'watchlists: {by name: {source: panels, orders: ["FR/0045001234"]}}\n'
SOON = Moment("2199-11-24T17:21:00Z")


def test_of_an_order_that_is_followed_it_is_said_until_when_it_is_looked_at_again(cli: Cli, watched: Path) -> None:
    watched.write_text(watched.read_text() + FOLLOWED)
    asyncio.run(looked_at(watched.parent / "orderwatch.db", SOON))
    assert cli("orders", "show", "PO-77", "-c", str(watched)).out.endswith("; next look by 2199-11-24 18:21\n")
    assert json.loads(cli("orders", "show", "PO-77", "--json", "-c", str(watched)).out)["next_look_at"] == SOON


@pytest.mark.parametrize(("follows", "again"), [("", SOON), (FOLLOWED, SEEN)], ids=["nobody follows it", "it is past"])
def test_of_other_orders_nothing_is_said_of_a_next_look(cli: Cli, watched: Path, follows: str, again: Moment) -> None:
    watched.write_text(watched.read_text() + follows)
    asyncio.run(looked_at(watched.parent / "orderwatch.db", again))
    assert "next look" not in cli("orders", "show", "PO-77", "-c", str(watched)).out


def test_a_source_answered_when_the_order_was_seen_whenever_that_was_counted(cli: Cli, filled: Path) -> None:
    asyncio.run(seen_later(filled.parent / "orderwatch.db", Moment("2026-01-05T09:00:40Z")))
    row = json.loads(cli("orders", "show", "PO-77", "--json", "-c", str(filled)).out)
    assert row["source_answered_at"] == row["seen_at"] == "2026-01-05T09:00:40Z"


NAMED = "watchlists: {by name: {source: panels, orders: [ord_30]}}\n"


@pytest.mark.parametrize("verb", [("show",), ("history",), ("show", "--raw")])
def test_an_order_that_waits_for_its_first_look_is_not_denied(cli: Cli, watched: Path, verb: tuple[str, ...]) -> None:
    watched.write_text(watched.read_text() + NAMED)
    ended = cli("orders", *verb, "ord_30", "-c", str(watched))
    assert ended.err.startswith(
        "ord_30 is watched, and panels has shown nothing of it yet; it waits for its first look"
    )
    assert (ended.code, ended.out) == (4, "")


def test_an_order_is_looked_for_where_the_tokens_are_not_at_hand(cli: Cli, watched: Path) -> None:
    watched.write_text(watched.read_text().replace("made-up", "'${NOT_AT_HAND}'") + NAMED)
    ended = cli("orders", "show", "ord_31", "-c", str(watched))
    assert (ended.code, ended.err) == (4, "no watched order, purchase order or parcel has the number ord_31\n")


@pytest.mark.parametrize("asked", [("orders", "show"), ("ask", "status")])
@pytest.mark.parametrize("order", ["PO-77", "ord_31"])
def test_a_name_that_its_source_cannot_read_spoils_no_answer(
    cli: Cli, watched: Path, asked: tuple[str, ...], order: str
) -> None:
    watched.write_text(watched.read_text() + NAMED.replace("ord_30", "ord 30"))
    assert cli(*asked, order, "-c", str(watched)).code == (0 if order == "PO-77" else 4)
