"""StateSet: one order by its id, asked for in the way this account understands, and a listing where there is one.

The public pages, the current API and the open-source server disagree about paths, auth and shapes, so all of these
can be set, and the way of asking is found out by itself.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr

from bot.budget import Budget
from bot.errors import AnswerUnreadable, OrderNotFound, SourceRefused
from bot.gate import Lane
from bot.http_client import Answer
from bot.model.moment import Moment, from_instant, instant_of
from bot.model.order import Order
from bot.model.poll import KnownPages, Listed, Listing, Page, Payload, Scope, raw_digest
from bot.model.units import Rate
from bot.ports import Clock, Source
from bot.sources._payload import read_json
from bot.sources._secrets import hiding
from bot.sources._settings import SourceSettings
from bot.sources._stateset_order import Reading, header_of, id_of, order_of, unwrap
from bot.sources._stateset_reply import Sweep, is_failure, read_list, refusal_in, refusal_of

WHERE = frozenset(
    {
        "status",
        "status_in",
        "customer_email",
        "customer_id",
        "country",
        "sku",
        "search",
        "created_after",
        "created_before",
        "updated_after",
        "shipped_after",
        "from",
        "to",
    }
)
"""Filters the listing takes, as the documentation of the list endpoint and the open server's OpenAPI file name them."""

PAGE_ROWS = 100
"""The most a page may hold; asking for more counts as several requests."""

_MAX_PAGES = 10_000
_SLACK = timedelta(days=1)
"""How much older than asked for an update may be, for a filter that knows days or another zone."""
_NO_SUCH_FILTER = (400, 422)
_STYLES = ("path", "body", "plural")
_WRONG_WAY = (404, 405)
_WRONG_WAY_WITH_BODY = (400, 404, 405, 411, 415, 422)
"""A proxy that drops the body of a GET leaves a request without an id."""


class Settings(SourceSettings):
    """What watchlists.yaml says about a StateSet account."""

    kind: Literal["stateset"]
    base_url: str = "https://api.stateset.com/v1"
    token: SecretStr
    auth_header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]+$")
    """`X-API-Key` for the open-source server's keys."""
    auth_scheme: str = "Token"
    """The word before the token: `Token`, `Bearer`, or empty."""
    retrieve: Literal["auto", "path", "body", "plural"] = "auto"
    """How to ask for one order: `/order/ID/retrieve`, `/order/retrieve` with a JSON body, `/orders/ID`."""
    list: bool | Literal["auto"] = "auto"
    """Whether the account has a listing at `/orders`."""
    updated_after: str = "updated_after"
    """Name of the listing's filter by time of update; empty where this account has none."""
    budget: Rate = Field(default="50/min", validate_default=True)
    """Below the smallest of the published limits, 60 a minute."""
    in_flight: int = Field(default=4, ge=1, le=100)


def build(name: str, settings: Settings, clock: Clock) -> Source:
    """The source `name`, ready to be asked."""
    return StateSet(name, settings, clock)


