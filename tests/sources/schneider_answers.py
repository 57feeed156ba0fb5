"""A Schneider Electric source for tests, a server on loopback that answers it by script, and answers for it."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.clock import ManualClock
from bot.model.order import Order
from bot.model.poll import KnownPage, KnownPages, Page, Payload, Scope
from bot.sources._schneider_parse import Reader
from bot.sources.schneider import Schneider, Settings, build

PATH = "/v1/order-status"
TOKEN = {"access_token": "token-one-0123456789", "expires_in": 3599}
SECRET = "correct/horse+battery"

GOOD: dict[str, Any] = {
    "kind": "schneider",
    "base_url": "http://127.0.0.1:9",
    "token_url": "http://127.0.0.1:9/token",
    "countries": ["FR"],
    "client_id": "alice",
    "client_secret": SECRET,
    "budget": "1000/s",
}


class Api:
    """Answers each question with what was put there for it, in turn; the last answer stays."""

    def __init__(self) -> None:
        self._answers: defaultdict[str, list[web.Response]] = defaultdict(list)
        self._sources: list[Schneider] = []
        self.host = ""
        self.asked: list[str] = []
        """Method, path and query of every request, as they came."""
        self.headers: list[Mapping[str, str]] = []
        self.forms: list[Mapping[str, Any]] = []

    def answer(self, asked: str, answer: Any = None, *, status: int = 200, **headers: str) -> None:
        """Put an answer for `GET /path?query`; text and bytes are the body as it stands, all else becomes JSON."""
        body = answer if isinstance(answer, str | bytes) else json.dumps(answer)
        body = body.encode() if isinstance(body, str) else body
        self._answers[asked].append(web.Response(status=status, body=body, headers=headers))

    async def _respond(self, request: web.Request) -> web.Response:
        question = f"{request.method} {request.raw_path}"
        self.asked.append(question)
        self.headers.append(request.headers)
        self.forms.append(dict(await request.post()))
        answers = self._answers.get(question) or [web.Response(status=418, text=f"no answer for {question}")]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Serve on a free port of loopback; the sources made meanwhile are closed at the end."""
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", self._respond)
        async with TestServer(app) as server:
            self.host = str(server.make_url("")).rstrip("/")
            yield
            for source in self._sources:
                await source.close()

    def source(self, clock: ManualClock | None = None, **changes: Any) -> Schneider:
        """The source `panels`, asking here with an OAuth2 token."""
        here = {"base_url": self.host + PATH, "token_url": f"{self.host}/token"}
        self._sources.append(made(clock, **(here | changes)))
        return self._sources[-1]

    def source_with_key(self, **changes: Any) -> Schneider:
        """The same with an API key, so that no token is asked for."""
        key = {"auth": "api_key", "api_key": "key-0123456789", "client_id": None, "client_secret": None}
        return self.source(**(key | changes))


def made(clock: ManualClock | None = None, **changes: Any) -> Schneider:
    """The source `panels`."""
    return build("panels", Settings.model_validate(GOOD | changes), clock or ManualClock())


def reader(**changes: Any) -> Reader:
    """What reads the answers."""
    usual: dict[str, Any] = {"zone": ZoneInfo("UTC"), "aliases": {}, "statuses": {}, "fields": []}
    return Reader("panels", **(usual | changes))


def read(order: Any, schedules: Mapping[str, Any] | None = None, **changes: Any) -> Order:
    """The order that answers with these contents make."""
    payload = Payload(json.dumps({"order": order, "schedules": schedules or {}}).encode())
    return reader(**changes).full("FR/0045001234", "0045001234", payload, "GET /orders/FR/0045001234")


def order_of(*rest: str) -> str:
    """The question for order 0045001234, or for a part of it."""
    return "/".join((f"GET {PATH}/orders/FR/0045001234", *rest))


def search(page: int, country: str = "FR", filters: str = "") -> str:
    """The question for a page of the search."""
    return f"GET {PATH}/orders/{country}?{filters}page={page}&page-size=100"


def order(number: str = "0045001234", *items: str, **members: Any) -> dict[str, Any]:
    """An order with items, each of quantity 1."""
    return {
        "orderNumber": number,
        "orderStatusName": "Confirmed",
        "itemList": [{"itemNumber": item, "quantity": 1} for item in items],
    } | members


def found(*numbers: str, page: Any = 1, pages: Any = 1, records: Any = None) -> dict[str, Any]:
    """A page of the search."""
    pagination = {"totalNumberOfRecords": records, "pageNumber": page, "totalNumberOfPages": pages}
    rows = [{"orderNumber": number, "orderStatusName": "Confirmed"} for number in numbers]
    return {"orderList": rows, "pagination": pagination}


async def swept(source: Schneider, known: KnownPages | None = None, **where: str) -> list[Page]:
    """All pages of a sweep."""
    scope = Scope(where=tuple(sorted(where.items())))
    return [page async for page in source.pages(scope, known or {})]


def remembered(pages: list[Page]) -> KnownPages:
    """The pages as they are known the next time."""
    return {page.number: KnownPage(page.digest, page.keys, page.is_last) for page in pages}
