"""Twins served on loopback, and the chat that speaks to them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot import registry
from bot.clock import ManualClock
from bot.model.message import Line, Link, Message, Span, Text, When
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.ports import Chat


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    """The application on a free port of loopback; gives `http://127.0.0.1:PORT`."""
    server = TestServer(application)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        await server.close()


@asynccontextmanager
async def chat_to(twin: Any, kind: str) -> AsyncIterator[Chat]:
    """The real chat, speaking to its twin."""
    async with served(twin.application()) as base:
        chat = built(kind, twin.settings(base))
        try:
            yield chat
        finally:
            await chat.close()


def built(kind: str, settings: dict[str, Any]) -> Chat:
    """A chat with these settings."""
    module = registry.chat_module(kind)
    return module.build(module.Settings(**settings), ManualClock())


def line(*spans: Span | str, indent: int = 0) -> Line:
    """A line; bare text is a plain span."""
    return Line(spans=tuple(Text(text=one) if isinstance(one, str) else one for one in spans), indent=indent)


def message(*body: Line | str, headline: Line | str = "Dispatched · 45001234", footer: Line | None = None) -> Message:
    """A message with these lines."""
    return Message(
        emoji="🚚",
        headline=headline if isinstance(headline, Line) else line(headline),
        body=tuple(one if isinstance(one, Line) else line(one) for one in body),
        footer=footer,
    )


def alert() -> Message:
    """What a typical alert holds."""
    return message(
        line("Delivery: ", When(at=Moment("2026-11-24"), style="struck"), " → ", When(at=Moment("2026-11-27"))),
        line("Line 000010 · ATV320 drive"),
        line("DHL ", Link(text="JD0146", url="https://dhl.example/track?a=1&b=2"), indent=1),
        headline=line(Text(text="Dispatched", style="strong"), " · ", Text(text="45001234", style="strong")),
        footer=line("panels (Schneider Electric) · seen ", When(at=Moment("2026-11-20T08:15:00Z"))),
    )


def slack_place(channel: str = "C0123456789") -> Destination:
    """A channel, read in Paris."""
    return Destination(name="ops", chat="slack", address={"channel": channel}, timezone="Europe/Paris")


def telegram_place(chat_id: int | str = -1001234567890, topic: int | None = None) -> Destination:
    """A chat, read in Paris."""
    address = {"chat_id": chat_id} | ({"topic": topic} if topic else {})
    return Destination(name="sales", chat="telegram", address=address, timezone="Europe/Paris")
