"""News that a destination does not want for a while."""

from datetime import timedelta

import pytest

from bot.core.mutes import by_order, drop, ended_by, is_over, who_and_until, why_muted
from bot.model.change import Change, Kind
from bot.model.moment import Moment, from_instant
from bot.model.talk import Mute
from tests.core.making import NOW

DATE = [Change(kind=Kind.PROMISE_MOVED)]
MOVE = [Change(kind=Kind.PROMISE_MOVED), Change(kind=Kind.STATUS)]


def a_mute(until: Moment | None = None, *, id_: int = 1, key: str = "FR/1") -> Mute:
    return Mute(id=id_, source="panels", key=key, destination="ops", until=until, person="U1", since=from_instant(NOW))


LATER = from_instant(NOW + timedelta(hours=1))


@pytest.mark.parametrize("changes", [DATE, MOVE])
def test_a_mute_with_an_end_holds_everything_back_until_then(changes: list[Change]) -> None:
    assert why_muted([a_mute(LATER)], "ops", changes, NOW) == f"muted by U1 until {LATER}"
    assert why_muted([a_mute(LATER)], "ops", changes, NOW + timedelta(hours=1)) is None
    assert ended_by([a_mute(LATER)], changes) == ()


def test_a_mute_until_change_lets_the_next_move_through_and_ends() -> None:
    assert why_muted([a_mute()], "ops", DATE, NOW) == "muted by U1 until its status changes"
    assert why_muted([a_mute()], "ops", MOVE, NOW) is None
    assert (ended_by([a_mute()], DATE), ended_by([a_mute()], MOVE)) == ((), (1,))


@pytest.mark.parametrize("until", [LATER, from_instant(NOW.replace(microsecond=483013)), None])
def test_a_reason_can_be_read_again(until: Moment | None) -> None:
    reason = why_muted([a_mute(until)], "ops", DATE, NOW)
    assert reason is not None
    assert who_and_until(reason) == ("U1", until)
    assert who_and_until("U7 blocked the bot") is None


def test_other_destinations_are_told() -> None:
    assert why_muted([a_mute(LATER)], "sales", DATE, NOW) is None


def test_ended_mutes_are_forgotten() -> None:
    held = by_order([a_mute(id_=1), a_mute(id_=2), a_mute(id_=3, key="FR/2")])
    drop(held, [1, 3])
    assert [[mute.id for mute in mutes] for mutes in held.values()] == [[2], []]


def test_a_mute_without_an_end_is_never_over() -> None:
    assert not is_over(a_mute(), NOW + timedelta(days=999))
