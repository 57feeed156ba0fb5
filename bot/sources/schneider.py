"""Schneider Electric's Order Status API: a paged search, order and item details, and shipment schedules by item.

Base URL, paths, parameters, paging and OAuth2 are published (api-explorer.se.com); field names and status codes are
not, see `_schneider_names`. Everything is asked for one country: one account may cover several national companies.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from bot.budget import Budget
from bot.errors import AnswerUnreadable, OrderNotFound, SourceRefused
from bot.gate import Lane
from bot.http_client import Answer, HttpClient
from bot.model.order import Order
from bot.model.poll import KnownPages, Listing, Page, Payload, Scope
from bot.model.units import Rate
from bot.ports import Clock
from bot.sources._payload import read_json
from bot.sources._schneider_auth import ApiKey, ClientCredentials, Credentials
from bot.sources._schneider_errors import came, error_words, is_own_error, says_nothing_there
from bot.sources._schneider_names import ALIASES
from bot.sources._schneider_numbers import Spelling, canonical
from bot.sources._schneider_parse import Reader
from bot.sources._schneider_sweep import CountrySweep
from bot.sources._secrets import hiding
from bot.sources._settings import SourceSettings

WHERE = {"order_number": "order-number", "order_status": "order-status", "purchaser_id": "purchaser-id"}
"""What may stand under `where:`, and the search parameter it becomes. An order number means all that begin with it."""

_SECRET_HEADER = re.compile(r"key|token|secret|auth|cookie|password", re.IGNORECASE)


class Settings(SourceSettings):
    """One account at Schneider Electric."""

    kind: Literal["schneider"]
    base_url: str = "https://api.se.com/v1/supply-chain/order-status"
    """With the product: `.../order-status`, or `.../partner-order-status` for distributors."""
    token_url: str = "https://api.se.com/token"  # noqa: S105  an address, no password
    countries: list[str] = Field(min_length=1)
    """Two letters each, such as `FR`: every order belongs to one."""
    auth: Literal["oauth2", "api_key"] = "oauth2"
    client_id: str | None = None
    client_secret: SecretStr | None = None
    scope: str | None = None
    client_auth: Literal["basic", "body"] = "basic"
    """Where the token request carries client id and secret."""
    api_key: SecretStr | None = None
    api_key_header: str = "X-API-Key"
    api_key_prefix: str = ""
    """Put before the key as it stands, for example `Bearer ` with its blank."""
    budget: Rate = Field(default="60/min", validate_default=True)
    in_flight: int = Field(default=5, ge=1, le=10)
    """At most 10: the API allows no more calls in parallel."""
    page_size: int = Field(default=100, ge=1, le=200)
    purchaser_parameter: str = WHERE["purchaser_id"]
    """Name of the search parameter behind `where: {purchaser_id: ...}`; older documentation writes `purchaserid`."""
    aliases: dict[str, list[str]] = {}
    """Further field names of this account's answers by what we call the fact, tried before those we know."""

    @field_validator("token_url")
    @classmethod
    def _token_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with https:// or http://")
        return value

    @field_validator("countries", mode="before")
    @classmethod
    def _countries(cls, value: Any) -> Any:
        for country in value if isinstance(value, list) else [value]:
            if country is False:
                raise ValueError('write "NO" in quotes: YAML reads a bare NO as false')
            if not re.fullmatch(r"[A-Z]{2}", str(country)):
                raise ValueError(f"{country!r} is not a country code: write two capital letters, such as FR")
        if isinstance(value, list) and len(set(value)) < len(value):
            raise ValueError("a country stands there twice")
        return value

    @field_validator("aliases")
    @classmethod
    def _aliases(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        if unknown := sorted(set(value) - set(ALIASES)):
            raise ValueError(f"{', '.join(unknown)}: no such fact; there are {', '.join(ALIASES)}")
        return value

    @model_validator(mode="after")
    def _credentials(self) -> "Settings":
        client, key = ["client_id", "client_secret"], ["api_key"]
        if self.auth == "oauth2":
            needed, unused, other = client, key, "api_key"
        else:
            needed, unused, other = key, [*client, "scope"], "oauth2"
        given = [name for name in unused if _has_text(getattr(self, name))]
        missing = [name for name in needed if not _has_text(getattr(self, name))]
        if given:
            raise ValueError(f"{' and '.join(given)} can only stand with auth: {other}, but auth is {self.auth}")
        if missing:
            raise ValueError(f"auth: {self.auth} needs {' and '.join(missing)}")
        return self


def build(name: str, settings: Settings, clock: Clock) -> "Schneider":
    """The source called `name` in the config."""
    return Schneider(name, settings, clock)


class Schneider:
    """One account at Schneider Electric. A ports.Source; keys are `FR/0045001234`."""

    listing = Listing.COMPLETE

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self.label = settings.label or f"{name} (Schneider Electric)"
        self._settings = settings
        self._client = settings.client(name, clock, describe=error_words)
        self._credentials = _credentials(name, settings, self._client, clock)
        self._spelling = Spelling()
        self._reader = Reader(
            name,
            zone=ZoneInfo(settings.timezone),
            aliases=settings.aliases,
            statuses=settings.statuses,
            fields=settings.fields,
        )

    def key_of(self, written: str) -> str:
        """Of `FR/45001234`, or of the bare number where the account has one country. Zeros in front do not matter."""
        countries = self._settings.countries
        split = re.fullmatch(r"([A-Za-z]{2})\s*/\s*(.*)", written.strip())
        if split and split[1].upper() not in countries:
            raise ValueError(f"{self.name} covers {', '.join(countries)}, not {split[1].upper()}")
        if not split and len(countries) > 1:
            example = written.strip() or "0045001234"
            raise ValueError(f"write the country too, such as {countries[0]}/{example}: {self.name} covers several")
        number = split[2].strip() if split else written.strip()
        if not number.isprintable() or not re.search(r"\w", number) or len(number) > 40:
            raise ValueError(f"write an order number, such as {countries[0]}/0045001234")
        return f"{split[1].upper() if split else countries[0]}/{canonical(number)}"

    def pages(self, scope: Scope, known: KnownPages) -> AsyncGenerator[Page]:
        """Sweep the search of every country in turn. Only the very last page `is_last`.

        Raises ValueError at once for a filter that is not in WHERE.
        """
        names = WHERE | {"purchaser_id": self._settings.purchaser_parameter}
        for name, value in scope.where:
            if name not in names:
                raise ValueError(f"{name} cannot stand under where; {self.name} can narrow by {', '.join(WHERE)}")
            if name == "order_number" and len(value) < 3:
                raise ValueError("where: order_number needs at least 3 characters")
        return self._sweep({names[name]: value for name, value in scope.where}, known)

    def narrowed(self, scope: Scope, since: datetime) -> Scope | None:
        """None: it cannot be asked for updates alone."""

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        """The order's details and the shipment schedules of its items: one JSON document of the raw answers.

        Read even when nothing is new: which schedules to ask for stands in the details.

        Items about which the order says nothing but the number are asked for on their own.
        """
        country, _, number = key.partition("/")
        lane = Lane.URGENT if urgent else Lane.ROUTINE
        with hiding(self._secrets()):
            path, body, items = await self._found(country, number, lane=lane)
            details = {each: f"{path}/{_segment(each)}" for each, is_bare in items.items() if is_bare}
            schedules = {each: f"{path}/{_segment(each)}/shipment-schedules" for each in items}
            bodies = await self._parts([*details.values(), *schedules.values()], lane=lane)
        parts = {"order": body, "schedules": _document({each: bodies[at] for each, at in schedules.items()})}
        if details:
            parts["items"] = _document({each: bodies[at] for each, at in details.items()})
        return Payload(_document(parts))

    def parse(self, key: str, payload: Payload) -> Order:
        """The payload of `fetch` as an order. Raises AnswerUnreadable."""
        country, _, number = key.partition("/")
        return self._reader.full(key, number, payload, f"GET /orders/{country}/{_segment(number)}")

    @property
    def budget(self) -> Budget:
        """What its requests are counted against."""
        return self._client.gate

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _sweep(self, filters: Mapping[str, str], known: KnownPages) -> AsyncGenerator[Page]:
        countries = self._settings.countries
        for place, country in enumerate(countries):
            is_last = place == len(countries) - 1
            sweep = CountrySweep(self._reader, self.name, country, place, is_last_country=is_last)
            ahead: deque[asyncio.Task[tuple[Answer, str]]] = deque()
            try:
                while not sweep.is_done:
                    most = max(sweep.page, min(sweep.page + self._settings.in_flight - 1, sweep.announced))
                    for number in range(sweep.page + len(ahead), most + 1):
                        ahead.append(asyncio.create_task(self._ask_for_page(country, filters, number)))
                    with hiding(self._secrets()):
                        answer, asked = await ahead.popleft()
                        page = self._page(sweep, answer, asked, known)
                    yield page
            finally:
                for task in ahead:
                    task.cancel()
                await asyncio.gather(*ahead, return_exceptions=True)

    async def _ask_for_page(self, country: str, filters: Mapping[str, str], number: int) -> tuple[Answer, str]:
        """The answer, and the words for what was asked."""
        params = {**filters, "page": str(number), "page-size": str(self._settings.page_size)}
        path = f"/orders/{country}"
        return await self._ask(path, params, lane=Lane.LISTING), f"GET {path}?{urlencode(params)}"

    def _page(self, sweep: CountrySweep, answer: Answer, asked: str, known: KnownPages) -> Page:
        if answer.status == 404 and is_own_error(answer):
            return sweep.take_nothing(answer.body, asked)
        page = sweep.take(self._data(answer, asked), known, asked)
        for row in page.listed or ():
            self._spelling.note(row.order.number if row.order else "")
        return page

    async def _found(self, country: str, number: str, *, lane: Lane) -> tuple[str, bytes, dict[str, bool]]:
        """The path by which the account knows an order, and what `_details` says of it. Raises OrderNotFound."""
        refusals: list[OrderNotFound] = []
        for written in self._spelling.of(number):
            path = f"/orders/{country}/{_segment(written)}"
            try:
                body, items = await self._details(path, number, lane=lane)
            except OrderNotFound as refusal:
                refusals.append(refusal)
                continue
            except AnswerUnreadable:
                if refusals:  # nobody promised that it can be asked for this way
                    break
                raise
            self._spelling.note(written)
            return path, body, items
        raise refusals[0]

    async def _details(self, path: str, number: str, *, lane: Lane) -> tuple[bytes, dict[str, bool]]:
        """The answer about an order, and its item numbers, each with whether the answer says no more about it."""
        asked = f"GET {path}"
        answer = await self._ask(path, lane=lane)
        if answer.status == 404 and says_nothing_there(answer):
            raise OrderNotFound(self.name, asked, came(answer))
        body = self._data(answer, asked)
        order = self._reader.shapes.order_in(read_json(body, source=self.name, asked=asked), number, asked)
        if order is None:
            raise OrderNotFound(self.name, asked, "came an answer without an order")
        items = self._reader.shapes.items(order, asked)
        return body, {item.number: item.is_bare for item in items if item.number}

    async def _parts(self, paths: Sequence[str], *, lane: Lane) -> dict[str, bytes]:
        """Path to body, `null` where there is nothing; all at once as far as the gate allows."""
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {path: group.create_task(self._part(path, lane=lane)) for path in paths}
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return {path: task.result() for path, task in tasks.items()}

    async def _part(self, path: str, *, lane: Lane) -> bytes:
        """What there is about one item; an item without schedules is answered by 404."""
        answer = await self._ask(path, lane=lane)
        if answer.status == 404:
            return b"null"
        body = self._data(answer, f"GET {path}")
        read_json(body, source=self.name, asked=f"GET {path}")
        return body

    async def _ask(self, path: str, params: Mapping[str, str] | None = None, *, lane: Lane = Lane.ROUTINE) -> Answer:
        """Ask, and once more with a new token if the first is not accepted. Raises SourceRefused, and as HttpClient."""
        asked = f"GET {path}?{urlencode(params)}" if params else f"GET {path}"
        answer = await self._ask_once(path, params, asked, lane)
        if answer.status == 401 and self._credentials.is_renewable:
            answer = await self._ask_once(path, params, asked, lane)
        if answer.status == 401:
            raise SourceRefused(self.name, asked, f"{came(answer)}; {self._credentials.advice}")
        if answer.status == 403:
            advice = "ask Schneider Electric whether this account may use Order Status there"
            raise SourceRefused(self.name, asked, f"{came(answer)}; {advice}")
        return answer

    async def _ask_once(self, path: str, params: Mapping[str, str] | None, asked: str, lane: Lane) -> Answer:
        header = await self._credentials.header()
        url = self._settings.base_url + path
        answer = await self._client.request("GET", url, asked=asked, params=params, headers=header, lane=lane)
        if answer.status == 401:
            self._credentials.refused(header)
        return answer

    def _data(self, answer: Answer, asked: str) -> bytes:
        """The body of an answer that is no error, without blanks around it. Raises AnswerUnreadable."""
        if answer.status >= 300:
            advice = "; is base_url right?" if answer.status == 404 else ""
            raise AnswerUnreadable(self.name, asked, came(answer) + advice)
        return answer.body.removeprefix(b"\xef\xbb\xbf").strip()

    def _secrets(self) -> Iterable[str]:
        yield from self._credentials.secrets()
        yield from (value for name, value in self._settings.headers.items() if _SECRET_HEADER.search(name))


def _credentials(name: str, settings: Settings, client: HttpClient, clock: Clock) -> Credentials:
    if settings.auth == "api_key":
        return ApiKey(settings.api_key_header, settings.api_key_prefix, _revealed(settings.api_key))
    return ClientCredentials(
        name,
        client,
        clock,
        token_url=settings.token_url,
        client_id=settings.client_id or "",
        client_secret=_revealed(settings.client_secret),
        scope=settings.scope,
        client_auth=settings.client_auth,
    )


def _segment(text: str) -> str:
    return quote(text, safe="")


def _document(parts: Mapping[str, bytes]) -> bytes:
    """A JSON object of values that are JSON already, sorted by name, so that equal answers give equal bytes."""
    members = (json.dumps(name).encode() + b":" + parts[name] for name in sorted(parts))
    return b"{" + b",".join(members) + b"}"


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value().strip() if secret else ""


def _has_text(value: str | SecretStr | None) -> bool:
    return bool(_revealed(value) if isinstance(value, SecretStr) else value and value.strip())
