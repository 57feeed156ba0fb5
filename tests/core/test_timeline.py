"""An order's past as a line of time."""

from datetime import UTC, datetime
from typing import Any

from bot.core.timeline import timeline
from bot.model.moment import Moment
from bot.model.view import ChangeRow
from tests.core.making import order, snapshot

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def change(kind: str, day: str, **members: Any) -> ChangeRow:
    at = Moment(f"2026-11-{day}T09:00:00Z")
    return ChangeRow(1, "panels", "FR/1", 1, at, {"kind": kind, **members}, ())


def test_each_status_begins_when_the_one_before_it_ends() -> None:
    newest_first = (
        change("completed", "28", before="Confirmed", after="Delivered"),
        change("status", "22", before="Placed", after="Confirmed"),
        change("promise_moved", "20"),
    )
    line = timeline(snapshot(order()), newest_first, NOW)
    assert line.steps == (("Placed", 0.0), ("Confirmed", 2.0), ("Delivered", 8.0))
    assert (line.marks, line.days) == ((0.0,), 10.0)


def test_an_order_that_never_changed_is_in_its_status_since_it_was_seen() -> None:
    line = timeline(snapshot(order()), (), NOW)
    assert (line.begins, line.steps, line.days) == ("2026-11-24T09:00:00Z", (("Confirmed", 0.0),), 6.0)


def test_what_the_source_says_of_the_time_counts_more_than_when_it_was_seen() -> None:
    moved = change("status", "22", before="Placed", after="Confirmed", at="2026-11-21T09:00:00Z")
    line = timeline(snapshot(order()), (moved, change("appeared", "20", after="Placed")), NOW)
    assert line.steps == (("Placed", 0.0), ("Confirmed", 1.0))


def test_news_that_time_alone_made_is_no_change() -> None:
    assert timeline(snapshot(order()), (change("stuck", "25"),), NOW).marks == ()


def test_those_who_see_no_picture_read_the_same() -> None:
    line = timeline(snapshot(order()), (change("status", "28", before="Placed", after="Confirmed"),), NOW)
    assert line.words == "Since 2026-11-28: Placed 0.0 days, then Confirmed 2.0 days"
