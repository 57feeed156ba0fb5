"""`orderwatch stats`, over a real database."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from bot.clock import ManualClock
from bot.model.change import Change, Kind
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.storage.sqlite import SqliteStorage
from tests.cli.conftest import CONFIG, Cli
from tests.storage.making import NINE, a_record, an_order, an_update


def filled(folder: Path) -> str:
    """A config beside a database in which one order was confirmed, with a later date, and two days later delivered."""
    config = folder / "watchlists.yaml"
    config.write_text(CONFIG, encoding="utf-8")

    async def fill() -> None:
        storage = SqliteStorage(folder / "orderwatch.db", ManualClock())
        await storage.open()
        confirmed = Change(kind=Kind.STATUS, before="Placed", after="Confirmed")
        done = Change(kind=Kind.COMPLETED, before="Confirmed", after="Delivered")
        later = Moment("2026-01-07T09:00:00Z")
        slipped = Change(
            kind=Kind.SLIPPED, field="delivery_promised", before=Moment("2026-01-06"), after=Moment("2026-02-01")
        )
        await storage.commit(a_record(replace(an_update(an_order(), at=NINE), changes=(confirmed, slipped))))
        completed = an_order(stage=Stage.COMPLETED)
        await storage.commit(replace(a_record(replace(an_update(completed, 2, at=later), changes=(done,))), at=later))
        await storage.close()

    asyncio.run(fill())
    return str(config)


async def emptied(database: Path) -> None:
    """A database in which nothing has happened."""
    storage = SqliteStorage(database, ManualClock())
    await storage.open()
    await storage.close()


def test_shares_are_shown_as_shares_of_a_hundred(tmp_path: Path, cli: Cli) -> None:
    heading, row = cli("-c", filled(tmp_path), "stats").out.split("on time\n")[1].splitlines()[:2]
    assert heading.split() == ["source", "orders", "by_last_promise", "by_first_promise"]
    assert row.endswith("%")


def test_stays_are_shown_as_a_table(tmp_path: Path, cli: Cli) -> None:
    ended = cli("-c", filled(tmp_path), "stats")
    assert (ended.code, "stay in status" in ended.out, "Confirmed" in ended.out) == (0, True, True)


def test_json_has_a_line_for_each_row(tmp_path: Path, cli: Cli) -> None:
    ended = cli("-c", filled(tmp_path), "--json", "stats")
    (row,) = [json.loads(line) for line in ended.out.splitlines() if "stay in status" in line]
    assert (row["status"], row["orders"], row["p50_days"], row["p90_days"]) == ("Confirmed", 1, 2.0, 2.0)


def test_what_was_told_as_a_slip_is_among_the_slips_of_its_month(tmp_path: Path, cli: Cli) -> None:
    ended = cli("-c", filled(tmp_path), "--json", "stats")
    (row,) = [json.loads(line) for line in ended.out.splitlines() if '"slips"' in line]
    assert (row["month"], row["moves"], row["p50_days"]) == ("2026-01", 1, 26.0)


def test_a_chart_is_a_png(tmp_path: Path, cli: Cli) -> None:
    ended = cli("-c", filled(tmp_path), "stats", "--chart", str(tmp_path / "stays.png"))
    assert ended.code == 0
    assert (tmp_path / "stays.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_past_there_is_nothing_to_show(tmp_path: Path, cli: Cli) -> None:
    config = tmp_path / "watchlists.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    asyncio.run(emptied(tmp_path / "orderwatch.db"))
    ended = cli("-c", str(config), "stats")
    assert (ended.code, ended.out) == (4, "")
    assert "there is nothing to tell yet" in ended.err