class StateSet:
    """One StateSet account."""

    def __init__(self, name: str, settings: Settings, clock: Clock) -> None:
        self.name = name
        self.label = f"{settings.label or name} (StateSet)"
        self._settings = settings
        self._reading = Reading(name, ZoneInfo(settings.timezone), settings.statuses, settings.fields)
        token = settings.token.get_secret_value()
        self._secrets = (token,)
        headers = {
            "Accept": "application/json",
            "Cache-Control": "no-cache",
            settings.auth_header: f"{settings.auth_scheme} {token}".strip(),
        }
        self._client = settings.client(name, clock, headers=headers, describe=lambda body: refusal_in(body).words)
        self._styles: tuple[str, ...] = _STYLES if settings.retrieve == "auto" else (settings.retrieve,)
        """The ways to ask for one order, the one that worked last first."""
        self._works: str | None = None
        self._listing = Listing.NONE if settings.list is False else Listing.COMPLETE
        self._counts_pages = False
        self._can_narrow = bool(settings.updated_after)
        self._narrowed: Scope | None = None
        self._dates_updates = False
        """Whether all rows of the page read last say when they were updated."""

    @property
    def listing(self) -> Listing:
        """COMPLETE, until the account proves to have none."""
        return self._listing

    def key_of(self, written: str) -> str:
        """The order's id, trimmed. Raises ValueError for an empty one."""
        key = written.strip()
        if not key or not key.isprintable() or " " in key:
            raise ValueError(f"{written!r} is no StateSet order id: write it like ord_1NXWPnCo6bFb1KQto6C8OWvE")
        return key

    def narrowed(self, scope: Scope, since: datetime) -> Scope | None:
        """By the filter `updated_after`, as long as rows say when they were updated and keep to what was asked for."""
        name = self._settings.updated_after
        if not (self._can_narrow and self._dates_updates) or name in dict(scope.where):
            return None
        self._narrowed = Scope(tuple(sorted((*scope.where, (name, from_instant(since))))))
        return self._narrowed

    async def pages(self, scope: Scope, known: KnownPages) -> AsyncGenerator[Page]:
        """Sweep `/orders`, narrowed by filters of WHERE (ValueError for others)."""
        unknown = sorted({name for name, _ in scope.where} - WHERE - {self._settings.updated_after})
        if unknown:
            raise ValueError(
                f"{self.name} (StateSet) cannot filter by {', '.join(unknown)}; it can by {', '.join(sorted(WHERE))}"
            )
        sweep = Sweep(PAGE_ROWS)
        seen: set[str] = set()
        while sweep.number < _MAX_PAGES:
            with hiding(self._secrets):
                page = await self._page(scope, known, sweep, seen)
            if page is None:  # it does not know the filter: then everything
                scope = Scope(tuple(each for each in scope.where if each[0] != self._settings.updated_after))
                continue
            yield page
            if page.is_last:
                return
        raise AnswerUnreadable(self.name, "GET /orders", f"came {_MAX_PAGES} pages and no end")

    async def fetch(self, key: str, *, known: bytes | None = None, urgent: bool = False) -> Payload:
        """The answer about one order, asked for in each way in turn until one is understood; that one goes first then.

        A 404 that speaks of the order is final. One that does not is final only when no way of asking works
        for this order and one has worked for another.
        """
        with hiding(self._secrets):
            styles, lane = self._styles, Lane.URGENT if urgent else Lane.ROUTINE
            misunderstood: list[str] = []
            for style in styles:
                payload = await self._retrieve(style, key, known, lane, misunderstood)
                if payload is not None:
                    if style != self._works:
                        self._works = style
                        self._styles = tuple(sorted(self._styles, key=lambda each: each != style))
                    return payload
            asked = _asked_for(styles[0], key, _path(styles[0], key))
            came = "came " + ", then ".join(misunderstood)
            if self._works is not None:
                raise OrderNotFound(self.name, asked, f"{came}; other orders can be had this way")
            raise AnswerUnreadable(
                self.name, asked, f"{came}; check base_url and `retrieve`, or the order's id if others work"
            )

    def parse(self, key: str, payload: Payload) -> Order:
        """The Order in an answer, whichever generation of the API wrote it."""
        style = self._works or "path"
        asked = _asked_for(style, key, _path(style, key))
        with hiding(self._secrets):
            data = read_json(payload.body, source=self.name, asked=asked)
            return order_of(data, key, self._reading, asked=asked)

    @property
    def budget(self) -> Budget:
        """What its requests are counted against."""
        return self._client.gate

    async def close(self) -> None:
        """Release connections. Idempotent."""
        await self._client.close()

    async def _retrieve(
        self, style: str, key: str, known: bytes | None, lane: Lane, misunderstood: list[str]
    ) -> Payload | None:
        """Ask in one way; None, and a word in `misunderstood`, if the account does not understand it."""
        path = _path(style, key)
        asked = _asked_for(style, key, path)
        body = {"id": key} if style == "body" else None
        answer = await self._ask(path, asked, lane=lane, body=body)
        if answer.status >= 300:
            refusal = refusal_in(answer.body)
            came = f"HTTP {answer.status}: {refusal.words or 'no words'}"
            if answer.status == 404 and refusal.says_order_is_missing:
                raise OrderNotFound(self.name, asked, f"came {came}")
            if answer.status in (_WRONG_WAY_WITH_BODY if style == "body" else _WRONG_WAY):
                misunderstood.append(came)
                return None
            raise AnswerUnreadable(self.name, asked, f"came {came}")
        payload = Payload(answer.body, answer.media_type or "application/json")
        if known is not None and payload.digest == known:
            return payload
        data = read_json(answer.body, source=self.name, asked=asked)
        order = unwrap(data)
        if order is None or is_failure(data):
            said = refusal_of(data)
            if said is None:
                raise AnswerUnreadable(self.name, asked, f"came no order but: {answer.excerpt()}")
            raise (OrderNotFound if said.says_order_is_missing else AnswerUnreadable)(
                self.name, asked, f"came {said.words or 'a failure without a word'}"
            )
        if (id_of(order) or "").casefold() != key.casefold():
            misunderstood.append(f"another order, {id_of(order)}")
            if style != "body" or self._settings.retrieve == "body":
                raise AnswerUnreadable(self.name, asked, f"came {misunderstood[-1]}")
            return None
        return payload

    async def _page(self, scope: Scope, known: KnownPages, sweep: Sweep, seen: set[str]) -> Page | None:
        """Ask for the next page and count it in; None if the listing refuses to be narrowed by updates."""
        number = sweep.number + 1
        params = {"limit": str(PAGE_ROWS), **dict(scope.where)}
        if self._counts_pages and number > 1:
            params["page"] = str(number)
        else:
            params["offset"] = str(sweep.rows)
        shown = "&".join(f"{name}={value}" for name, value in params.items() if "email" not in name)
        asked = f"GET /orders?{shown}"
        answer = await self._ask("/orders", asked, lane=Lane.LISTING, params=params)
        if answer.status in _NO_SUCH_FILTER and scope == self._narrowed:
            self._can_narrow = False
            return None
        if answer.status >= 300:
            raise self._no_list(answer, asked)
        digest = raw_digest(answer.body)
        earlier = known.get(number)
        if earlier is not None and earlier.digest == digest:
            sweep.take(len(earlier.keys))
            seen.update(earlier.keys)
            return Page(number, digest, earlier.keys, None, earlier.is_last)
        data = read_json(answer.body, source=self.name, asked=asked)
        reply = read_list(data)
        if reply is None:
            refusal = refusal_of(data)
            came = refusal.words if refusal else f"no list of orders but: {answer.excerpt()}"
            raise AnswerUnreadable(self.name, asked, f"came {came}")
        self._counts_pages = reply.counts_pages
        listed = tuple(row for each in reply.rows if (row := self._listed(each)) is not None)
        if reply.rows and not listed:
            raise AnswerUnreadable(self.name, asked, f"came orders without an id: {answer.excerpt()}")
        self._note_updates(scope, listed)
        keys = tuple(row.key for row in listed)
        try:
            is_last = sweep.is_last(reply, len(set(keys) - seen))
        except ValueError as error:
            raise AnswerUnreadable(self.name, asked, f"came no end: {error}") from None
        seen.update(keys)
        return Page(number, digest, keys, listed, is_last)

    def _listed(self, row: Mapping[str, Any]) -> Listed | None:
        order = unwrap(row)
        key = id_of(order) if order is not None else None
        if order is None or key is None:
            return None
        content = json.dumps(order, sort_keys=True).encode()
        return Listed(key, raw_digest(content), header_of(order, key, self._reading), content)

    def _note_updates(self, scope: Scope, listed: tuple[Listed, ...]) -> None:
        """Learn from a page whether updates are dated, and whether a filter by them is kept to."""
        updates = [row.order.version for row in listed if row.order]
        self._dates_updates = all(updates) and (bool(updates) or self._dates_updates)
        since = dict(scope.where).get(self._settings.updated_after)
        if since is None or not self._can_narrow:
            return
        earliest = _instant(since)
        for update in updates:
            at = _instant(update)
            if earliest and at and at < earliest - _SLACK:
                self._can_narrow = False

    def _no_list(self, answer: Answer, asked: str) -> AnswerUnreadable:
        came = f"came HTTP {answer.status}: {refusal_in(answer.body).words or 'no words'}"
        if answer.status in _WRONG_WAY:
            if self._settings.list == "auto":
                self._listing = Listing.NONE
            came += "; this account seems to have no listing, so name its orders under `orders:`"
        return AnswerUnreadable(self.name, asked, came)

    async def _ask(
        self,
        path: str,
        asked: str,
        *,
        lane: Lane = Lane.ROUTINE,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        answer = await self._client.request(
            "GET",
            self._settings.base_url + path,
            asked=asked,
            lane=lane,
            params=params,
            json=body,
        )
        if answer.status in (401, 403):
            words = refusal_in(answer.body).words or "no words"
            raise SourceRefused(
                self.name, asked, f"came HTTP {answer.status}: {words}; check token, auth_header and auth_scheme"
            )
        return answer


def _instant(written: str | None) -> datetime | None:
    try:
        return instant_of(Moment(written)) if written else None
    except ValueError:
        return None


def _path(style: str, key: str) -> str:
    if style == "body":
        return "/order/retrieve"
    encoded = quote(key, safe="")
    return f"/order/{encoded}/retrieve" if style == "path" else f"/orders/{encoded}"


def _asked_for(style: str, key: str, path: str) -> str:
    return f"GET {path} with id {key}" if style == "body" else f"GET {path}"
