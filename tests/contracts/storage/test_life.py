"""What every storage promises about retention, and about its own beginning and end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.errors import StorageError
from bot.model.retention import Retention
from bot.ports import Storage
from tests.contracts.storage.conftest import Reopen
from tests.storage.making import ELEVEN, NINE, a_record, again, an_order, an_update, claimed, news, sent


async def test_old_payloads_are_dropped_and_young_ones_stay(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(), at=NINE), an_update(an_order(), 2, at=ELEVEN)))
    kept = Retention(raw=timedelta(hours=1), sent=timedelta(days=1))
    dropped = await store.tidy(ELEVEN, kept)
    assert {what: count for what, count in dropped.items() if count} == {"payloads": 1}
    assert await store.payload("panels", "FR/1", 1) is None
    assert await store.payload("panels", "FR/1", 2) is not None
    assert len(await store.history("panels", "FR/1")) == 2


async def test_old_settled_notifications_are_dropped_and_open_ones_never(store: Storage) -> None:
    await store.commit(a_record(tell=[news("old"), news("young"), news("open")]))
    rows = await claimed(store, "ops", 3, now=NINE)
    await store.settle([sent(rows[0].id, "m", at=NINE), sent(rows[1].id, "m", at=ELEVEN), again(rows[2].id, None)])
    dropped = await store.tidy(ELEVEN, Retention(raw=timedelta(days=1), sent=timedelta(minutes=30)))
    assert dropped["notifications"] == 1
    assert [row.key for row in await store.notifications()] == ["young", "open"]


async def test_ids_of_dropped_notifications_are_never_given_out_again(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a")]))
    (row,) = await claimed(store, "ops", 1, now=NINE)
    await store.settle([sent(row.id, "m", at=NINE)])
    await store.tidy(ELEVEN, Retention(raw=timedelta(), sent=timedelta()))
    await store.commit(a_record(tell=[news("b")]))
    assert (await store.notifications())[0].id > row.id


async def test_more_than_one_batch_is_dropped(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(f"FR/{number}")) for number in range(2100))))
    dropped = await store.tidy(ELEVEN, Retention(raw=timedelta(hours=1), sent=timedelta(hours=1)))
    assert dropped["payloads"] == 2100
    assert (await store.tidy(ELEVEN, Retention(raw=timedelta(), sent=timedelta())))["payloads"] == 0


async def test_closing_twice_is_nothing(store: Storage) -> None:
    await store.close()
    await store.close()


async def test_closing_finishes_what_was_started(store: Storage, reopen: Reopen) -> None:
    commits = [asyncio.create_task(store.commit(a_record(an_update(an_order(f"FR/{n}"))))) for n in range(10)]
    await asyncio.sleep(0)
    again_ = await reopen()
    await asyncio.gather(*commits)
    assert len(await again_.load("panels")) == 10


@pytest.mark.parametrize("what", ["load", "commit", "claim", "counts"])
async def test_after_the_end_nothing_works(store: Storage, what: str) -> None:
    await store.close()
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "load": lambda: store.load("panels"),
        "commit": lambda: store.commit(a_record(an_update(an_order()))),
        "claim": lambda: claimed(store, "ops", 1, now=NINE),
        "counts": lambda: store.counts(),
    }
    with pytest.raises(StorageError, match="not open"):
        await calls[what]()
