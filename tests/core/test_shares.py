"""How leases are spread over workers."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.core.shares import to_hand_over

WORKERS = ["a", "b", "c", "d"]
HOLDERS = st.dictionaries(st.integers(0, 255).map(lambda n: f"poll {n}"), st.sampled_from(WORKERS), max_size=80)


def test_a_worker_alone_keeps_everything() -> None:
    assert to_hand_over({"poll 1": "a", "poll 2": "a"}, ["a"], "a") == {}


def test_one_that_joins_gets_its_share_at_once() -> None:
    given_away = to_hand_over({f"poll {n}": "a" for n in range(10)}, ["a", "b"], "a")
    assert list(given_away.values()) == ["b"] * 5


def test_several_who_give_at_once_do_not_overfill_the_poor() -> None:
    holders = {f"poll {n}": WORKERS[n % 3] for n in range(100)}
    given_away = [lease for mine in "abc" for lease in to_hand_over(holders, WORKERS, mine)]
    assert 20 <= len(given_away) <= 25


def test_each_kind_is_spread_by_itself() -> None:
    holders = {"poll 1": "a", "poll 2": "a", "chat slack": "a", "chat telegram": "a", "house": "a"}
    given_away = to_hand_over(holders, ["a", "b"], "a")
    assert sorted(lease.split()[0] for lease in given_away) == ["chat", "poll"]


def test_what_a_dead_worker_holds_is_nobodys_to_give() -> None:
    assert to_hand_over({"poll 1": "dead", "poll 2": "dead"}, ["a", "b"], "dead") == {}


@given(HOLDERS)
def test_giving_ends_and_leaves_nobody_with_more_than_a_fair_share(holders: dict[str, str]) -> None:
    for _ in range(3):
        for mine in WORKERS:
            holders |= to_hand_over(holders, WORKERS, mine)
    counts = Counter(holders.values())
    assert not holders or max(counts.values()) <= -(-len(holders) // len(WORKERS))
    assert not any(to_hand_over(holders, WORKERS, mine) for mine in WORKERS)
