"""News that is not wanted for a while."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from bot.core.mutes import Fate, Mutes, concerns, is_over, sort_out, wish_of
from bot.model.change import Change, Kind
from bot.model.moment import Moment, from_instant
from bot.model.talk import About, Mute
from tests.core.making import NOW

DATE, MOVE = Change(kind=Kind.PROMISE_MOVED), Change(kind=Kind.STATUS)
LATER, LATEST = (from_instant(NOW + timedelta(hours=hours)) for hours in (1, 5))
ORDER = {"source": "panels", "key": "FR/1", "destination": "ops"}


def a_mute(**members: Any) -> Mute:
    return Mute.model_validate({"id": 1, "person": "U1", "since": from_instant(NOW), **members})


def fates(*mutes: Mute, changes: Sequence[Change] = (DATE,), ways: Sequence[str] = ("plant 3",)) -> list[Fate]:
    held = Mutes()
    held.become(mutes)
    standing = held.standing("FR/1", changes, NOW)
    return sort_out(standing, changes, [ways] * len(changes), source="panels", key="FR/1", destination="ops")


@pytest.mark.parametrize(
    "about",
    [
        ORDER,
        {"source": "panels", "key": "FR/1"},
        {"watchlist": "plant 3"},
        {"kind": "promise_moved"},
        {"destination": "ops"},
        {"watchlist": "plant 3", "kind": "promise_moved", "destination": "ops"},
    ],
)
def test_a_mute_keeps_what_it_is_about_from_being_told(about: dict[str, str]) -> None:
    assert fates(a_mute(until=LATER, **about)) == [Fate((DATE,), f"muted by U1 until {LATER}")]


@pytest.mark.parametrize(
    "about",
    [
        {"source": "shop", "key": "FR/1"},
        {"source": "panels", "key": "FR/2"},
        {"watchlist": "plant 4"},
        {"kind": "status"},
        {"destination": "sales"},
        {**ORDER, "kind": "status"},
    ],
)
def test_other_news_is_told(about: dict[str, str]) -> None:
    assert fates(a_mute(until=LATER, **about)) == [Fate((DATE,))]


def test_a_mute_of_a_kind_concerns_only_changes_of_that_kind() -> None:
    told, muted = fates(a_mute(kind="status", until=LATER), changes=[DATE, MOVE])
    assert (told.changes, muted.changes) == ((DATE,), (MOVE,))
    assert not told.is_muted
    assert muted.is_muted


def test_news_that_also_comes_by_a_watchlist_nobody_muted_is_told() -> None:
    muted = a_mute(watchlist="plant 3", until=LATER)
    assert fates(muted, ways=["plant 3", "plant 4"]) == [Fate((DATE,))]
    assert fates(muted, a_mute(watchlist="plant 4", until=LATER), ways=["plant 3", "plant 4"])[0].is_muted


def test_what_is_snoozed_is_held_until_the_end_and_says_who_wanted_it() -> None:
    (held,) = fates(a_mute(**ORDER, until=LATER, holds=True, note="back on Monday"))
    assert held == Fate((DATE,), f"held by U1 until {LATER}: back on Monday", LATER)
    assert not held.is_muted


def test_a_mute_goes_before_a_snooze_and_the_later_end_counts() -> None:
    early, late = (a_mute(destination="ops", until=until, holds=True) for until in (LATER, LATEST))
    assert [fate.held_until for fate in fates(early, late)] == [LATEST]
    assert [fate.held_until for fate in fates(late, a_mute(**ORDER, until=LATER))] == [None]


def test_what_comes_by_several_ways_is_told_when_the_first_of_them_opens() -> None:
    snoozes = [a_mute(watchlist=name, until=until, holds=True) for name, until in (("a", LATEST), ("b", LATER))]
    assert [fate.held_until for fate in fates(*snoozes, ways=["a", "b"])] == [LATER]
    muted = a_mute(watchlist="a", until=LATER)
    assert [fate.held_until for fate in fates(muted, snoozes[1], ways=["a", "b"])] == [LATER]


def test_a_mute_is_over_at_its_end() -> None:
    mute = a_mute(**ORDER, until=LATER)
    held = Mutes()
    held.become([mute])
    assert held.standing("FR/1", [DATE], NOW) == [mute]
    assert held.standing("FR/1", [DATE], NOW + timedelta(hours=1)) == []
    assert held.ended_by("FR/1", [MOVE]) == ()


def test_a_mute_until_change_lets_the_next_move_through_and_ends() -> None:
    mute, held = a_mute(**ORDER), Mutes()
    held.become([mute])
    assert fates(mute) == [Fate((DATE,), "muted by U1 until its status changes")]
    assert fates(mute, changes=[DATE, MOVE]) == [Fate((DATE, MOVE))]
    assert (held.ended_by("FR/1", [DATE]), held.ended_by("FR/1", [DATE, MOVE])) == ((), (1,))


def test_a_broad_mute_without_an_end_is_not_ended_by_a_change() -> None:
    assert fates(a_mute(destination="ops"), changes=[MOVE]) == [Fate((MOVE,), "muted by U1 until it is lifted")]


@pytest.mark.parametrize(
    ("until", "end"),
    [(LATER, ""), (from_instant(NOW.replace(microsecond=483013)), ""), (None, "its status changes")],
)
@pytest.mark.parametrize("note", [None, "they said: until friday"])
def test_a_reason_can_be_read_again(until: Moment | None, end: str, note: str | None) -> None:
    later = NOW - timedelta(days=1)
    held = Mutes()
    held.become([a_mute(**ORDER, until=until, note=note)])
    standing = held.standing("FR/1", [DATE], later)
    (fate,) = sort_out(standing, [DATE], [["plant 3"]], source="panels", key="FR/1", destination="ops")
    wish = wish_of(fate.reason or "")
    assert wish is not None
    assert (wish.person, wish.until, wish.end, wish.note, wish.holds) == ("U1", until, end, note, False)


def test_a_reason_of_something_else_is_no_wish() -> None:
    assert wish_of("U7 blocked the bot") is None


def test_ended_mutes_are_forgotten() -> None:
    held, broad = Mutes(), a_mute(id=9, destination="ops")
    held.become([a_mute(id=1, **ORDER), a_mute(id=2, **ORDER), a_mute(id=3, source="panels", key="FR/2"), broad])
    held.drop(["FR/1", "FR/2", "FR/3"], [1, 3])
    assert [[mute.id for mute in mutes] for mutes in held.by_order.values()] == [[2]]
    assert held.broad == (broad,)


def test_a_mute_without_an_end_is_never_over() -> None:
    assert not is_over(a_mute(**ORDER), NOW + timedelta(days=999))


def test_a_mute_of_one_kind_is_not_about_all_news_of_the_order() -> None:
    assert not concerns(a_mute(**ORDER, kind="status"), About.model_validate(ORDER))
    assert concerns(a_mute(destination="ops"), About.model_validate(ORDER))
