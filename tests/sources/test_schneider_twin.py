"""The Schneider Electric source against its twin in the sandbox: what happens in the world is seen through the API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.clock import ManualClock
from bot.core.diff import diff
from bot.errors import OrderNotFound, SourceRefused
from bot.model.change import Kind
from bot.model.order import Order, Stage
from bot.sandbox.faults import Faults
from bot.sandbox.schneider import PATH, TOKENS, application, purchaser_id, settings
from bot.sandbox.world import World, WorldOrder
from bot.sources.schneider import Schneider, Settings, build
from tests.sources.schneider_answers import remembered, swept


@dataclass
class Room:
    """A world, its twin on loopback, and a source that asks it."""

    clock: ManualClock
    world: World
    app: web.Application
    base: str
    opened: list[Schneider] = field(default_factory=list)

    @cached_property
    def source(self) -> Schneider:
        return self.another()

    def at(self, step: str) -> WorldOrder:
        return next(order for order in self.world.orders("schneider") if order.step == step)

    async def seen(self, order: WorldOrder) -> Order:
        key = f"FR/{order.number}"
        return self.source.parse(key, await self.source.fetch(key))

    def another(self, **changes: Any) -> Schneider:
        entry = settings(self.base) | {"budget": "1000/s"} | changes
        source = build("panels", Settings.model_validate(entry), self.clock)
        self.opened.append(source)
        return source


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    clock = ManualClock()
    world = World(clock, accounts=["schneider"], orders_per_account=12)
    app = application(world, "schneider", Faults())
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        room = Room(clock, world, app, base)
        yield room
        for source in room.opened:
            await source.close()


async def test_everything_of_an_order_arrives(room: Room) -> None:
    truth = room.at("shipped")
    seen = await room.seen(truth)
    assert (seen.number, seen.reference, seen.status.text) == (truth.number, truth.reference, "Shipped")
    assert [line.product for line in seen.lines] == [line.product for line in truth.lines]
    assert [s.packages[0].tracking_number for s in seen.shipments] == [
        s.packages[0].tracking_number for s in truth.shipments
    ]
    assert all(shipment.dispatched for shipment in seen.shipments)


async def test_every_step_of_the_world_is_read_as_the_stage_it_means(room: Room) -> None:
    stages = {order.step: (await room.seen(order)).status.stage for order in room.world.orders("schneider")}
    assert stages == {
        "placed": Stage.PLACED,
        "confirmed": Stage.CONFIRMED,
        "in_production": Stage.IN_PROGRESS,
        "partly_shipped": Stage.PARTLY_SHIPPED,
        "shipped": Stage.SHIPPED,
        "delivered": Stage.COMPLETED,
    } | ({"cancelled": Stage.CANCELLED} if "cancelled" in stages else {})


async def test_a_sweep_shows_all_orders_over_many_pages(room: Room) -> None:
    source = room.another(page_size=5)
    pages = await swept(source)
    assert [len(page.keys) for page in pages] == [5, 5, 2]
    assert {key for page in pages for key in page.keys} == {f"FR/{o.number}" for o in room.world.orders("schneider")}


async def test_an_unchanged_world_answers_byte_for_byte_the_same(room: Room) -> None:
    order = room.at("shipped")
    first, payload = await swept(room.source), await room.source.fetch(f"FR/{order.number}")
    await room.clock.advance(7200)
    assert [page.listed for page in await swept(room.source, remembered(first))] == [None]
    assert await room.source.fetch(f"FR/{order.number}") == payload


async def test_a_header_and_the_whole_order_agree(room: Room) -> None:
    rows = {row.key: row.order for page in await swept(room.source) for row in page.listed or ()}
    order = room.at("confirmed")
    header, full = rows[f"FR/{order.number}"], await room.seen(order)
    assert header is not None
    assert diff(header, full) == ()


async def test_tracking_moves_without_the_list_moving(room: Room) -> None:
    order = room.at("shipped")
    pages, before = await swept(room.source), await room.seen(order)
    room.world.add_tracking(order)
    assert [page.digest for page in await swept(room.source)] == [page.digest for page in pages]
    assert [change.kind for change in diff(before, await room.seen(order))] == [Kind.TRACKING_ADDED]


async def test_a_moved_promise_is_one_change(room: Room) -> None:
    order = room.at("confirmed")
    before = await room.seen(order)
    room.world.move_promise(order, date(2027, 3, 1), line="000010")
    (change,) = diff(before, await room.seen(order))
    assert (change.kind, change.line, change.after) == (Kind.PROMISE_MOVED, "000010", "2027-03-01")


async def test_a_cancelled_line_is_told_once_and_takes_no_dispatch_back(room: Room) -> None:
    order = room.at("shipped")
    before = await room.seen(order)
    room.world.cancel_line(order, "000010")
    assert [change.kind for change in diff(before, await room.seen(order))] == [Kind.LINE_CANCELLED]


async def test_the_source_narrows_the_search(room: Room) -> None:
    order = room.at("delivered")
    (page,) = await swept(room.source, order_number=order.number)
    assert page.keys == (f"FR/{order.number}",)
    pages = await swept(room.source, order_status="60")
    assert all(row.order and row.order.status.code == "60" for page in pages for row in page.listed or ())
    pages = await swept(room.source, purchaser_id=purchaser_id(order))
    assert f"FR/{order.number}" in pages[0].keys
    assert len(pages[0].keys) < 12


async def test_an_order_may_be_asked_for_without_its_zeros(room: Room) -> None:
    number = room.at("placed").number
    key = room.source.key_of(number.lstrip("0"))
    assert room.source.parse(key, await room.source.fetch(key)).number == number


async def test_an_unknown_and_a_vanished_order_are_not_found(room: Room) -> None:
    gone = room.at("placed")
    room.world.vanish(gone)
    for number in ("0099999999", gone.number):
        with pytest.raises(OrderNotFound):
            await room.source.fetch(f"FR/{number}")


async def test_a_country_without_orders_is_an_empty_page(room: Room) -> None:
    source = room.another(countries=["BR"])
    assert [page.keys for page in await swept(source)] == [()]


async def test_an_hour_later_and_after_a_revocation_a_new_token_is_used(room: Room) -> None:
    tokens = room.app[TOKENS]
    await swept(room.source)
    room.app[TOKENS].revoke()
    await swept(room.source)
    assert tokens.given == 2
    await room.clock.advance(timedelta(hours=1).total_seconds())
    await swept(room.source)
    assert tokens.given == 3


async def test_a_token_opens_nothing_after_an_hour(room: Room) -> None:
    headers = {"Authorization": f"Bearer {room.app[TOKENS].give()}"}
    await room.clock.advance(3600)
    async with ClientSession(headers=headers) as session, session.get(f"{room.base}{PATH}/orders/FR") as response:
        assert response.status == 401
        assert "access_token_expired" in await response.text()


async def test_credentials_may_go_in_the_body(room: Room) -> None:
    source = room.another(client_auth="body")
    assert await swept(source)


@pytest.mark.parametrize(
    "wrong", [{"client_secret": "guess"}, {"client_id": "bob"}, {"client_auth": "body", "client_id": "bob"}]
)
async def test_wrong_credentials_are_refused(room: Room, wrong: dict[str, str]) -> None:
    source = room.another(**wrong)
    with pytest.raises(SourceRefused, match="invalid_client: Client credentials are invalid"):
        await swept(source)


async def test_a_wrong_key_is_refused(room: Room) -> None:
    source = room.another(auth="api_key", api_key="guess", client_id=None, client_secret=None)
    with pytest.raises(SourceRefused, match=r"HTTP 401: oauth\.v2\.InvalidAccessToken: Invalid Access Token"):
        await swept(source)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/orders/fr", 400, "INVALID_COUNTRY"),
        ("/orders/FR?order-number=12", 400, "INVALID_ORDER_NUMBER"),
        ("/orders/FR?page=0", 400, "INVALID_PAGE"),
        ("/orders/FR/0099999999", 404, "ORDER_NOT_FOUND"),
        ("/orders/FR/0045001000/000990", 404, "ITEM_NOT_FOUND"),
        ("/orders/FR/0045001000/000990/shipment-schedules", 404, "SCHEDULE_NOT_FOUND"),
    ],
)
async def test_the_twin_complains_in_the_published_shape(room: Room, path: str, status: int, code: str) -> None:
    headers = {"Authorization": f"Bearer {room.app[TOKENS].give()}"}
    async with ClientSession() as session, session.get(room.base + PATH + path, headers=headers) as response:
        assert response.status == status
        assert (await response.json())["code"] == code


async def test_a_page_past_the_end_repeats_the_last_and_ten_rows_are_usual(room: Room) -> None:
    headers = {"Authorization": f"Bearer {room.app[TOKENS].give()}"}
    url = f"{room.base}{PATH}/orders/FR?page="
    async with ClientSession(headers=headers) as session:
        answers = [await (await session.get(f"{url}{page}")).json() for page in (1, 2, 9)]
    assert [len(answer["orderList"]) for answer in answers] == [10, 2, 2]
    assert answers[2]["pagination"] == {"totalNumberOfRecords": 12, "pageNumber": 2, "totalNumberOfPages": 2}


async def test_a_single_item_is_shown_on_its_own(room: Room) -> None:
    order = room.at("placed")
    headers = {"Authorization": f"Bearer {room.app[TOKENS].give()}"}
    url = f"{room.base}{PATH}/orders/FR/{order.number}/000010"
    async with ClientSession(headers=headers) as session, session.get(url) as response:
        assert (await response.json())["catalogNumber"] == order.lines[0].product
