"""What every storage promises about what is owed to people."""

import pytest

from bot.errors import StorageError
from bot.model.change import Kind, Severity
from bot.model.outbox import Gathering, Move, Settlement, Shape, State
from bot.model.view import Owed, Waiting
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, TEN, a_record, again, an_order, an_update, claimed, news, sent


async def test_a_notification_with_a_known_key_is_left_as_it_is(store: Storage) -> None:
    await store.commit(a_record(tell=[news("k", text="first")]))
    await claimed(store, "ops", 1, now=NINE)
    await store.commit(a_record(tell=[news("k", "sales", text="second"), news("l")]))
    first, second = await store.notifications()
    assert (first.state, first.destination, first.message) == (State.SENDING, "ops", news("k", text="first").message)
    assert second.key == "l"


async def test_the_event_is_set_by_new_notifications_only(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order())))
    assert not store.outbox_changed.is_set()
    await store.commit(a_record(tell=[news("k")]))
    assert store.outbox_changed.is_set()
    store.outbox_changed.clear()
    await store.commit(a_record(tell=[news("k")]))
    assert not store.outbox_changed.is_set()


async def test_a_claim_gives_the_first_rows_of_its_destination_as_they_were_asked_for(store: Storage) -> None:
    asked = [news("a", order="FR/1"), news("x", "sales"), news("b"), news("c")]
    await store.commit(a_record(tell=asked))
    first, second = await claimed(store, "ops", 2, now=TEN)
    assert (first.id < second.id, first.key, second.key) == (True, "a", "b")
    assert asked[0].model_dump().items() <= first.model_dump().items()
    assert (first.state, first.first_try_at, first.unclear) == (State.SENDING, TEN, False)


async def test_a_claim_is_written_before_it_returns(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("k")]))
    await claimed(store, "ops", 1, now=TEN)
    (row,) = await (await reopen()).notifications()
    assert (row.state, row.first_try_at) == (State.SENDING, TEN)


async def test_a_row_that_was_being_sent_when_the_process_died_comes_back_unclear(
    store: Storage, reopen: Reopen
) -> None:
    await store.commit(a_record(tell=[news("k"), news("l")]))
    await claimed(store, "ops", 1, now=NINE)
    rows = await claimed(await reopen(), "ops", 5, now=TEN)
    assert [(row.key, row.unclear, row.first_try_at) for row in rows] == [("k", True, NINE), ("l", False, TEN)]


