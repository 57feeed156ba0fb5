"""Sweeping StateSet's listing: four envelopes, two ways of paging, and an end for certain."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import AnswerUnreadable
from bot.model.order import Depth
from bot.model.poll import KnownPage, Listing, Page, Payload, Scope
from bot.ports import Source
from tests.sources.serving import Asked, Script
from tests.sources.test_stateset_asking import NO_ROUTE, asking

Rows = list[dict[str, Any]]


def rows(count: int) -> Rows:
    return [{"id": f"ord_{number}", "status": "Pending", "updated_date": "2026-03-01"} for number in range(count)]


def envelope(name: str, page: Rows, every: Rows, limit: int, number: int) -> Any:
    pages = -(-len(every) // limit)
    counts = {"total": len(every), "page": number, "total_pages": pages}
    return {
        "orders": {"orders": page},
        "orders and total": {"orders": page, "total": len(every)},
        "items in data": {"success": True, "data": {"items": page, "limit": limit, **counts}},
        "data": {"data": page, "per_page": limit, "has_next": number < pages, "has_prev": number > 1, **counts},
        "bare": page,
    }[name]


def server(name: str, every: Rows, *, most: int = 100) -> Script:
    """A listing in one envelope; those that count pages know `page`, the others `offset`."""

    def answer(asked: Asked) -> Any:
        limit = min(int(asked.query["limit"]), most)
        counts_pages = name in ("items in data", "data")
        start = (int(asked.query.get("page", 1)) - 1) * limit if counts_pages else int(asked.query["offset"])
        return envelope(name, every[start : start + limit], every, limit, start // limit + 1)

    return Script([answer])


async def sweep(source: Source, where: dict[str, str] | None = None) -> list[Page]:
    scope = Scope(tuple(sorted((where or {}).items())))
    return [page async for page in source.pages(scope, {})]


def keys(pages: list[Page]) -> list[str]:
    return list(dict.fromkeys(key for page in pages for key in page.keys))


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250, 300])
@pytest.mark.parametrize("name", ["orders", "orders and total", "items in data", "data", "bare"])
async def test_every_order_is_listed_once_in_every_envelope(name: str, count: int) -> None:
    every = rows(count)
    async with asking(server(name, every)) as source:
        pages = await sweep(source)
    assert keys(pages) == [row["id"] for row in every]
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [page.number for page in pages] == list(range(1, len(pages) + 1))
    assert len(pages) <= count // 100 + 2


@pytest.mark.parametrize("name", ["orders", "orders and total", "data"])
async def test_a_server_that_gives_less_at_a_time_than_asked_for_is_read_to_its_end(name: str) -> None:
    every = rows(35)
    async with asking(server(name, every, most=10)) as source:
        assert keys(await sweep(source)) == [row["id"] for row in every]


async def test_a_total_that_counts_only_the_page_does_not_end_the_sweep() -> None:
    every = rows(150)

    def answer(asked: Asked) -> Any:
        page = every[int(asked.query["offset"]) :][:100]
        return {"orders": page, "total": len(page)}

    async with asking(Script([answer])) as source:
        assert len(keys(await sweep(source))) == 150


async def test_rows_are_headers_whose_digest_moves_with_the_row() -> None:
    moved = rows(2)
    moved[1]["status"] = "Shipped"
    async with asking(Script([{"orders": rows(2), "total": 2}, {"orders": moved[::-1], "total": 2}])) as source:
        [before], [after] = await sweep(source), await sweep(source)
    old, new = ({row.key: row.digest for row in page.listed or ()} for page in (before, after))
    assert old["ord_0"] == new["ord_0"]
    assert old["ord_1"] != new["ord_1"]
    header = next(row.order for row in after.listed or () if row.key == "ord_1")
    assert header is not None
    assert (header.depth, header.status.word, header.lines, header.shipments) == (Depth.HEADER, "Shipped", (), ())


async def test_a_row_is_kept_so_that_a_first_sight_can_be_read_again() -> None:
    async with asking(Script([{"orders": rows(1), "total": 1}])) as source:
        [page] = await sweep(source)
        [row] = page.listed or ()
        assert source.parse(row.key, Payload(row.row)).status.word == "Pending"


async def test_an_order_that_shifts_between_pages_is_listed_all_the_same() -> None:
    every = rows(150)
    script = server("orders and total", every)
    async with asking(script) as source:
        pages = source.pages(Scope(), {})
        first = await anext(pages)
        every.insert(0, {"id": "ord_new"})
        rest = [page async for page in pages]
    assert len(set(keys([first, *rest]))) == 150


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: {"orders": rows(100)},
        lambda _: {"orders": rows(5), "total": 500},
        lambda _: {"data": rows(5), "has_next": True},
        lambda _: {"data": {"items": rows(5), "total_pages": 9}},
    ],
)
async def test_a_listing_that_goes_in_circles_is_an_error_and_not_complete(answer: Callable[[Asked], Any]) -> None:
    script = Script([answer])
    async with asking(script) as source:
        with pytest.raises(AnswerUnreadable, match="repeats earlier pages"):
            await sweep(source)
    assert len(script.asked) == 2


async def test_a_short_page_that_comes_again_is_all_there_is() -> None:
    script = Script([{"orders": rows(5)}])
    async with asking(script) as source:
        assert len(keys(await sweep(source))) == 5
    assert len(script.asked) == 2


async def test_a_page_known_to_the_byte_is_not_read_again() -> None:
    script = server("orders and total", rows(150))
    async with asking(script) as source:
        first = await sweep(source)
        known = {page.number: KnownPage(page.digest, page.keys, page.is_last) for page in first}
        again = [page async for page in source.pages(Scope(), known)]
    assert [page.listed for page in again] == [None, None]
    assert [(page.digest, page.keys, page.is_last) for page in again] == [(p.digest, p.keys, p.is_last) for p in first]


async def test_a_circle_is_noticed_also_behind_a_known_page() -> None:
    script = Script([{"orders": rows(100)}])
    async with asking(script) as source:
        first = await anext(source.pages(Scope(), {}))
        known = {1: KnownPage(first.digest, first.keys, is_last=False)}
        with pytest.raises(AnswerUnreadable, match="repeats earlier pages"):
            [page async for page in source.pages(Scope(), known)]
    assert len(script.asked) == 1 + 2


async def test_a_failing_page_raises_and_ends_the_sweep() -> None:
    script = Script([{"orders": rows(100), "total": 200}, (500, "oops")])
    async with asking(script) as source:
        pages = source.pages(Scope(), {})
        assert not (await anext(pages)).is_last
        with pytest.raises(Exception, match="HTTP 500: oops"):
            await anext(pages)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"bestellungen": rows(2)}, "no list of orders but"),
        ({"success": False, "error": "Timeout"}, "Timeout"),
        ({"orders": [{"status": "Pending"}]}, "orders without an id"),
        ("<html>Sign in</html>", "no JSON but: Sign in"),
        ((400, {"error": {"code": "VALIDATION_ERROR", "message": "bad limit"}}), "VALIDATION_ERROR: bad limit"),
    ],
)
async def test_what_is_no_list_is_an_error_and_not_an_empty_one(answer: Any, says: str) -> None:
    async with asking(Script([answer])) as source:
        with pytest.raises(AnswerUnreadable) as caught:
            await sweep(source)
    assert says in str(caught.value)
    assert source.listing is Listing.COMPLETE


@pytest.mark.parametrize(
    "answer", [{"orders": []}, {"orders": None, "total": 0}, {"data": {"items": [], "total": 0}}, []]
)
async def test_an_empty_list_is_a_complete_sweep(answer: Any) -> None:
    async with asking(Script([answer])) as source:
        [page] = await sweep(source)
    assert (page.keys, page.is_last) == ((), True)


async def test_an_account_without_a_listing_is_found_out_and_said() -> None:
    worth = []
    async with asking(Script([NO_ROUTE])) as source:
        worth.append(source.listing)
        with pytest.raises(AnswerUnreadable, match="name its orders under `orders:`"):
            await sweep(source)
        worth.append(source.listing)
    assert worth == [Listing.COMPLETE, Listing.NONE]


@pytest.mark.parametrize(("setting", "listing"), [(False, Listing.NONE), (True, Listing.COMPLETE)])
async def test_whether_there_is_a_listing_can_be_set(setting: bool, listing: Listing) -> None:
    async with asking(Script([NO_ROUTE]), list=setting) as source:
        with pytest.raises(AnswerUnreadable):
            await sweep(source)
        assert source.listing is listing


async def test_filters_go_along_and_personal_ones_stay_out_of_errors() -> None:
    script = Script([(400, "bad filter")])
    async with asking(script) as source:
        with pytest.raises(AnswerUnreadable) as caught:
            await sweep(source, {"status": "shipped", "customer_email": "jane@example.com"})
    assert script.asked[0].query["customer_email"] == "jane@example.com"
    assert "status=shipped" in str(caught.value)
    assert "jane" not in str(caught.value)


async def test_a_filter_the_listing_does_not_know_is_refused_by_name() -> None:
    async with asking(Script([{"orders": []}])) as source:
        with pytest.raises(ValueError, match="cannot filter by colour; it can by"):
            await sweep(source, {"colour": "red"})


SINCE = datetime(2026, 3, 3, tzinfo=UTC)


def dated(*days: int) -> Rows:
    return [{"id": f"ord_{day}", "status": "Pending", "updated_date": f"2026-03-{day:02}T10:00:00Z"} for day in days]


async def narrowed(source: Source) -> list[Page]:
    await sweep(source)
    scope = source.narrowed(Scope(), SINCE)
    assert scope is not None
    return [page async for page in source.pages(scope, {})]


async def test_the_listing_can_be_narrowed_to_what_was_updated_since() -> None:
    script = Script([{"orders": dated(1, 3), "total": 2}, {"orders": dated(3), "total": 1}])
    async with asking(script) as source:
        assert keys(await narrowed(source)) == ["ord_3"]
    assert script.asked[-1].query["updated_after"] == "2026-03-03T00:00:00Z"


async def test_a_listing_without_dates_of_updates_is_not_narrowed() -> None:
    async with asking(Script([{"orders": [{"id": "ord_1"}], "total": 1}])) as source:
        await sweep(source)
        assert source.narrowed(Scope(), SINCE) is None


async def test_a_server_that_lists_older_updates_than_asked_for_is_not_asked_for_updates_again() -> None:
    async with asking(Script([{"orders": dated(1, 3), "total": 2}] * 2)) as source:
        assert keys(await narrowed(source)) == ["ord_1", "ord_3"]
        await sweep(source)
        assert source.narrowed(Scope(), datetime(2026, 3, 9, tzinfo=UTC)) is None


async def test_a_server_that_knows_no_such_filter_is_asked_for_everything() -> None:
    def answer(asked: Asked) -> Any:
        if "updated_after" in asked.query:
            return 400, {"error": {"code": "VALIDATION_ERROR", "message": "updated_after is not allowed"}}
        return {"orders": dated(1, 3), "total": 2}

    async with asking(Script([answer])) as source:
        assert keys(await narrowed(source)) == ["ord_1", "ord_3"]
        assert source.narrowed(Scope(), SINCE) is None


async def test_an_account_without_the_filter_can_say_so() -> None:
    async with asking(Script([{"orders": dated(1), "total": 1}]), updated_after="") as source:
        await sweep(source)
        assert source.narrowed(Scope(), SINCE) is None
