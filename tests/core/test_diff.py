from hypothesis import given
from hypothesis import strategies as st

from bot.core.diff import diff
from bot.core.digest import order_digest
from bot.model.change import Change, Kind
from bot.model.order import Order, Stage, Status
from tests.core.making import (
    CONFIRMED,
    DELIVERED,
    SHIPPED,
    header,
    line,
    order,
    package,
    shipment,
    status,
)


def kinds(before: Order, after: Order) -> list[Kind]:
    return [change.kind for change in diff(before, after)]


def only(before: Order, after: Order) -> Change:
    (change,) = diff(before, after)
    return change


def test_an_equal_order_has_no_changes() -> None:
    assert diff(order(), order()) == ()


def test_a_status_that_moves_on_is_told_in_the_sources_words() -> None:
    change = only(order(status=CONFIRMED), order(status=SHIPPED))
    assert (change.kind, change.before, change.after) == (Kind.STATUS, "Confirmed", "Shipped")


def test_letter_case_and_spelling_of_a_status_are_no_change() -> None:
    assert not diff(order(status=status("ON_HOLD")), order(status=status("On hold")))
    assert not diff(order(status=status("canceled")), order(status=status("Cancelled")))


def test_a_new_reading_of_the_same_word_is_no_change() -> None:
    assert not diff(order(status=status("ZZ9")), order(status=status("ZZ9", Stage.SHIPPED)))


def test_codes_are_compared_before_texts() -> None:
    assert not diff(order(status=status("Shipped", code="C")), order(status=status("Expédié", code="c")))


def test_reaching_the_end_is_completed_and_not_also_status() -> None:
    assert kinds(order(status=SHIPPED), order(status=DELIVERED)) == [Kind.COMPLETED]


def test_cancelling_is_its_own_kind() -> None:
    assert kinds(order(), order(status=status("Cancelled", Stage.CANCELLED))) == [Kind.CANCELLED]


def test_delivered_then_in_transit_moved_backwards() -> None:
    assert kinds(order(status=DELIVERED), order(status=SHIPPED)) == [Kind.MOVED_BACKWARDS]


def test_a_cancelled_order_that_lives_again_moved_backwards() -> None:
    assert kinds(order(status=status("Cancelled", Stage.CANCELLED)), order()) == [Kind.MOVED_BACKWARDS]


def test_on_hold_is_neither_forward_nor_backward() -> None:
    assert kinds(order(status=SHIPPED), order(status=status("On hold", Stage.ON_HOLD))) == [Kind.STATUS]


def test_a_header_knew_no_lines_so_lines_are_no_news() -> None:
    full = order(lines=(line(),), shipments=(shipment(dispatched=True, packages=(package("T1"),)),))
    assert diff(header(), full) == ()


def test_what_a_header_did_know_is_compared() -> None:
    assert kinds(header(status=CONFIRMED), order(status=SHIPPED)) == [Kind.STATUS]


def test_a_date_that_only_the_listing_has_is_not_withdrawn_by_the_details() -> None:
    assert diff(header(delivery_promised="2026-11-24"), order()) == ()


def test_a_line_that_comes_with_its_quantity_is_only_a_line_added() -> None:
    change = only(order(), order(lines=(line("000020", quantity="3"),)))
    assert (change.kind, change.line, change.after) == (Kind.LINE_ADDED, "000020", "3 × LC1D09M7")


def test_a_changed_quantity_names_its_line() -> None:
    change = only(order(lines=(line(),)), order(lines=(line(quantity="3"),)))
    assert (change.kind, change.line, change.before, change.after) == (Kind.QUANTITY, "000010", "5", "3")


def test_a_line_that_is_gone_or_cancelled_is_line_cancelled() -> None:
    gone = kinds(order(lines=(line(),)), order())
    cancelled = kinds(
        order(lines=(line(status=CONFIRMED),)), order(lines=(line(status=status("Cancelled", Stage.CANCELLED)),))
    )
    assert gone == cancelled == [Kind.LINE_CANCELLED]


def test_a_second_parcel_is_exactly_one_tracking_added() -> None:
    before = order(lines=(line(),), shipments=(shipment(line="000010", packages=(package("T1"),)),))
    after = order(lines=(line(),), shipments=(shipment(line="000010", packages=(package("T2"), package("T1"))),))
    change = only(before, after)
    assert (change.kind, change.line, change.after) == (Kind.TRACKING_ADDED, "000010", "T2")


def test_a_number_in_place_of_another_is_replaced() -> None:
    before, after = (order(shipments=(shipment(packages=(package(number),)),)) for number in ("T1", "T2"))
    change = only(before, after)
    assert (change.kind, change.before, change.after) == (Kind.TRACKING_REPLACED, "T1", "T2")


def test_a_number_that_is_gone_is_removed() -> None:
    assert kinds(order(shipments=(shipment(packages=(package("T1"),)),)), order(shipments=(shipment(),))) == [
        Kind.TRACKING_REMOVED
    ]


def test_a_parcel_that_moves_to_another_shipment_is_no_news() -> None:
    before = order(shipments=(shipment("s1", packages=(package("T1"),)), shipment("s2")))
    after = order(shipments=(shipment("s1"), shipment("s2", packages=(package("T1"),))))
    assert diff(before, after) == ()


