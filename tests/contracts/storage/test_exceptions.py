"""What every storage promises about what waits for somebody, and about who takes care."""

from collections.abc import Sequence
from dataclasses import replace

from bot.model.change import Change, Kind
from bot.model.exception import Assignment, OrderException
from bot.model.moment import Moment
from bot.model.poll import Health, OrderUpdate
from bot.model.view import Extent, Selection
from bot.ports import Storage
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update

SLIP = Change(kind=Kind.SLIPPED, before="2026-02-01", after="2026-02-04", first=Moment("2026-02-01"))
EVERYTHING = (Extent("panels", is_whole=True),)


async def known(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order())))


async def happens(store: Storage, *changes: Change, at: Moment = TEN) -> None:
    await store.commit(a_record(OrderUpdate("FR/1", 1, changes=changes), at=at))


async def waiting(store: Storage) -> Sequence[OrderException]:
    return [each for each in await store.talks.exceptions("panels", "FR/1") if each.is_open]


async def test_what_needs_somebody_waits_with_the_news_itself(store: Storage) -> None:
    await known(store)
    await happens(store, SLIP)
    (found,) = await waiting(store)
    assert (found.kind, found.since, found.change) == (Kind.SLIPPED, TEN, SLIP)
    assert [each.key for each in await store.talks.due_exceptions("panels", TEN, limit=9)] == ["FR/1"]


async def test_a_source_calls_while_something_waits_there(store: Storage) -> None:
    await known(store)
    await store.commit(replace(a_record(), healths=(Health("panels"),)))
    await happens(store, SLIP)
    assert await store.time.calling(["panels"], TEN) == {"panels"}
    await store.talks.acknowledge("panels", "FR/1", "U1", None, ELEVEN)
    assert await store.time.calling(["panels"], ELEVEN) == frozenset()


async def test_what_is_acknowledged_waits_no_more_and_says_by_whom(store: Storage) -> None:
    await known(store)
    await happens(store, SLIP)
    assert [each.kind for each in await store.talks.acknowledge("panels", "FR/1", "U1", "seen", ELEVEN)] == ["slipped"]
    (found,) = await store.talks.exceptions("panels", "FR/1")
    assert (found.acknowledged_by, found.note, found.acknowledged_at) == ("U1", "seen", ELEVEN)
    assert await store.talks.acknowledge("panels", "FR/1", "U2", None, ELEVEN) == []
    assert await store.talks.due_exceptions("panels", ELEVEN, limit=9) == []


async def test_what_happens_again_waits_again(store: Storage) -> None:
    await known(store)
    await happens(store, SLIP)
    await store.talks.acknowledge("panels", "FR/1", "U1", None, TEN)
    await happens(store, SLIP, at=ELEVEN)
    (found,) = await waiting(store)
    assert found.since == ELEVEN


async def test_what_is_over_is_gone(store: Storage) -> None:
    await known(store)
    await happens(store, Change(kind=Kind.STUCK), Change(kind=Kind.OVERDUE))
    await happens(store, Change(kind=Kind.STATUS), at=ELEVEN)
    assert [each.kind for each in await waiting(store)] == [Kind.OVERDUE]


async def test_orders_about_which_something_waits_are_a_list_the_longest_first(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(key)) for key in ("FR/1", "FR/2", "FR/3"))))
    for key, at in (("FR/2", NINE), ("FR/1", TEN)):
        await store.commit(a_record(OrderUpdate(key, 1, changes=(SLIP,)), at=at))
    wanted = Selection(EVERYTHING, waits_for_somebody=True)
    assert [row.key for row in (await store.select(wanted, limit=9)).rows] == ["FR/2", "FR/1"]
    second = await store.select(wanted, limit=1, offset=1)
    assert ([row.key for row in second.rows], second.total) == (["FR/1"], 2)
    elsewhere = Selection((Extent("shop", is_whole=True),), waits_for_somebody=True)
    assert (await store.select(elsewhere, limit=9)).rows == ()


async def test_an_order_has_one_who_takes_care_or_nobody(store: Storage) -> None:
    one = Assignment(source="panels", key="FR/1", chat="slack", person="U1", by="U9", since=NINE)
    other = one.model_copy(update={"person": "U2"})
    await store.talks.assign(one)
    await store.talks.assign(other)
    assert await store.talks.assignments() == [other]
    assert await store.talks.unassign("panels", "FR/1")
    assert not await store.talks.unassign("panels", "FR/1")
    assert await store.talks.assignments() == []
