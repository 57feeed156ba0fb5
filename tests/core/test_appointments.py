"""Promised deliveries as events of a calendar."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from bot.core.appointments import Span, promise_of, write_calendar
from bot.model.moment import Moment
from bot.model.order import Order, Stage
from bot.model.view import Found
from tests.core.making import line, order, package, shipment, snapshot, status

PARIS = ZoneInfo("Europe/Paris")
SPAN = Span(date(2026, 11, 1), date(2026, 12, 31), PARIS)
DAY = Moment("2026-11-27")


def found(of: Order, *, seq: int = 1, vanished: bool = False, at: str = "2026-11-24T09:00:00.5Z") -> Found:
    return Found(snapshot(of, seq), Moment(at), vanished, (), None)


def written(*founds: Found) -> bytes:
    return write_calendar(founds, SPAN, name="Deliveries", labels={"panels": "panels (Schneider)"})[0]


def event(of: Found) -> Event:
    (only,) = Calendar.from_ical(written(of)).events
    return only


def test_a_day_is_an_event_of_the_whole_day() -> None:
    one = event(found(order(delivery_promised=DAY)))
    assert (one.start, one.end) == (date(2026, 11, 27), date(2026, 11, 28))


def test_an_instant_is_an_event_at_that_time() -> None:
    one = event(found(order(delivery_promised="2026-11-27T08:30:00Z")))
    assert one.start == datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
    assert "DTEND" not in one


def test_a_promise_that_moves_is_a_later_version_of_the_same_event() -> None:
    before = event(found(order(delivery_promised=DAY)))
    after = event(found(order(delivery_promised="2026-12-01"), seq=2, at="2026-11-25T09:00:00Z"))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (1, 2)
    assert after.last_modified > before.last_modified


def test_no_two_orders_are_one_event() -> None:
    orders = [order(delivery_promised=DAY, source=source, key=key) for source in ("a", "b") for key in ("1", "2")]
    events = Calendar.from_ical(written(*map(found, orders))).events
    assert len({one["UID"] for one in events}) == 4


def test_equal_orders_give_equal_bytes() -> None:
    assert written(found(order(delivery_promised=DAY))) == written(found(order(delivery_promised=DAY)))


@pytest.mark.parametrize(
    ("stage", "vanished", "state", "summary"),
    [
        (Stage.CONFIRMED, False, "CONFIRMED", "Delivery 4500123 · PO 26-4"),
        (Stage.CONFIRMED, True, "TENTATIVE", "Delivery 4500123 · PO 26-4"),
        (Stage.COMPLETED, False, "CONFIRMED", "✓ Delivery 4500123 · PO 26-4"),
        (Stage.CANCELLED, False, "CANCELLED", "Cancelled: Delivery 4500123 · PO 26-4"),
    ],
)
def test_an_event_says_what_became_of_the_order(stage: Stage, vanished: bool, state: str, summary: str) -> None:
    one = order(delivery_promised=DAY, reference="PO 26-4", status=status("so", stage))
    shown = event(found(one, vanished=vanished))
    assert (str(shown["STATUS"]), str(shown["SUMMARY"])) == (state, summary)


@pytest.mark.parametrize(
    ("stage", "promise"),
    [(Stage.CONFIRMED, "2026-11-28"), (Stage.COMPLETED, "2026-12-02"), (Stage.CANCELLED, "2026-11-28")],
)
def test_the_parts_of_an_order_say_when_it_comes(stage: Stage, promise: str) -> None:
    lines = (line("1", delivery_promised="2026-12-02"), line("2", delivery_promised="2026-11-28"))
    assert promise_of(order(delivery_promised=DAY, lines=lines, status=status("so", stage))) == promise


def test_it_tells_status_other_dates_and_tracking_numbers() -> None:
    lines = (line("1", delivery_promised=DAY), line("2", delivery_promised="2026-12-02"))
    parcels = (shipment(packages=(package("JD1"), package("JD2"))),)
    text = str(event(found(order(lines=lines, shipments=parcels)))["DESCRIPTION"])
    assert text.splitlines() == [
        "Status: Confirmed", "Line 2: delivery 2026-12-02", "Tracking: JD1, JD2", "panels (Schneider)",
    ]  # fmt: skip


@pytest.mark.parametrize("promised", [None, "2026-10-31", "2026-12-31", "2026-12-30T23:30:00Z"])
def test_what_is_not_promised_within_the_span_is_not_in_it(promised: str | None) -> None:
    name, labels = "Deliveries", {"panels": "panels"}
    assert write_calendar([found(order(delivery_promised=promised))], SPAN, name=name, labels=labels)[1] == 0


def test_why_an_order_was_cancelled_is_for_nobody_to_read() -> None:
    one = order(delivery_promised=DAY, cancel_reason="Mrs Jones moved", status=status("off", Stage.CANCELLED))
    assert b"Jones" not in written(found(one))


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.sampled_from("\r\n:;,\\\x1bBEGINVT\"' ")))
def test_nothing_an_order_says_is_anything_but_its_words(reference: str, number: str) -> None:
    one = order(delivery_promised=DAY, reference=reference, number=number, status=status(f"{number}{reference}"))
    (shown,) = Calendar.from_ical(written(found(one))).subcomponents
    assert set(shown) == {
        "UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "DTSTART", "DTEND", "STATUS", "TRANSP", "SUMMARY", "DESCRIPTION",
    }  # fmt: skip
    assert len(str(shown["DESCRIPTION"]).splitlines()) == 2


def test_signs_that_mean_something_in_a_calendar_come_as_they_are() -> None:
    one = event(found(order(delivery_promised=DAY, reference='a, b; c\\d\\ne: "f" Süd')))
    assert str(one["SUMMARY"]) == 'Delivery 4500123 · a, b; c\\d\\ne: "f" Süd'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_name_cannot_add_a_line_to_the_calendar(name: str) -> None:
    parsed = Calendar.from_ical(write_calendar([], SPAN, name=name, labels={})[0])
    assert len(parsed) == 6
