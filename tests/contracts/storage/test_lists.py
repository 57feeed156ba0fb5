"""What every storage promises to those who look for orders, within what they may see."""

import pytest

from bot.model.change import Change, Kind, Severity
from bot.model.moment import Moment
from bot.model.order import Order, Stage
from bot.model.outbox import Gathering, State
from bot.model.poll import OrderUpdate
from bot.model.view import MOST_COUNTED, Extent, Selection
from bot.ports import Storage
from tests.storage.making import ELEVEN, NINE, TEN, a_record, an_order, an_update, claimed, news, sent

PANELS = Extent("panels", is_whole=True)
TODAY = (Moment("2026-01-05"), Moment("2026-01-04T23:00:00Z"))  # a day of Paris
TOMORROW = (Moment("2026-01-06"), Moment("2026-01-05T23:00:00Z"))


def promised(key: str, day: str, *, stage: Stage = Stage.PLACED) -> OrderUpdate:
    return an_update(an_order(key, stage=stage).model_copy(update={"delivery_promised": Moment(day)}))


async def keys(store: Storage, selection: Selection) -> list[str]:
    return [row.key for row in (await store.select(selection, limit=100)).rows]


async def two_lists(store: Storage) -> None:
    """FR/1 in every listing, FR/2 in that of team a, FR/3 in none; and one of another source."""
    updates = [an_update(an_order(f"FR/{number}", tracking=["1Z"])) for number in (1, 2, 3)]
    scopes: list[tuple[str, ...]] = [("*", "team=a"), ("team=a",), ()]
    placed = [OrderUpdate(u.key, 0, snapshot=u.snapshot, scopes=s) for u, s in zip(updates, scopes, strict=True)]
    await store.commit(a_record(*placed))
    await store.commit(a_record(an_update(an_order("s", source="shop", tracking=["1Z"])), source="shop"))


@pytest.mark.parametrize(
    ("extents", "seen"),
    [
        ((PANELS,), ["FR/1", "FR/2", "FR/3"]),
        ((PANELS, Extent("shop", is_whole=True)), ["FR/1", "FR/2", "FR/3", "s"]),
        ((Extent("panels", scopes=frozenset({"*"})),), ["FR/1"]),
        ((Extent("panels", scopes=frozenset({"team=a"}), keys=frozenset({"FR/3"})),), ["FR/1", "FR/2", "FR/3"]),
        ((Extent("panels", keys=frozenset({"FR/2", "s"})),), ["FR/2"]),
        ((Extent("other", is_whole=True),), []),
        ((), []),
    ],
)
async def test_only_what_is_within_the_extents_is_listed_or_found(
    store: Storage, extents: tuple[Extent, ...], seen: list[str]
) -> None:
    await two_lists(store)
    assert sorted(await keys(store, Selection(extents))) == seen
    assert [found.snapshot.order.key for found in await store.seek(["1z"], extents)] == seen


async def test_the_first_name_that_any_order_has_decides(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(an_order("FR/2"))))
    assert [found.snapshot.order.key for found in await store.seek(["nothing", "PO FR/2", "fr/1"], [PANELS])] == [
        "FR/2"
    ]


async def test_what_is_found_says_how_it_stands(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order(), at=NINE)))
    gone = OrderUpdate("FR/1", 1, vanished=True, changes=(Change(kind=Kind.VANISHED),), scopes=("*",), next_poll_at=TEN)
    await store.commit(a_record(gone, at=ELEVEN))
    (found,) = await store.seek(["fr/1"], [PANELS])
    assert (found.vanished, found.changed_at, found.scopes, found.next_poll_at) == (True, ELEVEN, ("*",), TEN)
    assert found.snapshot.order == an_order()


async def test_late_orders_are_open_and_promised_before_a_day_of_the_reader(store: Storage) -> None:
    await store.commit(
        a_record(
            promised("day before", "2026-01-04"),
            promised("last evening in Paris", "2026-01-04T22:59:59Z"),
            promised("this morning in Paris", "2026-01-04T23:00:00Z"),
            promised("today", "2026-01-05"),
            promised("done", "2026-01-01", stage=Stage.COMPLETED),
        )
    )
    assert await keys(store, Selection((PANELS,), due_before=TODAY)) == ["day before", "last evening in Paris"]


async def test_due_orders_are_within_two_days_soonest_first(store: Storage) -> None:
    await store.commit(
        a_record(
            promised("tomorrow", "2026-01-06"),
            promised("late today", "2026-01-05T22:59:59Z"),
            promised("today", "2026-01-05"),
            promised("yesterday", "2026-01-04"),
        )
    )
    assert await keys(store, Selection((PANELS,), due_from=TODAY, due_before=TOMORROW)) == ["today", "late today"]


