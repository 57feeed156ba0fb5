"""What every storage promises about what is remembered of an order, and when time makes news of it."""

from bot.model.change import Kind
from bot.model.memory import Memory, TimeTold
from bot.model.moment import Moment
from bot.model.poll import OrderUpdate
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update

MEMORY = Memory(status_since=NINE, told={Kind.STUCK: TimeTold(about="x", at=TEN, again=2)}, archived_at=ELEVEN)


def with_alarm(key: str, at: Moment | None, memory: Memory = MEMORY) -> OrderUpdate:
    return OrderUpdate(key, 0, snapshot=an_update(an_order(key)).snapshot, memory=memory, alarm_at=at)


async def test_what_is_remembered_comes_back_after_a_restart(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(with_alarm("FR/1", None), an_update(an_order("FR/2"))))
    assert dict(await (await reopen()).memories("panels", ["FR/1", "FR/2", "FR/3"])) == {"FR/1": MEMORY}


async def test_an_update_without_a_memory_leaves_it_and_the_alarm_as_they_are(store: Storage) -> None:
    await store.commit(a_record(with_alarm("FR/1", TEN)))
    await store.commit(a_record(an_update(an_order(), 2)))
    assert dict(await store.memories("panels", ["FR/1"])) == {"FR/1": MEMORY}
    assert await store.due_alarms("panels", TEN, limit=5) == ["FR/1"]


async def test_an_update_with_a_memory_can_end_the_alarm(store: Storage) -> None:
    await store.commit(a_record(with_alarm("FR/1", TEN)))
    await store.commit(a_record(OrderUpdate("FR/1", 1, memory=Memory())))
    assert await store.due_alarms("panels", ELEVEN, limit=5) == []
    assert dict(await store.memories("panels", ["FR/1"])) == {"FR/1": Memory()}


async def test_alarms_are_due_from_their_moment_on_longest_due_first_and_of_one_source(store: Storage) -> None:
    await store.commit(a_record(with_alarm("later", ELEVEN), with_alarm("b", TEN), with_alarm("a", NINE)))
    await store.commit(a_record(with_alarm("other", NINE), source="shop"))
    assert await store.due_alarms("panels", TEN, limit=5) == ["a", "b"]
    assert await store.due_alarms("panels", TEN, limit=1) == ["a"]
