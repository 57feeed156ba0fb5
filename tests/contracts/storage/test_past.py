"""What every storage promises to whoever looks back at what happened."""

from dataclasses import replace

from bot.model.database import Database
from bot.model.outbox import State
from bot.model.poll import Payload, PollRecord
from bot.ports import Storage
from bot.storage.doors import past_of
from tests.storage.making import NINE, TEN, a_record, an_order, an_update, news, sent


async def test_what_one_poll_found_of_an_order_is_one_find_however_many_there_are(
    store: Storage, database: Database
) -> None:
    change = an_update(an_order()).changes[0]
    many = tuple(change.model_copy(update={"after": str(number)}) for number in range(1100))
    await store.commit(a_record(replace(an_update(an_order()), changes=many), an_update(an_order("FR/2"))))
    async with past_of(database) as past:
        found = [each async for each in past.found(NINE)]
        assert await past.count(NINE) == 1101
    assert [(each.key, each.seq, each.seen_at, len(each.changes)) for each in found] == [
        ("FR/1", 1, NINE, 1100),
        ("FR/2", 1, NINE, 1),
    ]
    assert [one.after for one in found[0].changes] == [str(number) for number in range(1100)]


async def test_only_what_came_since_then_is_seen(store: Storage, database: Database) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), tell=[news("a", order="FR/1")]))
    await store.commit(a_record(an_update(an_order("FR/2"), at=TEN), at=TEN))
    async with past_of(database) as past:
        assert [each.key async for each in past.found(TEN)] == ["FR/2"]
        assert [each async for each in past.owed(TEN)] == []
        assert (await past.count(TEN), await past.latest()) == (1, TEN)


async def test_what_was_owed_about_orders_comes_with_what_became_of_it(store: Storage, database: Database) -> None:
    await store.commit(a_record(tell=[news("a", order="FR/1"), news("b"), news("c", "sales", order="FR/2")]))
    await store.claim([1], now=NINE)
    await store.settle([sent(1, "m")])
    async with past_of(database) as past:
        owed = [each async for each in past.owed(NINE)]
    assert [(each.id, each.key, each.destination, each.state) for each in owed] == [
        (1, "FR/1", "ops", State.SENT),
        (3, "FR/2", "sales", State.PENDING),
    ]
    assert (owed[0].settled_at, owed[1].settled_at) == (TEN, None)


async def test_an_order_its_answers_and_the_listings_swept_are_at_hand(store: Storage, database: Database) -> None:
    update = replace(an_update(an_order(), body=b"raw"), scopes=("*", "mine"))
    await store.commit(a_record(update))
    await store.commit(PollRecord("panels", NINE, swept={"*": NINE}))
    async with past_of(database) as past:
        assert await past.order("panels", "FR/1") == (an_order(), ("*", "mine"))
        assert await past.payload("panels", "FR/1", 1) == Payload(b"raw")
        assert (await past.order("panels", "FR/2"), await past.payload("panels", "FR/1", 2)) == (None, None)
        assert await past.scopes() == {("panels", "*")}


async def test_nothing_changes_while_it_is_looked_at(store: Storage, database: Database) -> None:
    await store.commit(a_record(an_update(an_order("FR/1"))))
    async with past_of(database) as past:
        before = await past.count(NINE)
        await store.commit(a_record(an_update(an_order("FR/2"))))
        assert (before, await past.count(NINE)) == (1, 1)


async def test_an_empty_store_has_no_past(store: Storage, database: Database) -> None:
    assert isinstance(await store.counts(), dict)
    async with past_of(database) as past:
        assert (await past.latest(), await past.count(NINE)) == (None, 0)
