"""What every storage promises to those who ask."""

from dataclasses import replace

import pytest

from bot.model.change import Change, Kind
from bot.model.moment import Moment
from bot.model.order import Stage
from bot.model.outbox import State
from bot.model.poll import OrderUpdate, Payload
from bot.model.promise import Promised
from bot.ports import Storage
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update, claimed, news, sent


async def test_orders_are_listed_last_changed_first(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(an_order("FR/2"), at=ELEVEN)))
    await store.commit(a_record(an_update(an_order("FR/3"), at=TEN)))
    assert [row.key for row in await store.orders()] == ["FR/2", "FR/3", "FR/1"]
    assert [row.key for row in await store.orders(limit=1, offset=1)] == ["FR/3"]


async def test_orders_are_listed_by_source_and_stage(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(an_order("FR/2", stage=Stage.SHIPPED))))
    await store.commit(a_record(an_update(an_order("s", source="shop", stage=Stage.SHIPPED)), source="shop"))
    assert {row.key for row in await store.orders(stage=Stage.SHIPPED)} == {"FR/2", "s"}
    assert {row.key for row in await store.orders(source="panels")} == {"FR/1", "FR/2"}
    assert {row.key for row in await store.orders(source="shop", stage=Stage.SHIPPED)} == {"s"}
    assert [await store.count_orders(source=source) for source in (None, "panels", "parts")] == [3, 2, 0]
    assert [await store.count_orders(source="shop", stage=stage) for stage in (Stage.SHIPPED, Stage.PLACED)] == [1, 0]


async def test_a_listed_order_shows_what_people_call_it(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(tracking=["1Z 9", "é2"], stage=Stage.SHIPPED))))
    (row,) = await store.orders()
    assert (row.number, row.reference, row.status) == ("No FR/1", "PO FR/1", "As the source says")
    assert (row.stage, row.delivery_promised, row.tracking) == (Stage.SHIPPED, "2026-02-01", ("1Z 9", "é2"))
    assert (row.seq, row.vanished, row.changed_at) == (1, False, NINE)


async def test_an_order_that_vanishes_moves_to_the_top_of_the_list(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(an_order("FR/2"), at=TEN)))
    vanishes = OrderUpdate("FR/1", 1, vanished=True, changes=(Change(kind=Kind.VANISHED),))
    await store.commit(a_record(vanishes, at=ELEVEN))
    first, _ = await store.orders()
    assert (first.key, first.vanished, first.changed_at) == ("FR/1", True, ELEVEN)


@pytest.mark.parametrize("written", ["fr/1", " FR / 1 ", "no FR/1", "NOFR/1", "po fr/1", "1z 999", "1Z999", "straße"])
async def test_an_order_is_found_by_any_of_its_names(store: Storage, written: str) -> None:
    await store.commit(a_record(an_update(an_order(tracking=["1Z 999", "STRASSE"])), an_update(an_order("FR/2"))))
    assert [found.order.key for found in await store.find_orders(written)] == ["FR/1"]


@pytest.mark.parametrize("written", ["45001234", "0045001234", "fr/45001234", "FR/0045001234"])
async def test_zeros_in_front_of_a_number_do_not_matter(store: Storage, written: str) -> None:
    await store.commit(a_record(an_update(an_order("FR/0045001234").model_copy(update={"number": "0045001234"}))))
    assert [found.order.key for found in await store.find_orders(written)] == ["FR/0045001234"]


@pytest.mark.parametrize("written", ["", "  ", "%", "FR", "FR/10", "1Z99"])
async def test_nothing_is_found_by_a_part_of_a_name(store: Storage, written: str) -> None:
    await store.commit(a_record(an_update(an_order(tracking=["1Z 999"]))))
    assert await store.find_orders(written) == []


async def test_an_order_is_no_longer_found_by_a_number_it_lost(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(tracking=["OLD", "BOTH"]))))
    await store.commit(a_record(an_update(an_order(tracking=["NEW", "BOTH"]), 2)))
    assert await store.find_orders("old") == []
    assert len(await store.find_orders("both")) == len(await store.find_orders("new")) == 1


async def test_two_orders_in_one_parcel_are_both_found(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(key, tracking=["1Z"])) for key in ("FR/1", "FR/2"))))
    assert [found.order.key for found in await store.find_orders("1z")] == ["FR/1", "FR/2"]


async def test_history_is_newest_first_and_says_who_was_told(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order()), tell=[news("a", order="FR/1")]))
    await store.commit(
        a_record(an_update(an_order(), 2, at=TEN), tell=[news("b", order="FR/1"), news("c", "sales", order="FR/1")])
    )
    (row,) = await claimed(store, "sales", 1, now=TEN)
    await store.settle([sent(row.id, "m")])
    newest, oldest = await store.history("panels", "FR/1")
    assert (newest.seq, newest.seen_at, newest.told) == (2, TEN, ("ops: pending", "sales: sent"))
    assert (oldest.seq, oldest.seen_at, oldest.told) == (1, NINE, ("ops: pending",))
    assert newest.change == {"kind": "status", "before": "open", "after": "shipped"}


