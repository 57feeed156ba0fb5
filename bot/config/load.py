"""watchlists.yaml as the program uses it: read, checked as a whole, every name resolved."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot import registry
from bot.config.alarms import AlarmsEntry, alarms_of
from bot.config.assertions import read_assertions
from bot.config.file import DestinationEntry, FileEntry, GrantEntry, StoreEntry, WatchlistEntry
from bot.config.problems import Complaints, Place, hint, place_of, translate
from bot.config.quiet import QuietHours
from bot.config.rules import Rules
from bot.config.secrets import read_secret, secret_fields, secret_values
from bot.config.text import Document
from bot.errors import ConfigError, Problem
from bot.files import Files
from bot.model.access import Grant
from bot.model.alarm import Alarms
from bot.model.outbox import Destination
from bot.model.retention import Retention
from bot.model.route import Assertion, Route
from bot.model.watch import Confirmed, Watchlist
from bot.sources._settings import SourceSettings

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Config:
    """A config without problems. Every name in it exists; `repr` shows no secret."""

    path: Path
    timezone: str
    database: Path
    sources: Mapping[str, SourceSettings]
    chats: Mapping[str, BaseModel]
    """Kind to its Settings; also those chats that a destination uses and that need none."""
    destinations: Mapping[str, Destination]
    watchlists: Mapping[str, Watchlist]
    notify: tuple[Route, ...]
    """The catch-all: the last of them matches everything."""
    assertions: tuple[Assertion, ...]
    """What `orderwatch check` holds the rules to."""
    operators: tuple[str, ...]
    """Names of destinations."""
    retention: Retention
    confirm: Mapping[Confirmed, timedelta]
    """How long a field has to last before it is told."""
    alarms: Alarms
    """What time alone makes news of, where no watchlist says otherwise."""
    access: tuple[Grant, ...]
    """Who may ask in chat."""
    secrets: frozenset[str] = field(repr=False)
    """Every secret value, so that logs can hide them."""
    lines: Mapping[str, int] = field(repr=False, compare=False)
    """Dotted key to its line in the file."""

    def problem(self, key: str, text: str) -> Problem:
        """A problem that only shows when the config is put to use, with its place in the file."""
        return Problem(str(self.path), self.lines.get(key), key, text)


def load(path: Path, environ: Mapping[str, str], files: Files | None = None) -> Config:
    """Read and check a config file. Raises ConfigError with every problem there is, none of them telling a secret.

    `files` comes to know every file that was read: this one, and those that hold secrets.
    """
    document = Document(path, environ, files)
    checked = _Check(document)
    top = checked.model(FileEntry, (), document.data, rest=True)
    sources, chats = checked.sources(), checked.chats()
    destinations = checked.destinations(chats)
    rules = checked.rules(destinations)
    default = top.alarms if top else AlarmsEntry()
    zone = top.timezone if top else StoreEntry().timezone
    watchlists = checked.watchlists(sources, rules, lambda own: alarms_of(default, own, zone))
    notify = rules.catch_all(document.data.get("notify"), watchlists)
    assertions = _assertions(document, watchlists, environ)
    if top is not None:
        checked.names(("operators", "to"), top.operators.to, destinations)
    quiet = QuietHours(document.data.get("quiet"), zone, checked.model, document.complaints)
    access = checked.access(chats, quiet)
    quiets = {name: quiet.of(("destinations", name, "quiet"), one.quiet) for name, (one, _) in destinations.items()}
    problems = document.complaints.problems()
    if top is None or problems:
        raise ConfigError(problems)
    zoned = {
        name: Destination(
            name=name,
            chat=entry.chat,
            address=address,
            timezone=entry.timezone or top.timezone,
            quiet=quiets[name],
            threads=entry.threads,
            group_wait=entry.group_wait,
            group_interval=entry.group_interval,
            storm=entry.storm or None,
        )
        for name, (entry, address) in destinations.items()
    }
    secrets = frozenset(value for part in (*sources.values(), *chats.values()) for value in secret_values(part))
    return Config(
        path=path,
        timezone=top.timezone,
        database=path.parent / top.database.expanduser(),
        sources=sources,
        chats=chats,
        destinations=zoned,
        watchlists=watchlists,
        notify=notify,
        assertions=assertions,
        operators=tuple(dict.fromkeys(top.operators.to)),
        retention=Retention(raw=top.retention.raw, sent=top.retention.sent),
        confirm=top.confirm,
        alarms=alarms_of(top.alarms, None, zone),
        access=access,
        secrets=secrets,
        lines=document.complaints.lines(),
    )


@dataclass(frozen=True, slots=True)
class Store:
    """Where the database is, and the zone in which to show its times."""

    database: Path
    timezone: str


def locate(path: Path, environ: Mapping[str, str]) -> Store:
    """What reading the database needs of a config file. Neither tokens nor their variables have to be there.

    Raises ConfigError when the file cannot be read, or just these two values are wrong.
    """
    document = Document(path, environ)
    needed = {key: value for key, value in document.data.items() if key in StoreEntry.model_fields}
    entry = _Check(document).model(StoreEntry, (), needed)
    problems = [one for one in document.complaints.problems() if one.key in StoreEntry.model_fields]
    if entry is None or problems:
        raise ConfigError(problems)
    return Store(database=path.parent / entry.database.expanduser(), timezone=entry.timezone)


def _assertions(
    document: Document, watchlists: Mapping[str, Watchlist], environ: Mapping[str, str]
) -> tuple[Assertion, ...]:
    """What the rules are held to: in the file itself, or in one that it names."""
    written, complaints, of = document.data.get("assert"), document.complaints, document
    if isinstance(written, str):
        path = document.path.parent / written
        try:
            of = Document(path, environ)
        except ConfigError as error:
            complaints.add(("assert",), f"{path} cannot be used: {error.problems[0].text.partition(';')[0]}")
            return ()
        for key in of.data.keys() - {"assert"}:
            of.complaints.add((key,), "is not a key here; such a file holds only `assert:`")
        written = of.data.get("assert", [])
    known = {}
    for what in ("watchlist", "source", "destination"):
        section = document.data.get(f"{what}s")
        known[what] = list(section) if isinstance(section, dict) else []
    source_of = {name: watchlist.source for name, watchlist in watchlists.items()}
    found = read_assertions(
        written, _Check(of).model, of.complaints, file=str(of.path), source_of=source_of, known=known
    )
    if of is not document:
        complaints.take(of.complaints.problems())
    return found


class _Check:
    """Validates the pieces of a document, each for itself, and complains about whatever does not hold."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._complaints: Complaints = document.complaints

    def sources(self) -> dict[str, SourceSettings]:
        found = {}
        for name, place, data in self._entries("sources"):
            kind = self._kind((*place, "kind"), data.get("kind"), registry.source_kinds())
            if kind is not None:
                settings = self._settings(registry.source_module(kind).Settings, place, data)
                if settings is not None:
                    found[name] = settings
        return found

    def chats(self) -> dict[str, BaseModel]:
        found = {}
        for kind, place, data in self._entries("chats"):
            if self._kind(place, kind, registry.chat_kinds()) is not None:
                settings = self._settings(registry.chat_module(kind).Settings, place, data)
                if settings is not None:
                    found[kind] = settings
        return found

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
            sources=self._section("sources"),
            watchlists=self._section("watchlists"),
        )

    def access(self, chats: Mapping[str, BaseModel], quiet: QuietHours) -> tuple[Grant, ...]:
        """Who may ask, chat by chat."""
        grants = []
        for kind, entries in self._section("access").items():
            if kind not in chats and kind not in self._section("chats"):
                self._complaints.add(("access", kind), f"'{kind}' is not set up under `chats:`{hint(kind, chats)}")
            if not isinstance(entries, list):
                self._complaints.add(("access", kind), "must be a list, such as [{person: U0123456789}]")
                continue
            for index, data in enumerate(entries):
                place = ("access", kind, index)
                entry = self.model(GrantEntry, place, data)
                if entry is not None:
                    self._exist((*place, "sources"), "source", entry.sources, self._section("sources"))
                    self._exist((*place, "watchlists"), "watchlist", entry.watchlists, self._section("watchlists"))
                    windows = quiet.of((*place, "quiet"), entry.quiet)
                    grants.append(Grant(chat=kind, **entry.model_dump(exclude={"quiet"}), quiet=windows))
        return tuple(grants)

    def _exist(self, place: Place, what: str, names: Sequence[str] | None, known: Mapping[str, Any]) -> None:
        for name in names or ():
            if name not in known:
                self._complaints.add(place, f"there is no {what} '{name}'{hint(name, known)}")

    def names(self, place: Place, names: Sequence[str], destinations: Mapping[str, Any]) -> None:
        """Complain about names of destinations that do not exist."""
        written = self._section("destinations")
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
        if kind in chats or kind in self._section("chats"):
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
        written = self._section("sources")
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
        for name, data in self._section(section).items():
            if not name.strip():
                self._complaints.add((section, name), "needs a name")
            elif isinstance(data, dict):
                yield name, (section, name), data
            elif data is None:
                yield name, (section, name), {}
            else:
                self._complaints.add((section, name), "must be keys with values")

    def _section(self, name: str) -> dict[str, Any]:
        written = self._document.data.get(name)
        return written if isinstance(written, dict) else {}


def _replace(data: Any, place: Place, text: str) -> None:
    for step in place[:-1]:
        data = data[step]
    data[place[-1]] = text
