"""What is wrong about an order that ended."""

import pytest

from bot.core.diff import diff
from bot.core.lapses import with_lapses
from bot.model.change import Kind
from bot.model.order import Order, Stage
from tests.core.making import DELIVERED, SHIPPED, header, line, order, package, shipment, status

CANCELLED = status("Cancelled", Stage.CANCELLED)
GONE = shipment(line="1", dispatched=True)


def kinds(before: Order, after: Order) -> list[Kind]:
    return [change.kind for change in with_lapses(diff(before, after), before, after)]


@pytest.mark.parametrize("before", [order(status=SHIPPED), order(shipments=(GONE,))])
def test_what_is_cancelled_on_its_way_is_news_of_its_own(before: Order) -> None:
    after = before.model_copy(update={"status": CANCELLED})
    assert kinds(before, after) == [Kind.CANCELLED, Kind.CANCELLED_AFTER_DISPATCH]


def test_what_is_cancelled_before_it_left_is_only_cancelled() -> None:
    assert kinds(order(shipments=(shipment(),)), order(shipments=(shipment(),), status=CANCELLED)) == [Kind.CANCELLED]


def test_a_line_cancelled_on_its_way_is_named() -> None:
    before = order(lines=(line("1", status=SHIPPED), line("2")), shipments=(GONE,))
    after = order(lines=(line("1", status=CANCELLED), line("2")), shipments=(GONE,))
    found = with_lapses(diff(before, after), before, after)
    assert [(change.kind, change.line) for change in found] == [
        (Kind.LINE_CANCELLED, "1"), (Kind.CANCELLED_AFTER_DISPATCH, "1"),
    ]  # fmt: skip


def test_a_line_cancelled_that_never_left_is_only_cancelled() -> None:
    before, after = (order(lines=(line("2", status=each),), shipments=(GONE,)) for each in (SHIPPED, CANCELLED))
    assert kinds(before, after) == [Kind.LINE_CANCELLED]


def test_what_is_completed_without_any_tracking_number_is_news_of_its_own() -> None:
    assert kinds(order(shipments=(GONE,)), order(shipments=(GONE,), status=DELIVERED)) == [
        Kind.COMPLETED, Kind.NO_TRACKING,
    ]  # fmt: skip


def test_what_is_completed_with_tracking_is_only_completed() -> None:
    tracked = shipment(dispatched=True, packages=(package("1Z9"),))
    assert kinds(order(shipments=(tracked,)), order(shipments=(tracked,), status=DELIVERED)) == [Kind.COMPLETED]


def test_a_row_of_a_listing_knows_no_tracking_and_says_nothing_of_it() -> None:
    assert kinds(header(), header(status=DELIVERED)) == [Kind.COMPLETED]
