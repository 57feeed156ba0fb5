"""Every fault at every source, through the whole product: no false change, no lost one, one notice each way."""

import gc
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.world import ACCOUNTS
from tests.faults.strain import LATER, missing_accounts, several_looks, something_happens, told
from tests.journeys.scene import Scene

LISTINGS = r"/orders/FR$|/orders$|/shipments$"

HARD: dict[str, dict[str, Any]] = {
    "500 with a page": {"kind": "status", "status": 500},
    "503 with Retry-After": {"kind": "status", "status": 503, "retry_after": "7"},
    "502 with JSON": {"kind": "status", "status": 502, "body": '{"fault": {}}', "media_type": "application/json"},
    "429 without a word": {"kind": "status", "status": 429},
    "429 with Retry-After": {"kind": "status", "status": 429, "retry_after": "60"},
    "a revoked token": {"kind": "status", "status": 401, "body": "{}", "media_type": "application/json"},
    "no right to ask": {"kind": "status", "status": 403, "body": "no", "media_type": "text/plain"},
    "a redirect": {"kind": "status", "status": 302},
    "an answer that never comes": {"kind": "hang"},
    "an answer that drips": {"kind": "drip", "seconds": 5.0},
    "a reset before the headers": {"kind": "reset"},
    "a reset in the body": {"kind": "cut"},
    "a lost answer": {"kind": "drop_after"},
    "half an answer": {"kind": "truncated"},
    "bytes that are no UTF-8": {"kind": "garbled"},
    "nothing with 200": {"kind": "empty"},
    "a sign-in page with 200": {"kind": "html"},
    "nesting beyond reason": {"kind": "deep"},
    "50 MB": {"kind": "huge"},
}
"""Faults that leave nothing of a source to be read, as members of a Fault."""


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path, orders=2) as opened:
        yield opened


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("fault", HARD)
async def test_a_source_in_trouble_is_one_notice_one_recovery_and_no_lost_or_false_news(
    scene: Scene, account: str, fault: str
) -> None:
    if HARD[fault]["kind"] in ("hang", "drip"):
        scene.set(f"sources.{account}.timeout", "0.5s")
    await scene.start()
    scene.sandbox.faults[account].add(**HARD[fault], times=None)
    something_happens(scene)
    during = await several_looks(scene)
    assert missing_accounts(scene) == {account}
    scene.sandbox.faults[account].clear()
    after = await several_looks(scene)
    assert [line for line in during + after if "Source" in line and account not in line] == []
    assert (told(during, "Source failing"), told(after, "Source failing")) == (1, 0)
    assert (told(during, "Source recovered"), told(after, "Source recovered")) == (0, 1)
    assert scene.verdict().is_clean, scene.verdict()


async def test_a_wait_of_ages_is_obeyed_for_a_day(scene: Scene) -> None:
    await scene.start()
    began = scene.clock.monotonic()
    scene.sandbox.faults["stateset"].add("status", status=429, retry_after="315360000000000", times=None)
    something_happens(scene)
    await scene.look(LATER)
    scene.sandbox.faults["stateset"].clear()
    while missing_accounts(scene):
        await scene.look(LATER)
    assert 86400 <= scene.clock.monotonic() - began < 2 * 86400
    assert scene.verdict().is_clean, scene.verdict()


MILD: dict[str, dict[str, Any]] = {
    "a slow answer": {"kind": "slow", "seconds": 0.05},
    "another Content-Type": {"kind": "wrong_type"},
    "one refused token in the middle of it all": {"kind": "status", "status": 401, "body": "{}", "skip": 1, "times": 1},
    "one broken answer": {"kind": "reset", "skip": 1, "times": 1},
    "listings without their first row": {"kind": "lack", "path": LISTINGS},
    "listings with every row twice": {"kind": "twice", "path": LISTINGS},
    "answers from before the change": {"kind": "stale"},
}


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("fault", MILD)
async def test_what_passes_by_itself_costs_no_news(scene: Scene, account: str, fault: str) -> None:
    await scene.start()
    scene.sandbox.faults[account].add(**{"times": None, **MILD[fault]})
    something_happens(scene)
    during = await several_looks(scene)
    scene.sandbox.faults[account].clear()
    after = await several_looks(scene)
    assert scene.verdict().is_clean, scene.verdict()
    assert told(during, "Source failing") == told(during + after, "Source recovered") <= 1


NOT_THERE = {"a port where nobody listens": "http://127.0.0.1:9", "no such name": "http://orders.invalid"}


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("place", [*NOT_THERE, "no TLS there"])
async def test_a_server_that_cannot_be_reached_is_told_in_words_that_help(
    scene: Scene, account: str, place: str
) -> None:
    await scene.start()
    there = scene.settings["sources"][account]["base_url"]
    scene.set(f"sources.{account}.base_url", NOT_THERE.get(place, there.replace("http:", "https:")))
    await scene.restart()
    something_happens(scene)
    during = await several_looks(scene)
    scene.set(f"sources.{account}.base_url", there)
    await scene.restart()
    after = await several_looks(scene)
    assert (told(during, "Source failing", account), told(during, "Source failing")) == (1, 1)
    assert told(after, "Source recovered") == 1
    assert scene.verdict().is_clean, scene.verdict()


