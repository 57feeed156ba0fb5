"""Pace, agenda, watches, schedule: small rules, each with its property."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.agenda import Agenda
from bot.core.backoff import backoff, jitter
from bot.core.pace import Window
from bot.core.retry_after import retry_after
from bot.core.schedule import rest, retry_rest
from bot.core.watchbook import WatchBook
from bot.model.moment import Moment, said
from bot.model.order import Stage
from bot.model.poll import OrderState
from bot.model.units import RateValue
from tests.core.making import NOW, watchlist


@given(st.lists(st.floats(0, 5), min_size=1, max_size=200), st.integers(1, 10))
def test_no_window_of_a_rate_ever_holds_more_than_the_rate(gaps: list[float], events: int) -> None:
    window, now, went = Window(RateValue(events, 10)), 0.0, []
    for gap in gaps:
        now += gap
        now += window.wait(now)
        window.spend(now)
        went.append(now)
    for start in went:
        assert sum(start <= at < start + 10 - 1e-6 for at in went) <= events


def test_a_rate_lets_the_first_ones_through_at_once() -> None:
    window = Window(RateValue(3, 60))
    for _ in range(3):
        assert window.wait(0.0) == 0.0
        window.spend(0.0)
    assert window.wait(1.0) == 59.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After": "Tue, 24 Nov 2026 09:31:00 GMT"}, 60),
        ({"Retry-After": "5", "X-RateLimit-Reset": "99"}, 5),
        ({"X-RateLimit-Retry-After": "7"}, 7),
        ({"X-RateLimit-Reset-After": "8"}, 8),
        ({"X-RateLimit-Reset": "9"}, 9),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 10)}, 10),
        ({"X-RateLimit-Reset": str((int(NOW.timestamp()) + 10) * 1000)}, 10),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "9e99"}, 86400),
        ({"Retry-After": "Tue, 24 Nov 9999 09:31:00 GMT"}, 86400),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_a_wait_is_read_however_it_is_said(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_the_agenda_gives_what_is_due_by_time_and_the_urgent_first() -> None:
    agenda: Agenda[str] = Agenda()
    for job, due in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        agenda.put(job, due)
    agenda.put_urgent("c")
    assert [agenda.pop(2.5) for _ in range(4)] == ["c", "a", "b", None]


def test_a_job_put_again_moves_and_is_not_doubled() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("a", 1.0)
    agenda.put("a", 5.0)
    assert (agenda.pop(4.0), agenda.next_due(), len(agenda)) == (None, 5.0, 1)
    agenda.put_urgent("a")
    agenda.put_urgent("a")
    assert (agenda.pop(4.0), agenda.pop(9.0)) == ("a", None)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([0.0, 1.0, 2.0, None])), max_size=40))
def test_an_agenda_holds_each_job_once_whatever_is_put(puts: list[tuple[str, float | None]]) -> None:
    agenda: Agenda[str] = Agenda()
    for job, due in puts:
        agenda.put_urgent(job) if due is None else agenda.put(job, due)
    popped = [agenda.pop(10.0) for _ in range(len(agenda) + 1)]
    assert sorted(popped[:-1], key=str) == sorted({job for job, _ in puts})
    assert popped[-1] is None


def test_orders_are_followed_by_name_and_by_listing() -> None:
    by_name = watchlist("named", orders=("1", "2"), every=timedelta(minutes=5))
    by_list = watchlist("all", details=timedelta(hours=4), where={"purchaser_id": "9"})
    book = WatchBook([by_name, by_list], lambda written: f"FR/{written}")
    assert book.following("FR/1", ["purchaser_id=9"]) == [by_name, by_list]
    assert book.look_every(OrderState("FR/1", scopes=("purchaser_id=9",))) == timedelta(minutes=5)
    assert book.look_every(OrderState("FR/3", scopes=("purchaser_id=9",))) == timedelta(hours=4)
    assert not book.follows(OrderState("FR/3"))


@given(st.text(), st.sampled_from(list(Stage)))
def test_a_look_is_never_later_than_asked_for_and_never_much_earlier(seed: str, stage: Stage) -> None:
    every = timedelta(days=2)
    assert 0.9 * every.total_seconds() <= rest(stage, every, found=True, seed=seed) <= every.total_seconds()


def test_finished_orders_and_unknown_numbers_are_looked_at_rarely() -> None:
    minute = timedelta(minutes=1)
    assert rest(Stage.COMPLETED, minute, found=True, seed="x") > 70_000
    assert rest(Stage.PLACED, minute, found=False, seed="x") > 3_000


@given(st.integers(1, 50), st.text())
def test_retries_grow_within_their_bounds(attempt: int, seed: str) -> None:
    assert 1.0 <= backoff(attempt, base=2, cap=900, seed=seed) <= 900
    assert retry_rest(attempt, timedelta(minutes=15), seed=seed) <= 900
    assert 0 <= jitter(seed) < 1


def test_jitter_is_the_same_for_a_seed_and_differs_between_seeds() -> None:
    assert jitter("a") == jitter("a") != jitter("b")


def test_what_goes_first_goes_ahead_of_what_is_due_longer_but_not_before_its_time() -> None:
    agenda: Agenda[str] = Agenda()
    agenda.put("order", 1.0)
    agenda.put_first("listing", 5.0)
    assert agenda.next_due() == 1.0
    assert agenda.pop(5.0) == "listing"
    agenda.put_first("listing", 9.0)
    assert (agenda.pop(6.0), agenda.pop(6.0), agenda.next_due()) == ("order", None, 9.0)


def test_a_moment_is_said_to_the_minute_and_a_day_as_it_is() -> None:
    assert said(Moment("2026-11-22T05:23:20.54739Z")) == "2026-11-22 05:23 UTC"
    assert said(Moment("2026-11-22")) == "2026-11-22"


def test_a_job_that_changes_its_lane_in_the_agenda_stands_only_in_the_new_one() -> None:
    agenda: Agenda[str] = Agenda()
    for lane in (agenda.put_first, agenda.put, agenda.put_first):
        lane("job", 1.0)
        assert (len(agenda), agenda.due_by(1.0)) == (1, {"job"})
    assert (agenda.pop(1.0), agenda.pop(1.0)) == ("job", None)
    agenda.put_first("job", 1.0)
    agenda.put_urgent("job")
    assert (agenda.pop(1.0), agenda.pop(1.0), len(agenda)) == ("job", None, 0)
