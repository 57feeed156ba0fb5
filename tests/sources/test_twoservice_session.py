"""How 2Service is asked: its session, its formats, its failures, and what never shows in an error."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from pydantic import ValidationError

from bot.clock import ManualClock
from bot.errors import AnswerUnreadable, OrderNotFound, SourceBroken, SourceBusy, SourceError, SourceRefused
from bot.gate import Lane
from bot.model.order import Order
from bot.model.poll import raw_digest
from bot.ports import Source
from bot.sources._twoservice_session import Session
from bot.sources.twoservice import Settings, build
from tests.sources.serving import Asked, Script, serving

PASSWORD = "open & sesame/ü+1"
OPEN = {"Result": {"OrderNumber": "1", "Status": "Open"}, "IsSuccessful": True}


def login(token: str = "tok-1234567890") -> dict[str, Any]:
    return {"Result": {"SessionToken": token}, "IsSuccessful": True}


def failure(message: str) -> dict[str, Any]:
    return {"IsSuccessful": False, "ErrorMessage": message}


class Host:
    """2Service from a script: logins count up, everything else is answered by `answers` in turn."""

    def __init__(self, *answers: Any, logins: Any = None) -> None:
        self.clock = ManualClock(datetime(2026, 3, 5, 9, tzinfo=UTC))
        self.logins = 0
        self._login_answer = logins
        self._rest = Script(list(answers) or [OPEN])
        self.script = Script([self._answer])

    @asynccontextmanager
    async def source(self, **settings: Any) -> AsyncIterator[Source]:
        async with serving(self.script.application()) as base:
            written = {
                "kind": "twoservice",
                "base_url": base,
                "username": "dealer",
                "password": PASSWORD,
                "in_flight": 4,
            }
            source = build("parts", Settings.model_validate(written | settings), self.clock)
            yield source
            await source.close()

    @property
    def asked(self) -> list[Asked]:
        """Without the logins."""
        return [asked for asked in self.script.asked if "authenticate" not in asked.path]

    def _answer(self, asked: Asked) -> Any:
        if "authenticate" in asked.path:
            self.logins += 1
            return login(f"token-number-{self.logins}") if self._login_answer is None else self._login_answer
        answer = self._rest.answers.pop(0) if len(self._rest.answers) > 1 else self._rest.answers[0]
        return answer(asked) if callable(answer) else answer


async def order(source: Source, key: str = "1") -> Order:
    return source.parse(key, await source.fetch(key))


async def test_nobody_logs_in_before_somebody_asks() -> None:
    host = Host()
    async with host.source() as source:
        assert source.label == "parts (2Service)"
    assert host.logins == 0


async def test_one_session_serves_until_it_has_been_idle_for_four_minutes() -> None:
    host = Host()
    async with host.source() as source:
        for idle in (0, 239, 239, 241, 0):
            await host.clock.advance(idle)
            await order(source)
    assert host.logins == 2
    assert [asked.query["SessionToken"] for asked in host.asked] == ["token-number-1"] * 3 + ["token-number-2"] * 2


async def test_many_who_ask_at_once_share_one_login() -> None:
    host = Host()
    async with host.source() as source:
        await asyncio.gather(*(order(source) for _ in range(8)))
    assert host.logins == 1


async def test_many_who_ask_at_once_share_one_failed_login() -> None:
    host = Host(logins=failure("Invalid user name or password."))
    async with host.source() as source:
        outcomes = await asyncio.gather(*(source.fetch("1") for _ in range(8)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {SourceRefused}
    assert host.logins == 1


@pytest.mark.parametrize(
    "refusal",
    [
        (401, "Unauthorized"),
        (403, "<html>Forbidden</html>"),
        failure("Session has expired, please authenticate again."),
        failure("Ongeldige sessie"),
        failure("U bent niet aangemeld"),
        failure("Session not found"),
        (400, {"ResponseStatus": {"ErrorCode": "TokenException", "Message": "Token is invalid"}}),
    ],
)
async def test_a_refused_session_is_renewed_once_and_the_question_repeated(refusal: Any) -> None:
    host = Host(refusal, OPEN)
    async with host.source() as source:
        assert (await order(source)).status.word == "Open"
    assert (host.logins, len(host.asked)) == (2, 2)


@pytest.mark.parametrize("refusal", [(401, "Unauthorized"), failure("Session has expired")])
async def test_a_session_refused_twice_is_final_and_does_not_loop(refusal: Any) -> None:
    host = Host(refusal)
    async with host.source() as source:
        with pytest.raises(SourceRefused, match="again right after a new login"):
            await source.fetch("1")
    assert (host.logins, len(host.asked)) == (2, 2)


async def test_sessions_that_fail_together_are_renewed_once() -> None:
    host = Host(lambda asked: failure("session expired") if asked.query["SessionToken"].endswith("-1") else OPEN)
    async with host.source() as source:
        await asyncio.gather(*(order(source) for _ in range(4)))
    assert host.logins == 2


async def test_a_late_refusal_of_an_old_token_does_not_cost_the_new_one() -> None:
    tokens = iter(["old", "new", "newest"])

    async def log_in(_: Lane) -> str:
        return next(tokens)

    session = Session(ManualClock(), log_in, [PASSWORD])
    session.drop(await session.token())
    assert await session.token() == "new"
    session.drop("old")
    assert await session.token() == "new"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ((401, "no"), SourceRefused, "HTTP 401: no"),
        (failure("Wachtwoord onjuist"), SourceRefused, "Wachtwoord onjuist; check username and password"),
        ((400, {"IsSuccessful": False}), SourceRefused, "HTTP 400"),
        ({"IsSuccessful": True}, SourceRefused, "success without a session token"),
        ("<html>Welcome to another site</html>", AnswerUnreadable, "a web page or XML"),
        ((404, "<h1>Not Found</h1>"), AnswerUnreadable, "HTTP 404: Not Found; is base_url right?"),
        ((503, "<h1>Down</h1>"), SourceBroken, "HTTP 503: Down"),
        ((302, "", {"Location": "https://login.example/"}), AnswerUnreadable, "a redirect to login.example/"),
    ],
)
async def test_a_login_that_fails_says_so(answer: Any, error: type[SourceError], says: str) -> None:
    host = Host(logins=answer)
    async with host.source() as source:
        with pytest.raises(error) as caught:
            await source.fetch("1")
    assert says in str(caught.value)
    assert "asked POST /dealers/authenticate" in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [
        "Order '1' could not be found.",
        "Order not found",
        "Unknown order number 1",
        "Bestelling 1 is niet gevonden",
        "Geen bestelling met nummer 1",
        "No such order",
        "Ordernummer 1: order bestaat niet",
    ],
)
async def test_an_order_the_source_does_not_know_is_not_found(message: str) -> None:
    async with Host(failure(message)).source() as source:
        with pytest.raises(OrderNotFound) as caught:
            await source.fetch("1")
    assert message in str(caught.value)


async def test_success_without_a_result_is_not_found() -> None:
    async with Host({"IsSuccessful": True}).source() as source:
        with pytest.raises(OrderNotFound, match="success without a Result"):
            await source.fetch("1")


@pytest.mark.parametrize("message", ["Er is een storing", "Page not found", "Internal failure 1"])
async def test_any_other_failure_is_no_missing_order(message: str) -> None:
    async with Host(failure(message)).source() as source:
        with pytest.raises(AnswerUnreadable, match=message):
            await source.fetch("1")


async def test_an_order_whose_number_looks_like_a_session_is_not_taken_for_one() -> None:
    host = Host(failure("Order TOKEN-1 not found"))
    async with host.source() as source:
        with pytest.raises(OrderNotFound):
            await source.fetch("TOKEN-1")
    assert host.logins == 1


async def test_both_hints_can_be_set() -> None:
    host = Host(failure("Kein Zutritt"), failure("Gibt es nicht"))
    async with host.source(session_hint="zutritt", not_found_hint="gibt es nicht") as source:
        with pytest.raises(OrderNotFound):
            await source.fetch("1")
    assert host.logins == 2


def test_a_hint_that_is_no_pattern_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a regular expression"):
        Settings(kind="twoservice", username="u", password="p", session_hint="(")


@pytest.mark.parametrize(("style", "place"), [("form", "body"), ("query", "query")])
async def test_credentials_go_where_the_config_says(style: str, place: str) -> None:
    host = Host()
    async with host.source(login=style) as source:
        await order(source)
    asked = next(asked for asked in host.script.asked if "authenticate" in asked.path)
    assert asked.method == "POST"
    assert ("Password=" in asked.body, "Password" in asked.query) == (place == "body", place == "query")
    assert asked.query.get("Password", PASSWORD) == PASSWORD


@pytest.mark.parametrize("key", ["A#1", "A/1", "A 1", "A+1", "A&B=1", "50%", "Ü1", "WEB 26001063/A+#1"])
async def test_an_order_number_arrives_as_it_is_written(key: str) -> None:
    host = Host({"Result": {"OrderNumber": key}, "IsSuccessful": True})
    async with host.source() as source:
        assert (await order(source, key)).number == key
    assert host.asked[0].query["OrderNumber"] == key


@pytest.mark.parametrize(("form", "media_type"), [("json", "application/json"), ("jsv", "text/jsv")])
async def test_the_format_is_asked_for_by_header(form: str, media_type: str) -> None:
    host = Host()
    async with host.source(format=form) as source:
        await source.fetch("1")
    assert {asked.headers["Accept"] for asked in host.script.asked} == {media_type}
    assert "format" not in host.asked[0].query


async def test_a_host_that_ignores_the_header_is_asked_by_query_from_then_on() -> None:
    host = Host(lambda asked: OPEN if asked.query.get("format") == "json" else "<html>A report for people</html>")
    async with host.source() as source:
        await order(source)
        await order(source)
    assert [asked.query.get("format") for asked in host.asked] == [None, "json", "json"]


async def test_a_page_for_people_in_either_way_is_an_error_after_two_tries() -> None:
    host = Host("<html>Maintenance</html>")
    async with host.source() as source:
        with pytest.raises(AnswerUnreadable, match="a web page or XML instead of data: Maintenance"):
            await source.fetch("1")
    assert len(host.asked) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, "slow down", {"Retry-After": "7"}), SourceBusy),
        ((502, "x"), SourceBroken),
        ((504, "x"), SourceBroken),
        ((503, "x", {"Retry-After": "7"}), SourceBusy),
        ((500, {"ResponseStatus": {"Message": "null"}}), SourceBroken),
    ],
)
async def test_a_host_in_trouble_is_not_asked_again_at_once(answer: Any, error: type[SourceError]) -> None:
    host = Host(answer)
    async with host.source() as source:
        with pytest.raises(error) as caught:
            await source.fetch("1")
    assert len(host.asked) == 1
    assert caught.value.retry_after == (7.0 if error is SourceBusy else None)


async def test_an_account_is_asked_one_question_at_a_time_unless_told_otherwise() -> None:
    assert Settings(kind="twoservice", username="u", password="p").in_flight == 1


def _echo(asked: Asked) -> Any:
    return (500, f"<p>Server error at {unquote(asked.raw_path)}</p>")


def _echo_raw(asked: Asked) -> Any:
    return (400, {"ResponseStatus": {"Message": f"bad request {asked.raw_path} and {asked.body}"}})


def _echo_cut(asked: Asked) -> Any:
    secret = asked.query.get("SessionToken", PASSWORD)
    return (500, "x" * (199 - len(secret) // 2) + secret + " and more")


@pytest.mark.parametrize("echo", [_echo, _echo_raw, _echo_cut])
@pytest.mark.parametrize("style", ["form", "query"])
async def test_no_error_shows_the_session(echo: Callable[[Asked], Any], style: str) -> None:
    host = Host(echo)
    async with host.source(login=style) as source:
        with pytest.raises(SourceError) as caught:
            await source.fetch("1")
    assert "token-num" not in str(caught.value)
    assert "***" in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("style", ["form", "query"])
@pytest.mark.parametrize("echo", [_echo, _echo_raw, _echo_cut])
async def test_no_error_shows_the_password(echo: Callable[[Asked], Any], style: str) -> None:
    async with serving(Script([echo]).application()) as base:
        written = {"kind": "twoservice", "base_url": base, "username": "d", "password": PASSWORD, "login": style}
        source = build("parts", Settings.model_validate(written), ManualClock())
        with pytest.raises(SourceError) as caught:
            await source.fetch("1")
        await source.close()
    assert "sesame" not in str(caught.value)


def test_settings_do_not_show_the_password() -> None:
    assert PASSWORD not in repr(Settings.model_validate({"kind": "twoservice", "username": "d", "password": PASSWORD}))


async def test_an_answer_that_is_known_to_the_byte_comes_back_unread() -> None:
    host = Host("no answer anybody could read")
    async with host.source() as source:
        with pytest.raises(AnswerUnreadable):
            await source.fetch("1", known=b"another digest")
        payload = await source.fetch("1", known=raw_digest(b"no answer anybody could read"))
    assert payload.body == b"no answer anybody could read"
