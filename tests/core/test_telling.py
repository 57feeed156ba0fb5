"""What changes of an order mean to each destination: which notifications, how urgent, held for how long."""

from dataclasses import replace
from datetime import timedelta

from bot.core.digest import order_digest
from bot.core.mutes import Mutes
from bot.core.telling import SNOOZED, Telling, tell
from bot.model.change import Change, Kind, Severity
from bot.model.moment import Moment, from_instant
from bot.model.order import Snapshot
from bot.model.outbox import NewNotification
from bot.model.poll import OrderUpdate
from bot.model.route import Route
from bot.model.talk import Mute
from bot.model.watch import Confirmed, Watchlist
from tests.core.making import NOW, OPS, TELLING, order, watchlist

TEN = timedelta(minutes=10)
STATUS = Change(kind=Kind.STATUS, before="Confirmed", after="On hold")
DATE = Change(kind=Kind.PROMISE_MOVED, field="delivery_promised", before="2026-12-01", after="2026-12-05")
CANCELLED = Change(kind=Kind.CANCELLED, before="Confirmed", after="Cancelled")
WAITING = replace(TELLING, group_waits={"ops": timedelta(seconds=5)})


def told(
    *changes: Change, telling: Telling = TELLING, lists: tuple[Watchlist, ...] = (), seq: int = 2
) -> list[NewNotification]:
    one = order()
    version = Snapshot(order=one, seq=seq, seen_at=from_instant(NOW), digest=order_digest(one))
    update = OrderUpdate(key=one.key, expected_seq=seq - 1, snapshot=version, changes=changes)
    return list(tell(one, update, changes, lists or (watchlist(),), telling, NOW))


def after(minutes: float) -> Moment:
    return from_instant(NOW + timedelta(minutes=minutes))


def silenced(*, holds: bool) -> Telling:
    mute = Mute(source="panels", key="FR/4500123", destination="ops", until=after(60), holds=holds, person="U1",
                since=from_instant(NOW))  # fmt: skip
    return replace(WAITING, mutes=Mutes({"FR/4500123": (mute,)}))


def test_what_one_look_found_is_one_notification_for_a_place() -> None:
    (one,) = told(STATUS, DATE)
    assert (one.kinds, one.severity) == (("status", "promise_moved"), Severity.NORMAL)
    assert (one.gather_until, one.not_before, one.held_for) == (None, None, None)


def test_it_waits_for_more_of_its_order_as_long_as_its_place_says() -> None:
    (one,) = told(STATUS, telling=WAITING)
    assert (one.gather_until, one.not_before) == (after(5 / 60), None)


def test_a_rule_may_ask_for_another_wait() -> None:
    rule = Route(to=("ops",), label="notify[0]", group_wait=TEN)
    (one,) = told(STATUS, telling=replace(WAITING, catch_all=(rule,)))
    assert one.gather_until == after(10)


def test_urgent_news_waits_for_nothing() -> None:
    (one,) = told(CANCELLED, telling=WAITING)
    assert (one.severity, one.gather_until, one.not_before) == (Severity.URGENT, None, None)


def test_what_has_to_be_confirmed_is_a_notification_of_its_own_and_held() -> None:
    date, status = told(DATE, STATUS, telling=replace(TELLING, confirm={Confirmed.STATUS: TEN}))
    assert (date.kinds, date.not_before, date.held_for) == (("promise_moved",), None, None)
    assert (status.kinds, status.not_before, status.held_for) == (("status",), after(10), "status")


def test_the_parts_of_one_look_have_keys_of_their_own_and_the_same_ones_again() -> None:
    telling = replace(TELLING, confirm={Confirmed.STATUS: TEN})
    keys = [[one.key for one in told(STATUS, DATE, telling=telling, seq=seq)] for seq in (2, 2, 3)]
    assert keys[0] == keys[1]
    assert len({*keys[0], *keys[2]}) == 4


def test_a_final_state_is_not_held_but_overtakes_what_is() -> None:
    (one,) = told(CANCELLED, telling=replace(TELLING, confirm={Confirmed.STATUS: TEN}))
    assert (one.not_before, one.held_for) == (None, "status")


def test_a_watchlist_says_how_long_its_own_orders_have_to_last() -> None:
    (one,) = told(STATUS, lists=(watchlist(confirm={"status": TEN}),))
    assert one.not_before == after(10)


def test_snoozed_news_is_held_until_the_snooze_is_over() -> None:
    (one,) = told(STATUS, telling=silenced(holds=True))
    assert (one.not_before, one.held_for, one.muted) == (after(60), SNOOZED, None)


def test_muted_news_is_kept_as_muted_and_held_for_nothing() -> None:
    telling = replace(silenced(holds=False), confirm={Confirmed.STATUS: TEN})
    (one,) = told(STATUS, telling=telling)
    assert one.muted is not None
    assert (one.not_before, one.held_for) == (None, None)


def test_low_news_makes_no_sound_and_a_rule_calls_its_people() -> None:
    rule = OPS.model_copy(update={"severity": Severity.LOW, "mention": ("U7",)})
    (one,) = told(STATUS, telling=replace(TELLING, catch_all=(rule,)))
    assert (one.message.is_silent, one.message.mentions) == (True, ("U7",))
