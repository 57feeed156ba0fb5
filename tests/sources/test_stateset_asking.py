"""How StateSet is asked: the ways to retrieve, auth, and its many ways to say no."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from bot.clock import ManualClock
from bot.errors import AnswerUnreadable, OrderNotFound, SourceBroken, SourceBusy, SourceError, SourceRefused
from bot.ports import Source
from bot.sources.stateset import Settings, build
from tests.sources.serving import Asked, Script, serving

TOKEN = "sk_live_0123456789"
NO_ROUTE = (404, {"error": {"code": "NOT_FOUND", "message": "The requested URL does not exist"}})
NO_ORDER = (404, {"error": {"code": "RESOURCE_NOT_FOUND", "message": "Order not found"}})


def order(key: str = "ord_1") -> dict[str, Any]:
    return {"order": {"id": key, "status": "Processing"}}


@asynccontextmanager
async def asking(script: Script, **settings: Any) -> AsyncIterator[Source]:
    async with serving(script.application()) as base:
        written = {"kind": "stateset", "base_url": f"{base}/v1", "token": TOKEN} | settings
        source = build("shop", Settings.model_validate(written), ManualClock())
        yield source
        await source.close()


def account(ways: Mapping[str, Any]) -> Script:
    """An account where only some paths lead anywhere."""
    return Script([lambda asked: ways.get(asked.path.removeprefix("/v1"), NO_ROUTE)])


def paths(script: Script) -> list[str]:
    return [asked.path.removeprefix("/v1") for asked in script.asked]


def by_id_in_body(asked: Asked) -> Any:
    if asked.path != "/v1/order/retrieve":
        return NO_ROUTE
    return (
        order(json.loads(asked.body)["id"]) if asked.body else (400, {"error": "Bad Request", "message": "id missing"})
    )


async def error_of(answer: Any, **settings: Any) -> SourceError:
    async with asking(Script([answer]), **settings) as source:
        with pytest.raises(SourceError) as caught:
            await source.fetch("ord_1")
    return caught.value


async def test_a_good_answer_that_says_it_was_the_last_for_now_is_followed_by_a_wait() -> None:
    last = (200, order(), {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"})
    async with asking(Script([last])) as source:
        await source.fetch("ord_1")
        assert source.budget.wait() == 20.0


async def test_the_path_form_is_asked_first() -> None:
    script = Script([order()])
    async with asking(script) as source:
        assert source.parse("ord_1", await source.fetch("ord_1")).status.word == "Processing"
    assert paths(script) == ["/order/ord_1/retrieve"]
    assert script.asked[0].body == ""


async def test_the_body_form_is_asked_next_and_remembered() -> None:
    script = Script([by_id_in_body])
    async with asking(script) as source:
        await source.fetch("ord_1")
        await source.fetch("ord_2")
    assert paths(script) == ["/order/ord_1/retrieve", "/order/retrieve", "/order/retrieve"]


async def test_the_body_of_the_body_form_is_valid_json_on_a_get() -> None:
    script = Script([by_id_in_body])
    async with asking(script, retrieve="body") as source:
        await source.fetch('ord "1"')
    [asked] = script.asked
    assert (asked.method, json.loads(asked.body)) == ("GET", {"id": 'ord "1"'})
    assert asked.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("no_body", [NO_ROUTE, (405, "no"), (400, "body?"), (422, "id?"), order("ord_other")])
async def test_the_plural_form_is_asked_last_and_remembered(no_body: Any) -> None:
    script = account({"/orders/ord_1": order(), "/orders/ord_2": order("ord_2"), "/order/retrieve": no_body})
    async with asking(script) as source:
        await source.fetch("ord_1")
        await source.fetch("ord_2")
    assert paths(script) == ["/order/ord_1/retrieve", "/order/retrieve", "/orders/ord_1", "/orders/ord_2"]


@pytest.mark.parametrize("style", ["path", "body", "plural"])
async def test_a_way_that_is_set_is_the_only_one(style: str) -> None:
    script = Script([NO_ROUTE])
    async with asking(script, retrieve=style) as source:
        with pytest.raises(AnswerUnreadable, match="check base_url and `retrieve`"):
            await source.fetch("ord_1")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        NO_ORDER,
        (404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such order"}}),
        (404, {"error": "Not Found", "message": "Order with ID ord_1 not found"}),
        (404, {"type": "not_found", "message": "The order does not exist", "code": "order_not_found"}),
        (404, "order ord_1 not found"),
        {"success": False, "error": "Not Found", "message": "Order ord_1 not found"},
    ],
)
async def test_a_no_that_speaks_of_the_order_ends_the_search(answer: Any) -> None:
    script = Script([answer])
    async with asking(script) as source:
        with pytest.raises(OrderNotFound):
            await source.fetch("ord_1")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (404, "Cannot GET /v1/order/ord_1/retrieve"),
        (404, {"error": "Not Found", "message": "/v1/order/ord_1/retrieve was not found"}),
        (404, {"error": "Not Found", "message": "/api/order/ord_1 was not found"}),
        (404, "<html><h1>404 Not Found</h1></html>"),
        (404, {"message": "no Route matched with those values"}),
        (405, "Method Not Allowed"),
        (404, ""),
    ],
)
async def test_a_no_that_speaks_of_the_path_is_no_missing_order(answer: Any) -> None:
    error = await error_of(answer)
    assert isinstance(error, AnswerUnreadable)
    assert error.came.count("HTTP 40") == 3


async def test_the_word_retrieve_taken_for_an_id_is_no_missing_order() -> None:
    script = account(
        {"/order/retrieve": (404, {"message": "Order retrieve not found", "code": "x"}), "/orders/ord_1": order()}
    )
    async with asking(script) as source:
        await source.fetch("ord_1")
    assert len(script.asked) == 3


async def test_an_order_that_no_way_leads_to_is_missing_where_a_way_has_worked_for_another() -> None:
    script = account({"/orders/ord_1": order()})
    async with asking(script) as source:
        await source.fetch("ord_1")
        with pytest.raises(OrderNotFound, match="other orders can be had this way"):
            await source.fetch("ord_2")


async def test_a_way_that_stops_working_is_left_for_another() -> None:
    ways = {"/order/ord_1/retrieve": order()}
    script = account(ways)
    async with asking(script) as source:
        await source.fetch("ord_1")
        ways.clear()
        ways["/orders/ord_1"] = order()
        await source.fetch("ord_1")
        await source.fetch("ord_1")
    assert paths(script)[-1] == "/orders/ord_1"


@pytest.mark.parametrize("style", ["path", "body", "plural"])
async def test_another_order_than_the_one_asked_for_is_refused(style: str) -> None:
    error = await error_of(order("ord_2"), retrieve=style)
    assert isinstance(error, AnswerUnreadable)
    assert "came another order, ord_2" in str(error)


@pytest.mark.parametrize("key", ["ord/1", "ord#1", "ord?1", "ord%1", "ord+1", "órd", ".."])
@pytest.mark.parametrize("style", ["path", "plural"])
async def test_an_id_is_percent_encoded(key: str, style: str) -> None:
    script = Script([order(key)])
    async with asking(script, retrieve=style) as source:
        await source.fetch(key)
    assert script.asked[0].path == ("/v1/order/{}/retrieve" if style == "path" else "/v1/orders/{}").format(key)


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({}, "Authorization", f"Token {TOKEN}"),
        ({"auth_scheme": "Bearer"}, "Authorization", f"Bearer {TOKEN}"),
        ({"auth_scheme": ""}, "Authorization", TOKEN),
        ({"auth_header": "X-API-Key", "auth_scheme": ""}, "X-API-Key", TOKEN),
    ],
)
async def test_the_token_goes_where_the_config_says(settings: dict[str, str], header: str, value: str) -> None:
    script = Script([order()])
    async with asking(script, **settings) as source:
        await source.fetch("ord_1")
    assert script.asked[0].headers[header] == value
    assert (header == "Authorization") == ("Authorization" in script.asked[0].headers)


async def test_caches_on_the_way_are_told_to_ask_again() -> None:
    script = Script([(200, order(), {"ETag": '"v1"'})])
    async with asking(script) as source:
        await source.fetch("ord_1")
        await source.fetch("ord_1")
    assert script.asked[1].headers["Cache-Control"] == "no-cache"
    assert "If-None-Match" not in script.asked[1].headers


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_said_once_and_not_tried_elsewhere(status: int) -> None:
    script = Script([(status, {"error": {"code": "INVALID_API_KEY", "message": "The API key is not valid"}})])
    async with asking(script) as source:
        with pytest.raises(SourceRefused, match="INVALID_API_KEY: The API key is not valid; check token"):
            await source.fetch("ord_1")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            {"error": {"code": "VALIDATION_ERROR", "message": "Bad id", "type": "x", "request_id": "r"}},
            "VALIDATION_ERROR: Bad id",
        ),
        ({"error": {"type": "invalid", "code": "bad_id", "message": "Bad", "param": "id"}}, "bad_id: Bad (id)"),
        ({"error": "Bad Request", "message": "Bad id", "timestamp": "now"}, "Bad Request: Bad id"),
        ({"error": {"code": "AUTH_1", "message": "Expired"}}, "AUTH_1: Expired"),
        ({"type": "invalid", "message": "Bad id", "code": "E7", "path": "/x"}, "E7: Bad id"),
        ("Too fast", "Too fast"),
        ("<html><style>b{}</style><h1>Bad gateway</h1></html>", "Bad gateway"),
        ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
        ({"odd": 1}, '{"odd": 1}'),
    ],
)
@pytest.mark.parametrize("status", [409, 502])
async def test_every_shape_of_error_is_read(status: int, body: Any, says: str) -> None:
    error = await error_of((status, body))
    assert isinstance(error, SourceBroken if status == 502 else AnswerUnreadable)
    assert error.came == f"came HTTP {status}: {says}"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7", "X-RateLimit-Reset": "99"}, 7.0),
        ({"X-RateLimit-Retry-After": "8", "X-RateLimit-Reset-After": "9"}, 8.0),
        ({"X-RateLimit-Reset-After": "9"}, 9.0),
        ({"X-RateLimit-Reset": "10"}, 10.0),
        ({"X-RateLimit-Reset": str(int(ManualClock().now().timestamp()) + 11)}, 11.0),
        ({}, None),
    ],
)
async def test_a_plain_text_429_says_how_long_to_wait_in_any_header(
    headers: dict[str, str], wait: float | None
) -> None:
    error = await error_of((429, "Rate limit exceeded", headers))
    assert isinstance(error, SourceBusy)
    assert error.retry_after == wait
    assert "Rate limit exceeded" in str(error)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("<html><body>Sign in</body></html>", "no JSON but: Sign in"),
        ((200, ""), "an empty body"),
        ((204, ""), "an empty body"),
        ({"hello": "world"}, "no order but"),
        ({"success": False}, "a failure without a word"),
        ({"success": False, "data": {"id": "ord_1"}, "error": "Timeout"}, "Timeout"),
        ({"error": {"code": "INTERNAL", "message": "oops"}}, "INTERNAL: oops"),
        ((304, ""), "HTTP 304"),
        ((302, "", {"Location": "https://login.example/in?next=1"}), "a redirect to login.example/in"),
    ],
)
async def test_an_answer_that_holds_no_order_is_unreadable(answer: Any, says: str) -> None:
    error = await error_of(answer)
    assert isinstance(error, AnswerUnreadable)
    assert says in str(error)
    assert "asked GET /order/ord_1/retrieve" in str(error)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
async def test_no_error_shows_the_token(status: int) -> None:
    error = await error_of((status, {"error": {"code": "X", "message": f"you sent Token {TOKEN}"}}))
    assert TOKEN not in str(error)
    assert "you sent Token ***" in str(error)


def test_settings_do_not_show_the_token() -> None:
    assert TOKEN not in repr(Settings.model_validate({"kind": "stateset", "token": TOKEN}))


def test_a_header_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="auth_header"):
        Settings.model_validate({"kind": "stateset", "token": TOKEN, "auth_header": "X Key:"})
