"""Fetching one order from Schneider Electric: what is asked for, in what order of urgency, and what is missing."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import AnswerUnreadable, OrderNotFound, SourceBroken, SourceUnreachable
from bot.model.order import Depth
from bot.sources.schneider import Schneider
from tests.sources.schneider_answers import PATH, TOKEN, Api, made, order, order_of

KEY = "FR/0045001234"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    async with api.served():
        yield api


@pytest.fixture
def source(api: Api) -> Schneider:
    return api.source_with_key()


def schedules(item: str) -> str:
    return order_of(item, "shipment-schedules")


async def test_an_order_is_asked_for_with_the_schedules_of_every_item(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order("0045001234", "000010", "000020"))
    api.answer(schedules("000010"), {"shipmentScheduleList": [{"scheduleNumber": "0001", "quantity": 1}]})
    api.answer(schedules("000020"), [])
    parsed = source.parse(KEY, await source.fetch(KEY))
    assert (parsed.key, parsed.depth) == (KEY, Depth.FULL)
    assert [line.key for line in parsed.lines] == ["000010", "000020"]
    assert [shipment.key for shipment in parsed.shipments] == ["000010/0001"]


async def test_the_payload_holds_the_raw_answers(api: Api, source: Schneider) -> None:
    api.answer(order_of(), '\ufeff {"orderNumber": "0045001234", "itemList": [{"itemNumber":"10","quantity":1.50}]}\n')
    api.answer(schedules("000010"), "[ ]")
    payload = await source.fetch(KEY)
    raw = b'{"orderNumber": "0045001234", "itemList": [{"itemNumber":"10","quantity":1.50}]}'
    assert payload.body == b'{"order":' + raw + b',"schedules":{"000010":[ ]}}'


async def test_equal_answers_give_equal_bytes(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order("0045001234", "000020", "000010"))
    api.answer(schedules("000010"), [])
    api.answer(schedules("000020"), [])
    assert await source.fetch(KEY) == await source.fetch(KEY, urgent=True)


async def test_an_item_without_schedules_may_answer_404(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order("0045001234", "000010"))
    api.answer(schedules("000010"), "nothing", status=404)
    payload = await source.fetch(KEY)
    assert json.loads(payload.body)["schedules"] == {"000010": None}
    assert source.parse(KEY, payload).shipments == ()


async def test_the_schedules_endpoint_goes_before_schedules_inside_the_order(api: Api, source: Schneider) -> None:
    item = {"itemNumber": "000010", "quantity": 1, "schedules": [{"scheduleNumber": "old"}]}
    api.answer(order_of(), order(itemList=[item]))
    api.answer(schedules("000010"), [{"scheduleNumber": "new"}])
    parsed = source.parse(KEY, await source.fetch(KEY))
    assert [shipment.number for shipment in parsed.shipments] == ["new"]


async def test_an_item_that_is_only_a_number_is_asked_for_on_its_own(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order(itemList=[{"itemNumber": "000010", "catalogNumber": ""}]))
    api.answer(order_of("000010"), {"itemNumber": "000010", "catalogNumber": "LC1D09M7"})
    api.answer(schedules("000010"), [])
    payload = await source.fetch(KEY)
    assert list(json.loads(payload.body)) == ["items", "order", "schedules"]
    parsed = source.parse(KEY, payload)
    assert [line.product for line in parsed.lines] == ["LC1D09M7"]


async def test_an_item_of_which_nothing_more_is_known_stays_as_it_is(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order(itemList=[{"itemNumber": "000010"}]))
    api.answer(order_of("000010"), status=404)
    api.answer(schedules("000010"), status=404)
    parsed = source.parse(KEY, await source.fetch(KEY))
    assert [(line.key, line.product) for line in parsed.lines] == [("000010", None)]


async def test_a_cancelled_item_keeps_its_shipments(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order(itemList=[{"itemNumber": "000010", "itemStatusName": "Cancelled"}]))
    api.answer(schedules("000010"), [{"scheduleNumber": "1", "actualShipDate": "2026-01-02"}])
    parsed = source.parse(KEY, await source.fetch(KEY))
    assert [shipment.dispatched for shipment in parsed.shipments] == [True]


async def test_an_order_without_items_needs_one_request(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order())
    assert source.parse(KEY, await source.fetch(KEY)).lines == ()
    assert api.asked == [order_of()]


@pytest.mark.parametrize("nothing", [{}, [], None, {"orderList": []}, {"order": None}])
async def test_an_answer_without_an_order_says_that_there_is_no_such_order(
    api: Api, source: Schneider, nothing: Any
) -> None:
    api.answer(order_of(), nothing)
    with pytest.raises(OrderNotFound, match="came an answer without an order"):
        await source.fetch(KEY)


async def test_an_empty_body_says_nothing_about_the_order(api: Api, source: Schneider) -> None:
    api.answer(order_of(), "")
    with pytest.raises(AnswerUnreadable, match="came an empty body"):
        await source.fetch(KEY)


async def test_an_empty_body_for_schedules_is_not_taken_for_no_schedules(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order(itemList=[{"itemNumber": "000010", "itemStatusName": "Confirmed"}]))
    api.answer(schedules("000010"), "")
    with pytest.raises(AnswerUnreadable, match="came an empty body"):
        await source.fetch(KEY)


@pytest.mark.parametrize("words", ["", {"code": "ORDER_NOT_FOUND", "userMessage": "No such order"}])
async def test_a_404_of_the_api_says_that_there_is_no_such_order(api: Api, source: Schneider, words: Any) -> None:
    api.answer(order_of(), words, status=404)
    with pytest.raises(OrderNotFound, match="asked GET /orders/FR/0045001234, came HTTP 404"):
        await source.fetch(KEY)


@pytest.mark.parametrize("body", ["<h1>404</h1>", "404: Not Found", '{"fault": {"faultstring": "no such proxy"}}'])
async def test_a_404_from_somebody_else_is_not_about_the_order(api: Api, source: Schneider, body: str) -> None:
    api.answer(order_of(), body, status=404)
    with pytest.raises(AnswerUnreadable, match="is base_url right"):
        await source.fetch(KEY)


async def test_another_order_than_the_one_asked_for_is_no_answer(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order("0099999999"))
    with pytest.raises(AnswerUnreadable, match="came order 0099999999 instead"):
        await source.fetch(KEY)


async def test_a_key_without_leading_zeros_finds_the_order_that_has_them(api: Api, source: Schneider) -> None:
    api.answer(f"GET {PATH}/orders/FR/45001234", order("0045001234"))
    parsed = source.parse("FR/45001234", await source.fetch("FR/45001234"))
    assert (parsed.key, parsed.number) == ("FR/45001234", "0045001234")


async def test_the_zeros_of_a_number_are_tried_and_what_was_found_is_remembered(api: Api, source: Schneider) -> None:
    bare = f"GET {PATH}/orders/FR/45001234"
    api.answer(order_of(), "", status=404)
    api.answer(bare, order("45001234"))
    for _ in range(2):
        assert source.parse(KEY, await source.fetch(KEY)).key == KEY
    assert api.asked == [order_of(), bare, bare]


async def test_urgent_requests_go_ahead_of_waiting_routine_ones(api: Api) -> None:
    for number in "1234":
        api.answer(f"GET {PATH}/orders/FR/{number}", order(number))
    source = api.source_with_key(in_flight=1)
    routine = [source.fetch(f"FR/{number}") for number in "123"]
    await asyncio.gather(*routine, source.fetch("FR/4", urgent=True))
    assert [asked[-1] for asked in api.asked] == ["1", "4", "2", "3"]


async def test_schedules_that_fail_fail_the_whole(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order("0045001234", "000010", "000020"))
    api.answer(schedules("000010"), [])
    api.answer(schedules("000020"), status=502)
    with pytest.raises(SourceBroken, match="000020/shipment-schedules"):
        await source.fetch(KEY)


async def test_a_page_of_html_in_place_of_schedules_is_unreadable(api: Api, source: Schneider) -> None:
    api.answer(order_of(), order("0045001234", "000010"))
    api.answer(schedules("000010"), "<h1>Sign in</h1>")
    with pytest.raises(AnswerUnreadable, match="000010/shipment-schedules, came no JSON but: Sign in"):
        await source.fetch(KEY)


async def test_path_segments_are_percent_encoded(api: Api, source: Schneider) -> None:
    api.answer(f"GET {PATH}/orders/FR/A%2F1%20%232%2B%C3%BC", order("A/1 #2+ü"))
    assert source.parse("FR/A/1 #2+ü", await source.fetch(source.key_of("A/1 #2+ü"))).number == "A/1 #2+ü"


async def test_no_more_requests_are_in_flight_than_allowed() -> None:
    busy, most = 0, 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal busy, most
        busy, most = busy + 1, max(most, busy + 1)
        for _ in range(20):
            await asyncio.sleep(0)
        busy -= 1
        items = [f"{10 * count:06d}" for count in range(1, 9)]
        return web.json_response([] if request.path.endswith("schedules") else order("0045001234", *items))

    async def token(_: web.Request) -> web.Response:
        return web.json_response(TOKEN)

    app = web.Application()
    app.router.add_post("/token", token)
    app.router.add_get("/{anything:.*}", answer)
    async with TestServer(app) as server:
        source = made(base_url=str(server.make_url("")), token_url=str(server.make_url("/token")), in_flight=3)
        assert len(source.parse(KEY, await source.fetch(KEY)).lines) == 8
        await source.close()
    assert 2 <= most <= 3


async def test_a_source_that_is_not_there_is_an_error_of_its_own() -> None:
    gone = made()
    with pytest.raises(SourceUnreachable, match=r"asked POST 127\.0\.0\.1:9/token, no connection to 127\.0\.0\.1:9"):
        await gone.fetch(KEY)
    await gone.close()
