"""What ports.Storage promises about threads: where the next message about an order goes."""

from datetime import timedelta

from bot.model.outbox import Settlement
from bot.model.retention import Retention
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, TEN, THREAD, a_record, news, sent


async def test_an_order_of_which_nothing_was_told_has_no_thread(store: Storage) -> None:
    assert await store.thread("ops", "panels", "FR/1") is None


async def test_a_thread_is_remembered_with_what_became_of_the_news(store: Storage, reopen: Reopen) -> None:
    await _settled(store, sent(1, "m1").model_copy(update={"thread": THREAD}))
    store = await reopen()
    assert await store.thread("ops", "panels", "FR/1") == THREAD
    assert await store.thread("sales", "panels", "FR/1") is None
    assert await store.thread("ops", "panels", "FR/2") is None


async def test_a_later_thread_takes_the_place_of_the_one_before(store: Storage) -> None:
    later = THREAD.model_copy(update={"message_id": "m9", "says": "other", "place": "{}", "told_at": TEN})
    await _settled(store, *(sent(1).model_copy(update={"thread": thread}) for thread in (THREAD, later)))
    assert await store.thread("ops", "panels", "FR/1") == later


async def test_a_settlement_without_a_thread_leaves_it_as_it_is(store: Storage) -> None:
    await _settled(store, sent(1).model_copy(update={"thread": THREAD}), sent(1))
    assert await store.thread("ops", "panels", "FR/1") == THREAD


async def test_a_thread_to_which_nothing_was_added_for_long_is_dropped(store: Storage) -> None:
    await _settled(store, sent(1).model_copy(update={"thread": THREAD}))
    forever = timedelta(days=9999)
    assert (await store.tidy(ELEVEN, Retention(raw=forever, sent=timedelta(hours=2))))["threads"] == 0
    assert (await store.tidy(ELEVEN, Retention(raw=forever, sent=timedelta(hours=1))))["threads"] == 1
    assert await store.thread("ops", "panels", "FR/1") is None


async def test_the_last_news_of_its_order_stands_behind_a_card(store: Storage) -> None:
    await _settled(store, sent(1, "r1").model_copy(update={"thread": THREAD}))
    await store.commit(
        a_record(tell=[news("b", order="FR/1"), news("c", order="FR/2"), news("d", "sales", order="FR/1")])
    )
    assert [(found and found.key) for found in [await store.notification_behind("ops", "m1")]] == ["b"]
    assert [(found and found.key) for found in [await store.notification_behind("ops", "r1")]] == ["a"]
    assert await store.notification_behind("sales", "m1") is None


async def _settled(store: Storage, *settlements: Settlement) -> None:
    await store.commit(a_record(tell=[news("a", order="FR/1")], at=NINE))
    for settlement in settlements:
        await store.settle([settlement])