def test_a_shipment_that_leaves_is_dispatched_with_its_moment() -> None:
    left = shipment(dispatched=True, dispatched_at="2026-11-24T08:00:00Z")
    change = only(order(shipments=(shipment(),)), order(shipments=(left,)))
    assert (change.kind, change.shipment, change.at) == (Kind.DISPATCHED, "s1", "2026-11-24T08:00:00Z")


def test_a_dispatch_taken_back_is_undispatched() -> None:
    assert kinds(order(shipments=(shipment(dispatched=True),)), order(shipments=(shipment(),))) == [Kind.UNDISPATCHED]


def test_a_dispatched_shipment_that_changes_its_key_is_no_news() -> None:
    before = order(shipments=(shipment("a", dispatched=True, packages=(package("T1"),)),))
    after = order(shipments=(shipment("b", dispatched=True, packages=(package("T1"),)),))
    assert diff(before, after) == ()


def test_a_planned_shipment_is_no_news_until_it_leaves() -> None:
    assert diff(order(), order(shipments=(shipment(),))) == ()


def test_one_move_of_a_date_is_told_once_at_the_highest_level() -> None:
    def at(day: str) -> Order:
        return order(
            delivery_promised=day,
            lines=(line(delivery_promised=day),),
            shipments=(shipment(line="000010", delivery_promised=day),),
        )

    change = only(at("2026-11-24"), at("2026-11-27"))
    assert (change.kind, change.line, change.field) == (Kind.PROMISE_MOVED, None, "delivery_promised")


def test_a_date_of_one_line_that_moves_alone_names_the_line() -> None:
    before = order(lines=(line("1", delivery_promised="2026-11-24"), line("2", delivery_promised="2026-11-24")))
    after = order(lines=(line("1", delivery_promised="2026-11-24"), line("2", delivery_promised="2026-11-26")))
    assert only(before, after).line == "2"


def test_a_first_promise_is_news() -> None:
    change = only(order(), order(delivery_promised="2026-11-24"))
    assert (change.kind, change.before, change.after) == (Kind.PROMISE_MOVED, None, "2026-11-24")


def test_a_promise_that_disappears_with_the_dispatch_was_kept() -> None:
    before = order(shipments=(shipment(ship_promised="2026-11-24"),))
    after = order(shipments=(shipment(dispatched=True),))
    assert kinds(before, after) == [Kind.DISPATCHED]


def test_dates_of_a_finished_order_are_no_news() -> None:
    before = order(status=SHIPPED, delivery_promised="2026-11-24")
    assert kinds(before, order(status=DELIVERED)) == [Kind.COMPLETED]


def test_a_field_asked_for_is_told_and_one_newly_asked_for_is_not() -> None:
    asked = only(order(fields={"warehouse": "A"}), order(fields={"warehouse": "B"}))
    assert (asked.kind, asked.field, asked.before, asked.after) == (Kind.OTHER, "warehouse", "A", "B")
    assert diff(order(), order(fields={"warehouse": "B"})) == ()


def test_three_things_at_once_are_three_changes_parts_first() -> None:
    before = order(status=CONFIRMED, shipments=(shipment(),))
    after = order(status=SHIPPED, shipments=(shipment(dispatched=True, packages=(package("T1"),)),))
    assert kinds(before, after) == [Kind.DISPATCHED, Kind.TRACKING_ADDED, Kind.STATUS]


numbers = st.lists(st.sampled_from("ABCDEFG"), max_size=5, unique=True)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    parts = [
        shipment(key, dispatched=draw(st.booleans()), packages=tuple(package(f"{key}{n}") for n in draw(numbers)))
        for key in draw(numbers)
    ]
    lines = tuple(line(number, quantity=draw(st.sampled_from("123"))) for number in draw(numbers))
    word = draw(st.sampled_from([CONFIRMED, SHIPPED, DELIVERED]))
    return order(lines=lines, shipments=tuple(parts), status=word)


def shuffled(one: Order) -> Order:
    shipments = tuple(each.model_copy(update={"packages": each.packages[::-1]}) for each in reversed(one.shipments))
    loud = Status(text=(one.status.text or "").upper(), stage=one.status.stage)
    return one.model_copy(update={"lines": one.lines[::-1], "shipments": shipments, "status": loud})


@given(orders())
def test_order_of_arrays_and_letter_case_never_matter(one: Order) -> None:
    assert diff(one, shuffled(one)) == ()
    assert order_digest(one) == order_digest(shuffled(one))


@given(orders(), orders())
def test_every_change_says_something(before: Order, after: Order) -> None:
    for change in diff(before, after):
        assert change.before != change.after or change.kind in (Kind.DISPATCHED, Kind.UNDISPATCHED)


@given(orders(), orders())
def test_equal_digests_mean_no_changes(before: Order, after: Order) -> None:
    if order_digest(before) == order_digest(after):
        assert diff(before, after) == ()


@given(orders(), orders())
def test_going_there_and_back_tells_as_many_parcels_each_way(before: Order, after: Order) -> None:
    there = kinds(before, after)
    back = kinds(after, before)
    assert there.count(Kind.TRACKING_REPLACED) == back.count(Kind.TRACKING_REPLACED)
    assert there.count(Kind.TRACKING_ADDED) == back.count(Kind.TRACKING_REMOVED)
