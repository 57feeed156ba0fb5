"""What every storage promises about orders read before the operator said what a status word means."""

import pytest

from bot.model.order import Stage
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import a_record, an_order, an_update


@pytest.mark.parametrize("word", ["x1", "AS THE  SOURCE_SAYS"])
async def test_a_word_that_was_mapped_reaches_stored_orders(store: Storage, word: str) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(an_order("FR/2"))))
    assert await store.read_stages_again("panels", {word: Stage.SHIPPED}) == 2
    assert [row.stage for row in await store.orders(stage=Stage.SHIPPED)] == [Stage.SHIPPED] * 2
    assert {state.stage for state in await store.load("panels")} == {Stage.SHIPPED}
    assert (await store.snapshots("panels", ["FR/1"]))["FR/1"].order.status.stage is Stage.SHIPPED


async def test_a_mapped_word_is_told_to_nobody_and_is_no_change(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order())))
    before = (await store.counts(), await store.history("panels", "FR/1"), (await store.orders())[0].changed_at)
    await store.read_stages_again("panels", {"X1": Stage.COMPLETED})
    after = (await store.counts(), await store.history("panels", "FR/1"), (await store.orders())[0].changed_at)
    assert after == before
    assert (await store.orders())[0].due is None


async def test_other_words_and_other_sources_stay_as_they_are(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order())))
    await store.commit(a_record(an_update(an_order(source="shop")), source="shop"))
    assert await store.read_stages_again("panels", {"X2": Stage.SHIPPED}) == 0
    assert await store.read_stages_again("shop", {"X1": Stage.SHIPPED}) == 1
    assert [row.source for row in await store.orders(stage=Stage.PLACED)] == ["panels"]


async def test_the_same_table_is_read_by_once_also_after_a_restart(store: Storage, reopen: Reopen) -> None:
    await store.read_stages_again("panels", {"X1": Stage.SHIPPED})
    store = await reopen()
    await store.commit(a_record(an_update(an_order())))  # as if its source had read it otherwise
    assert await store.read_stages_again("panels", {"x1": Stage.SHIPPED}) == 0
    assert await store.read_stages_again("panels", {"x1": Stage.ON_HOLD}) == 1


async def test_more_orders_than_fit_one_transaction_are_all_read_again(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(f"FR/{number:04}"), body=None) for number in range(1100))))
    assert await store.read_stages_again("panels", {"X1": Stage.SHIPPED}) == 1100
