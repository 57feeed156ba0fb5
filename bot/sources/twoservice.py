"""2Service (dealers' web services): one order by its number, in JSON or JSV, behind a session that falls asleep.

The host has no list of orders. `/dealers/shipments` tells which orders had something shipped lately, and serves as
a hint which of them to look at first.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator

from bot.budget import Budget
from bot.errors import AnswerUnreadable, OrderNotFound, SourceRefused
from bot.gate import Lane
from bot.http_client import Answer, excerpt
from bot.model.order import Order
from bot.model.poll import KnownPages, Listed, Listing, Page, Payload, Scope, raw_digest
from bot.model.units import Rate
from bot.ports import Clock, Source
from bot.sources._payload import pick, text
from bot.sources._secrets import hiding
from bot.sources._settings import SourceSettings
from bot.sources._twoservice_reply import Reading, Reply, hints_of, is_markup, order_of, read_reply, words_in
from bot.sources._twoservice_session import Session

WHERE: frozenset[str] = frozenset()
"""Filters the listing takes: none."""

_LOGIN = "/dealers/authenticate"
_TRACKING = "/dealers/order/tracking"
_SHIPMENTS = "/dealers/shipments"
_JUDGED = Reply(successful=True, result={}, message=None)
_MEDIA_TYPES = {"json": "application/json", "jsv": "text/jsv"}


class Settings(SourceSettings):
    """What watchlists.yaml says about a 2Service account."""

    kind: Literal["twoservice"]
    base_url: str = "https://services.2service.nl"
    username: str
    password: SecretStr
    format: Literal["json", "jsv"] = "json"
    """In which form answers are asked for; both are read."""
    login: Literal["form", "query"] = "form"
    """Where the credentials go at login: in the body, or in the query string."""
    session_hint: str = (
        r"session|token|authenticat|not authori[sz]ed|log(ged)?[ -]?(in|on|out)\b|expired"
        r"|sessie|aangemeld|ingelogd|inloggen|verlopen"
    )
    """Regular expression found in an error message that means: log in again."""
    not_found_hint: str = (
        r"(order|bestelling)\b.*(not (be )?found|unknown|does not exist|no longer exists|niet gevonden|onbekend"
        r"|bestaat niet)|(unknown|no such|invalid|onbekende?|geen|ongeldige?) (order|bestel)|could not find.*order"
    )
    """Regular expression found in an error message that means: there is no such order."""
    timezone: str = "Europe/Amsterdam"
    discover_days: int = Field(default=14, ge=1, le=366)
    """How many days back the shipments are asked for."""
    budget: Rate = Field(default="60/min", validate_default=True)
    in_flight: int = Field(default=1, ge=1, le=100)

    @field_validator("session_hint", "not_found_hint")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return value


def build(name: str, settings: Settings, clock: Clock) -> Source:
    """The source `name`, ready to be asked."""
    return TwoService(name, settings, clock)


class TwoService:
    """One 2Service account."""

    listing = Listing.HINTS

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self.label = f"{settings.label or name} (2Service)"
        self._settings = settings
        self._clock = clock
        self._client = settings.client(name, clock, describe=words_in)
        self._secrets = [settings.password.get_secret_value()]
        self._session = Session(clock, self._log_in, self._secrets)
        self._zone = ZoneInfo(settings.timezone)
        self._reading = Reading(name, self._zone, settings.statuses, settings.fields)
        self._session_hint = re.compile(settings.session_hint, re.IGNORECASE)
        self._not_found_hint = re.compile(settings.not_found_hint, re.IGNORECASE)
        self._format_in_query = False

    def key_of(self, written: str) -> str:
        """The order number, trimmed. Raises ValueError for an empty one, which must never be sent."""
        key = written.strip()
        if not key or not key.isprintable():
            raise ValueError(f"{written!r} is no order number: write it as 2Service shows it, such as 26001007")
        return key

    async def pages(self, scope: Scope, known: KnownPages) -> AsyncGenerator[Page]:
        """One page of hints: the orders with shipments in the last `discover_days`. Takes no filters (ValueError)."""
        if scope.where:
            raise ValueError(f"{self.name} (2Service) cannot narrow its listing: remove `where`")
        since = self._clock.now().astimezone(self._zone).date() - timedelta(days=self._settings.discover_days)
        asked = f"GET {_SHIPMENTS}?DateFrom={since}"
        with hiding(self._secrets):
            answer, reply = await self._ask(_SHIPMENTS, {"DateFrom": since.isoformat()}, asked, lane=Lane.LISTING)
            if not reply.successful:
                raise AnswerUnreadable(self.name, asked, _failed(reply))
            if reply.result is not None and not isinstance(reply.result, Mapping | list):
                raise AnswerUnreadable(self.name, asked, f"came no list of shipments but: {answer.excerpt()}")
        digest = raw_digest(answer.body)
        page = known.get(1)
        if page is not None and page.digest == digest:
            yield Page(1, digest, page.keys, None, True)
            return
        listed = tuple(Listed(key, part) for key, part in hints_of(reply.result, self._zone).items())
        yield Page(1, digest, tuple(row.key for row in listed), listed, True)

    def narrowed(self, scope: Scope, since: datetime) -> Scope | None:
        """None: it cannot be asked for updates alone."""

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        """The whole answer of GetOrderTracking, as it came."""
        asked, lane = _asked_for(key), Lane.URGENT if urgent else Lane.ROUTINE
        with hiding(self._secrets):
            answer, reply = await self._ask(_TRACKING, {"OrderNumber": key}, asked, lane=lane, known=known)
            if not reply.successful:
                unknown = reply.message is not None and self._not_found_hint.search(reply.message)
                raise (OrderNotFound if unknown else AnswerUnreadable)(self.name, asked, _failed(reply))
            if reply.result is None:
                raise OrderNotFound(self.name, asked, "came success without a Result")
        return Payload(answer.body, answer.media_type or _MEDIA_TYPES[self._settings.format])

    def parse(self, key: str, payload: Payload) -> Order:
        """The Order in an answer, in whichever of the two forms it came."""
        asked = _asked_for(key)
        with hiding(self._secrets):
            reply = read_reply(payload.body, payload.media_type, source=self.name, asked=asked)
            if not reply.successful:
                raise AnswerUnreadable(self.name, asked, _failed(reply))
            return order_of(reply.result, key, self._reading, asked=asked)

    @property
    def budget(self) -> Budget:
        """What its requests are counted against."""
        return self._client.gate

    async def close(self) -> None:
        """Release connections. Idempotent."""
        await self._session.close()
        await self._client.close()

    async def _ask(
        self, path: str, params: Mapping[str, str], asked: str, *, lane: Lane = Lane.ROUTINE, known: bytes | None = None
    ) -> tuple[Answer, Reply]:
        """Ask with a session. A session that is refused is made anew and the question repeated, once.

        An answer whose digest is `known` was judged good before, so its reply is not read again: it is _JUDGED.
        """
        for is_last_try in (False, True):
            token = await self._session.token(lane)
            answer = await self._send("GET", path, asked, lane, params={**params, "SessionToken": token})
            refused = answer.status in (401, 403)
            if not refused:
                is_known = known is not None and answer.status < 300 and raw_digest(answer.body) == known
                reply = _JUDGED if is_known else self._read(answer, asked)
                refused = not reply.successful and self._speaks_of_the_session(reply, params)
                if not refused:
                    self._session.used(token)
                    return answer, reply
            self._session.drop(token)
            if is_last_try:
                break
        raise SourceRefused(
            self.name,
            asked,
            f"came HTTP {answer.status}: {words_in(answer.body) or 'no words'}; again right after a new login, so "
            "check what this account may do",
        )

    async def _send(
        self,
        method: str,
        path: str,
        asked: str,
        lane: Lane,
        *,
        params: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for the format by header; where that brings a page for people, by `?format=` from then on."""
        wanted = self._settings.format
        for in_query in (True,) if self._format_in_query else (False, True):
            answer = await self._client.request(
                method,
                self._settings.base_url + path,
                asked=asked,
                lane=lane,
                params={**params, "format": wanted} if in_query else params,
                headers={"Accept": _MEDIA_TYPES[wanted]},
                form=form,
            )
            if answer.status >= 300 or not is_markup(answer.body):
                self._format_in_query = in_query
                break
        return answer

    def _read(self, answer: Answer, asked: str) -> Reply:
        if answer.status < 300:
            return read_reply(answer.body, answer.media_type, source=self.name, asked=asked)
        try:
            reply = read_reply(answer.body, answer.media_type, source=self.name, asked=asked)
        except AnswerUnreadable:
            words = words_in(answer.body) or "no words"
            raise AnswerUnreadable(
                self.name, asked, f"came HTTP {answer.status}: {words}; is base_url right?"
            ) from None
        return Reply(False, None, f"HTTP {answer.status}: {reply.message or excerpt(answer.body)}")

    def _speaks_of_the_session(self, reply: Reply, params: Mapping[str, str]) -> bool:
        message = reply.message or ""
        for value in params.values():  # an order may be called TOKEN-1
            message = message.replace(value, "")
        return self._session_hint.search(message) is not None

    async def _log_in(self, lane: Lane) -> str:
        asked = f"POST {_LOGIN}"
        credentials = {
            "UserName": self._settings.username,
            "Password": self._settings.password.get_secret_value(),
        }
        in_query = self._settings.login == "query"
        answer = await self._send(
            "POST",
            _LOGIN,
            asked,
            lane,
            params=credentials if in_query else {},
            form=None if in_query else credentials,
        )
        if answer.status in (401, 403):
            came = f"came HTTP {answer.status}: {words_in(answer.body) or 'no words'}"
            raise SourceRefused(self.name, asked, f"{came}; check username and password")
        reply = self._read(answer, asked)
        if not reply.successful:
            raise SourceRefused(self.name, asked, f"{_failed(reply)}; check username and password")
        token = text(pick(reply.result, "SessionToken"))
        if token is None:
            raise SourceRefused(self.name, asked, "came success without a session token; check username and password")
        return token


def _asked_for(key: str) -> str:
    return f"GET {_TRACKING}?OrderNumber={key}"


def _failed(reply: Reply) -> str:
    return f"came a failure: {excerpt((reply.message or 'without a message').encode())}"
