"""What every storage promises about digests, and about the orders they are made of."""

from dataclasses import replace

from bot.model.change import Change, Kind
from bot.model.digest import Digested
from bot.model.memory import Memory, TimeTold
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.poll import OrderUpdate
from bot.model.view import Extent, Selection
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update, news

MADE = Digested("morning", "ops", "2026-01-05", NINE)
ALL = (Extent("panels", is_whole=True),)


async def test_nothing_is_remembered_of_a_digest_that_was_never_made(store: Storage) -> None:
    assert await store.digests.last("morning", "ops") is None


async def test_a_digest_and_what_it_owes_survive_together(store: Storage, reopen: Reopen) -> None:
    await store.digests.note(MADE, news("digest"))
    again = await reopen()
    assert await again.digests.last("morning", "ops") == MADE
    assert [row.key for row in await again.notifications()] == ["digest"]


async def test_each_destination_has_its_own(store: Storage) -> None:
    await store.digests.note(MADE, None)
    assert await store.digests.last("morning", "sales") is None
    assert await store.notifications() == []


async def test_a_later_one_takes_the_place_of_the_one_before(store: Storage) -> None:
    await store.digests.note(MADE, news("a"))
    later = Digested("morning", "ops", "2026-01-06", TEN)
    await store.digests.note(later, news("b"))
    assert await store.digests.last("morning", "ops") == later


async def test_an_owed_digest_wakes_whoever_sends(store: Storage) -> None:
    store.outbox_changed.clear()
    await store.digests.note(MADE, news("digest"))
    assert store.outbox_changed.is_set()


async def test_open_orders_are_counted_by_stage_and_age(store: Storage) -> None:
    updates = [an_update(an_order(f"FR/{at}{number}"), at=at) for at, number in ((NINE, 1), (TEN, 1), (TEN, 2))]
    await store.commit(a_record(*updates, an_update(an_order("FR/9", stage=Stage.COMPLETED), at=TEN)))
    ages = await store.digests.open_ages(ALL, (ELEVEN, TEN))
    assert list(ages.values()) == [(0, 2, 1)]
    assert await store.digests.open_ages((), (ELEVEN,)) == {}


def stuck(key: str, since: Moment, about: Moment) -> OrderUpdate:
    memory = Memory(status_since=since, told={Kind.STUCK: TimeTold(about=about, at=TEN)})
    return OrderUpdate(key, 0, snapshot=an_update(an_order(key)).snapshot, memory=memory)


async def test_stuck_are_orders_of_whose_present_status_it_was_said(store: Storage) -> None:
    await store.commit(a_record(stuck("is", NINE, NINE), stuck("was", TEN, NINE), an_update(an_order("never"))))
    found = await store.select(Selection(ALL, is_stuck=True), limit=5)
    assert ([row.key for row in found.rows], found.total) == (["is"], 1)
    named = (Extent("panels", keys=frozenset({"is", "was"})),)
    assert [row.key for row in (await store.select(Selection(named, is_stuck=True), limit=5)).rows] == ["is"]


async def test_moved_are_orders_with_news_since_and_not_every_new_version(store: Storage) -> None:
    baseline = [replace(an_update(an_order(key), at=NINE), changes=()) for key in ("moved", "same")]
    await store.commit(a_record(*baseline, replace(an_update(an_order("new"), at=TEN), changes=())))
    await store.commit(a_record(replace(an_update(an_order("moved"), 2, at=TEN), changes=(Change(kind=Kind.OTHER),))))
    await store.commit(a_record(replace(an_update(an_order("same"), 2, at=TEN), changes=())))
    found = await store.select(Selection(ALL, changed_since=TEN), limit=5)
    assert [row.key for row in found.rows] == ["moved"]
    assert (await store.select(Selection(ALL, changed_since=ELEVEN), limit=5)).total == 0