async def test_stuck_orders_are_open_and_unchanged_longest_first(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order("b"), at=TEN), an_update(an_order("a"), at=NINE)))
    await store.commit(a_record(an_update(an_order("c"), at=ELEVEN)))
    await store.commit(a_record(an_update(an_order("d", stage=Stage.CANCELLED), at=NINE)))
    assert await keys(store, Selection((PANELS,), unchanged_since=ELEVEN)) == ["a", "b"]


@pytest.mark.parametrize("extent", [PANELS, Extent("panels", keys=frozenset({"FR/1", "FR/2"}))])
async def test_a_filter_means_the_same_for_named_orders_as_for_a_whole_source(store: Storage, extent: Extent) -> None:
    await store.commit(a_record(promised("FR/1", "2026-01-09", stage=Stage.SHIPPED), promised("FR/2", "2026-01-01")))
    assert await keys(store, Selection((extent,), stage=Stage.SHIPPED)) == ["FR/1"]
    assert await keys(store, Selection((extent,), due_before=TODAY)) == ["FR/2"]
    assert await keys(store, Selection((extent,), due_from=TODAY, stage=Stage.SHIPPED)) == ["FR/1"]
    assert sorted(await keys(store, Selection((extent,), unchanged_since=TEN))) == ["FR/1", "FR/2"]


@pytest.mark.parametrize("extent", [PANELS, Extent("panels", keys=frozenset(map(str, range(1003))))])
async def test_pages_know_how_many_there_are_up_to_a_bound(store: Storage, extent: Extent) -> None:
    await store.commit(a_record(*(an_update(an_order(str(number))) for number in range(7))))
    selection = Selection((extent,))
    pages = [await store.select(selection, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [len(page.rows) for page in pages] == [3, 3, 1, 0]
    assert [page.total for page in pages] == [7, 7, 7, 7]
    assert len({row.key for page in pages for row in page.rows}) == 7
    await store.commit(a_record(*(an_update(an_order(str(number))) for number in range(7, 1003))))
    assert (await store.select(selection, limit=3)).total >= MOST_COUNTED


async def test_what_was_told_of_an_order_is_newest_first(store: Storage) -> None:
    await store.commit(a_record(an_update(an_order()), tell=[news("a", order="FR/1")]))
    muted = news("b", order="FR/1").model_copy(update={"muted": "muted by U1"})
    await store.commit(a_record(an_update(an_order(), 2), tell=[muted, news("c", order="FR/2")]))
    (row,) = await claimed(store, "ops", 1, now=TEN)
    await store.settle([sent(row.id, "m")])
    newest, oldest = await store.told("panels", "FR/1")
    assert (newest.state, newest.reason, newest.settled_at) == (State.MUTED, "muted by U1", NINE)
    assert (oldest.state, oldest.settled_at, oldest.route) == (State.SENT, TEN, "watchlists.panels.notify[0]")


async def test_what_was_told_with_others_says_with_how_many_and_when(store: Storage) -> None:
    told = [news("a", order="FR/1"), news("b", order="FR/2"), news("c", order="FR/2")]
    await store.commit(a_record(an_update(an_order()), tell=told))
    together = Gathering(leader=2, merged={1: "with 2", 3: "with 2"}, message=news("x").message, at=NINE)
    assert await store.gather(together)
    (row,) = await claimed(store, "ops", 1, now=TEN)
    await store.settle([sent(row.id, "m")])
    (member,) = await store.told("panels", "FR/1")
    assert (member.state, member.told_by, member.others, member.settled_at) == (State.MERGED, State.SENT, 2, TEN)
    _, leader = await store.told("panels", "FR/2")
    assert (leader.state, leader.told_by, leader.others, leader.settled_at) == (State.SENT, None, 2, TEN)


async def test_what_is_held_says_what_for(store: Storage) -> None:
    held = {"not_before": TEN, "held_for": "status", "gather_until": NINE, "severity": Severity.LOW}
    await store.commit(a_record(an_update(an_order()), tell=[news("a", order="FR/1").model_copy(update=held)]))
    (row,) = await store.told("panels", "FR/1")
    assert {name: getattr(row, name) for name in held} == held
    assert not row.is_tried


async def test_a_muted_notification_is_never_sent(store: Storage) -> None:
    await store.commit(a_record(tell=[news("a").model_copy(update={"muted": "muted by U1"})]))
    assert await store.owed() == []
    assert await claimed(store, "ops", 5, now=TEN) == []
    assert (await store.counts())["muted"] == 1


async def test_history_is_turned_page_by_page(store: Storage) -> None:
    await store.commit(a_record(*(an_update(an_order(), number) for number in (1, 2, 3))))
    assert [row.seq for row in await store.history("panels", "FR/1", limit=2, offset=1)] == [2, 1]


async def test_the_state_of_one_order_is_loaded_alone(store: Storage) -> None:
    order: Order = an_order("FR/2")
    await store.commit(a_record(an_update(an_order("FR/1")), an_update(order)))
    assert [state.key for state in await store.load("panels", key="FR/2")] == ["FR/2"]
    assert await store.load("panels", key="FR/3") == []
