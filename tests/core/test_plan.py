import pytest

from bot.core import plan
from bot.core.digest import order_digest
from bot.errors import SourceUnreachable
from bot.model.change import Kind, Notice
from bot.model.order import LineItem, Order, Stage
from bot.model.poll import OrderState, PollRecord
from bot.model.route import Route
from tests.core.making import (
    CONFIRMED,
    DELIVERED,
    NOW,
    SHIPPED,
    TELLING,
    header,
    line,
    order,
    sight,
    snapshot,
    status,
    watchlist,
    words,
)

DOWN = SourceUnreachable("panels", "GET /orders/FR", "no answer within 30 s")


def seen(before: Order | None, after: Order, **members: object) -> PollRecord:
    return plan.order_seen(sight(before, after, **members), TELLING, set(), NOW)


def told(record: PollRecord) -> list[tuple[str, tuple[str, ...]]]:
    return [(notification.destination, notification.kinds) for notification in record.notifications]


def test_a_first_sight_is_a_silent_baseline() -> None:
    record = seen(None, order())
    assert record.updates[0].snapshot is not None
    assert (record.updates[0].changes, record.notifications) == ((), ())


def test_an_order_that_comes_after_the_baseline_appeared() -> None:
    assert told(seen(None, order(), is_news=True)) == [("ops", ("appeared",))]


def test_a_change_is_written_with_its_version_and_its_message() -> None:
    record = seen(order(), order(status=SHIPPED))
    (update,) = record.updates
    assert update.snapshot is not None
    assert (update.expected_seq, update.snapshot.seq, update.changes[0].kind) == (1, 2, Kind.STATUS)
    assert told(record) == [("ops", ("status",))]


def test_new_bytes_with_the_same_meaning_make_no_version_and_no_news() -> None:
    record = seen(order(lines=(line("1"), line("2"))), order(lines=(line("2"), line("1"))), raw_digest=b"new")
    assert (record.updates[0].snapshot, record.updates[0].raw_digest) == (None, b"new")
    assert record.notifications == ()


def test_the_same_news_to_the_same_destination_has_the_same_key() -> None:
    one, again = (seen(order(), order(status=SHIPPED)).notifications[0].key for _ in range(2))
    there_again = seen(order(), order(status=SHIPPED), state=OrderState("FR/4500123", seq=5)).notifications[0].key
    assert one == again != there_again


def test_what_goes_back_on_what_was_known_waits_for_a_second_look() -> None:
    back = sight(order(status=SHIPPED), order())
    assert plan.needs_second_look(back, was_so_before=False)
    assert plan.needs_second_look(sight(order(amount="1"), order(amount="2")), was_so_before=True)
    assert not plan.needs_second_look(sight(order(), order(status=SHIPPED)), was_so_before=False)
    record = plan.second_look_needed(back, TELLING, NOW)
    assert (record.updates[0].snapshot, record.notifications) == (None, ())


@pytest.mark.parametrize(
    "changed",
    [
        line(status=status("Open", Stage.PLACED), delivery_promised="2026-12-09"),
        line(status=SHIPPED, delivery_promised="2026-12-09", quantity="4"),
        line(status=SHIPPED, delivery_promised="2026-12-01"),
    ],
)
def test_a_part_that_may_be_older_is_asked_for_again_although_the_rest_is_newer(changed: LineItem) -> None:
    before = order(lines=(line(status=SHIPPED, delivery_promised="2026-12-09"),))
    assert plan.may_be_mixed(sight(before, order(status=SHIPPED, lines=(changed,))))


def test_progress_of_an_order_and_its_lines_is_believed_at_once() -> None:
    before = order(lines=(line(status=CONFIRMED),))
    after = order(status=SHIPPED, lines=(line(status=SHIPPED), line("000020")))
    assert not plan.may_be_mixed(sight(before, after))


def test_a_second_look_that_says_the_same_is_believed() -> None:
    back = order()
    doubted = OrderState("FR/4500123", seq=1, doubt=order_digest(back))
    assert not plan.needs_second_look(sight(order(status=SHIPPED), back, state=doubted), was_so_before=True)


def test_a_newer_update_time_needs_no_second_look() -> None:
    before, after = order(status=SHIPPED, version="2026-11-24T08:00:00Z"), order(version="2026-11-24T09:00:00Z")
    assert not plan.needs_second_look(sight(before, after), was_so_before=True)


