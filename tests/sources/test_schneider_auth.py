"""How the Schneider Electric source proves who asks, and that no secret of it is ever told."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.clock import ManualClock
from bot.errors import AnswerUnreadable, SourceBroken, SourceError, SourceRefused
from tests.sources.schneider_answers import SECRET, TOKEN, Api, order, order_of

KEY = "FR/0045001234"
ASK_TOKEN = "POST /token"
ANOTHER = {"access_token": "token-two-0123456789", "expires_in": "3599"}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    api.answer(order_of(), order())
    async with api.served():
        yield api


async def fetched(api: Api, **changes: Any) -> None:
    await api.source(**changes).fetch(KEY)


def bearers(api: Api) -> list[str | None]:
    asked = zip(api.asked, api.headers, strict=True)
    return [headers.get("Authorization") for question, headers in asked if question != ASK_TOKEN]


async def test_the_token_is_asked_for_with_basic_and_used_as_bearer(api: Api) -> None:
    api.answer(ASK_TOKEN, TOKEN)
    await fetched(api)
    basic = b64encode(f"alice:{SECRET}".encode()).decode()
    assert api.headers[0]["Authorization"] == f"Basic {basic}"
    assert api.forms[0] == {"grant_type": "client_credentials"}
    assert bearers(api) == ["Bearer token-one-0123456789"]


async def test_id_and_secret_may_go_in_the_body_and_a_scope_with_them(api: Api) -> None:
    api.answer(ASK_TOKEN, TOKEN)
    await fetched(api, client_auth="body", scope="all")
    assert "Authorization" not in api.headers[0]
    assert api.forms[0] == {
        "grant_type": "client_credentials",
        "client_id": "alice",
        "client_secret": SECRET,
        "scope": "all",
    }


async def test_many_requests_share_one_token(api: Api) -> None:
    api.answer(ASK_TOKEN, TOKEN)
    source = api.source()
    await asyncio.gather(*(source.fetch(KEY) for _ in range(8)))
    assert api.asked.count(ASK_TOKEN) == 1


@pytest.mark.parametrize(
    ("expires_in", "kept"),
    [(3599, 3538), ("3599", 3538), (None, 3539), ("soon", 3539), (0, 3539), (40, 19), (1e9, 10_000)],
)
async def test_a_token_is_renewed_a_minute_before_its_end(api: Api, expires_in: Any, kept: float) -> None:
    api.answer(ASK_TOKEN, {"access_token": "token-one-0123456789", "expires_in": expires_in})
    api.answer(ASK_TOKEN, ANOTHER)
    clock = ManualClock()
    source = api.source(clock)
    await source.fetch(KEY)
    await clock.advance(kept)
    await source.fetch(KEY)
    assert bearers(api) == ["Bearer token-one-0123456789"] * 2
    if kept < 4000:
        await clock.advance(2)
        await source.fetch(KEY)
        assert bearers(api)[-1] == "Bearer token-two-0123456789"


async def test_a_token_that_is_not_accepted_is_replaced_once(api: Api) -> None:
    refusing = Api()
    refusing.answer(ASK_TOKEN, TOKEN)
    refusing.answer(ASK_TOKEN, ANOTHER)
    refusing.answer(order_of(), "", status=401)
    refusing.answer(order_of(), order())
    async with refusing.served():
        await fetched(refusing)
    assert bearers(refusing) == ["Bearer token-one-0123456789", "Bearer token-two-0123456789"]


async def test_many_requests_with_a_revoked_token_ask_for_one_new_one() -> None:
    api = Api()
    api.answer(ASK_TOKEN, TOKEN)
    api.answer(ASK_TOKEN, ANOTHER)
    for _ in range(4):
        api.answer(order_of(), "", status=401)
    api.answer(order_of(), order())
    async with api.served():
        source = api.source(in_flight=4)
        await asyncio.gather(*(source.fetch(KEY) for _ in range(4)))
    assert api.asked.count(ASK_TOKEN) == 2


async def test_a_second_401_is_a_refusal() -> None:
    api = Api()
    api.answer(ASK_TOKEN, TOKEN)
    api.answer(order_of(), {"fault": {"faultstring": "Invalid token", "detail": {"errorcode": "bad"}}}, status=401)
    async with api.served():
        with pytest.raises(SourceRefused, match="came HTTP 401: bad: Invalid token; check client_id and client_secret"):
            await fetched(api)
    assert len(bearers(api)) == 2


async def test_an_api_key_that_is_not_accepted_is_not_tried_again() -> None:
    api = Api()
    api.answer(order_of(), "no", status=401)
    async with api.served():
        source = api.source_with_key()
        with pytest.raises(SourceRefused, match="came HTTP 401: no; check api_key and api_key_header"):
            await source.fetch(KEY)
    assert api.asked == [order_of()]


async def test_an_api_key_goes_in_its_header_behind_its_prefix(api: Api) -> None:
    source = api.source_with_key(api_key_header="Authorization", api_key_prefix="Key ", headers={"X-Tenant": "7"})
    await source.fetch(KEY)
    assert api.headers[0]["Authorization"] == "Key key-0123456789"
    assert api.headers[0]["X-Tenant"] == "7"


async def test_a_403_is_a_refusal_with_advice() -> None:
    api = Api()
    api.answer(order_of(), {"code": "FORBIDDEN", "userMessage": "Not your country"}, status=403)
    async with api.served():
        source = api.source_with_key()
        with pytest.raises(SourceRefused, match="FORBIDDEN: Not your country; ask Schneider Electric"):
            await source.fetch(KEY)


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}, "invalid_client: ClientId is Invalid"),
        (400, {"error": "invalid_scope", "error_description": "no such scope"}, "invalid_scope: no such scope"),
        (403, "<html><h1>Forbidden</h1></html>", "came HTTP 403: Forbidden"),
    ],
)
async def test_a_token_endpoint_that_refuses_is_quoted(api: Api, status: int, body: Any, says: str) -> None:
    api.answer(ASK_TOKEN, body, status=status)
    with pytest.raises(SourceRefused, match=r"asked POST 127\.0\.0\.1:\d+/token, came HTTP") as caught:
        await fetched(api)
    assert says in str(caught.value)
    assert "check client_id and client_secret" in str(caught.value)


async def test_a_token_endpoint_that_is_none_is_told_apart_from_a_refusal(api: Api) -> None:
    api.answer(ASK_TOKEN, "<h1>Not Found</h1>", status=404)
    with pytest.raises(AnswerUnreadable, match="came HTTP 404: Not Found; is token_url right"):
        await fetched(api)


async def test_a_failing_token_endpoint_is_a_failing_source(api: Api) -> None:
    api.answer(ASK_TOKEN, "oops", status=500)
    with pytest.raises(SourceBroken, match="came HTTP 500: oops"):
        await fetched(api)


@pytest.mark.parametrize("body", ["access_token=token-one-0123456789", '{"token_type": "x"}', "[]", "<h1>Hi</h1>"])
async def test_a_token_answer_that_cannot_be_read_is_not_shown(api: Api, body: str) -> None:
    api.answer(ASK_TOKEN, body)
    with pytest.raises(AnswerUnreadable, match="came no JSON with an access_token") as caught:
        await fetched(api)
    assert "0123456789" not in str(caught.value)


async def test_a_new_token_is_tried_after_one_could_not_be_had(api: Api) -> None:
    api.answer(ASK_TOKEN, "oops", status=500)
    api.answer(ASK_TOKEN, TOKEN)
    source = api.source()
    with pytest.raises(SourceBroken):
        await source.fetch(KEY)
    await source.fetch(KEY)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 418, 429, 500, 503])
@pytest.mark.parametrize("pad", [0, 150, 165, 170, 180, 190])
async def test_no_error_tells_a_secret_even_if_the_server_does(status: int, pad: int) -> None:
    api = Api()
    basic = b64encode(f"alice:{SECRET}".encode()).decode()
    loud = "." * pad + f" {SECRET} {basic} {TOKEN['access_token']} gateway-key-77"
    api.answer(ASK_TOKEN, TOKEN)
    api.answer(order_of(), loud, status=status)
    async with api.served():
        with pytest.raises(SourceError) as caught:
            await fetched(api, headers={"Ocp-Apim-Subscription-Key": "gateway-key-77"})
    for secret in (SECRET, basic, str(TOKEN["access_token"]), "gateway-key-77"):
        assert secret[:8] not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 404, 500])
async def test_no_error_of_the_token_endpoint_tells_a_secret(api: Api, status: int) -> None:
    api.answer(ASK_TOKEN, {"error": "invalid", "error_description": f"not {SECRET}"}, status=status)
    with pytest.raises(SourceError, match=r"not \*\*\*") as caught:
        await fetched(api)
    assert SECRET not in str(caught.value)