async def test_history_names_only_those_who_were_told_this_kind(store: Storage) -> None:
    changes = (Change(kind=Kind.STATUS), Change(kind=Kind.DISPATCHED))
    await store.commit(a_record(replace(an_update(an_order()), changes=changes), tell=[news("a", order="FR/1")]))
    dispatched, status = await store.history("panels", "FR/1")
    assert (dispatched.told, status.told) == ((), ("ops: pending",))


async def test_history_is_of_one_order_and_of_bounded_length(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order()), an_update(an_order("FR/2"))))
    await store.commit(a_record(an_update(an_order(), 2), an_update(an_order(), 3)))
    assert [row.seq for row in await store.history("panels", "FR/1", limit=2)] == [3, 2]


async def test_the_payload_of_every_version_is_kept_byte_for_byte(store: Storage) -> None:
    first, second = b"\x00\xff not text", b"[" + b"1," * 100_000 + b"1]"
    await store.commit(a_record(an_update(an_order(), body=first)))
    await store.commit(a_record(an_update(an_order(), 2, body=second)))
    assert await store.payload("panels", "FR/1", 1) == Payload(first)
    assert await store.payload("panels", "FR/1", 2) == Payload(second)


async def test_a_version_without_payload_has_none(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(), body=None)))
    assert await store.payload("panels", "FR/1", 1) is None
    assert await store.payload("panels", "FR/1", 2) is None


async def test_notifications_are_paged_by_id_and_chosen_by_state(store: Storage) -> None:
    await store.commit(a_record(tell=[news(str(number)) for number in range(6)]))
    rows = await claimed(store, "ops", 4, now=NINE)
    await store.settle([sent(row.id, "m") for row in rows[:2]])
    page = await store.notifications(states=[State.PENDING, State.SENT], limit=3)
    assert [row.key for row in page] == ["0", "1", "4"]
    assert [row.key for row in await store.notifications(after_id=page[-1].id)] == ["5"]


async def test_a_notification_is_found_by_the_message_it_became(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a"), news("b"), news("c", "sales")]))
    first, second = await claimed(store, "ops", 2, now=NINE)
    await store.settle([sent(first.id, "m1", "m2"), sent(second.id, "m3")])
    found = await store.notification_behind("ops", "m2")
    assert found is not None
    assert found.key == "a"
    assert await store.notification(found.key) == found
    assert await store.notification("nobody's") is None
    assert await store.notification_behind("sales", "m2") is await store.notification_behind("ops", "m9") is None


async def test_counts_add_up(store: Storage) -> None:
    await store.commit(
        a_record(an_update(an_order()), an_update(an_order(), 2), tell=[news("a"), news("b"), news("c")])
    )
    rows = await claimed(store, "ops", 2, now=NINE)
    await store.settle([sent(rows[0].id, "m")])
    counted = await store.counts()
    assert (counted["orders"], counted["snapshots"], counted["changes"]) == (1, 2, 2)
    assert {state.value: counted[state] for state in State} == {
        "pending": 1, "sending": 1, "sent": 1, "muted": 0, "merged": 0, "dead": 0,
    }  # fmt: skip


async def test_the_last_beat_names_the_loops_that_live(store: Storage) -> None:
    await store.beat(["poller", "notifier"], NINE)
    await store.beat(["poller", "janitor"], TEN)
    assert await store.beats() == {"poller": TEN, "janitor": TEN}


async def test_of_a_loop_that_is_silent_the_last_sign_of_life_stands(store: Storage) -> None:
    await store.beat(["poller"], NINE)
    await store.beat([], TEN, ["poller", "janitor"])
    assert await store.beats() == {"poller": NINE, "janitor": TEN}


async def test_when_nobody_runs_no_beat_is_left(store: Storage) -> None:
    await store.beat(["poller"], NINE, ["janitor"])
    await store.beat([], TEN)
    assert await store.beats() == {}


async def test_what_is_remembered_of_promises_comes_back_with_the_last_version(store: Storage) -> None:
    promises = {"delivery_promised": Promised(first=Moment("2026-02-01"), told=Moment("2026-02-04"))}
    update = an_update(an_order())
    assert update.snapshot is not None
    snapshot = update.snapshot.model_copy(update={"promises": promises})
    await store.commit(a_record(replace(update, snapshot=snapshot)))
    assert (await store.snapshots("panels", ["FR/1"]))["FR/1"].promises == promises
    (found,) = await store.find_orders("FR/1")
    assert found == snapshot
