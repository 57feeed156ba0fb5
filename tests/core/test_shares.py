"""How leases are spread over workers."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from hypothesis import given
from hypothesis import strategies as st

from bot.core.shares import to_hand_over

WORKERS = ["a", "b", "c", "d"]
LEASES = ["house", "chat slack", "chat telegram", *(f"poll {number}" for number in range(40))]
HOLDERS = st.dictionaries(st.sampled_from(LEASES), st.sampled_from(WORKERS), max_size=len(LEASES))
KNOWN = st.fixed_dictionaries({worker: st.sets(st.sampled_from(LEASES)) for worker in WORKERS})
Known = Mapping[str, Collection[str]]


def all_know(leases: Iterable[str], workers: Iterable[str] = WORKERS) -> Known:
    """All workers have the same config."""
    return {worker: list(leases) for worker in workers}


def a_round(holders: Mapping[str, str], known: Known) -> dict[str, str]:
    """What all of them give, each by what was so before."""
    return {lease: taker for mine in known for lease, taker in to_hand_over(holders, known, mine).items()}


def settled(holders: Mapping[str, str], known: Known) -> dict[str, str]:
    """Who holds what when nobody gives anything any more; a dozen rounds must do."""
    now = dict(holders)
    for _ in range(12):
        if not (given_away := a_round(now, known)):
            return now
        now |= given_away
    raise AssertionError("they give without end")


def spread(counts: Mapping[str, int]) -> int:
    """By how many the richest has more than the poorest."""
    return max(counts[worker] for worker in WORKERS) - min(counts[worker] for worker in WORKERS)


def test_a_worker_alone_keeps_everything() -> None:
    holders = {"poll 1": "a", "poll 2": "a"}
    assert to_hand_over(holders, all_know(holders, "a"), "a") == {}


def test_one_that_joins_gets_its_share_at_once() -> None:
    holders = {f"poll {n}": "a" for n in range(10)}
    assert list(to_hand_over(holders, all_know(holders, "ab"), "a").values()) == ["b"] * 5


def test_several_who_give_at_once_do_not_overfill_the_poor() -> None:
    holders = {f"poll {n}": WORKERS[n % 3] for n in range(100)}
    assert list(a_round(holders, all_know(holders)).values()) == ["d"] * 25


def test_each_kind_is_spread_by_itself() -> None:
    holders = {"poll 1": "a", "poll 2": "a", "chat slack": "a", "chat telegram": "a", "house": "a"}
    given_away = to_hand_over(holders, all_know(holders, "ab"), "a")
    assert sorted(lease.split()[0] for lease in given_away) == ["chat", "poll"]


def test_nobody_stays_empty_where_others_have_several_of_different_kinds() -> None:
    polls = {"poll 1": "a", "poll 2": "a", "poll 3": "b", "poll 4": "b"}
    holders = {**polls, "chat slack": "a", "chat telegram": "b", "house": "b"}
    counts = Counter(settled(holders, all_know(holders, "abc")).values())
    assert sorted(counts.values()) == [2, 2, 3]


def test_only_whoever_knows_a_lease_is_given_it_and_the_others_share_what_they_know() -> None:
    holders = {f"poll {n}": "a" for n in range(8)}
    known = {"a": list(holders), "b": list(holders), "c": ["poll 0", "poll 1", "poll 2"]}
    assert Counter(settled(holders, known).values()) == {"a": 3, "b": 3, "c": 2}


def test_what_a_dead_worker_holds_is_nobodys_to_give() -> None:
    holders = {"poll 1": "dead", "poll 2": "dead"}
    assert to_hand_over(holders, all_know(holders, "ab"), "dead") == {}


@given(HOLDERS)
def test_giving_ends_and_leaves_nobody_with_more_than_one_lease_more_of_all_and_of_each_kind(
    holders: dict[str, str],
) -> None:
    after = settled(holders, all_know(LEASES))
    assert spread(Counter(after.values())) <= 1
    for kind in ("house", "chat", "poll"):
        assert spread(Counter(worker for lease, worker in after.items() if lease.startswith(kind))) <= 1


@given(HOLDERS, KNOWN)
def test_giving_ends_also_where_configs_differ_and_nobody_is_given_what_it_does_not_know(
    holders: dict[str, str], known: dict[str, set[str]]
) -> None:
    after = settled(holders, known)
    assert all(worker == holders[lease] or lease in known[worker] for lease, worker in after.items())
