"""How the work is cut into leases."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.shards import POLLERS, everything, fingerprints, shards

NAMES = st.sets(st.text(min_size=1, max_size=12), max_size=600)
CHATS = st.sets(st.sampled_from(["slack", "telegram", "console"]))


@given(NAMES, CHATS)
def test_the_parts_are_all_there_is_to_do_and_none_of_it_twice(sources: set[str], chats: set[str]) -> None:
    whole, parts = everything(sorted(sources), sorted(chats)), shards(sources, chats)
    assert sorted(name for part in parts for name in part.sources) == sorted(whole.sources)
    assert sorted(chat for part in parts for chat in part.chats) == sorted(whole.chats)
    assert sum(part.keeps_house for part in parts) == 1
    assert sum(part.has_strays for part in parts) == bool(chats)
    assert len({part.name for part in parts}) == len(parts)


@given(NAMES, st.text(min_size=1, max_size=12))
def test_a_new_source_moves_no_other(sources: set[str], new: str) -> None:
    before = {name: part.name for part in shards(sources, ()) for name in part.sources}
    after = {name: part.name for part in shards(sources | {new}, ()) for name in part.sources}
    assert before.items() <= after.items()


def test_many_sources_share_a_fixed_number_of_leases() -> None:
    parts = shards([f"account {number}" for number in range(10_000)], ())
    assert len(parts) == POLLERS + 1
    assert max(len(part.sources) for part in parts) < 80


@given(NAMES, CHATS, st.text(min_size=1, max_size=12))
def test_a_lease_has_the_same_fingerprint_while_the_same_sources_are_in_it(
    sources: set[str], chats: set[str], new: str
) -> None:
    before, after = shards(sources, chats), shards({*sources, new}, chats)
    assert fingerprints(reversed(before)) == fingerprints(before)
    changed = {name for name, _ in fingerprints(after).items() - fingerprints(before).items()}
    assert changed == {lease.name for lease in after if new in lease.sources and new not in sources}
