"""What every storage promises about what is owed to people."""

import pytest

from bot.errors import StorageError
from bot.model.moment import Moment
from bot.model.outbox import Settlement, State
from bot.model.view import Owed
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, TEN, a_record, again, an_order, an_update, news, sent


async def test_a_notification_with_a_known_key_is_left_as_it_is(store: Storage) -> None:
    await store.commit(a_record(tell=[news("k", text="first")]))
    await store.claim("ops", now=NINE, limit=1)
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
    first, second = await store.claim("ops", now=TEN, limit=2)
    assert (first.id < second.id, first.key, second.key) == (True, "a", "b")
    assert asked[0].model_dump().items() <= first.model_dump().items()
    assert (first.state, first.first_try_at, first.unclear) == (State.SENDING, TEN, False)


async def test_a_claim_is_written_before_it_returns(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("k")]))
    await store.claim("ops", now=TEN, limit=1)
    (row,) = await (await reopen()).notifications()
    assert (row.state, row.first_try_at) == (State.SENDING, TEN)


async def test_a_row_that_was_being_sent_when_the_process_died_comes_back_unclear(
    store: Storage, reopen: Reopen
) -> None:
    await store.commit(a_record(tell=[news("k"), news("l")]))
    await store.claim("ops", now=NINE, limit=1)
    rows = await (await reopen()).claim("ops", now=TEN, limit=5)
    assert [(row.key, row.unclear, row.first_try_at) for row in rows] == [("k", True, NINE), ("l", False, TEN)]


async def test_an_unclear_row_stays_unclear_until_it_is_settled(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("k")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    await store.settle([again(row.id, None, unclear=True)])
    (row,) = await (await reopen()).claim("ops", now=TEN, limit=1)
    assert row.unclear


async def test_a_claim_stops_before_the_first_row_that_may_not_be_tried_yet(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b"), news("c")]))
    rows = await store.claim("ops", now=NINE, limit=3)
    await store.settle([again(rows[0].id, None), again(rows[1].id, ELEVEN), again(rows[2].id, None)])
    assert [row.key for row in await store.claim("ops", now=TEN, limit=3)] == ["a"]
    assert [row.key for row in await store.claim("ops", now=ELEVEN, limit=3)] == ["a", "b", "c"]


async def test_a_fraction_of_a_second_counts_when_a_row_waits(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    await store.settle([again(row.id, Moment("2026-01-05T10:00:00.5Z"))])
    assert await store.claim("ops", now=TEN, limit=1) == []
    assert await store.claim("ops", now=Moment("2026-01-05T10:00:00.75Z"), limit=1)


async def test_owed_names_who_waits_how_many_and_until_when(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b"), news("c", "sales"), news("d", "quiet")]))
    rows = await store.claim("ops", now=NINE, limit=1)
    await store.settle([again(rows[0].id, ELEVEN)])
    (quiet,) = await store.claim("quiet", now=NINE, limit=1)
    await store.settle([sent(quiet.id, "m")])
    assert list(await store.owed()) == [Owed("ops", 2, ELEVEN), Owed("sales", 1, None)]
    assert list(await store.owed("sales")) == [Owed("sales", 1, None)]
    assert list(await store.owed("quiet")) == []


async def test_a_row_whose_process_died_is_still_owed(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a")]))
    await store.claim("ops", now=NINE, limit=1)
    assert list(await (await reopen()).owed()) == [Owed("ops", 1, None)]


async def test_a_settlement_writes_every_column(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    await store.settle([Settlement(id=row.id, state=State.DEAD, attempts=4, parts_sent=1, at=TEN, reason="gone")])
    (now,) = await store.notifications()
    changed = {"state": State.DEAD, "attempts": 4, "parts_sent": 1, "reason": "gone"}
    assert now == row.model_copy(update=changed)
    assert await store.claim("ops", now=TEN, limit=1) == []


async def test_a_row_with_some_parts_accepted_goes_on_after_a_restart(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    first_part = Settlement(id=row.id, state=State.SENDING, attempts=0, parts_sent=1, at=TEN, message_ids=("m1",))
    await store.settle([first_part])
    (found,) = await (await reopen()).claim("ops", now=TEN, limit=1)
    assert (found.parts_sent, found.unclear) == (1, True)


async def test_notices_come_with_the_settlement(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    store.outbox_changed.clear()
    await store.settle([sent(row.id, "m").model_copy(update={"notices": (news("dead letter", "boss"),)})])
    assert [owed.destination for owed in await store.owed()] == ["boss"]
    assert store.outbox_changed.is_set()


async def test_a_new_address_comes_with_the_settlement(store: Storage, reopen: Reopen) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    await store.settle([again(row.id, None).model_copy(update={"moved_to": {"chat_id": -100}})])
    assert await (await reopen()).addresses() == {"ops": {"chat_id": -100}}


async def test_settlements_are_written_together_or_not_at_all(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    with pytest.raises(StorageError, match="no notification 777"):
        await store.settle([sent(row.id, "m"), sent(777, "m")])
    assert (await store.counts())["sending"] == 1


async def test_a_dead_letter_may_be_opened_again(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await store.claim("ops", now=NINE, limit=1)
    await store.settle([Settlement(id=row.id, state=State.DEAD, attempts=1, parts_sent=0, at=TEN)])
    await store.settle([again(row.id, None)])
    assert [found.key for found in await store.claim("ops", now=TEN, limit=1)] == ["a"]
