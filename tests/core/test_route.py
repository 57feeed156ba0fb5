"""Which news goes where, how loudly, and why."""

import pytest

from bot.core.route import severity_of
from bot.model.change import Kind, Severity


@pytest.mark.parametrize("kind", [Kind.CANCELLED, Kind.VANISHED, Kind.MOVED_BACKWARDS, Kind.UNDISPATCHED])
def test_what_people_must_act_on_is_urgent(kind: Kind) -> None:
    assert severity_of(kind) is Severity.URGENT


@pytest.mark.parametrize("kind", [Kind.LINE_CHANGED, Kind.TRACKING_REPLACED, Kind.OTHER])
def test_small_print_is_low(kind: Kind) -> None:
    assert severity_of(kind) is Severity.LOW


@pytest.mark.parametrize("kind", [Kind.APPEARED, Kind.STATUS, Kind.DISPATCHED, Kind.QUANTITY, Kind.PROMISE_MOVED])
def test_the_rest_is_normal(kind: Kind) -> None:
    assert severity_of(kind) is Severity.NORMAL


def test_severities_are_ranked() -> None:
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.LOW, Severity.NORMAL, Severity.URGENT]
