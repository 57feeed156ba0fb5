"""Who is told of a move that is too small to be a slip, and who of one that is."""

import pytest

from bot.core.mutes import concerns
from bot.core.route import share_out
from bot.model.change import PROMISE_KINDS, Change, Kind
from bot.model.route import Route
from bot.model.talk import About
from tests.core.making import OPS, order, watchlist

SMALL = Change(kind=Kind.PROMISE_MOVED, before="2026-12-01", after="2026-12-02", minor=True)
BY_NAME = Route(to=("planner",), on=PROMISE_KINDS, label="notify[1]")


def places(change: Change, *routes: Route) -> list[str]:
    return [share.destination for share in share_out([change], order(), [watchlist(notify=routes)], (OPS,))]


def test_a_move_below_the_threshold_goes_only_where_a_rule_names_its_kind() -> None:
    assert places(SMALL, OPS, BY_NAME) == ["planner"]
    assert places(SMALL, OPS) == []


def test_a_move_that_is_no_small_one_goes_to_the_first_rule_that_takes_it() -> None:
    assert places(SMALL.model_copy(update={"minor": False}), OPS, BY_NAME) == ["ops"]


@pytest.mark.parametrize("kind", sorted(PROMISE_KINDS))
def test_a_mute_of_moved_promises_is_one_of_slips_too(kind: Kind) -> None:
    assert concerns(About(kind=Kind.PROMISE_MOVED), About(kind=kind))
    assert concerns(About(kind=Kind.SLIPPED), About(kind=kind)) == (kind is Kind.SLIPPED)
