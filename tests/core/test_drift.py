from datetime import timedelta

import pytest

from bot.core.drift import DriftWatch, Weighed, lost
from bot.model.order import Order, Stage, Status
from tests.core.making import DELIVERED, NOW, header, line, order, package, shipment

RHYTHM = timedelta(minutes=15)
LATER = NOW + timedelta(minutes=1)


def shipped(key: str, **members: object) -> Order:
    parcel = shipment(packages=(package(f"T{key}"),))
    return order(key=key, number=key, shipments=(parcel,), lines=(line(),), **members)


def bare(key: str, **members: object) -> Order:
    return order(key=key, number=key, shipments=(shipment(),), lines=(line(),), **members)


def lose(watch: DriftWatch, key: str) -> Weighed:
    return watch.weigh(shipped(key), bare(key), NOW, RHYTHM)


def test_a_loss_is_not_believed_at_first_sight() -> None:
    weighed = lose(DriftWatch(), "a")
    assert weighed.order == shipped("a")
    assert weighed.doubt is not None


def test_a_loss_is_believed_at_the_second_look_once_others_kept_what_was_lost() -> None:
    watch = DriftWatch()
    lose(watch, "a")
    watch.unchanged("b", shipped("b"))
    weighed = watch.weigh(shipped("a"), bare("a"), LATER, RHYTHM)
    assert (weighed.order, weighed.doubt) == (bare("a"), None)


def test_an_order_that_never_had_it_says_nothing_about_a_loss() -> None:
    watch = DriftWatch()
    lose(watch, "a")
    watch.unchanged("b", bare("b"))
    assert watch.weigh(shipped("a"), bare("a"), LATER, RHYTHM).order == shipped("a")


@pytest.mark.parametrize("later", [RHYTHM, timedelta(hours=-8)], ids=["a rhythm", "the clock was set back"])
def test_with_nobody_to_compare_a_loss_is_believed_after_one_rhythm(later: timedelta) -> None:
    watch = DriftWatch()
    lose(watch, "a")
    assert watch.weigh(shipped("a"), bare("a"), NOW + later, RHYTHM).order == bare("a")


def test_the_fifth_order_that_loses_the_same_makes_it_a_drift_told_once() -> None:
    watch = DriftWatch()
    found = [lose(watch, key).drifted for key in "abcdefg"]
    assert [len(each) for each in found] == [0, 0, 0, 0, 1, 0, 0]
    assert found[4][0][0] == "tracking"


def test_five_losses_among_many_that_keep_it_are_no_drift() -> None:
    watch = DriftWatch()
    lose(watch, "a")
    for key in "uvwxyz":
        watch.unchanged(key, shipped(key))
    assert not any(lose(watch, key).drifted for key in "bcdef")


def test_in_a_drift_nothing_is_believed_however_long_it_lasts() -> None:
    watch = DriftWatch()
    for key in "abcde":
        lose(watch, key)
    weighed = watch.weigh(shipped("a"), bare("a"), NOW + timedelta(days=30), RHYTHM)
    assert weighed.order == shipped("a")
    assert watch.is_drifting(weighed.doubt)


def test_other_news_of_an_order_goes_on_in_a_drift() -> None:
    watch = DriftWatch()
    for key in "abcde":
        lose(watch, key)
    weighed = watch.weigh(shipped("a"), bare("a", status=DELIVERED), LATER, RHYTHM)
    assert weighed.order == shipped("a", status=DELIVERED)


def test_a_drift_is_over_when_orders_have_it_again() -> None:
    watch = DriftWatch()
    for key in "abcde":
        lose(watch, key)
    over = [watch.weigh(shipped(key), shipped(key), LATER, RHYTHM).returned for key in "abcde"]
    assert [len(each) for each in over] == [1, 0, 0, 0, 0]
    assert not watch.is_suspicious


def test_who_still_lacks_it_after_a_drift_gets_a_new_second_look() -> None:
    watch = DriftWatch()
    for key in "abcde":
        lose(watch, key)
    watch.weigh(shipped("b"), shipped("b"), LATER, RHYTHM)
    assert watch.weigh(shipped("a"), bare("a"), LATER, RHYTHM).order == shipped("a")


def test_a_drift_outlives_a_restart_and_is_told_only_before_it() -> None:
    watch, again = DriftWatch(), DriftWatch()
    for key in "abcde":
        again.recall(key, lose(watch, key).doubt)
    weighed = again.weigh(shipped("a"), bare("a"), NOW + timedelta(days=1), RHYTHM)
    assert (weighed.order, weighed.drifted) == (shipped("a"), ())


def test_a_doubt_of_another_sort_is_no_loss() -> None:
    watch = DriftWatch()
    watch.recall("a", "0123456789abcdef")
    assert not watch.is_suspicious


def test_a_row_of_a_listing_has_not_lost_what_it_never_shows() -> None:
    assert lost(shipped("a"), header(key="a")) == ()


def test_the_promise_of_an_order_that_has_arrived_is_not_lost() -> None:
    assert lost(order(delivery_promised="2026-12-01"), order(status=DELIVERED)) == ()
    assert lost(order(delivery_promised="2026-12-01"), order()) == ("delivery_promised",)


def test_a_status_without_a_word_is_lost() -> None:
    assert lost(order(), order(status=Status(stage=Stage.UNKNOWN))) == ("status",)


def test_lines_that_are_all_called_otherwise_are_lost() -> None:
    assert lost(order(lines=(line("10"),)), order(lines=(line("x1"),))) == ("lines",)


def test_a_field_asked_for_that_is_empty_is_lost() -> None:
    assert lost(order(fields={"warehouse": "W1"}), order(fields={"warehouse": ""})) == ("fields.warehouse",)
