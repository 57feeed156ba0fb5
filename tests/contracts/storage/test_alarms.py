"""What every storage promises about what is remembered of an order, and when time makes news of it."""

from dataclasses import replace

from bot.model.change import Basis, Change, Kind
from bot.model.memory import Memory, TimeTold
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.poll import Health, Lessons, OrderUpdate
from bot.model.stay import Move, Stay
from bot.model.view import Extent, Selection
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
    assert await store.time.due("panels", TEN, limit=5) == ["FR/1"]


async def test_an_update_with_a_memory_can_end_the_alarm(store: Storage) -> None:
    await store.commit(a_record(with_alarm("FR/1", TEN)))
    await store.commit(a_record(OrderUpdate("FR/1", 1, memory=Memory())))
    assert await store.time.due("panels", ELEVEN, limit=5) == []
    assert dict(await store.memories("panels", ["FR/1"])) == {"FR/1": Memory()}


async def test_alarms_are_due_from_their_moment_on_longest_due_first_and_of_one_source(store: Storage) -> None:
    await store.commit(a_record(with_alarm("later", ELEVEN), with_alarm("b", TEN), with_alarm("a", NINE)))
    await store.commit(a_record(with_alarm("other", NINE), source="shop"))
    assert await store.time.due("panels", TEN, limit=5) == ["a", "b"]
    assert await store.time.due("panels", TEN, limit=1) == ["a"]


async def test_sources_call_whose_alarm_is_due(store: Storage) -> None:
    for source, at in (("panels", NINE), ("shop", ELEVEN), ("parts", NINE)):
        await store.commit(replace(a_record(with_alarm("a", at), source=source), healths=(Health(source),)))
    assert await store.time.calling(["panels", "shop", "unheard of"], TEN) == {"panels"}
    assert await store.time.calling([], TEN) == frozenset()


async def test_an_alarm_can_be_postponed_and_all_of_a_source_woken(store: Storage) -> None:
    await store.commit(a_record(*(with_alarm(f"FR/{number}", NINE) for number in range(1005))))
    await store.time.postpone("panels", [f"FR/{number}" for number in range(1005)], ELEVEN)
    assert await store.time.due("panels", TEN, limit=5) == []
    await store.time.wake("shop", TEN)
    assert await store.time.due("panels", TEN, limit=5) == []
    await store.time.wake("panels", TEN)
    assert len(await store.time.due("panels", TEN, limit=2000)) == 1005


async def test_the_last_moves_into_a_status_come_oldest_first(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(), at=NINE)))
    await store.commit(a_record(an_update(an_order("FR/2"), at=TEN)))
    gone = OrderUpdate("FR/1", 1, changes=(Change(kind=Kind.TRACKING_ADDED, after="1Z"),))
    await store.commit(a_record(gone, at=TEN))
    await store.commit(a_record(an_update(an_order(), 2, at=ELEVEN)))
    moves = await store.time.moves("panels", limit=2)
    assert moves == [Move("FR/2", TEN, Kind.STATUS, "shipped"), Move("FR/1", ELEVEN, Kind.STATUS, "shipped")]


async def test_what_was_learned_takes_the_place_of_what_was_known(store: Storage, reopen: Reopen) -> None:
    first, second = Stay(4, 7, Basis.LEARNED, 40), Stay(5, 9, Basis.LEARNED, 60)
    await store.time.keep_stays("panels", {"placed": first, "confirmed": first}, NINE)
    await store.time.keep_stays("panels", {"confirmed": second}, TEN)
    assert dict(await (await reopen()).time.stays("panels")) == {"confirmed": second}


async def test_what_a_source_has_shown_of_its_hours_is_known_after_a_restart(store: Storage, reopen: Reopen) -> None:
    placed, shipped = (Stage.PLACED, 99), (Stage.SHIPPED, -3)
    assert await store.time.lessons("panels") is None
    await store.time.keep_lessons("panels", Lessons({placed: 1.0}, {placed: 60.0}, [0.0] * 168))
    lessons = Lessons({placed: 2.5}, {placed: 3600.0, shipped: 7.25}, [1.5] * 168)
    await store.time.keep_lessons("panels", lessons)
    again = await reopen()
    assert await again.time.lessons("panels") == Lessons({placed: 2.5, shipped: 0.0}, lessons.seconds, [1.5] * 168)
    assert await again.time.lessons("parts") is None


async def test_what_was_spent_of_a_budget_is_known_after_a_restart(store: Storage, reopen: Reopen) -> None:
    assert list(await store.time.spent("panels")) == []
    await store.time.keep_spent("panels", [(NINE, 10)])
    await store.time.keep_spent("panels", [(NINE, 10), (TEN, 4)])
    again = await reopen()
    assert list(await again.time.spent("panels")) == [(NINE, 10), (TEN, 4)]
    assert list(await again.time.spent("parts")) == []


async def test_it_is_known_by_which_settings_alarms_are_set(store: Storage) -> None:
    assert not await store.time.is_set_by("panels", "a")
    await store.time.note_settings("panels", "a")
    assert await store.time.is_set_by("panels", "a")
    await store.time.note_settings("panels", "b")
    assert not await store.time.is_set_by("panels", "a")


async def test_news_that_time_makes_is_no_change_of_the_order_itself(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(), at=NINE)))
    stuck = OrderUpdate("FR/1", 1, changes=(Change(kind=Kind.STUCK, days=3),), memory=Memory())
    await store.commit(a_record(stuck, at=ELEVEN))
    (row,) = await store.orders()
    assert row.changed_at == NINE
    assert [change.change["kind"] for change in await store.history("panels", "FR/1")] == ["stuck", "status"]


async def test_an_archived_order_is_on_no_list_but_its_own_and_is_still_found(store: Storage) -> None:
    await store.commit(a_record(with_alarm("FR/1", None), an_update(an_order("FR/2"))))
    assert [row.key for row in await store.orders()] == ["FR/2"]
    assert [row.key for row in await store.orders(archived=True)] == ["FR/1"]
    assert (await store.count_orders(), await store.count_orders(archived=True)) == (1, 1)
    for extent in (Extent("panels", is_whole=True), Extent("panels", keys=frozenset({"FR/1", "FR/2"}))):
        assert [row.key for row in (await store.select(Selection((extent,)), limit=5)).rows] == ["FR/2"]
        assert len(await store.seek(["fr/1"], (extent,))) == 1
