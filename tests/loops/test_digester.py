"""Digests are made once a day at their time, over the real store, whatever stops and starts."""

from collections.abc import Sequence
from datetime import timedelta

from bot.clock import ManualClock
from bot.core.catalogue import Catalogue
from bot.loops.digester import Digester
from bot.model.access import Grant
from bot.model.digest import Digest
from bot.model.moment import Moment
from bot.model.order import Order
from bot.model.outbox import Destination
from bot.model.poll import Health, PollRecord
from bot.storage.sqlite import SqliteStorage
from tests.core.making import DELIVERED, OPS, watchlist, words
from tests.loops.asking import one, panels
from tests.loops.scripted import started, work

PLACE = Destination(name="ops", chat="slack", address={"channel": "C1"}, timezone="Europe/Paris")
MORNING = Digest(name="morning", to=("ops",), at=11 * 60)
HOUR = 3600.0


async def watched(storage: SqliteStorage, clock: ManualClock, *orders: Order) -> None:
    """Let the bot have seen these orders."""
    await work(await started(panels(*orders), storage, clock, watchlist()), clock)


def digester(
    storage: SqliteStorage, clock: ManualClock, digest: Digest = MORNING, grants: Sequence[Grant] = ()
) -> Digester:
    catalogue = Catalogue(
        labels={"panels": "panels (Schneider)"},
        key_of={"panels": str},
        watchlists={"all panels": watchlist()},
        destinations={"ops": PLACE},
        catch_all=(OPS,),
        access=(),
        timezone="UTC",
        version="0",
    )
    return Digester(storage, clock, (digest,), catalogue, lambda: grants)


async def told(storage: SqliteStorage) -> list[str]:
    return [words(row.message) for row in await storage.notifications() if row.kinds == ("digest",)]


async def test_it_is_made_once_at_its_time_and_again_the_next_day(storage: SqliteStorage, clock: ManualClock) -> None:
    await watched(storage, clock, one(delivery_promised="2026-01-05"))
    for _ in range(30):
        await digester(storage, clock).make_due()  # each time as after a restart
        await clock.advance(HOUR)
    first, second = await told(storage)
    assert "Today · morning: 1 due today" in first
    assert "1 overdue" in second


async def test_counts_come_first_and_each_order_by_the_number_to_ask_for(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    late, today = one("4500001", delivery_promised="2026-01-02"), one("4500002", delivery_promised="2026-01-05")
    await watched(storage, clock, late, today, one("4500003", status=DELIVERED, delivery_promised="2026-01-02"))
    await clock.advance(HOUR)
    await digester(storage, clock).make_due()
    (text,) = await told(storage)
    assert text.splitlines()[0] == "Today · morning: 1 overdue, 1 due today"
    assert "4500001 · Confirmed · late by 3 days" in text
    assert "4500003" not in text
    assert "Every source answers" in text.splitlines()[-1]


async def test_nothing_to_say_is_not_said_unless_asked_for(storage: SqliteStorage, clock: ManualClock) -> None:
    await clock.advance(2 * HOUR)
    await digester(storage, clock).make_due()
    assert await told(storage) == []
    asked_for = MORNING.model_copy(update={"name": "always", "when_empty": True})
    await digester(storage, clock, asked_for).make_due()
    (text,) = await told(storage)
    assert "nothing is due, late or stuck" in text


async def test_one_that_had_nothing_to_say_is_not_made_later_in_the_day(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    await clock.advance(2 * HOUR)
    await digester(storage, clock).make_due()
    await watched(storage, clock, one(delivery_promised="2026-01-02"))
    await digester(storage, clock).make_due()
    assert await told(storage) == []


async def test_one_missed_is_sent_late_the_same_day_and_says_so(storage: SqliteStorage, clock: ManualClock) -> None:
    await watched(storage, clock, one(delivery_promised="2026-01-02"))
    await clock.advance(6 * HOUR)
    await digester(storage, clock).make_due()
    (text,) = await told(storage)
    assert "late, for nothing ran at" in text.splitlines()[0]


async def test_one_missed_is_not_sent_the_day_after(storage: SqliteStorage, clock: ManualClock) -> None:
    await watched(storage, clock, one(delivery_promised="2026-01-02"))
    await clock.advance(16 * HOUR)
    await digester(storage, clock).make_due()
    assert await told(storage) == []


async def test_a_source_that_fails_is_worth_a_digest(storage: SqliteStorage, clock: ManualClock) -> None:
    failing = Health("panels", failures=3, failing_since=Moment("2026-01-05T08:00:00Z"))
    await watched(storage, clock, one())
    await storage.commit(PollRecord("panels", Moment("2026-01-05T09:00:00Z"), healths=(failing,)))
    await clock.advance(HOUR)
    await digester(storage, clock).make_due()
    (text,) = await told(storage)
    assert "panels (Schneider) does not answer since" in text


async def test_a_place_that_may_not_see_the_orders_gets_none(storage: SqliteStorage, clock: ManualClock) -> None:
    await watched(storage, clock, one(delivery_promised="2026-01-02"))
    await clock.advance(HOUR)
    elsewhere = Grant(chat="slack", place="C1", sources=("shop",))
    await digester(storage, clock, grants=(elsewhere,)).make_due()
    assert await told(storage) == []


async def test_a_picture_of_the_open_orders_goes_along(storage: SqliteStorage, clock: ManualClock) -> None:
    await watched(storage, clock, one(delivery_promised="2026-01-02"))
    await clock.advance(HOUR)
    await digester(storage, clock, MORNING.model_copy(update={"picture": True})).make_due()
    (row,) = [row for row in await storage.notifications() if row.kinds == ("digest",)]
    assert row.message.attachment is not None
    assert row.message.attachment.data.startswith(b"\x89PNG")
    assert row.message.attachment.alt == "1 open order by status and days without a change: 1 confirmed"


async def test_more_orders_than_are_named_are_counted_with_the_way_to_all_of_them(
    storage: SqliteStorage, clock: ManualClock
) -> None:
    orders = [one(str(number), delivery_promised="2026-01-02") for number in range(4500001, 4500014)]
    await watched(storage, clock, *orders)
    await clock.advance(HOUR)
    await digester(storage, clock).make_due()
    (text,) = await told(storage)
    assert "and 3 more: ask late" in text


async def test_the_loop_wakes_at_the_time_of_the_digest(storage: SqliteStorage, clock: ManualClock) -> None:
    loop = digester(storage, clock)
    assert loop._pause() == 60.0
    await clock.advance(timedelta(minutes=59, seconds=30).total_seconds())
    assert loop._pause() == 30.0
