"""Every fault, seen by a real client on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.sandbox.faults import CONTROL_PATH, FaultKind, Faults

Client = TestClient[web.Request, web.Application]


class Counter:
    """A twin that answers `{"count": n}`, n being how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.count += 1
        return web.json_response({"count": self.count, "path": request.path})


@asynccontextmanager
async def serving(faults: Faults, twin: Counter | None = None) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[faults.middleware])
    app.router.add_get("/{tail:.*}", (twin or Counter()).answer)
    async with TestClient(TestServer(app)) as client:
        yield client


async def body_with(fault: FaultKind, **options: Any) -> tuple[int, bytes]:
    faults = Faults()
    faults.add(fault, **options)
    async with serving(faults) as client, client.get("/a") as response:
        return response.status, await response.read()


async def test_without_faults_the_true_answer_comes() -> None:
    faults = Faults()
    async with serving(faults) as client, client.get("/a") as response:
        assert await response.json() == {"count": 1, "path": "/a"}
    assert faults.requests == 1


async def test_a_fault_strikes_as_often_as_it_should_and_is_counted() -> None:
    faults = Faults()
    faults.add("status", status=502, times=2)
    async with serving(faults) as client:
        assert [(await client.get("/a")).status for _ in range(4)] == [502, 502, 200, 200]
    assert faults.injected == {"status": 2}


async def test_a_fault_strikes_only_where_its_path_matches_and_after_those_it_skips() -> None:
    faults = Faults()
    faults.add("empty", r"/orders/\d+$", skip=1)
    async with serving(faults) as client:
        bodies = [await (await client.get(path)).read() for path in ("/token", "/orders/1", "/orders/1", "/orders/1")]
    assert [bool(body) for body in bodies] == [True, True, False, True]


async def test_probability_is_seeded() -> None:
    async def struck(seed: int) -> list[int]:
        faults = Faults(seed)
        faults.add("status", times=None, probability=0.5)
        async with serving(faults) as client:
            return [(await client.get("/a")).status for _ in range(20)]

    assert await struck(3) == await struck(3)
    assert set(await struck(3)) == {200, 503}


async def test_status_carries_retry_after_and_a_body() -> None:
    faults = Faults()
    faults.add("status", status=429, retry_after="7", body='{"ok": false}', media_type="application/json")
    async with serving(faults) as client, client.get("/a") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")
        assert await response.json() == {"ok": False}


async def test_a_gateway_error_is_a_page_of_html() -> None:
    status, body = await body_with("status", status=500)
    assert (status, body[:15]) == (500, b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("fault", "holds"),
    [
        ("empty", lambda body: body == b""),
        ("html", lambda body: b"<html>" in body),
        ("truncated", lambda body: body == b'{"count": 1, "path": "/a"}'[:13]),
        ("garbled", lambda body: b"\xff\xfe" in body and body.startswith(b'{"count"')),
        ("deep", lambda body: body.startswith(b"[" * 1000)),
        ("huge", lambda body: len(body) > 1_000_000),
    ],
)
async def test_a_body_comes_spoiled_with_status_200(fault: FaultKind, holds: Callable[[bytes], bool]) -> None:
    status, body = await body_with(fault, size=1_000_000)
    assert status == 200
    assert holds(body)


async def test_the_wrong_type_comes_with_the_true_body() -> None:
    faults = Faults()
    faults.add("wrong_type", media_type="text/html")
    async with serving(faults) as client, client.get("/a") as response:
        assert response.content_type == "text/html"
        assert await response.read() == b'{"count": 1, "path": "/a"}'


@pytest.mark.parametrize(("fault", "asked"), [("reset", False), ("drop_after", True)])
async def test_the_connection_goes_before_a_byte_is_answered(fault: FaultKind, asked: bool) -> None:
    faults, twin = Faults(), Counter()
    faults.add(fault, times=None)
    async with serving(faults, twin) as client:
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await _once(client)
    assert bool(twin.count) == asked


async def test_a_cut_answer_breaks_in_the_middle_of_its_body() -> None:
    faults = Faults()
    faults.add("cut")
    async with serving(faults) as client, client.get("/a") as response:
        assert response.status == 200
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
            await response.read()


async def test_a_stale_answer_is_an_older_true_one_whatever_the_session() -> None:
    faults = Faults()
    async with serving(faults) as client:
        await client.get("/a?SessionToken=1")
        await client.get("/a?SessionToken=2")
        faults.add("stale")
        assert (await (await client.get("/a?SessionToken=3")).json())["count"] == 1
        assert (await (await client.get("/a?SessionToken=3")).json())["count"] == 3


async def test_nothing_is_stale_where_nothing_was_answered_before() -> None:
    faults = Faults()
    faults.add("stale")
    async with serving(faults) as client:
        assert (await client.get("/a")).status == 200
    assert not faults.injected


async def test_what_hangs_lets_go_when_the_faults_are_cleared() -> None:
    faults = Faults()
    faults.add("hang")
    async with serving(faults) as client:
        asking = asyncio.create_task(_once(client))
        done, _ = await asyncio.wait({asking}, timeout=0.2)
        assert not done
        faults.clear()
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await asking


async def test_a_slow_answer_is_true() -> None:
    assert await body_with("slow", seconds=0.01) == (200, b'{"count": 1, "path": "/a"}')


async def test_faults_are_posted_listed_and_deleted_over_http() -> None:
    async with serving(Faults()) as client:
        async with client.post(CONTROL_PATH, json={"kind": "status", "status": 500, "times": 1}) as response:
            assert response.status == 200
        assert (await client.get("/a")).status == 500
        state = await (await client.get(CONTROL_PATH)).json()
        assert (state["injected"], state["faults"][0]["injected"]) == ({"status": 1}, 1)
        async with client.delete(CONTROL_PATH) as response:
            assert (await response.json())["faults"] == []


async def test_a_fault_nobody_knows_is_refused_with_its_name() -> None:
    async with serving(Faults()) as client, client.post(CONTROL_PATH, json={"kind": "gremlin"}) as response:
        assert response.status == 400
        assert "kind" in (await response.json())["error"]


async def _once(client: Client) -> None:
    async with client.get("/a") as response:
        await response.read()


async def test_a_body_that_drips_never_comes_to_an_end_in_time() -> None:
    faults = Faults()
    faults.add("drip", seconds=10.0)
    async with serving(faults) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), client.get("/a") as response:
                await response.read()
        faults.clear()


async def test_a_member_is_renamed_wherever_it_is() -> None:
    status, body = await body_with("rename", member="co.*")
    assert (status, json.loads(body)) == (200, {"x_count": 1, "path": "/a"})


@pytest.mark.parametrize(("kind", "rows"), [("lack", [2, 3]), ("twice", [1, 2, 3, 1, 2, 3])])
async def test_a_list_lacks_rows_or_has_them_twice(kind: FaultKind, rows: list[int]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"rows": [{"id": 1}, {"id": 2}, {"id": 3}], "names": ["a"]})

    faults = Faults()
    faults.add(kind)
    app = web.Application(middlewares=[faults.middleware])
    app.router.add_get("/", answer)
    async with TestClient(TestServer(app)) as client, client.get("/") as response:
        assert await response.json() == {"rows": [{"id": row} for row in rows], "names": ["a"]}
