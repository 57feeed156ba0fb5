"""Every chat, each beside its twin where it has one: what the contracts of chats are tried on."""

import importlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest

from bot import registry
from bot.clock import ManualClock
from bot.model.message import Message
from bot.model.moment import Moment
from bot.model.outbox import Destination
from bot.model.sending import Part
from bot.ports import Chat
from tests.chats.harness import alert, built, message, served

KINDS = registry.chat_kinds()
WITH_SERVER = [kind for kind in KINDS if find_spec(f"bot.sandbox.{kind}")]
SINCE = Moment("2026-01-05T08:59:00Z")


@dataclass
class Scene:
    """A chat, where it may send, and the twin behind it."""

    chat: Chat
    place: Destination
    twin: Any

    async def send(self, what: Message | None = None, key: str = "k1", under: str | None = None) -> str:
        """Send the first part of a message."""
        return await self.chat.send(self.part(what or alert()), self.place, key=key, under=under)

    async def edit(self, message_id: str, *lines: str) -> None:
        """Let a message say these lines."""
        await self.chat.edit(message_id, self.part(message(*lines)), self.place)

    def part(self, what: Message) -> Part:
        """The first part of a message."""
        return self.chat.compose(what, self.place)[0]


def twin_of(kind: str) -> Any:
    """The twin of a chat that speaks to a server."""
    module = importlib.import_module(f"bot.sandbox.{kind}")
    return getattr(module, f"{kind.title()}Twin")(ManualClock())


def place_in(kind: str, address: dict[str, Any]) -> Destination:
    """A place in a chat, read in Paris."""
    return Destination(name="here", chat=kind, address=address, timezone="Europe/Paris")


@pytest.fixture
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """A chat and its twin, of the kind that is asked for."""
    kind = request.param
    if kind not in WITH_SERVER:
        module = registry.chat_module(kind)
        chat = module.build(module.Settings(), ManualClock(), io.StringIO())  # type: ignore[call-arg]  # only without
        yield Scene(chat, place_in(kind, {}), None)
        return
    twin = twin_of(kind)
    async with served(twin.application()) as base:
        chat = built(kind, twin.settings(base))
        yield Scene(chat, place_in(kind, twin.address()), twin)
        await chat.close()


every_chat = pytest.mark.parametrize("scene", KINDS, indirect=True)
every_server = pytest.mark.parametrize("scene", WITH_SERVER, indirect=True)