async def test_our_own_network_down_is_one_notice_and_one_recovery_sent_when_it_is_back_and_nothing_lost(
    scene: Scene,
) -> None:
    await scene.start()
    everything = [*ACCOUNTS, "slack", "telegram"]
    for name in everything:
        scene.sandbox.faults[name].add("reset", times=None)
    something_happens(scene)
    assert await several_looks(scene, 6) == []
    for name in everything:
        scene.sandbox.faults[name].clear()
    after = await several_looks(scene, 6)
    assert (told(after, "We cannot reach anything"), told(after, "We reach our sources again")) == (1, 1)
    assert told(after, "Source") == 0
    assert scene.verdict().is_clean, scene.verdict()


PROMISING = ("schneider", "stateset")
"""Accounts that promise dates."""

RENAMED = {
    "schneider": ("trackingNumber", "tracking numbers"),
    "stateset": ("tracking_number", "tracking numbers"),
    "twoservice": ("TrackingNumber", "tracking numbers"),
}


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_a_field_renamed_in_every_order_is_one_notice_and_no_change(tmp_path: Path, account: str) -> None:
    member, spoken = RENAMED[account]
    async with Scene(tmp_path, account, orders=5) as scene:
        for order in scene.world.orders(account):
            if not any(shipment.packages for shipment in order.shipments):
                scene.world.add_tracking(order)
        await scene.start()
        scene.sandbox.faults[account].add("rename", member=member, times=None)
        during = await several_looks(scene)
        scene.sandbox.faults[account].clear()
        after = await several_looks(scene)
        assert (told(during, "Field missing"), told(during, spoken)) == (1, 1)
        assert (told(after, "Field is back"), len(during + after)) == (1, 2)
        assert scene.verdict().is_clean, scene.verdict()


async def test_while_a_field_is_missing_all_other_news_goes_on(tmp_path: Path) -> None:
    async with Scene(tmp_path, "stateset", orders=14) as scene:
        await scene.start()
        scene.sandbox.faults["stateset"].add("rename", member="delivery_date", times=None)
        await several_looks(scene, 2)
        scene.world.dispatch(scene.order("stateset", "placed"))
        assert told(await several_looks(scene, 3), "Dispatched") == 1
        await scene.restart()
        assert await several_looks(scene, 3) == []


async def test_a_page_missing_from_one_sweep_and_doubled_in_the_next_is_nothing(tmp_path: Path) -> None:
    async with Scene(tmp_path, "schneider", orders=8) as scene:
        scene.set("sources.schneider.page_size", 3)
        await scene.start()
        for kind in ("lack", "twice"):
            scene.sandbox.faults["schneider"].add(kind, path=LISTINGS, rows=3, skip=1, times=1)
            assert await several_looks(scene, 3) == []


async def test_a_listing_that_shows_every_order_twice_on_a_page_from_the_first_look_on_is_read(tmp_path: Path) -> None:
    async with Scene(tmp_path, "stateset", orders=3) as scene:
        scene.set("watchlists.all of stateset.orders", "all")
        scene.sandbox.faults["stateset"].add("twice", path=LISTINGS, times=None)
        await scene.start()
        scene.world.place("stateset")
        assert told(await several_looks(scene), "New order") == 1
        assert scene.verdict().is_clean, scene.verdict()


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
async def test_the_last_day_of_the_calendar_is_how_a_program_says_that_there_is_no_date(
    tmp_path: Path, zone: str
) -> None:
    async with Scene(tmp_path, *PROMISING, orders=3) as scene:
        scene.set("timezone", zone)
        await scene.start()
        for account in PROMISING:
            scene.world.move_promise(scene.order(account, "confirmed"), date(9999, 12, 31))
        assert told(await several_looks(scene, 2), "New date") == 2


async def test_an_answer_that_unpacks_to_two_gigabytes_is_given_up_before_it_fills_the_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 1024**2) for _ in range(2048)) + packer.flush()

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with Scene(tmp_path, "stateset", orders=2) as scene:
        await scene.serve("stateset", application)
        await scene.open()
        tracemalloc.start()
        try:
            assert told(await several_looks(scene), "Source failing") == 1
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 100 * 1024**2


async def test_50_mb_again_and_again_leave_the_memory_as_it_was(scene: Scene) -> None:
    await scene.start()
    scene.sandbox.faults["stateset"].add("huge", times=None)
    tracemalloc.start()
    try:
        await several_looks(scene, 5)
        _, most = tracemalloc.get_traced_memory()
        gc.collect()  # connections that were cut stand in cycles
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 8 * 1024**2
    assert most < 100 * 1024**2
