"""Promised deliveries as a file for calendar programs."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from bot.clock import ManualClock
from bot.model.moment import from_day, from_instant
from bot.model.order import Order, Stage, Status
from bot.storage.sqlite import SqliteStorage
from bot.web.promised import MOST
from tests.cli.conftest import CONFIG, Cli
from tests.storage.making import a_record, an_order, an_update

TODAY = datetime.now(UTC).date()
WATCHED = """\
sources:
  panels: {kind: schneider, countries: [FR], client_id: me, client_secret: made-up}
  shop: {kind: stateset, token: made-up}
watchlists:
  two: {source: panels, orders: [2, 3]}
"""


@pytest.fixture
def promised(config: Path) -> Path:
    """A config with orders that are promised in so many days: open, cancelled and completed ones."""
    config.write_text(CONFIG + WATCHED)
    asyncio.run(fill(config.parent / "orderwatch.db", ORDERS))
    return config


ORDERS = {
    1: (1, Stage.CONFIRMED), 2: (80, Stage.CONFIRMED), 3: (5, Stage.CANCELLED), 4: (-3, Stage.COMPLETED),
    5: (-40, Stage.PLACED),
}  # fmt: skip
"""Number to the days until it is promised, and how far it is."""


async def fill(database: Path, orders: Mapping[int, tuple[int, Stage]]) -> None:
    now = from_instant(datetime.now(UTC))
    storage = SqliteStorage(database, ManualClock())
    await storage.open()
    updates = [an_update(promised_in(*what, number), at=now) for number, what in orders.items()]
    await storage.commit(a_record(*updates, at=now))
    await storage.close()


def promised_in(ahead: int, stage: Stage, number: int) -> Order:
    members = {"number": str(number), "reference": None, "status": Status(stage=stage)}
    members["delivery_promised"] = from_day(TODAY + timedelta(days=ahead))
    return an_order(f"FR/{number:010}").model_copy(update=members)


def days(written: str) -> dict[str, int]:
    """What is in a calendar, and in how many days."""
    return {str(event["SUMMARY"]): (event.start - TODAY).days for event in Calendar.from_ical(written).events}


def test_promises_of_the_next_months_are_events_also_of_orders_that_ended(cli: Cli, promised: Path) -> None:
    ended = cli("calendar", "-c", str(promised))
    assert ended.code == 0
    assert days(ended.out) == {"Delivery 1": 1, "Delivery 2": 80, "Cancelled: Delivery 3": 5, "✓ Delivery 4": -3}


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        (("--days", "5"), "134"),
        (("--days", "0"), "4"),
        (("--watchlist", "two"), "23"),
        (("--source", "panels", "--days", "1"), "14"),
    ],
)
def test_it_can_be_narrowed(cli: Cli, promised: Path, asked: tuple[str, ...], numbers: str) -> None:
    found = days(cli("calendar", *asked, "-c", str(promised)).out)
    assert sorted(name[-1] for name in found) == list(numbers)


def test_a_calendar_without_an_event_ends_with_4_and_is_one_nevertheless(cli: Cli, promised: Path) -> None:
    ended = cli("calendar", "--source", "shop", "-c", str(promised))
    assert (ended.code, days(ended.out)) == (4, {})
    assert ended.err == "no order is promised for the next 90 days or the last 30\n"


@pytest.mark.parametrize(("option", "near"), [("--source", "panels"), ("--watchlist", "two")])
def test_an_unknown_name_is_wrong_usage(cli: Cli, promised: Path, option: str, near: str) -> None:
    ended = cli("calendar", option, f"{near}s", "-c", str(promised))
    assert ended.code == 2
    assert f"did you mean {near}?" in ended.err


def test_a_file_takes_the_place_of_the_one_before(cli: Cli, promised: Path) -> None:
    file = promised.parent / "promised.ics"
    file.write_text("yesterday's")
    ended = cli("calendar", "-o", str(file), "-c", str(promised))
    assert (ended.code, ended.out, ended.err) == (0, "", f"4 events written to {file}\n")
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")


def test_as_json_it_says_how_many_there_are(cli: Cli, promised: Path) -> None:
    answer = json.loads(cli("calendar", "--json", "-c", str(promised)).out)
    assert (answer["events"], len(days(answer["calendar"]))) == (4, 4)


def test_what_is_more_than_a_calendar_shows_is_said(cli: Cli, promised: Path) -> None:
    many = dict.fromkeys(range(10, MOST + 10), (1, Stage.PLACED))
    asyncio.run(fill(promised.parent / "orderwatch.db", many))
    ended = cli("calendar", "-c", str(promised))
    assert f"these may be only the first {MOST:,}; narrow it by" in ended.err