async def test_an_unclear_row_stays_unclear_until_it_is_settled(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("k")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    await store.settle([again(row.id, None, unclear=True)])
    (row,) = await claimed(await reopen(), "ops", 1, now=TEN)
    assert row.unclear


async def test_a_claim_leaves_out_what_is_settled(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b")]))
    first, second = await claimed(store, "ops", 2, now=NINE)
    await store.settle([sent(first.id, "m")])
    assert [row.key for row in await store.claim([second.id, first.id, 99], now=TEN)] == ["b"]


async def test_owed_names_who_waits_how_many_and_the_youngest(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b"), news("c", "sales"), news("d", "quiet")]))
    (quiet,) = await claimed(store, "quiet", 1, now=NINE)
    await store.settle([sent(quiet.id, "m")])
    assert list(await store.owed()) == [Owed("ops", 2, 2), Owed("sales", 1, 3)]


async def test_a_row_whose_process_died_is_still_owed(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a")]))
    await claimed(store, "ops", 1, now=NINE)
    again_open = await reopen()
    assert list(await again_open.owed()) == [Owed("ops", 1, 1)]
    (row,) = await again_open.waiting("ops", limit=5)
    assert row.is_tried


async def test_what_waits_is_shown_by_id_with_its_holds(store: Storage) -> None:
    held = news("a", order="FR/1").model_copy(
        update={"severity": Severity.LOW, "gather_until": TEN, "not_before": ELEVEN, "held_for": "status"}
    )
    await store.commit(a_record(tell=[held, news("b"), news("c", "sales")]))
    first, second = await store.waiting("ops", limit=5)
    assert first == Waiting(
        id=1, source="panels", order="FR/1", severity=Severity.LOW, created_at=NINE, gather_until=TEN,
        not_before=ELEVEN, held_for="status", is_tried=False, is_gathered=False,
    )  # fmt: skip
    assert (second.id, second.order, second.gather_until) == (2, None, None)


async def test_urgent_rows_are_shown_however_many_wait_with_what_is_open_of_their_orders(store: Storage) -> None:
    urgent = news("z", order="FR/2").model_copy(update={"severity": Severity.URGENT})
    told = [*(news(f"k{n}", order="FR/1") for n in range(9)), news("y", order="FR/2"), news("x", order="FR/3"), urgent]
    await store.commit(a_record(tell=told))
    assert [row.id for row in await store.waiting("ops", limit=2)] == [1, 2, 10, 12]


async def test_news_comes_with_the_changes_it_tells_and_no_others(store: Storage) -> None:
    order = an_order()
    await store.commit(a_record(an_update(order), tell=[news("a", order=order.key), news("b")]))
    later = news("c", order=order.key).model_copy(update={"created_at": TEN, "kinds": ("dispatched",)})
    await store.commit(a_record(an_update(order, 2, at=TEN), tell=[later], at=TEN))
    first, second, third = await store.news([3, 1, 2])
    assert (first.row.key, [change.kind for change in first.changes]) == ("a", [Kind.STATUS])
    assert (second.row.key, second.changes) == ("b", ())
    assert (third.row.key, third.changes) == ("c", ())  # that version has no dispatch


async def test_what_is_gathered_ends_as_merged_and_is_told_by_its_leader(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a"), news("b"), news("c")]))
    together = Gathering(
        leader=1, merged={3: "told with notification 1"}, shape=Shape.STORM, kinds=("status", "quantity"),
        route="r1, r2", severity=Severity.URGENT, message=news("x", text="both").message, at=TEN,
    )  # fmt: skip
    assert await store.gather(together)
    first, second, third = await (await reopen()).notifications()
    assert (first.state, first.message, first.kinds, first.gathered) == (
        State.PENDING, together.message, together.kinds, Shape.STORM,
    )  # fmt: skip
    assert (second.state, second.merged_into) == (State.PENDING, None)
    assert (third.state, third.merged_into, third.reason) == (State.MERGED, 1, "told with notification 1")


async def test_what_came_to_nothing_ends_without_a_leader(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b")]))
    assert await store.gather(Gathering(leader=None, merged={1: "back", 2: "back"}, at=TEN))
    assert [(row.state, row.reason) for row in await store.notifications()] == [(State.MERGED, "back")] * 2
    assert list(await store.owed()) == []


async def test_nothing_is_gathered_once_one_of_them_was_touched(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    await store.settle([again(row.id, None)])
    assert not await store.gather(Gathering(leader=2, merged={1: "with 2"}, message=news("x").message, at=TEN))
    assert {row.state for row in await store.notifications()} == {State.PENDING}


async def test_a_settlement_writes_every_column(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    await store.settle([Settlement(id=row.id, state=State.DEAD, attempts=4, parts_sent=1, at=TEN, reason="gone")])
    (now,) = await store.notifications()
    changed = {"state": State.DEAD, "attempts": 4, "parts_sent": 1, "reason": "gone"}
    assert now == row.model_copy(update=changed)
    assert await claimed(store, "ops", 1, now=TEN) == []


async def test_a_row_with_some_parts_accepted_goes_on_after_a_restart(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    first_part = Settlement(id=row.id, state=State.SENDING, attempts=0, parts_sent=1, at=TEN, message_ids=("m1",))
    await store.settle([first_part])
    (found,) = await claimed(await reopen(), "ops", 1, now=TEN)
    assert (found.parts_sent, found.unclear) == (1, True)


async def test_notices_come_with_the_settlement(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    store.outbox_changed.clear()
    await store.settle([sent(row.id, "m").model_copy(update={"notices": (news("dead letter", "boss"),)})])
    assert [owed.destination for owed in await store.owed()] == ["boss"]
    assert store.outbox_changed.is_set()


async def test_a_new_address_comes_with_the_settlement(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    move = Move(old={"chat_id": -5}, new={"chat_id": -100})
    await store.settle([again(row.id, None).model_copy(update={"moved": move})])
    assert await (await reopen()).addresses() == {"ops": move}


async def test_settlements_are_written_together_or_not_at_all(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    with pytest.raises(StorageError, match="no notification 777"):
        await store.settle([sent(row.id, "m"), sent(777, "m")])
    assert (await store.counts())["sending"] == 1


async def test_a_dead_letter_may_be_opened_again(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    await store.settle([Settlement(id=row.id, state=State.DEAD, attempts=1, parts_sent=0, at=TEN)])
    await store.settle([again(row.id, None)])
    assert [found.key for found in await claimed(store, "ops", 1, now=TEN)] == ["a"]
