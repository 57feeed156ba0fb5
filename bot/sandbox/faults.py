"""Whatever can go wrong between a server and its client, on request: slow, failing, cut, garbled, stale, lost.

One `Faults` stands in front of one twin. Faults are added from code, or over HTTP at `/_sandbox/faults`: GET lists
them with what was injected so far, POST adds one (or a list), DELETE removes all.
"""

import asyncio
import contextlib
import json
import random
import re
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

FaultKind = Literal[
    "slow",  # waits `seconds`, then answers truly
    "hang",  # never answers; lets go after `seconds` or when the faults are cleared
    "status",  # answers `status` without asking the twin
    "empty",  # 200 without a body
    "html",  # 200 with a web page
    "truncated",  # the first half of the true body, as if that were all
    "garbled",  # the true body with bytes in it that are no UTF-8
    "wrong_type",  # the true body under another Content-Type
    "deep",  # 200 with JSON nested beyond reason
    "huge",  # 200 with `size` bytes
    "reset",  # closes the connection before a single byte
    "cut",  # closes the connection in the middle of the true body
    "stale",  # an older true answer to the same question
    "drip",  # the true body, byte by byte, each after `seconds`
    "rename",  # the true body with its members `member` called otherwise, wherever they are
    "lack",  # the true body without the first `rows` of each list of objects
    "twice",  # the true body with each list of objects twice
    "drop_after",  # lets the twin do its work, then closes the connection without an answer
]

CONTROL_PATH = "/_sandbox/faults"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Fault(BaseModel):
    """One thing that goes wrong, where and how often."""

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    path: str = ""
    """Regular expression searched for in the path; empty: every request."""
    times: int | None = Field(default=1, ge=1)
    """How often; None: until removed."""
    skip: int = Field(default=0, ge=0)
    """How many matching requests pass untouched before."""
    probability: float = Field(default=1.0, gt=0.0, le=1.0)
    seconds: float = Field(default=3600.0, ge=0.0)
    """For `slow`, `hang` and `drip`."""
    status: int = 503
    retry_after: str | None = None
    """Value of the Retry-After header for `status`."""
    body: str | None = None
    """For `status`; None: a page of HTML as gateways write it, for 429 plain text."""
    media_type: str | None = None
    """Of `body`, and the wrong one for `wrong_type`."""
    size: int = 50 * 1024 * 1024
    """Bytes, for `huge`."""
    member: str = ""
    """Regular expression that the whole name of a member matches, for `rename`."""
    rows: int = Field(default=1, ge=1)
    """For `lack`."""
    injected: int = 0
    """How often it has struck."""

    @property
    def is_spent(self) -> bool:
        """Whether it has struck as often as it should."""
        return self.times is not None and self.injected >= self.times


_POSTED: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


