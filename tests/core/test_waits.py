"""What an open notification waits for, in words."""

from datetime import timedelta

import pytest

from bot.core.telling import SNOOZED
from bot.core.waits import Waits, waits_of
from bot.model.change import Severity
from bot.model.moment import Moment, from_instant
from bot.model.outbox import Destination, State
from bot.model.quiet import QuietWindow
from tests.core.making import NOW, notification

NIGHT = QuietWindow(starts=10 * 60, ends=17 * 60)
PLAIN = Destination(name="ops", chat="slack")
QUIET = PLAIN.model_copy(update={"quiet": (NIGHT,)})
HOURLY = PLAIN.model_copy(update={"group_interval": timedelta(hours=1)})


def after(minutes: float) -> Moment:
    return from_instant(NOW + timedelta(minutes=minutes))


def waits(there: Destination | None = PLAIN, minutes: float = 0, **members: object) -> Waits | None:
    row = notification(**{"state": State.PENDING, "first_try_at": None, **members})
    return waits_of(row, there, NOW + timedelta(minutes=minutes))


def test_news_that_may_go_waits_for_nothing() -> None:
    assert waits() is None


@pytest.mark.parametrize(("held_for", "what"), [("status", "held to be confirmed"), (SNOOZED, "snoozed")])
def test_what_is_held_says_why_and_until_when(held_for: str, what: str) -> None:
    assert waits(not_before=after(10), held_for=held_for) == Waits(what, after(10))
    assert waits(not_before=after(10), held_for=held_for, minutes=11) is None


def test_news_waits_for_more_of_its_order() -> None:
    assert waits(gather_until=after(5)) == Waits("waits for more news of its order", after(5))


def test_news_waits_for_the_company_of_other_news() -> None:
    assert waits(HOURLY) == Waits("waits for the company of other news", after(60))
    assert waits(HOURLY, minutes=61) is None


def test_news_waits_for_the_end_of_quiet_hours() -> None:
    assert waits(QUIET, minutes=60) == Waits("waits for the end of quiet hours", after(450))


def test_what_is_confirmed_in_quiet_hours_waits_for_their_end() -> None:
    assert waits(QUIET, not_before=after(60), held_for="status") == Waits(
        "waits for the end of quiet hours", after(450)
    )


def test_urgent_news_waits_for_none_of_it() -> None:
    there = QUIET.model_copy(update={"group_interval": timedelta(hours=1)})
    assert waits(there, minutes=60, severity=Severity.URGENT) is None


def test_what_was_tried_waits_only_to_be_tried_again() -> None:
    tried = {"attempts": 1, "first_try_at": after(0)}
    assert waits(QUIET, minutes=60, not_before=after(61), **tried) == Waits("waits to be tried again", after(61))
    assert waits(QUIET, minutes=62, not_before=after(61), **tried) is None


def test_of_a_place_that_is_not_known_only_what_stands_in_the_row_is_said() -> None:
    assert waits(None, minutes=60) is None
    assert waits(None, gather_until=after(5)) == Waits("waits for more news of its order", after(5))
