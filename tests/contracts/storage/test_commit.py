"""What every storage promises about writing a poll."""

import asyncio
from dataclasses import replace

import pytest

from bot.errors import StaleRecord, StorageError
from bot.model.order import Depth, Stage
from bot.model.poll import Baseline, Health, OrderState, OrderUpdate, PollRecord
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import NINE, TEN, a_record, an_order, an_update, news


async def test_an_empty_storage_knows_nothing(store: Storage) -> None:
    assert await store.load("panels") == []
    assert await store.health("panels") == Health("panels")
    assert await store.owed() == []
    assert set((await store.counts()).values()) == {0}


async def test_a_committed_version_is_read_back_equal(store: Storage) -> None:
    update = an_update(an_order(tracking=["1Z 999"]))
    await store.commit(a_record(update))
    assert await store.snapshots("panels", ["FR/1", "FR/2"]) == {"FR/1": update.snapshot}


async def test_load_gives_the_state_as_it_was_committed(store: Storage) -> None:
    update = replace(
        an_update(an_order(stage=Stage.SHIPPED)),
        raw_digest=b"\x00raw",
        list_digest=b"\xfflist",
        missing=2,
        vanished=True,
        scopes=("*", "a=b"),
        next_poll_at=TEN,
        doubt="d0",
    )
    await store.commit(a_record(update))
    expected = OrderState(
        "FR/1", 1, Stage.SHIPPED, Depth.FULL, b"\x00raw", b"\xfflist", 2, True, ("*", "a=b"), TEN, doubt="d0",
        due=an_order().delivery_promised,
    )  # fmt: skip
    assert await store.load("panels") == [expected]


async def test_an_order_never_answered_for_has_a_state_but_no_snapshot(store: Storage) -> None:
    await store.commit(a_record(OrderUpdate("FR/9", 0, missing=1)))
    assert await store.load("panels") == [OrderState("FR/9", missing=1)]
    assert await store.snapshots("panels", ["FR/9"]) == {}
    assert await store.orders() == []
    assert (await store.counts())["orders"] == 0


async def test_a_state_that_moves_alone_keeps_the_snapshot(store: Storage) -> None:
    first = an_update(an_order())
    await store.commit(a_record(first))
    await store.commit(a_record(OrderUpdate("FR/1", 1, missing=3, vanished=True)))
    (state,) = await store.load("panels")
    assert (state.seq, state.missing, state.vanished) == (1, 3, True)
    assert await store.snapshots("panels", ["FR/1"]) == {"FR/1": first.snapshot}


async def test_digests_that_an_update_does_not_give_stay_as_they_were(store: Storage) -> None:
    await store.commit(a_record(replace(an_update(an_order()), raw_digest=b"raw", list_digest=b"list")))
    await store.commit(a_record(OrderUpdate("FR/1", 1, missing=1)))
    (state,) = await store.load("panels")
    assert (state.raw_digest, state.list_digest) == (b"raw", b"list")


async def test_every_version_an_order_ever_had_is_known_by_its_digest(store: Storage) -> None:
    update = an_update(an_order())
    assert update.snapshot is not None
    await store.commit(a_record(update))
    assert await store.had_version("panels", "FR/1", update.snapshot.digest)
    assert not await store.had_version("panels", "FR/2", update.snapshot.digest)
    assert not await store.had_version("panels", "FR/1", "another")


async def test_an_order_whose_text_holds_a_nul_is_kept_as_it_is(store: Storage) -> None:
    update = an_update(an_order().model_copy(update={"number": "45\x001"}))
    await store.commit(a_record(update))
    assert await store.snapshots("panels", ["FR/1"]) == {"FR/1": update.snapshot}


async def test_the_same_key_in_two_sources_is_two_orders(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order())))
    await store.commit(a_record(an_update(an_order(source="shop")), source="shop"))
    assert (await store.counts())["orders"] == 2
    assert len(await store.load("shop")) == 1


async def test_a_record_planned_against_an_older_version_is_refused_whole(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order())))
    stale = a_record(an_update(an_order("FR/2")), an_update(an_order()), tell=[news("k")])
    with pytest.raises(StaleRecord, match="FR/1 of source panels is at version 1"):
        await store.commit(stale)
    assert len(await store.load("panels")) == 1
    assert (await store.counts())["pending"] == 0


async def test_a_record_planned_against_a_version_that_never_was_is_refused(store: Storage) -> None:
    with pytest.raises(StaleRecord):
        await store.commit(a_record(an_update(an_order(), seq=5)))


async def test_a_record_that_fails_at_its_end_leaves_nothing(store: Storage) -> None:
    bad = replace(a_record(an_update(an_order()), tell=[news("k")]), words=("no text \ud800",))
    with pytest.raises(StorageError):
        await store.commit(bad)
    assert set((await store.counts()).values()) == {0}
    assert not store.outbox_changed.is_set()


async def test_of_commits_at_the_same_time_only_the_stale_one_fails(store: Storage) -> None:
    records = [a_record(an_update(an_order(f"FR/{number}"))) for number in range(20)]
    stale = a_record(an_update(an_order("FR/99"), seq=2))
    outcomes = await asyncio.gather(*map(store.commit, [*records, stale, *records[:1]]), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 20 + [StaleRecord] * 2
    assert len(await store.load("panels")) == 20


async def test_what_was_committed_is_there_after_a_restart(store: Storage, reopen: Reopen) -> None:
    update = an_update(an_order())
    await store.commit(a_record(update, tell=[news("k")]))
    again_ = await reopen()
    assert await again_.snapshots("panels", ["FR/1"]) == {"FR/1": update.snapshot}
    assert [row.key for row in await again_.notifications()] == ["k"]


async def test_health_words_scopes_and_baselines_are_remembered(store: Storage) -> None:
    health = Health("panels", 3, 1, NINE, True, "no answer", NINE, TEN, 7, True, True, TEN, True, 12, "200/day", TEN)
    await store.commit(
        PollRecord(
            "panels", NINE, healths=(health,), words=("ODD",), baselines=(Baseline("p3", 12, NINE),), swept={"*": NINE}
        )
    )
    assert await store.health("panels") == health
    assert await store.healths() == [health]
    assert await store.known_words("panels") == {"ODD"}
    assert await store.swept_scopes("panels") == {"*"}
    assert await store.baselines() == {"p3": 12}


async def test_what_one_source_knows_is_not_known_of_another(store: Storage) -> None:
    await store.commit(PollRecord("panels", NINE, healths=(Health("panels", 1),), words=("ODD",), swept={"*": NINE}))
    assert await store.known_words("shop") == await store.swept_scopes("shop") == frozenset()
    assert await store.health("shop") == Health("shop")


async def test_words_and_scopes_may_be_told_again(store: Storage) -> None:
    record = PollRecord("panels", NINE, words=("ODD",), swept={"*": NINE}, baselines=(Baseline("p3", 1, NINE),))
    await store.commit(record)
    await store.commit(replace(record, baselines=(Baseline("p3", 2, TEN),)))
    assert await store.known_words("panels") == {"ODD"}
    assert await store.baselines() == {"p3": 2}


async def test_loading_in_parts_leaves_none_out_and_shows_none_twice(store: Storage) -> None:
    await store.commit(a_record(*(OrderUpdate(f"FR/{number}", 0, missing=1) for number in range(4500))))
    await store.commit(a_record(OrderUpdate("1", 0), source="shop"))
    parts = [[state.key for state in part] async for part in store.load_in_parts("panels")]
    assert len(parts) > 1
    assert sorted(key for part in parts for key in part) == sorted(f"FR/{number}" for number in range(4500))
