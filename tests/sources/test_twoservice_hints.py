"""Which orders had something shipped lately, as 2Service's shipments tell."""

from typing import Any

import pytest

from bot.errors import AnswerUnreadable
from bot.model.poll import KnownPage, KnownPages, Listing, Page, Scope
from bot.ports import Source
from tests.sources.test_twoservice_session import Host, failure


def shipment(number: int, *orders: str, **members: Any) -> dict[str, Any]:
    articles = [{"OrderNumber": order, "ArticleNumber": f"A-{order}", "Quantity": 1} for order in orders]
    return {"ShipmentId": number, "HasBeenDispatched": True, "Articles": articles, "Packages": [], **members}


def shipped(*shipments: Any) -> dict[str, Any]:
    return {"Result": list(shipments), "IsSuccessful": True}


async def sweep(source: Source, known: KnownPages | None = None) -> Page:
    [page] = [page async for page in source.pages(Scope(), known or {})]
    return page


async def hints(*answers: Any) -> list[dict[str, bytes]]:
    async with Host(*answers).source() as source:
        pages = [await sweep(source) for _ in answers]
    return [{row.key: row.digest for row in page.listed or ()} for page in pages]


async def test_one_page_tells_every_order_that_something_was_shipped_for() -> None:
    host = Host(shipped(shipment(1, "26001"), shipment(2, "26002", "26001"), shipment(3), None))
    async with host.source() as source:
        assert source.listing is Listing.HINTS
        page = await sweep(source)
    assert (page.number, page.keys, page.is_last) == (1, ("26001", "26002"), True)
    assert [row.order for row in page.listed or ()] == [None, None]
    assert host.asked[0].query["DateFrom"] == "2026-02-19"


async def test_how_far_back_is_a_setting() -> None:
    host = Host(shipped())
    async with host.source(discover_days=3) as source:
        assert (await sweep(source)).listed == ()
    assert host.asked[0].query["DateFrom"] == "2026-03-02"


async def test_only_the_order_whose_part_moved_has_another_digest() -> None:
    package = {"ShipmentMethod": "DPD", "TrackingNumber": "T1"}
    before, after = await hints(
        shipped(shipment(1, "26001"), shipment(2, "26002")),
        shipped(shipment(1, "26001"), shipment(2, "26002", Packages=[package])),
    )
    assert before["26001"] == after["26001"]
    assert before["26002"] != after["26002"]


async def test_the_order_of_shipments_moves_nothing() -> None:
    one, two = shipment(1, "26001", "26002"), shipment(2, "26001")
    before, after = await hints(shipped(one, two), shipped(two, one))
    assert before == after


async def test_a_page_known_to_the_byte_is_not_read_again() -> None:
    async with Host(shipped(shipment(1, "26001"))).source() as source:
        first = await sweep(source)
        again = await sweep(source, {1: KnownPage(first.digest, first.keys, is_last=True)})
    assert again == Page(1, first.digest, first.keys, None, is_last=True)


async def test_a_listing_that_fails_is_an_error_and_not_an_empty_page() -> None:
    for answer in (failure("Storing"), {"Result": "later", "IsSuccessful": True}):
        async with Host(answer).source() as source:
            with pytest.raises(AnswerUnreadable, match="GET /dealers/shipments"):
                await sweep(source)


async def test_there_is_nothing_to_filter_by() -> None:
    async with Host().source() as source:
        with pytest.raises(ValueError, match="remove `where`"):
            [page async for page in source.pages(Scope((("status", "Open"),)), {})]