def test_several_changes_are_one_message_for_each_destination() -> None:
    to_sales = Route(to=("sales",), on=frozenset({Kind.QUANTITY}), continues=True, label="a")
    lists = [watchlist(notify=(to_sales, Route(to=("ops",), label="b")))]
    record = seen(order(lines=(line(),)), order(lines=(line(quantity="9"),), status=SHIPPED), watchlists=lists)
    assert sorted(told(record)) == [("ops", ("quantity", "status")), ("sales", ("quantity",))]


def test_a_status_word_nobody_knows_is_told_to_operators_once() -> None:
    record = seen(order(), order(status=status("Quarantined")))
    assert record.words == ("Quarantined",)
    assert ("desk", (Notice.UNKNOWN_STATUS.value,)) in told(record)
    again = plan.order_seen(sight(order(), order(status=status("Quarantined"))), TELLING, {"Quarantined"}, NOW)
    assert again.words == ()


def test_another_name_for_a_known_code_and_another_spelling_of_a_known_word_are_no_new_words() -> None:
    for known, shown in (("C7", status("In quarantine", code="C7")), ("On  Hold!", status("on hold!"))):
        record = plan.order_seen(sight(order(), order(status=shown)), TELLING, {known}, NOW)
        assert (record.words, told(record)) == ((), [("ops", ("status",))])


def test_a_new_code_is_news_though_it_has_a_name_that_is_known() -> None:
    new = order(status=status("Quarantined", code="C8"))
    record = plan.order_seen(sight(order(), new), TELLING, {"C7", "Quarantined"}, NOW)
    assert record.words == ("C8",)


def test_an_order_is_older_when_its_own_update_time_goes_back() -> None:
    known = snapshot(order(version="2026-11-24T09:00:00Z"))
    assert plan.is_older(order(version="2026-11-24T08:59:59.5Z"), known)
    assert not plan.is_older(order(version="2026-11-24T09:00:00.5Z"), known)
    assert not plan.is_older(order(version=None), known)


def missed(state: OrderState, before: Order | None) -> PollRecord:
    return plan.order_not_found(
        state, snapshot(before) if before else None, [watchlist()], TELLING, NOW, snapshot(order()).seen_at,
        listing_counts=bool(state.scopes),
    )  # fmt: skip


def test_not_found_is_no_news_until_it_was_missed_three_times() -> None:
    twice, thrice = (missed(OrderState("FR/4500123", seq=1, missing=n), order()) for n in (1, 2))
    assert (twice.notifications, twice.updates[0].missing) == ((), 2)
    assert told(thrice) == [("ops", ("vanished",))]


def test_what_listings_missed_is_counted_by_listings_only() -> None:
    listed = OrderState("FR/4500123", seq=1, missing=2, scopes=("*",))
    assert missed(listed, order()).notifications == ()
    listed.missing = 3
    assert told(missed(listed, order())) == [("ops", ("vanished",))]


def test_a_vanished_order_is_told_once_and_reappears() -> None:
    gone = OrderState("FR/4500123", seq=1, missing=3, vanished=True)
    assert missed(gone, order()).notifications == ()
    assert told(seen(order(), order(), state=gone)) == [("ops", ("reappeared",))]


def test_a_number_the_source_never_knew_does_not_vanish() -> None:
    assert missed(OrderState("FR/1", missing=9), None).notifications == ()


def test_the_summary_names_what_the_source_does_not_know() -> None:
    record = plan.watchlist_complete(watchlist(), 12, ["FR/7"], TELLING, NOW)
    assert (record.baselines[0].orders, told(record)) == (12, [("ops", ("now_watching",))])
    assert "FR/7" in words(record.notifications[0].message)


def test_unknown_words_come_from_lines_and_shipments_too() -> None:
    odd = order(lines=(line(status=status("Milled")),), status=status("Milled"))
    assert [found.word for found in plan.unknown_words(odd)] == ["Milled"]
    assert plan.unknown_words(order(status=DELIVERED)) == []


def test_a_header_is_followed_by_its_details_without_news() -> None:
    record = seen(header(), order(lines=(line(),)))
    assert record.updates[0].snapshot is not None
    assert record.updates[0].changes == ()
    assert record.updates[0].snapshot.order.status.stage is Stage.CONFIRMED
