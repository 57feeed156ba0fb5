"""The feed of promised dates, over real loopback connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest

from bot.app import build_sources
from bot.clock import ManualClock, SystemClock
from bot.config.load import load
from bot.core.catalogue import Catalogue
from bot.crew import build_feeds, catalogue
from bot.errors import OrderwatchError, StorageError
from bot.model.watch import Watchlist
from bot.web.calendar import FRESH, CalendarFeed
from tests.cli.conftest import CONFIG
from tests.cli.test_calendar import ORDERS, WATCHED, days, fill

TOKEN = "0123456789abcdef0123456789abcdef"
PATH = f"/calendar/{TOKEN}.ics"
LISTS = {f"list {number}": Watchlist(name=f"list {number}", source="shop", orders=None) for number in range(40)}
KNOWN = Catalogue(
    labels={"panels": "panels", "shop": "shop"}, key_of={}, watchlists=LISTS, destinations={}, catch_all=(), access=(),
    timezone="UTC", version="",
)  # fmt: skip


class Feed:
    """A feed that says what it is asked for, and its clock."""

    def __init__(self, listen: str = "127.0.0.1:0") -> None:
        self.clock = ManualClock()
        self.made: list[tuple[str | None, str | None]] = []
        self.says = "BEGIN:VCALENDAR"
        self.fails = False
        self.feed = CalendarFeed(listen, TOKEN, self._write, KNOWN, self.clock)

    async def get(self, path: str = PATH, method: str = "GET", **headers: str) -> aiohttp.ClientResponse:
        """An answer, read to its end."""
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(5)) as session,
            session.request(method, f"{self.feed.address}{path}", headers=headers) as answer,
        ):
            await answer.read()
            return answer

    def _write(self, now: datetime, /, *, source: str | None, watchlist: str | None) -> tuple[bytes, int]:
        if self.fails:
            raise StorageError("the disk is full")
        self.made.append((source, watchlist))
        return f"{self.says} {source} {watchlist}".encode(), 1


@asynccontextmanager
async def serving(feed: CalendarFeed) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(feed.run(stop))
    async with asyncio.timeout(5):
        while feed.address is None and not task.done():  # noqa: ASYNC110  # it only has to come to its turn
            await asyncio.sleep(0)
    try:
        if task.done():
            task.result()
        yield
    finally:
        stop.set()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def served() -> AsyncIterator[Feed]:
    one = Feed()
    async with serving(one.feed):
        yield one


async def test_who_knows_the_address_reads_the_calendar(served: Feed) -> None:
    answer = await served.get()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert (await answer.text(), "private" in answer.headers["Cache-Control"]) == ("BEGIN:VCALENDAR None None", True)


@pytest.mark.parametrize(
    ("query", "scope"), [("source=panels", ("panels", None)), ("watchlist=list+1", (None, "list 1"))]
)
async def test_a_part_of_it_is_asked_for_by_name(
    served: Feed, query: str, scope: tuple[str | None, str | None]
) -> None:
    assert (await served.get(f"{PATH}?{query}")).status == 200
    assert served.made == [scope]


@pytest.mark.parametrize(
    "path",
    [
        "/", "/calendar/", f"/calendar/{TOKEN}", f"/calendar/{TOKEN[:-1]}.ics", f"/calendar/{TOKEN}x.ics", f"{PATH}/",
        f"/{PATH}", "/calendar/%ff%C3%A9.ics", f"{PATH}?source=moon", f"{PATH}?watchlist=list", f"{PATH}?x=1",
        f"{PATH}?source=panels&source=shop", f"{PATH}?source=panels&watchlist=list+1", "/metrics",
    ],
)  # fmt: skip
async def test_anything_else_is_not_there(served: Feed, path: str) -> None:
    answer = await served.get(path)
    assert (answer.status, await answer.text(), served.made) == (404, "", [])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
async def test_nobody_can_do_anything_but_read(served: Feed, method: str) -> None:
    assert ((await served.get(method=method)).status, served.made) == (404, [])


async def test_a_head_has_all_but_the_calendar(served: Feed) -> None:
    answer = await served.get(method="HEAD")
    assert (answer.status, await answer.text(), answer.headers["Content-Length"]) == (200, "", "25")
    assert "ETag" in answer.headers


async def test_who_has_it_already_is_not_given_it_again(served: Feed) -> None:
    tag = (await served.get()).headers["ETag"]
    again = await served.get(**{"If-None-Match": f'"other", {tag}'})
    assert (again.status, await again.text(), again.headers["ETag"]) == (304, "", tag)
    assert (await served.get(**{"If-None-Match": '"other"'})).status == 200


async def test_what_changed_is_given_out_after_a_minute(served: Feed) -> None:
    tag = (await served.get()).headers["ETag"]
    served.says = "BEGIN:OTHER"
    assert (await served.get(**{"If-None-Match": tag})).status == 304
    await served.clock.advance(FRESH)
    answer = await served.get(**{"If-None-Match": tag})
    assert (answer.status, await answer.text()) == (200, "BEGIN:OTHER None None")


async def test_a_crowd_costs_no_more_than_one_reader(served: Feed) -> None:
    answers = await asyncio.gather(*(served.get() for _ in range(20)))
    assert ({answer.status for answer in answers}, len(served.made)) == ({200}, 1)


async def test_only_so_many_parts_are_kept(served: Feed) -> None:
    for number in (*range(33), 0, 32):
        await served.get(f"{PATH}?watchlist=list+{number}")
    assert [name for _, name in served.made[-2:]] == ["list 32", "list 0"]


async def test_a_store_that_cannot_be_read_is_told_without_a_reason(served: Feed) -> None:
    served.fails = True
    answer = await served.get()
    assert (answer.status, await answer.text(), answer.headers["Retry-After"]) == (503, "", "60")
    served.fails = False
    assert (await served.get()).status == 200


async def test_an_address_that_is_taken_is_named_with_its_key(served: Feed) -> None:
    taken = str(served.feed.address).removeprefix("http://")
    with pytest.raises(OrderwatchError, match=f"cannot serve the calendar at {taken}: .*`calendar.listen`"):
        async with serving(Feed(taken).feed):
            pass


async def test_nothing_is_served_after_it_stopped() -> None:
    one = Feed()
    async with serving(one.feed):
        address = one.feed.address
    assert one.feed.address is None
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(f"{address}{PATH}")


async def test_what_the_config_asks_for_is_served_from_its_database(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(f"{CONFIG}{WATCHED}calendar: {{listen: '127.0.0.1:0', token: {TOKEN}}}\n")
    await fill(tmp_path / "orderwatch.db", ORDERS)
    config, clock = load(tmp_path / "w.yaml", {}), SystemClock()
    known = catalogue(config, build_sources(config, clock))
    feed = build_feeds(config, known, clock)["calendar"]
    async with serving(feed), aiohttp.ClientSession(feed.address) as session:
        answer = await session.get(PATH, params={"watchlist": "two"})
        assert days(await answer.text()) == {"Delivery 2": 80, "Cancelled: Delivery 3": 5}


def test_nothing_is_served_that_nobody_asked_for(tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(CONFIG)
    config = load(tmp_path / "w.yaml", {})
    assert build_feeds(config, KNOWN, SystemClock()) == {}
