"""What a source teaches about when its orders change."""

from datetime import UTC, datetime

import pytest

from bot.core.allot import evenly
from bot.core.rhythm import Rhythm
from bot.model.order import Stage
from bot.model.poll import Kind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = 3600.0


def taught(seen: Kind, *, changes: int, hours: int) -> Rhythm:
    rhythm = Rhythm(evenly)
    for hour in range(hours):
        rhythm.note(seen, HOUR, NOON, changed=hour < changes)
    return rhythm


def test_before_anything_is_seen_orders_near_their_day_are_believed_to_change_more() -> None:
    rhythm = Rhythm(evenly)
    assert (
        rhythm.hazard((Stage.CONFIRMED, 0)) > rhythm.hazard((Stage.CONFIRMED, 5)) > rhythm.hazard((Stage.CONFIRMED, 12))
    )


def test_what_is_seen_outweighs_what_was_believed() -> None:
    kind = Stage.CONFIRMED, 5
    assert 6 < taught(kind, changes=400, hours=168 * 50).hazard(kind) < 9


def test_what_one_stage_shows_of_a_day_is_believed_of_the_others() -> None:
    believed, rhythm = Rhythm(evenly), taught((Stage.CONFIRMED, 10), changes=300, hours=300)
    other, control = (Stage.PLACED, 10), (Stage.PLACED, 4)
    assert rhythm.hazard(other) / rhythm.hazard(control) > 3 * believed.hazard(other) / believed.hazard(control)


def test_a_stage_never_seen_is_judged_as_before() -> None:
    rhythm = taught((Stage.CONFIRMED, 5), changes=0, hours=1)
    assert rhythm.hazard((Stage.SHIPPED, 0)) == Rhythm(evenly).hazard((Stage.SHIPPED, 0))


def test_what_was_learned_is_recalled_after_a_restart() -> None:
    kind = Stage.CONFIRMED, 5
    before, after = taught(kind, changes=100, hours=1000), Rhythm(evenly)
    after.recall(before.lessons())
    assert after.hazard(kind) == pytest.approx(before.hazard(kind), rel=0.05)
    assert after.lessons() == before.lessons()


def test_what_was_seen_long_ago_gives_way_to_what_is_seen_now() -> None:
    kind = Stage.CONFIRMED, 5
    rhythm = taught(kind, changes=0, hours=168 * 50)
    rhythm.fade(56 * 24.0)
    assert rhythm.lessons().seconds[kind] == pytest.approx(168 * 25 * HOUR)


def test_days_long_past_and_far_ahead_are_of_one_kind_each() -> None:
    rhythm = Rhythm(evenly)
    assert rhythm.kind(Stage.PLACED, 100, 200) == rhythm.kind(Stage.PLACED, 100, 300)
    assert rhythm.kind(Stage.PLACED, 300, 200) == rhythm.kind(Stage.PLACED, 900, 200)
    assert rhythm.kind(Stage.PLACED, None, 200) != rhythm.kind(Stage.PLACED, 900, 200)
