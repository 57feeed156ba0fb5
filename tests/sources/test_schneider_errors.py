"""What is read from the error answers of Schneider Electric and of the gateway in front of it."""

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import AnswerUnreadable, SourceBroken, SourceBusy
from bot.sources._schneider_errors import error_words
from tests.sources.schneider_answers import Api, order_of

KEY = "FR/0045001234"


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    async with api.served():
        yield api


async def fetched(api: Api) -> None:
    await api.source_with_key().fetch(KEY)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"code": 4001, "userMessage": "order-number is missing"}, "4001: order-number is missing"),
        ({"code": "MISSING_FIELD", "userMessage": "a", "developerMessage": "b"}, "MISSING_FIELD: a: b"),
        ({"fault": {"faultstring": "Spike", "detail": {"errorcode": "policies.x"}}}, "policies.x: Spike"),
        ({"fault": {"faultstring": "Spike"}}, "Spike"),
        ({"ErrorCode": "invalid_client", "Error": "no"}, "invalid_client: no"),
        ({"error": "invalid_client"}, "invalid_client"),
        ({"code": "X"}, '{"code": "X"}'),
        ([1], "[1]"),
    ],
)
def test_every_shape_of_an_error_becomes_one_line(body: object, says: str) -> None:
    assert error_words(json.dumps(body).encode()) == says


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", ""),
        (b"<html><title>Oops</title><p>Down\n</p>", "Oops Down"),
        (b"\xff\xfe", "��"),
        (b"[" * 9999, "[" * 199 + "…"),
    ],
)
def test_what_has_no_shape_becomes_its_first_words(body: bytes, says: str) -> None:
    assert error_words(body) == says


def test_long_words_are_cut() -> None:
    assert len(error_words(json.dumps({"code": "X", "userMessage": "long " * 200}).encode())) == 200


@given(st.binary(max_size=60) | st.recursive(st.text() | st.none(), st.lists).map(json.dumps).map(str.encode))
def test_no_error_answer_breaks_its_reading(body: bytes) -> None:
    assert "\n" not in error_words(body)


async def test_a_429_waits_as_long_as_it_says(api: Api) -> None:
    fault = {"fault": {"faultstring": "Quota", "detail": {"errorcode": "policies.ratelimit.QuotaViolation"}}}
    api.answer(order_of(), fault, status=429, **{"Retry-After": "7"})
    with pytest.raises(SourceBusy, match=r"came HTTP 429: policies\.ratelimit\.QuotaViolation: Quota") as caught:
        await fetched(api)
    assert caught.value.retry_after == 7


async def test_a_429_without_retry_after_leaves_the_wait_open(api: Api) -> None:
    api.answer(order_of(), "slow down", status=429)
    with pytest.raises(SourceBusy) as caught:
        await fetched(api)
    assert caught.value.retry_after is None


async def test_a_5xx_is_the_sources_own_failure(api: Api) -> None:
    api.answer(order_of(), {"code": "E1", "userMessage": "ERP is down"}, status=500)
    with pytest.raises(SourceBroken, match="panels is failing: asked GET /orders/FR/0045001234, came HTTP 500: E1"):
        await fetched(api)


async def test_a_400_says_what_the_source_did_not_like(api: Api) -> None:
    api.answer(order_of(), {"code": "MISSING_FIELD", "userMessage": "The order number is too short"}, status=400)
    with pytest.raises(AnswerUnreadable, match="came HTTP 400: MISSING_FIELD: The order number is too short"):
        await fetched(api)
