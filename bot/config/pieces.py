"""Every piece of watchlists.yaml held against what it has to be, each for itself, so that all problems come at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot import registry
from bot.config.alarms import AlarmsEntry
from bot.config.calendar import CalendarEntry
from bot.config.file import DestinationEntry, GrantEntry, WatchlistEntry
from bot.config.problems import Complaints, Place, hint, place_of, translate
from bot.config.quiet import QuietHours
from bot.config.rules import Rules
from bot.config.secrets import read_secret, secret_fields
from bot.config.text import Document
from bot.model.access import Grant
from bot.model.alarm import Alarms
from bot.model.watch import Watchlist
from bot.sources._settings import SourceSettings

_M = TypeVar("_M", bound=BaseModel)


class Check:
    """Validates the pieces of a document and complains about whatever does not hold."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._complaints: Complaints = document.complaints
        self.complain = self._complaints.add
        """Say what is wrong with what is written at a place."""

    def sources(self) -> dict[str, SourceSettings]:
        """Name to settings."""
        found = {}
        for name, place, data in self._entries("sources"):
            kind = self._kind((*place, "kind"), data.get("kind"), registry.source_kinds())
            if kind is not None:
                settings = self._settings(registry.source_module(kind).Settings, place, data)
                if settings is not None:
                    found[name] = settings
        return found

    def chats(self) -> dict[str, BaseModel]:
        """Kind to settings."""
        found = {}
        for kind, place, data in self._entries("chats"):
            if self._kind(place, kind, registry.chat_kinds()) is not None:
                settings = self._settings(registry.chat_module(kind).Settings, place, data)
                if settings is not None:
                    found[kind] = settings
        return found

    def calendar(self) -> CalendarEntry | None:
        """Where promised dates are served; None where they are not."""
        written = self._document.data.get("calendar")
        return self._settings(CalendarEntry, ("calendar",), written) if isinstance(written, dict) else None

    def destinations(self, chats: dict[str, BaseModel]) -> dict[str, tuple[DestinationEntry, dict[str, Any]]]:
        """Name to entry and address. Adds to `chats` those that need no entry of their own."""
        found = {}
        for name, place, data in self._entries("destinations"):
            known = {key: value for key, value in data.items() if key in DestinationEntry.model_fields}
            entry = self.model(DestinationEntry, place, known)
            if entry is None or self._kind((*place, "chat"), entry.chat, registry.chat_kinds()) is None:
                continue
            self._have_chat(entry.chat, place, chats)
            rest = {key: value for key, value in data.items() if key not in known}
            members = registry.chat_module(entry.chat).Address
            for key in rest.keys() - members.model_fields.keys():
                near = hint(key, [*DestinationEntry.model_fields, *members.model_fields])
                self._complaints.add((*place, key), f"is not a key here{near}")
            address = self.model(members, place, rest)
            if address is not None:
                found[name] = (entry, address.model_dump(mode="json", exclude_none=True))
        return found

    def watchlists(
        self, sources: Mapping[str, SourceSettings], rules: Rules, alarms: Callable[[AlarmsEntry | None], Alarms]
    ) -> dict[str, Watchlist]:
        """Name to watchlist; `alarms` says what holds for one that has written this."""
        found = {}
        for name, place, data in self._entries("watchlists"):
            entry = self.model(WatchlistEntry, place, data, rest=True)
            routes = rules.of_watchlist(name, str(data.get("source")), data.get("notify"))
            if entry is None:
                continue
            self._source(place, entry, sources)
            found[name] = Watchlist(
                name=name,
                source=entry.source,
                orders=None if entry.orders is None else tuple(entry.orders),
                where=entry.where,
                every=entry.every,
                details=entry.details,
                confirm=entry.confirm or {},
                alarms=alarms(entry.alarms),
                notify=routes,
            )
        return found

    def rules(self, destinations: Mapping[str, tuple[DestinationEntry, Any]]) -> Rules:
        """What reads the rules."""
        return Rules(
            self.model,
            self._document.complaints,
            lambda place, names: self.names(place, names, destinations),
            chats={name: entry.chat for name, (entry, _) in destinations.items()},
            sources=self.section("sources"),
            watchlists=self.section("watchlists"),
        )

    def access(self, chats: Mapping[str, BaseModel], quiet: QuietHours) -> tuple[Grant, ...]:
        """Who may ask, chat by chat."""
        grants = []
        for kind, entries in self.section("access").items():
            if kind not in chats and kind not in self.section("chats"):
                self._complaints.add(("access", kind), f"'{kind}' is not set up under `chats:`{hint(kind, chats)}")
            if not isinstance(entries, list):
                self._complaints.add(("access", kind), "must be a list, such as [{person: U0123456789}]")
                continue
            for index, data in enumerate(entries):
                place = ("access", kind, index)
                entry = self.model(GrantEntry, place, data)
                if entry is not None:
                    self._exist((*place, "sources"), "source", entry.sources, self.section("sources"))
                    self._exist((*place, "watchlists"), "watchlist", entry.watchlists, self.section("watchlists"))
                    windows = quiet.of((*place, "quiet"), entry.quiet)
                    grants.append(Grant(chat=kind, **entry.model_dump(exclude={"quiet"}), quiet=windows))
        return tuple(grants)

    def _exist(self, place: Place, what: str, names: Sequence[str] | None, known: Mapping[str, Any]) -> None:
        for name in names or ():
            if name not in known:
                self._complaints.add(place, f"there is no {what} '{name}'{hint(name, known)}")

    def names(self, place: Place, names: Sequence[str], destinations: Mapping[str, Any]) -> None:
        """Complain about names of destinations that do not exist."""
        written = self.section("destinations")
        for name in names:
            if name not in destinations and name not in written:
                self._complaints.add(place, f"there is no destination '{name}'{hint(name, written)}")

    def model(self, model: type[_M], place: Place, data: Any, *, rest: bool = False) -> _M | None:
        """Validate; where text is wanted, a number stands for its own digits as they were written.

        With `rest`, the valid members of a mapping that has invalid ones come back, so that they can be checked too.
        """
        try:
            return model.model_validate(data)
        except ValidationError as error:
            meant = self._as_text(error, place, data)
        try:
            return model.model_validate(meant)
        except ValidationError as error:
            translate(error, model, place, self._complaints)
            wrong = {detail["loc"][0] for detail in error.errors(include_url=False) if detail["loc"]}
        if not rest or not isinstance(meant, dict):
            return None
        return self._remainder(model, {key: value for key, value in meant.items() if key not in wrong})

    def _remainder(self, model: type[_M], data: dict[str, Any]) -> _M | None:
        try:
            return model.model_validate(data)
        except ValidationError:
            return None

    def _as_text(self, error: ValidationError, base: Place, data: Any) -> Any:
        data = deepcopy(data)
        for detail in error.errors(include_url=False, include_input=False):
            place = place_of(detail, base, self._complaints)
            text = self._document.text(place)
            if detail["type"] == "string_type" and text:
                _replace(data, place[len(base) :], text)
        return data

    def _settings(self, model: type[_M], place: Place, data: dict[str, Any]) -> _M | None:
        """Validate settings whose secrets may be in files of their own."""
        data = dict(data)
        for name in secret_fields(model):
            self._read_secret_file(name, place, data)
            if isinstance(text := self._document.text((*place, name)), str):
                self._complaints.disguise(text, "***")
            if data.get(name) == "":
                self._complaints.add((*place, name), "is empty")
        return self.model(model, place, data)

    def _read_secret_file(self, name: str, place: Place, data: dict[str, Any]) -> None:
        file = data.pop(f"{name}_file", None)
        if file is None:
            return
        secret_place, line = (*place, name), self._complaints.line((*place, f"{name}_file"))
        if name in data:
            self._complaints.add(secret_place, f"is there, and {name}_file too; keep one of them", line=line)
            return
        try:
            data[name] = read_secret(self._document.path.parent / str(file), self._document.files)
            self._complaints.disguise(data[name], "***")
        except ValueError as error:
            self._complaints.add(secret_place, f"{name}_file: {error}", line=line)
            data[name] = "?"

    def _have_chat(self, kind: str, place: Place, chats: dict[str, BaseModel]) -> None:
        if kind in chats or kind in self.section("chats"):
            return
        try:
            chats[kind] = registry.chat_module(kind).Settings()
        except ValidationError:
            self._complaints.add((*place, "chat"), f"{kind} is not set up; its tokens belong under `chats:`")

    def _kind(self, place: Place, written: Any, kinds: Sequence[str]) -> str | None:
        if written in kinds:
            return str(written)
        if written is None:
            self._complaints.add(place, f"is missing; kinds are {', '.join(kinds)}")
        else:
            self._complaints.add(place, f"'{written}' is no kind there is{hint(str(written), kinds)}")
        return None

    def _source(self, place: Place, entry: WatchlistEntry, sources: Mapping[str, SourceSettings]) -> None:
        written = self.section("sources")
        if entry.source not in written:
            text = f"there is no source '{entry.source}'{hint(entry.source, written)}"
            self._complaints.add((*place, "source"), text)
        if entry.where and entry.orders is not None:
            self._complaints.add((*place, "where"), "narrows a listing; it needs `orders: all`")
        elif entry.source in sources:
            kind = sources[entry.source].kind
            filters = registry.source_filters(kind)
            for name in entry.where.keys() - filters:
                text = f"is no filter of {kind}{hint(name, filters)}"
                self._complaints.add((*place, "where", name), text)

    def _entries(self, section: str) -> Iterator[tuple[str, Place, dict[str, Any]]]:
        for name, data in self.section(section).items():
            if not name.strip():
                self._complaints.add((section, name), "needs a name")
            elif isinstance(data, dict):
                yield name, (section, name), data
            elif data is None:
                yield name, (section, name), {}
            else:
                self._complaints.add((section, name), "must be keys with values")

    def section(self, name: str) -> dict[str, Any]:
        """What is written under a name at the top, sound or not."""
        written = self._document.data.get(name)
        return written if isinstance(written, dict) else {}


def _replace(data: Any, place: Place, text: str) -> None:
    for step in place[:-1]:
        data = data[step]
    data[place[-1]] = text
