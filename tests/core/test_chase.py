"""What is told again of what nobody has acknowledged, and when it is passed on."""

from datetime import UTC, datetime, timedelta

from bot.core.chase import chased, next_step
from bot.model.alarm import Alarms, Escalation, Patience
from bot.model.change import Change, Kind, Severity
from bot.model.exception import OrderException
from bot.model.moment import Moment
from bot.model.poll import PollRecord
from tests.core.making import TELLING, order, snapshot, watchlist, words

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOSS = Escalation(after=Patience(span=timedelta(hours=4)), to=("boss",))
SETTINGS = Alarms(escalate=BOSS, remind=Patience(span=timedelta(days=7)))


def waits(kind: Kind = Kind.VANISHED, **members: object) -> OrderException:
    since = Moment("2026-11-23T09:00:00Z")
    known = {"source": "panels", "key": "FR/4500123", "kind": kind, "since": since, "change": Change(kind=kind)}
    return OrderException.model_validate({**known, **members})


def after(hours: float, each: OrderException | None = None) -> PollRecord:
    lists = [watchlist(alarms=SETTINGS)]
    return chased([each or waits()], snapshot(order()), lists, TELLING, MONDAY + timedelta(hours=hours))


def test_what_just_began_to_wait_is_looked_at_when_it_is_to_be_passed_on() -> None:
    record = after(0)
    assert (record.notifications, record.looked_at[0].look_at) == ((), "2026-11-23T13:00:00Z")


def test_what_nobody_acknowledged_is_passed_on_once() -> None:
    record = after(4)
    (told,) = record.notifications
    assert (told.destination, told.kinds, told.severity) == ("boss", ("vanished",), Severity.URGENT)
    assert "nobody has acknowledged it since 2026-11-23T09:00:00Z. To end this: ack 4500123" in words(told.message)
    assert after(5, record.looked_at[0]).notifications == ()


def test_what_still_waits_is_told_again_where_it_was_told() -> None:
    passed = waits(escalated_at=Moment("2026-11-23T13:00:00Z"))
    record = after(7 * 24, passed)
    (told,) = record.notifications
    assert (told.destination, record.looked_at[0].reminded) == ("ops", 1)
    assert "Reminder: nobody has acknowledged it yet" in words(told.message)
    assert after(7 * 24 + 1, record.looked_at[0]).notifications == ()
    assert len(after(14 * 24, record.looked_at[0]).notifications) == 1


def test_what_time_made_is_reminded_of_elsewhere() -> None:
    step = next_step(waits(Kind.STUCK), Alarms(), MONDAY + timedelta(days=30))
    assert not step.reminds


def test_without_an_escalation_nothing_is_passed_on() -> None:
    assert not next_step(waits(), Alarms(), MONDAY + timedelta(days=6)).passes_on
