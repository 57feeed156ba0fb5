"""Finds the kinds of sources and chats: a kind is a file in `bot/sources/` or `bot/chats/`, and no list names it.

Files that begin with an underscore are shared by their room and are no kinds.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from pydantic import BaseModel

from bot.core.menus import Menu
from bot.errors import OrderwatchError
from bot.pacer import Pacer
from bot.ports import Chat, Clock, Ear, Source
from bot.sources._settings import SourceSettings


class SourceModule(Protocol):
    """What a file in `bot/sources/` offers."""

    Settings: type[SourceSettings]

    def build(self, name: str, settings: Any, clock: Clock) -> Source:
        """The source called `name` in the config. Raises ConfigError where settings cannot work together."""
        ...


class ChatModule(Protocol):
    """What a file in `bot/chats/` offers."""

    Settings: type[BaseModel]
    Address: type[BaseModel]

    def build(self, settings: Any, clock: Clock) -> Chat:
        """The chat."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """A package in which every public file is a kind."""

    package: str
    promised: tuple[str, ...]
    """Names that every file must offer."""

    def kinds(self) -> list[str]:
        """Names of the files, sorted, none of them imported."""
        path = importlib.import_module(self.package).__path__
        return sorted(found.name for found in pkgutil.iter_modules(path) if not found.name.startswith("_"))

    def module(self, kind: str) -> Any:
        """The file of a kind. Raises OrderwatchError when there is none, or it lacks a promised name."""
        place = f"{self.package.replace('.', '/')}/{kind}.py"
        if kind not in self.kinds():
            raise OrderwatchError(f"there is no {place}; kinds are {', '.join(self.kinds()) or 'none yet'}")
        module = importlib.import_module(f"{self.package}.{kind}")
        if missing := [name for name in self.promised if not hasattr(module, name)]:
            raise OrderwatchError(
                f"{place} must offer {', '.join(missing)}; see {self.package.replace('.', '/')}/__init__.py"
            )
        return module


_SOURCES = Room("bot.sources", ("Settings", "build"))
_CHATS = Room("bot.chats", ("Settings", "Address", "build"))


def source_kinds() -> list[str]:
    """Every kind of source there is."""
    return _SOURCES.kinds()


def source_module(kind: str) -> SourceModule:
    """The file that speaks to sources of this kind. Raises OrderwatchError."""
    return cast(SourceModule, _SOURCES.module(kind))


def source_filters(kind: str) -> frozenset[str]:
    """Names that may stand under `where:` for this kind: the `WHERE` of its file, none if it has no such name."""
    return frozenset(getattr(source_module(kind), "WHERE", ()))


def chat_kinds() -> list[str]:
    """Every kind of chat there is."""
    return _CHATS.kinds()


def chat_module(kind: str) -> ChatModule:
    """The file that speaks to this chat. Raises OrderwatchError."""
    return cast(ChatModule, _CHATS.module(kind))


def read_person(kind: str, written: str) -> str:
    """The id of somebody whom a message in this chat can call, by the `read_person` of its file.

    Raises ValueError where that is no such id, or the chat cannot call anybody.
    """
    read = getattr(chat_module(kind), "read_person", None)
    if read is None:
        raise ValueError(f"{kind} cannot call anybody")
    return str(read(written))


def build_ear(
    kind: str,
    settings: Any,
    clock: Clock,
    menus: Mapping[str, Menu],
    beside: Chat | None = None,
    pacer: Pacer | None = None,
) -> Ear | None:
    """The ear of a chat: None where its file has no `ear(settings, clock, ...)`, or its settings ask for none.

    `menus` are the verbs with what they do, by language, for chats that show them; `beside` is the chat that tells
    what is news, at the pace of `pacer`.
    """
    build = getattr(chat_module(kind), "ear", None)
    return (
        None if build is None else cast("Ear | None", build(settings, clock, menus=menus, beside=beside, pacer=pacer))
    )
