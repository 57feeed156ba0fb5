"""Servers on loopback for the sources' tests: a real application, or one that answers from a script."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port; yields its base address."""
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("/")).rstrip("/")
    finally:
        await server.close()


@dataclass
class Asked:
    """One request that came in."""

    method: str
    path: str
    raw_path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Script:
    """Answers in turn, the last one for ever; a function is asked what to answer. Remembers what came in."""

    answers: list[Any] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def application(self) -> web.Application:
        """Everything, under every path and method."""
        app = web.Application()
        app.router.add_route("*", "/{anything:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        asked = Asked(request.method, request.path, request.raw_path, dict(request.query), dict(request.headers), body)
        self.asked.append(asked)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return response(answer(asked) if callable(answer) else answer)


def response(answer: Any) -> web.Response:
    """A response of one: of an object (JSON), text (a page), or `(status, object or text)` with optional headers."""
    status, body, *headers = answer if isinstance(answer, tuple) else (200, answer)
    if isinstance(body, str):
        kind = "text/html" if body.startswith("<") else "text/plain"
        return web.Response(status=status, text=body, content_type=kind, headers=headers[0] if headers else None)
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/json", headers=headers[0] if headers else None
    )
