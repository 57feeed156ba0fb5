"""Sweeping Schneider Electric's search: paging that repeats itself, totals that lack, several countries, filters."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.errors import AnswerUnreadable, SourceBroken
from bot.model.order import Depth
from bot.model.poll import KnownPage, Scope, raw_digest
from bot.sources import _schneider_sweep
from bot.sources._schneider_sweep import CountrySweep
from bot.sources.schneider import Schneider
from tests.sources.schneider_answers import PATH, Api, found, made, order, order_of, reader, remembered, search, swept


def key(number: str, country: str = "FR") -> str:
    """The key of an order with a short number."""
    return f"{country}/{number:0>10}"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    async with api.served():
        yield api


@pytest.fixture
def source(api: Api) -> Schneider:
    return api.source_with_key()


def numbers(pages: list[Any]) -> list[list[str]]:
    return [[key.removeprefix("FR/").lstrip("0") for key in page.keys] for page in pages]


async def test_pages_come_one_by_one_until_the_totals_say_so(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("1", "2", page=1, pages=2))
    api.answer(search(2), found("3", page=2, pages=2))
    pages = await swept(source)
    assert numbers(pages) == [["1", "2"], ["3"]]
    assert [(page.number, page.is_last) for page in pages] == [(1, False), (2, True)]


async def test_a_number_with_and_without_its_zeros_is_one_order(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("45001234", "0045001234"))
    (row,) = (await swept(source))[0].listed or ()
    assert (row.key, row.order and row.order.number) == ("FR/0045001234", "45001234")


async def test_an_account_that_writes_no_zeros_is_asked_without_them(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("45001234"))
    await swept(source)
    api.answer(f"GET {PATH}/orders/FR/45001234", order("45001234"))
    await source.fetch("FR/0045001234")
    assert order_of() not in api.asked


async def test_a_row_is_listed_as_an_order_of_depth_header_with_its_bytes(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("0045001234"))
    (row,) = (await swept(source))[0].listed or ()
    assert row.key == "FR/0045001234"
    assert row.order is not None
    assert (row.order.key, row.order.depth) == ("FR/0045001234", Depth.HEADER)
    assert json.loads(row.row)["orderNumber"] == "0045001234"


async def test_the_digest_of_a_row_ignores_the_order_of_its_members(api: Api, source: Schneider) -> None:
    api.answer(search(1), '{"orderList": [{"orderNumber": "1", "a": [2]}], "totalNumberOfPages": 1}')
    api.answer(search(1), '{"orderList": [{"a": [2], "orderNumber": "1"}], "totalNumberOfPages": 1}')
    first, second = (await swept(source))[0], (await swept(source))[0]
    assert first.digest != second.digest
    assert first.listed is not None
    assert second.listed is not None
    assert first.listed[0].digest == second.listed[0].digest


@pytest.mark.parametrize(
    "totals",
    [
        {"pagination": {"pageNumber": "1", "totalNumberOfPages": "1", "totalNumberOfRecords": "1"}},
        {"pageNumber": 1, "totalNumberOfPages": 1, "totalNumberOfRecords": 1},
        {"Pagination": {"total_number_of_pages": 1}},
    ],
)
async def test_totals_may_be_text_or_stand_at_the_top(api: Api, source: Schneider, totals: dict[str, Any]) -> None:
    api.answer(search(1), {"orderList": [{"orderNumber": "1"}]} | totals)
    assert numbers(await swept(source)) == [["1"]]


async def test_without_totals_the_first_page_that_adds_nothing_is_the_end(api: Api, source: Schneider) -> None:
    api.answer(search(1), {"orderList": [{"orderNumber": "1"}]})
    api.answer(search(2), {"orderList": [{"orderNumber": "2"}]})
    api.answer(search(3), {"orderList": [{"orderNumber": "2"}]})
    pages = await swept(source)
    assert numbers(pages) == [["1"], ["2"], ["2"]]
    assert [page.listed for page in pages][2] == ()


async def test_another_page_number_than_asked_for_is_the_end(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("1", page=1, pages=3))
    api.answer(search(2), found("1", "2", page=1, pages=3, records=2))
    assert numbers(await swept(source)) == [["1"], ["1", "2"]]


async def test_a_source_that_repeats_itself_before_it_showed_all_it_counts_did_not_answer(
    api: Api, source: Schneider
) -> None:
    api.answer(search(1), found("1", page=1, pages=3, records=3))
    api.answer(search(2), found("1", page=1, pages=3, records=3))
    with pytest.raises(AnswerUnreadable, match="2 of 3 orders were not shown yet"):
        await swept(source)


async def test_an_empty_page_is_believed_only_if_it_counts_none(api: Api, source: Schneider) -> None:
    api.answer(search(1), found(pages=1, records=7))
    with pytest.raises(AnswerUnreadable, match="7 of 7 orders were not shown yet"):
        await swept(source)


@pytest.mark.parametrize(
    "nothing",
    [
        {"orderList": [], "pagination": {"totalNumberOfRecords": 0, "pageNumber": 1, "totalNumberOfPages": 0}},
        {"pagination": {"totalNumberOfRecords": 0}},
        {"orderList": None},
    ],
)
async def test_an_account_without_orders_is_one_empty_last_page(
    api: Api, source: Schneider, nothing: dict[str, Any]
) -> None:
    api.answer(search(1), nothing)
    (page,) = await swept(source)
    assert (page.keys, page.listed, page.is_last) == ((), (), True)


async def test_no_orders_may_also_be_said_by_the_apis_own_404(api: Api, source: Schneider) -> None:
    api.answer(search(1), {"code": "NO_ORDERS", "userMessage": "No orders found"}, status=404)
    (page,) = await swept(source)
    assert (page.keys, page.is_last) == ((), True)


@pytest.mark.parametrize("body", ["<h1>Not Found</h1>", "", '{"fault": {"faultstring": "no such proxy"}}'])
async def test_any_other_404_is_no_empty_account(api: Api, source: Schneider, body: str) -> None:
    api.answer(search(1), body, status=404)
    with pytest.raises(AnswerUnreadable, match="is base_url right"):
        await swept(source)


async def test_a_404_where_a_page_was_announced_is_no_end(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("1", page=1, pages=2))
    api.answer(search(2), {"code": "NO_ORDERS", "userMessage": "No orders found"}, status=404)
    with pytest.raises(AnswerUnreadable, match="another page was announced"):
        await swept(source)


async def test_a_page_that_fails_ends_the_sweep_with_its_error(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("1", page=1, pages=2))
    api.answer(search(2), status=500)
    pages = source.pages(Scope(), {})
    assert (await anext(pages)).keys == (key("1"),)
    with pytest.raises(SourceBroken, match=r"asked GET /orders/FR\?page=2&page-size=100, came HTTP 500"):
        await anext(pages)


async def test_an_order_that_shifts_between_pages_is_listed_again_only_if_it_changed(
    api: Api, source: Schneider
) -> None:
    changed = found("1", "2", "3", page=2, pages=2)
    changed["orderList"][1]["orderStatusName"] = "Shipped"
    api.answer(search(1), found("1", "2", page=1, pages=2))
    api.answer(search(2), changed)
    second = (await swept(source))[1]
    assert second.keys == (key("1"), key("2"), key("3"))
    assert [row.key for row in second.listed or ()] == [key("2"), key("3")]


async def test_an_order_twice_on_a_page_is_listed_once(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("1", "1"))
    assert numbers(await swept(source)) == [["1"]]


async def test_pages_whose_bytes_are_known_are_not_read_again(api: Api, source: Schneider) -> None:
    for _ in range(2):
        api.answer(search(1), found("1", page=1, pages=2))
        api.answer(search(2), found("2", page=2, pages=2))
    first = await swept(source)
    second = await swept(source, remembered(first))
    assert [page.listed for page in second] == [None, None]
    assert [replace(page, listed=None) for page in first] == second


@pytest.mark.parametrize("number", [1, 2])
def test_of_a_known_page_not_even_the_totals_are_read(number: int) -> None:
    known = {page: KnownPage(raw_digest(b"unread"), (f"FR/{page}",), is_last=page == number) for page in (1, number)}
    sweep = CountrySweep(reader(), "panels", "FR", 0, is_last_country=True)
    while not sweep.is_done:
        assert sweep.take(b"unread", known, "GET /orders/FR").listed is None
    assert sweep.page == number + 1


async def test_a_known_page_that_was_not_the_last_is_followed_though_the_next_is_not_known(
    api: Api, source: Schneider
) -> None:
    for _ in range(2):
        api.answer(search(1), found("1", page=1, pages=2))
        api.answer(search(2), found("2", page=2, pages=2))
    known = remembered((await swept(source))[:1])
    pages = await swept(source, known)
    assert [page.listed is None for page in pages] == [True, False]


async def test_a_page_with_other_bytes_than_the_known_one_is_read(api: Api, source: Schneider) -> None:
    api.answer(search(1), found("1"))
    (page,) = await swept(source, {1: KnownPage(b"other", (key("9"),), is_last=True)})
    assert page.keys == (key("1"),)
    assert page.listed


async def test_countries_are_swept_in_turn_under_numbers_of_their_own(api: Api) -> None:
    api.answer(search(1, "FR"), found("1"))
    api.answer(search(1, "BR"), found("1"))
    source = api.source_with_key(countries=["FR", "BR"])
    pages = await swept(source)
    assert [page.keys for page in pages] == [(key("1"),), (key("1", "BR"),)]
    assert [(page.number, page.is_last) for page in pages] == [(1, False), (100_001, True)]
    assert [page.listed for page in await swept(source, remembered(pages))] == [None, None]


async def test_filters_go_to_the_source_under_its_own_names(api: Api, source: Schneider) -> None:
    api.answer(search(1, filters="order-number=00450&order-status=ZA&purchaser-id=12345&"), found("1"))
    assert len(await swept(source, order_number="00450", order_status="ZA", purchaser_id="12345")) == 1


async def test_the_purchaser_parameter_can_be_renamed(api: Api) -> None:
    source = api.source_with_key(purchaser_parameter="purchaserid")
    api.answer(search(1, filters="purchaserid=12345&"), found("1"))
    assert len(await swept(source, purchaser_id="12345")) == 1


def test_a_filter_nobody_knows_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ValueError, match="can narrow by order_number, order_status, purchaser_id"):
        made().pages(Scope(where=(("customer", "x"),)), {})


def test_an_order_number_filter_needs_three_characters() -> None:
    with pytest.raises(ValueError, match="at least 3 characters"):
        made().pages(Scope(where=(("order_number", "00"),)), {})


@pytest.mark.parametrize(
    "listed",
    [
        {"auftraege": [{"orderNumber": "1"}], "totalNumberOfPages": 1},
        [{"orderNumber": "1"}],
        {"orderList": {"orderNumber": "1"}, "totalNumberOfPages": 1},
    ],
)
async def test_a_renamed_a_bare_and_a_single_row_list_are_understood(api: Api, source: Schneider, listed: Any) -> None:
    api.answer(search(1), listed)
    api.answer(search(2), listed)
    assert (await swept(source))[0].keys == (key("1"),)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("<html><body>Sign in</body></html>", "came no JSON but: Sign in"),
        ("", "came an empty body"),
        ('{"result": "ok"}', "came no list of orders but the members result; see aliases.orders"),
        ('"orders"', "came no list of orders but a str"),
        ('{"orderList": ["0045001234"]}', "came a list that holds a str in place of an object"),
        ('{"orderList": [{"nummer": "1"}]}', "order number but the members nummer; see aliases.order_number"),
        ('{"orderList": [' + '{"orderNumber": "1", "x": ' + "[" * 5000 + "]" * 5000 + "}]}", "nested too deep"),
    ],
)  # fmt: skip
async def test_what_is_no_search_answer_says_what_was_asked_and_what_came(
    api: Api, source: Schneider, answer: str, says: str
) -> None:
    api.answer(search(1), answer)
    with pytest.raises(AnswerUnreadable) as caught:
        await swept(source)
    assert says in str(caught.value)
    assert "panels gave an unusable answer: asked GET /orders/FR?page=1&page-size=100" in str(caught.value)


def test_a_search_without_an_end_is_given_up() -> None:
    sweep = CountrySweep(reader(), "panels", "FR", 0, is_last_country=True)
    answers = [f'[{{"orderNumber": "{page}"}}]'.encode() for page in range(_schneider_sweep.MAX_PAGES)]
    for answer in answers[:-1]:
        sweep.take(answer, {}, "GET /orders/FR")
    with pytest.raises(AnswerUnreadable, match="no end; narrow it with where"):
        sweep.take(answers[-1], {}, "GET /orders/FR")


async def test_pages_that_are_announced_are_asked_for_side_by_side(api: Api, source: Schneider) -> None:
    for page in range(1, 6):
        api.answer(search(page), found(str(page), page=page, pages=5))
    pages = source.pages(Scope(), {})
    await anext(pages)
    await anext(pages)
    assert source.budget.passed == 5
    assert [page.number async for page in pages] == [3, 4, 5]
    assert sorted(api.asked) == [search(page) for page in range(1, 6)]


async def test_who_leaves_a_sweep_early_leaves_no_question_behind(api: Api, source: Schneider) -> None:
    for page in range(1, 6):
        api.answer(search(page), found(str(page), page=page, pages=5))
    await swept(source)
    pages = source.pages(Scope(), {})
    await anext(pages)
    await anext(pages)
    await pages.aclose()
    assert not [task for task in asyncio.all_tasks() if "_ask_for_page" in str(task.get_coro())]


async def test_of_pages_asked_for_side_by_side_the_first_that_fails_ends_the_sweep(api: Api, source: Schneider) -> None:
    for page in range(1, 6):
        api.answer(search(page), found(str(page), page=page, pages=5))
    await swept(source)
    api.answer(search(3), status=500)
    await swept(source)
    pages = source.pages(Scope(), {})
    assert [(await anext(pages)).number for _ in range(2)] == [1, 2]
    with pytest.raises(SourceBroken, match="page=3"):
        await anext(pages)