class Faults:
    """The faults of one server. Put `middleware` first in its application."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._faults: list[Fault] = []
        self._let_go = asyncio.Event()
        self._earlier = _Earlier()
        self.injected: Counter[str] = Counter()
        """By kind, also of faults removed since."""
        self.requests = 0
        """All that came in, except those for the control path."""

    def add(self, kind: FaultKind, path: str = "", **options: Any) -> Fault:
        """Let `kind` happen where the path matches; options are the members of Fault. The first added goes first."""
        fault = Fault(kind=kind, path=path, **options)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all faults and let go of every request that hangs."""
        self._faults.clear()
        self._let_go.set()
        self._let_go = asyncio.Event()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let at most one fault happen to each request."""
        if request.path == CONTROL_PATH:
            return await self._control(request)
        self.requests += 1
        fault = self._strike(request)
        if fault is None:
            return self._earlier.keep(request, await handler(request))
        fault.injected += 1
        self.injected[fault.kind] += 1
        match fault.kind:
            case "slow":
                await self._wait(fault.seconds)
                return self._earlier.keep(request, await handler(request))
            case "hang":
                await self._wait(fault.seconds)
                return _gone(request)
            case "reset":
                return _gone(request)
            case "huge":
                return await _flood(request, fault.size)
            case "drip":
                return await self._drip(fault.seconds, request, await handler(request))
            case "stale":
                return self._earlier.answer(request)
            case "status" | "empty" | "html" | "deep":
                return _invented(fault)
            case _:
                return await _spoiled(fault, request, await handler(request))

    def _strike(self, request: web.Request) -> Fault | None:
        for fault in self._faults:
            if fault.is_spent or not re.search(fault.path, request.path):
                continue
            if fault.kind == "stale" and not self._earlier.has(request):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if self._random.random() < fault.probability:
                return fault
        return None

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._let_go.wait()
        except TimeoutError:
            return

    async def _drip(self, seconds: float, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        body = _body(response)
        drops = web.StreamResponse(status=response.status, headers={"Content-Type": _media_type(response)})
        drops.content_length = len(body)
        await drops.prepare(request)
        with contextlib.suppress(ConnectionError):
            for place in range(len(body)):
                await drops.write(body[place : place + 1])
                await self._wait(seconds)
        return drops

    async def _control(self, request: web.Request) -> web.Response:
        match request.method:
            case "POST":
                try:
                    posted = await request.json()
                    self._faults += _POSTED.validate_python(posted if isinstance(posted, list) else [posted])
                except (ValidationError, ValueError) as error:
                    return web.json_response({"error": str(error)}, status=400)
            case "DELETE":
                self.clear()
        return web.json_response(
            {"faults": [fault.model_dump() for fault in self._faults], "injected": dict(self.injected)}
        )


class _Earlier:
    """The last few different true answers to each question, so that an old one can come back."""

    QUESTIONS = 512
    ANSWERS = 4

    def __init__(self) -> None:
        self._answers: OrderedDict[str, list[tuple[bytes, str]]] = OrderedDict()

    def keep(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if not isinstance(response, web.Response) or response.status != 200 or not isinstance(response.body, bytes):
            return response
        answer = (response.body, response.headers.get("Content-Type", "application/json"))
        answers = self._answers.setdefault(_question(request), [])
        if answer not in answers[-1:]:
            answers.append(answer)
            del answers[: -self.ANSWERS]
        self._answers.move_to_end(_question(request))
        while len(self._answers) > self.QUESTIONS:
            self._answers.popitem(last=False)
        return response

    def has(self, request: web.Request) -> bool:
        return _question(request) in self._answers

    def answer(self, request: web.Request) -> web.Response:
        body, content_type = self._answers[_question(request)][0]
        return web.Response(body=body, headers={"Content-Type": content_type})


def _question(request: web.Request) -> str:
    """The request without its session, which changes while the question stays the same."""
    asked = "&".join(sorted(f"{k}={v}" for k, v in request.query.items() if "token" not in k.lower()))
    return f"{request.method} {request.path}?{asked}"


def _invented(fault: Fault) -> web.Response:
    """An answer the twin has no part in."""
    if fault.kind == "empty":
        return web.Response(content_type="application/json")
    if fault.kind == "html":
        return web.Response(text=_page("Sign in"), content_type="text/html")
    if fault.kind == "deep":
        return web.Response(body=b"[" * 200_000 + b"]" * 200_000, content_type="application/json")
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    words = "Too Many Requests" if fault.status == 429 else _page(f"{fault.status} - the gateway has a bad day")
    guess = "text/plain" if fault.status == 429 else "text/html"
    return web.Response(
        status=fault.status,
        text=words if fault.body is None else fault.body,
        content_type=fault.media_type or guess,
        headers=headers,
    )


async def _spoiled(fault: Fault, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """The true answer, damaged on its way."""
    body, content_type = _body(response), _media_type(response)
    half = len(body) // 2
    match fault.kind:
        case "truncated":
            return web.Response(body=body[:half], status=response.status, headers={"Content-Type": content_type})
        case "garbled":
            broken = body[:half] + b"\xff\xfe\xc3\x28" + body[half + 1 :]
            return web.Response(body=broken, status=response.status, headers={"Content-Type": content_type})
        case "wrong_type":
            wrong = fault.media_type or "application/octet-stream"
            return web.Response(body=body, status=response.status, content_type=wrong)
        case "cut":
            partial = web.StreamResponse(status=response.status, headers={"Content-Type": content_type})
            partial.content_length = len(body) + 1
            await partial.prepare(request)
            await partial.write(body[:half] or b" ")
            _close(request)
            return partial
        case "rename" | "lack" | "twice":
            return web.Response(
                body=_edited(fault, body), status=response.status, headers={"Content-Type": content_type}
            )
        case _:
            return _gone(request)


def _body(response: web.StreamResponse) -> bytes:
    return response.body if isinstance(response, web.Response) and isinstance(response.body, bytes) else b""


def _media_type(response: web.StreamResponse) -> str:
    return response.headers.get("Content-Type", "application/json")


def _edited(fault: Fault, body: bytes) -> bytes:
    """A JSON body as a source would write it that has changed its mind; another body as it is."""
    try:
        return json.dumps(_edit(fault, json.loads(body))).encode()
    except ValueError:
        return body


def _edit(fault: Fault, value: Any) -> Any:
    if isinstance(value, dict):
        renames = fault.kind == "rename"
        return {
            f"x_{name}" if renames and re.fullmatch(fault.member, name) else name: _edit(fault, each)
            for name, each in value.items()
        }
    if not isinstance(value, list):
        return value
    edited = [_edit(fault, each) for each in value]
    if not value or not isinstance(value[0], dict) or fault.kind == "rename":
        return edited
    return edited * 2 if fault.kind == "twice" else edited[fault.rows :]


async def _flood(request: web.Request, size: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    chunk = b" " * 65536
    try:
        await response.write(b"[")
        for _ in range(size // len(chunk) + 1):
            await response.write(chunk)
        await response.write(b"]")
    except ConnectionError:
        _close(request)
    return response


def _gone(request: web.Request) -> web.Response:
    """No answer at all: the connection is closed before anything is written to it."""
    _close(request)
    return web.Response()


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _page(title: str) -> str:
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
